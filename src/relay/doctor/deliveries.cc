#include <fmt/format.h>

#include "relay/doctor/checks.h"
#include "relay/doctor/found.h"
#include "relay/due_limits.h"
#include "relay/row.h"
#include "relay/subscription_json.h"
#include "sql/rows.h"

namespace tidemark::relay {

using run::Finding;
using run::Verdict;

namespace {

/// Longer than a hub that runs leaves anything that may be sent.
constexpr std::chrono::minutes overdue_after{10};

/// Not counted as too late: clocks differ a little.
constexpr std::chrono::minutes clocks_differ{5};

Result<Found> due_too_late(const HubState& state) {
  Found late;
  const auto subscriptions = sql::all_rows(
      state.connection.query("SELECT subscription_id, settings FROM subscriptions WHERE deleted_at "
                             "IS NULL ORDER BY subscription_id"),
      [](const sql::Cursor& row) { return std::pair{text_at(row, 0), text_at(row, 1)}; });
  if (!subscriptions) return fail(subscriptions.error());
  for (const auto& [id, text] : *subscriptions) {
    const auto settings = parse_settings(text);
    if (!settings) continue;  // The hub does not start with it, and says so.
    const WallTime upto = state.now + clocks_differ;
    const DueLimits limits = due_limits(*settings, upto);
    auto found = find(state.connection,
                      fmt::format("SELECT subscription_id, sequence FROM deliveries WHERE "
                                  "subscription_id = ? AND due_at > ? AND ((status = 'pending' AND "
                                  "due_at > ?) OR (status = 'retrying' AND due_at > ? + {})) ORDER "
                                  "BY sequence",
                                  limits.pause_us),
                      {id, time_value(upto), time_value(limits.first), time_value(upto)});
    if (!found) return found;
    for (std::string& example : found->examples) late.add(std::move(example), 0);
    late.count += found->count;
  }
  return late;
}

}  // namespace

Result<Finding> check_state(const HubState& state) {
  const auto subscriptions =
      count(state.connection, "SELECT COUNT(*) FROM subscriptions WHERE deleted_at IS NULL");
  if (!subscriptions) return fail(subscriptions.error());
  const auto events = count(state.connection, "SELECT COUNT(*) FROM events");
  if (!events) return fail(events.error());
  const auto deliveries = count(state.connection, "SELECT COUNT(*) FROM deliveries");
  if (!deliveries) return fail(deliveries.error());
  return Finding{.check = "hub_state",
                 .what = say({"{} subscriptions, {} events, {} deliveries",
                              "订阅 {} 个，事件 {} 个，投递 {} 条"},
                             *subscriptions, *events, *deliveries)};
}

Result<Finding> check_due(const HubState& state) {
  const auto stuck =
      find(state.connection,
           "SELECT d.subscription_id, d.sequence FROM deliveries d WHERE d.status IN ('pending', "
           "'retrying') AND d.due_at IS NULL AND NOT EXISTS (SELECT 1 FROM deliveries b WHERE "
           "b.subscription_id = d.subscription_id AND b.open_key = d.open_key AND b.sequence < "
           "d.sequence) ORDER BY d.subscription_id, d.sequence");
  if (!stuck) return fail(stuck.error());
  if (!stuck->none())
    return Finding{
        .check = "due",
        .verdict = Verdict::failure,
        .what = say({"unfinished deliveries that wait for nothing and are never due: {}",
                     "未完成且没有等待原因、也永远不会到期的投递 {}"},
                    stuck->text()),
        .mend = say({"stop the hubs, give each a due time, start them again: they are sent then",
                     "停止 hub，为每条设置到期时间后再启动，即会投递"}),
        .statement =
            "UPDATE deliveries SET due_at = 1 WHERE due_at IS NULL AND status IN "
            "('pending', 'retrying') AND NOT EXISTS (SELECT 1 FROM (SELECT "
            "subscription_id AS s, open_key AS k, sequence AS n FROM deliveries WHERE "
            "open_key IS NOT NULL) b WHERE b.s = deliveries.subscription_id AND b.k = "
            "deliveries.open_key AND b.n < deliveries.sequence)"};
  const auto abandoned =
      find(state.connection,
           "SELECT d.subscription_id, d.sequence FROM deliveries d JOIN subscriptions s ON "
           "s.subscription_id = d.subscription_id WHERE s.deleted_at IS NOT NULL AND d.status IN "
           "('pending', 'retrying') AND NOT EXISTS (SELECT 1 FROM backlog_work w WHERE "
           "w.subscription_id = d.subscription_id AND w.work = 'cancel') ORDER BY "
           "d.subscription_id, d.sequence");
  if (!abandoned) return fail(abandoned.error());
  if (!abandoned->none())
    return Finding{.check = "due",
                   .verdict = Verdict::failure,
                   .what = say({"unfinished deliveries of deleted subscriptions: {}",
                                "已删除订阅的未完成投递 {}"},
                               abandoned->text())};
  auto late = due_too_late(state);
  if (!late) return fail(std::move(late));
  if (!late->none())
    return Finding{.check = "due",
                   .verdict = Verdict::warning,
                   .what = say({"due later than their schedule allows, as when the clock was set "
                                "back: {}",
                                "到期时间超出重试计划允许的范围（时钟可能被调回）：{}"},
                               late->text()),
                   .mend = say({"a hub that starts, or sees its clock set back, tries them at once",
                                "hub 启动或发现时钟被调回时会立即重试"})};
  return Finding{.check = "due",
                 .what = say({"every unfinished delivery is due some time, or waits for an earlier "
                              "one of its source",
                              "每条未完成的投递都有到期时间，或在等待同源的前一条"})};
}

Result<Finding> check_finished(const HubState& state) {
  const auto again = find(state.connection,
                          "SELECT subscription_id, sequence FROM deliveries WHERE due_at IS NOT "
                          "NULL AND status NOT IN ('pending', 'retrying') ORDER BY "
                          "subscription_id, sequence");
  if (!again) return fail(again.error());
  if (!again->none())
    return Finding{.check = "finished",
                   .verdict = Verdict::failure,
                   .what = say({"finished deliveries that would be sent again: {}",
                                "已完成却仍会再次投递的记录 {}"},
                               again->text()),
                   .statement =
                       "UPDATE deliveries SET due_at = NULL WHERE status IN "
                       "('delivered', 'parked', 'cancelled')"};
  const auto unproven = find(
      state.connection,
      "SELECT d.subscription_id, d.sequence FROM deliveries d WHERE d.status = 'delivered' AND "
      "NOT EXISTS (SELECT 1 FROM attempts a WHERE a.subscription_id = d.subscription_id AND "
      "a.sequence = d.sequence AND a.status_code BETWEEN 200 AND 299) ORDER BY "
      "d.subscription_id, d.sequence");
  if (!unproven) return fail(unproven.error());
  if (!unproven->none())
    return Finding{.check = "finished",
                   .verdict = Verdict::failure,
                   .what = say({"delivered, but no attempt was answered with 2xx: {}",
                                "标记为已送达，但没有任何一次尝试得到 2xx 应答：{}"},
                               unproven->text()),
                   .mend = say({"send them again: tidemark deliveries retry ID",
                                "重新投递：tidemark deliveries retry ID"})};
  return Finding{.check = "finished",
                 .what = say({"whatever is delivered has an attempt that was answered with 2xx",
                              "每条已送达的投递都有一次得到 2xx 应答的尝试"})};
}

Result<Finding> check_overdue(const HubState& state) {
  const auto late = find(state.connection,
                         "SELECT d.subscription_id, d.sequence FROM deliveries d JOIN "
                         "subscriptions s ON s.subscription_id = d.subscription_id WHERE d.due_at "
                         "< ? AND s.state = 'active' AND s.deleted_at IS NULL ORDER BY "
                         "d.subscription_id, d.sequence",
                         {time_value(state.now - overdue_after)});
  if (!late) return fail(late.error());
  if (!late->none())
    return Finding{.check = "overdue",
                   .verdict = Verdict::warning,
                   .what = say({"due for more than {} minutes though their subscription is active: "
                                "{}",
                                "订阅处于启用状态，却已到期超过 {} 分钟：{}"},
                               overdue_after.count(), late->text()),
                   .mend = say({"is a hub running? A large backlog or a rate limit does this, too",
                                "hub 是否在运行？大量积压或限速也会如此"})};
  return Finding{.check = "overdue", .what = say({"nothing is late", "没有超期"})};
}

Result<Finding> check_orphans(const HubState& state) {
  const auto broken = [](Message what) {
    return Finding{.check = "orphans",
                   .verdict = Verdict::failure,
                   .what = std::move(what),
                   .mend = say({"something outside deleted rows of this state; restore them from a "
                                "backup",
                                "有外部操作删除了状态库中的行，请从备份恢复"})};
  };
  const auto eventless =
      find(state.connection,
           "SELECT d.subscription_id, d.sequence FROM deliveries d WHERE NOT EXISTS (SELECT 1 FROM "
           "events e WHERE e.event_id = d.event_id) ORDER BY d.subscription_id, d.sequence");
  if (!eventless) return fail(eventless.error());
  if (!eventless->none())
    return broken(say({"deliveries whose event is gone, which are never sent: {}",
                       "事件已丢失、永远无法投递的记录 {}"},
                      eventless->text()));
  const auto ownerless =
      find(state.connection,
           "SELECT d.subscription_id, d.sequence FROM deliveries d WHERE NOT EXISTS (SELECT 1 FROM "
           "subscriptions s WHERE s.subscription_id = d.subscription_id) ORDER BY "
           "d.subscription_id, d.sequence");
  if (!ownerless) return fail(ownerless.error());
  if (!ownerless->none())
    return broken(say({"deliveries whose subscription is gone: {}", "订阅已丢失的投递 {}"},
                      ownerless->text()));
  const auto loose =
      find(state.connection,
           "SELECT a.subscription_id, a.sequence FROM attempts a WHERE NOT EXISTS (SELECT 1 FROM "
           "deliveries d WHERE d.subscription_id = a.subscription_id AND d.sequence = a.sequence) "
           "ORDER BY a.subscription_id, a.sequence");
  if (!loose) return fail(loose.error());
  if (!loose->none())
    return broken(
        say({"attempts whose delivery is gone: {}", "投递已丢失的尝试记录 {}"}, loose->text()));
  return Finding{.check = "orphans",
                 .what = say({"every delivery has its event and its subscription",
                              "每条投递都有对应的事件和订阅"})};
}

}  // namespace tidemark::relay
