#include "alert/doctor.h"

#include "alert/store.h"
#include "base/utc_text.h"

namespace tidemark::alert {
namespace {

run::Finding finding_of(const std::string& name, const ChannelState& state) {
  run::Finding finding{.check = "alert_" + name};
  if (!state.last_error.empty()) {
    finding.verdict = run::Verdict::warning;
    finding.what = say({"the last message failed ({} in a row, {} lines wait): {}",
                        "最近一条消息发送失败（连续 {} 次，{} 条待发）：{}"},
                       state.failures, state.waiting, state.last_error);
    finding.mend = say({"mend its settings in [alert.channel.{0}], then: tidemark alerts test {0}",
                        "请修正 [alert.channel.{0}] 的设置，然后执行：tidemark alerts test {0}"},
                       name);
    return finding;
  }
  if (!state.last_sent_at) {
    finding.what = say({"configured; nothing was sent yet", "已配置；尚未发送过消息"});
    return finding;
  }
  finding.what = say({"last message: {}", "最近发送：{}"}, utc_stamp(*state.last_sent_at, 0));
  return finding;
}

}  // namespace

std::vector<run::Finding> examine_channels(sql::Connection& connection,
                                           const std::vector<std::string>& channels) {
  auto states = AlertStore(connection).channels();
  if (!states) return {run::unchecked("alert_channels", states.error())};
  std::vector<run::Finding> findings;
  for (const std::string& name : channels) findings.push_back(finding_of(name, (*states)[name]));
  if (channels.empty())
    findings.push_back(
        {.check = "alert_channels",
         .what = say({"no channel is configured: alerts are only shown by `tidemark alerts list`",
                      "未配置告警渠道：告警只能通过 tidemark alerts list 查看"})});
  return findings;
}

}  // namespace tidemark::alert
