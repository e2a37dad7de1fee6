#include "load/xiaoe/live_transform.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/json_object.h"
#include "base/json_text.h"
#include "load/money.h"
#include "load/xiaoe/fields.h"

namespace tidemark::load::xiaoe {

std::string live_payload(std::string_view list_row, std::string_view detail) {
  return fmt::format(R"({{"list":{},"detail":{}}})", list_row, detail);
}

std::string live_payload_refused(std::string_view list_row, std::string_view refusal) {
  std::string payload = fmt::format(R"({{"list":{},"refused":)", list_row);
  append_json_text(payload, refusal, {.replace_invalid = true});
  return payload + '}';
}

Result<LiveStream> LiveTransform::transform(std::string_view payload,
                                            std::vector<UnknownCode>& unknown) const {
  // Later members go before earlier ones: the detail's before the list's.
  std::vector<JsonMember> merged;
  for (const JsonMember& part : json_members(payload).value_or(std::vector<JsonMember>())) {
    if (part.name == "refused")
      return fail(ErrorKind::rejected, {"no details: {}", "无法取得详情：{}"},
                  printable(json_text(part.value).value_or("")));
    const auto members = json_members(part.value);
    if (!members)
      return fail(ErrorKind::rejected, {"{} is no JSON object", "{} 不是 JSON 对象"}, part.name);
    for (const JsonMember& member : *members) {
      if (member.value == "null") continue;
      std::erase_if(merged, [&](const JsonMember& known) { return known.name == member.name; });
      merged.push_back(member);
    }
  }
  Fields fields(merged);
  LiveStream live{.live_id = fields.id("id"), .title = fields.text("title")};
  live.alive_type = fields.integer("alive_type");
  live.alive_state = fields.integer("alive_state");
  live.recycle_bin_state = fields.integer("recycle_bin_state");
  live.started_at = fields.time("alive_start_at");
  live.ended_at = fields.time("alive_manual_stop_at");
  if (!live.ended_at) live.ended_at = fields.time("alive_stop_at");
  live.view_count = fields.integer("view_count");
  live.purchase_count = fields.integer("purchase_count");
  live.reward_sum = fields.money("reward_sum", fen_of_yuan);
  if (live.live_id.empty()) fields.missing("id");
  if (fields.error()) return fail(Error(*fields.error()));
  live.alive_type_text = coded(alive_types(), "alive_type", live.alive_type, unknown);
  live.alive_state_text = coded(alive_states(), "alive_state", live.alive_state, unknown);
  live.recycle_bin_state_text =
      coded(alive_shelf_states(), "recycle_bin_state", live.recycle_bin_state, unknown);
  return live;
}

}  // namespace tidemark::load::xiaoe
