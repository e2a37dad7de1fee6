#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::relay {

/// What a change of a subscription does to the deliveries that wait there. A long backlog is worked
/// off in pieces, each a short transaction of its own, so that no publisher waits long behind one;
/// what is left to do stands in the table `backlog_work` and survives the process.
enum class BacklogWork {
  cancel,       ///< The subscription was deleted: nobody can send them any more.
  begin_order,  ///< Each waits for the earlier ones of its source. Nothing is sent meanwhile.
  end_order,    ///< None waits for another any more.
  make_due,     ///< What waits for a batch's old time gets the new one.
  let_pass,     ///< Nothing waits behind a parked one any more.
};

[[nodiscard]] std::string_view name(BacklogWork work);
[[nodiscard]] std::optional<BacklogWork> parse_backlog_work(std::string_view text);

struct BacklogTask {
  std::string subscription_id;
  BacklogWork work = BacklogWork::cancel;

  auto operator<=>(const BacklogTask&) const = default;
};

}  // namespace tidemark::relay
