#include "load/live_stream.h"

#include "load/cell.h"

namespace tidemark::load {

using namespace cell;

TableRow row_of(const LiveStream& live) {
  return {
      .cells = {live.live_id, text(live.title), number(live.alive_type), text(live.alive_type_text),
                number(live.alive_state), text(live.alive_state_text),
                number(live.recycle_bin_state), text(live.recycle_bin_state_text),
                time(live.started_at), time(live.ended_at), number(live.view_count),
                number(live.purchase_count), yuan(live.reward_sum), number(live.reward_sum)},
      .created_at = live.started_at};
}

}  // namespace tidemark::load
