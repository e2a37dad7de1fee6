#include "relay/doctor/checks.h"
#include "relay/doctor/found.h"

namespace tidemark::relay {

using run::Finding;
using run::Verdict;

Result<Finding> check_refusals(const HubState& state) {
  const auto kept =
      find(state.connection, "SELECT entry_id FROM stream_refusals ORDER BY stream, entry_id");
  if (!kept) return fail(kept.error());
  if (!kept->none())
    return Finding{
        .check = "refusals",
        .verdict = Verdict::warning,
        .what = say(
            {"entries of a stream that could not be published: {}", "无法发布的 Stream 条目 {}"},
            kept->text()),
        .mend = say({"`tidemark stream-refusals list` has them with their reasons: publish or "
                     "forget each",
                     "`tidemark stream-refusals list` 可查看条目和原因：请逐条发布或删除"})};
  return Finding{
      .check = "refusals",
      .what = say({"no entry of a stream waits for somebody", "没有等待人工处理的 Stream 条目"})};
}

}  // namespace tidemark::relay
