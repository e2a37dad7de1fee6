#include "relay/doctor/doctor.h"

#include "relay/doctor/checks.h"

namespace tidemark::relay {

using run::Finding;
using run::Verdict;

std::vector<Finding> examine_hub(const HubState& state) {
  std::vector<Finding> findings;
  if (Result<void> begun = state.connection.begin(sql::Isolation::snapshot); !begun)
    return {run::unchecked("hub_state", begun.error(), Verdict::failure)};
  Result<Finding> tables = check_state(state);
  if (!tables) {
    state.connection.rollback();
    Finding finding = run::unchecked("hub_state", tables.error(), Verdict::failure);
    finding.mend = say({"is this a hub's state (--state)? A hub makes its tables when it starts",
                        "这是 hub 的状态库吗（--state）？hub 启动时会创建所需的表"});
    return {std::move(finding)};
  }
  findings.push_back(std::move(*tables));
  using Check = Result<Finding> (*)(const HubState&);
  constexpr std::pair<std::string_view, Check> checks[] = {
      {"due", check_due},         {"finished", check_finished},   {"overdue", check_overdue},
      {"orphans", check_orphans}, {"sequences", check_sequences}, {"counters", check_counters},
      {"signed", check_signed},   {"bodies", check_bodies},       {"routing", check_routing},
      {"leases", check_leases},   {"refusals", check_refusals}};
  for (const auto& [name, check] : checks) {
    Result<Finding> found = check(state);
    findings.push_back(found ? std::move(*found)
                             : run::unchecked(name, found.error(), Verdict::failure));
  }
  state.connection.rollback();
  return findings;
}

}  // namespace tidemark::relay
