#include <fmt/format.h>

#include <map>

#include "relay/doctor/checks.h"
#include "relay/doctor/found.h"
#include "relay/row.h"

namespace tidemark::relay {

using run::Finding;
using run::Verdict;

namespace {

struct Counter {
  std::int64_t next = 1;
  WallTime created_at{};
};

Result<std::map<std::string, Counter>> counters_of(sql::Connection& connection) {
  auto cursor =
      connection.query("SELECT subscription_id, next_sequence, created_at FROM subscriptions");
  if (!cursor) return fail(std::move(cursor));
  std::map<std::string, Counter> counters;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) return counters;
    counters[text_at(**cursor, 0)] = {number_at(**cursor, 1), time_at(**cursor, 2)};
  }
}

/// Walks along the numbers of one subscription after the other.
class Walk {
 public:
  explicit Walk(const HubState& state)
      : pruned_before_(state.retention.count() == 0 ? WallTime::min()
                                                    : state.now - state.retention) {}

  void begin(const std::string& id, WallTime created_at) {
    id_ = id;
    last_ = 0;
    since_ = created_at;
  }
  void step(std::int64_t sequence, WallTime created_at) {
    expect(sequence);
    last_ = sequence;
    since_ = created_at;
  }
  void end(std::int64_t next) {
    if (next <= last_)
      behind.add(fmt::format("{} ({}, {})", id_, next, last_));
    else
      expect(next);
  }

  Found missing{};
  Found behind{};

 private:
  /// Everything before `sequence` has been there. What is missing is younger than `since_`; only
  /// what is older than the retention may have been pruned.
  void expect(std::int64_t sequence) {
    if (sequence > last_ + 1 && since_ >= pruned_before_)
      missing.add(fmt::format("{}-{}", id_, last_ + 1), sequence - last_ - 1);
  }

  const WallTime pruned_before_;
  std::string id_{};
  std::int64_t last_ = 0;
  WallTime since_{};
};

}  // namespace

Result<Finding> check_sequences(const HubState& state) {
  auto counters = counters_of(state.connection);
  if (!counters) return fail(std::move(counters));
  Walk walk(state);
  {
    auto cursor = state.connection.query(
        "SELECT subscription_id, sequence, created_at FROM deliveries ORDER BY subscription_id, "
        "sequence");
    if (!cursor) return fail(std::move(cursor));
    auto current = counters->end();
    while (true) {
      const Result<bool> row = (*cursor)->next();
      if (!row) return fail(row.error());
      if (!*row) break;
      const std::string id = text_at(**cursor, 0);
      if (current == counters->end() || current->first != id) {
        if (current != counters->end()) {
          walk.end(current->second.next);
          counters->erase(current);
        }
        current = counters->find(id);
        if (current == counters->end()) continue;  // `orphans` tells of it.
        walk.begin(id, current->second.created_at);
      }
      walk.step(number_at(**cursor, 1), time_at(**cursor, 2));
    }
    if (current != counters->end()) {
      walk.end(current->second.next);
      counters->erase(current);
    }
  }
  for (const auto& [id, counter] : *counters) {  // Those without any delivery.
    walk.begin(id, counter.created_at);
    walk.end(counter.next);
  }
  if (!walk.behind.none())
    return Finding{
        .check = "sequences",
        .verdict = Verdict::failure,
        .what = say({"subscriptions whose next number is given already (next, highest): {}",
                     "下一个序号已被占用的订阅（下一个，最大）{}"},
                    walk.behind.text()),
        .mend = say({"nothing can be published to them until the counter stands behind the highest",
                     "在计数器移到最大序号之后以前，无法向其发布"}),
        .statement =
            "UPDATE subscriptions SET next_sequence = (SELECT COALESCE(MAX(d.sequence), "
            "0) + 1 FROM deliveries d WHERE d.subscription_id = "
            "subscriptions.subscription_id) WHERE deleted_at IS NULL AND next_sequence <= "
            "(SELECT COALESCE(MAX(d.sequence), 0) FROM deliveries d WHERE "
            "d.subscription_id = subscriptions.subscription_id)"};
  if (!walk.missing.none())
    return Finding{
        .check = "sequences",
        .verdict = Verdict::failure,
        .what = say({"numbers that are missing though nothing so young is pruned: {}",
                     "缺失的序号（尚未到清理时间）{}"},
                    walk.missing.text()),
        .mend = say({"deliveries were deleted, or relay.retention was shorter before; receivers "
                     "that look for gaps wait for these numbers",
                     "投递记录被删除，或 relay.retention 以前更短；检查缺口的接收方会一直等待这些"
                     "序号"})};
  return Finding{
      .check = "sequences",
      .what = say({"the numbers of every subscription are dense", "每个订阅的序号连续无缺口"})};
}

Result<Finding> check_counters(const HubState& state) {
  for (const std::string_view counter : {"voucher_id", "subscriptions", "deliveries"}) {
    const auto there = count(state.connection, "SELECT COUNT(*) FROM counters WHERE counter = ?",
                             {std::string(counter)});
    if (!there) return fail(there.error());
    if (*there == 0)
      return Finding{.check = "counters",
                     .verdict = Verdict::failure,
                     .what = say({"the counter {} is missing", "缺少计数器 {}"}, counter),
                     .statement = fmt::format(
                         "INSERT INTO counters (counter, value) VALUES ('{}', 0)", counter)};
  }
  const auto given =
      count(state.connection, "SELECT value FROM counters WHERE counter = 'voucher_id'");
  if (!given) return fail(given.error());
  const auto ahead =
      count(state.connection, "SELECT COUNT(DISTINCT voucher_id) FROM events WHERE voucher_id > ?",
            {*given});
  if (!ahead) return fail(ahead.error());
  if (*given > 0 && *ahead > 0)
    return Finding{
        .check = "counters",
        .verdict = Verdict::warning,
        .what = say({"{} vouchers with numbers of their own lie ahead of the counter ({}): a "
                     "number that the hub gives may be one of theirs",
                     "有 {} 张自带编号的凭证大于计数器（{}）：hub 生成的编号可能与之相同"},
                    *ahead, *given),
        .mend = say({"publish all vouchers with voucher_id, or all without",
                     "请统一由业务系统给出 voucher_id，或统一由 hub 生成"})};
  return Finding{.check = "counters", .what = say({"in order", "正常"})};
}

}  // namespace tidemark::relay
