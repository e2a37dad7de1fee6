#include "load/user.h"

#include "load/cell.h"

namespace tidemark::load {

using namespace cell;

TableRow row_of(const User& user) {
  return {.cells = {user.user_id, text(user.nickname), text(user.channel), yuan(user.pay_sum),
                    number(user.pay_sum), number(user.punch_count), time(user.created_at)},
          .created_at = user.created_at};
}

}  // namespace tidemark::load
