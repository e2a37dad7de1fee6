#include "relay/leases.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/parse_integer.h"
#include "relay/row.h"
#include "relay/row_lock.h"
#include "sql/rows.h"

namespace tidemark::relay {
namespace {

using std::chrono::microseconds;

/// FNV-1a: the same on every hub.
std::uint64_t score(std::string_view hub, std::string_view subscription_id) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::string_view part : {hub, subscription_id})
    for (const char letter : part)
      hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
  // Its high bits are weak for texts that differ in their last letters (finalizer of MurmurHash3).
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  return hash ^ (hash >> 33);
}

const std::string& meant_for(const std::vector<std::string>& hubs,
                             const std::string& subscription_id) {
  return *std::max_element(hubs.begin(), hubs.end(), [&](const auto& a, const auto& b) {
    return score(a, subscription_id) < score(b, subscription_id);
  });
}

std::int64_t count_of(std::chrono::seconds time) { return microseconds(time).count(); }

}  // namespace

bool Leases::is_due() const {
  return !renewed_at_ || clock_.steady() >= *renewed_at_ + renew_every;
}

void Leases::distrust() {
  for (auto& [id, lease] : leases_) lease.valid_until = {};
  hurry();
}

Result<std::vector<std::string>> Leases::live_hubs(sql::Connection& connection,
                                                   std::int64_t now) const {
  const auto seen =
      connection.execute("UPDATE hubs SET seen_at = ? WHERE hub = ?", sql::Values{now, hub_});
  if (!seen) return fail(seen.error());
  if (*seen == 0)
    if (const auto added = connection.execute("INSERT INTO hubs (hub, seen_at) VALUES (?, ?)",
                                              sql::Values{hub_, now});
        !added)
      return fail(added.error());
  if (Result<void> gone = sql::write(connection, "DELETE FROM hubs WHERE seen_at < ?",
                                     sql::Values{now - 10 * count_of(ttl)});
      !gone)
    return fail(std::move(gone));
  return sql::all_rows(connection.query("SELECT hub FROM hubs WHERE seen_at >= ? ORDER BY hub",
                                        sql::Values{now - count_of(ttl)}),
                       [](const sql::Cursor& row) { return text_at(row, 0); });
}

Result<std::int64_t> Leases::take(sql::Connection& connection, const std::string& subscription_id,
                                  std::int64_t now, std::int64_t expires_at) const {
  const auto taken = connection.execute(
      "UPDATE leases SET epoch = CASE WHEN owner = ? THEN epoch ELSE epoch + 1 END, "
      "expires_at = ?, owner = ? WHERE subscription_id = ? AND (owner = ? OR expires_at < ?)",
      sql::Values{hub_, expires_at, hub_, subscription_id, hub_, now});
  if (!taken) return fail(taken.error());
  const auto known =
      sql::query_value(connection, "SELECT epoch FROM leases WHERE subscription_id = ?",
                       sql::Values{subscription_id});
  if (!known) return fail(known.error());
  if (*known) return *taken > 0 ? parse_integer(**known).value_or(0) : 0;
  const auto added = connection.execute(
      "INSERT INTO leases (subscription_id, owner, epoch, expires_at) VALUES (?, ?, 1, ?)",
      sql::Values{subscription_id, hub_, expires_at});
  if (!added) return fail(added.error());
  return 1;
}

Result<void> Leases::renew(sql::Connection& connection,
                           const std::map<std::string, Use>& by_subscription) {
  asked_at_ = clock_.steady();
  renewed_.clear();
  const Result<std::int64_t> now = server_now_();
  if (!now) return fail(now.error());
  const Result<std::vector<std::string>> hubs = live_hubs(connection, *now);
  if (!hubs) return fail(hubs.error());
  for (const auto& [id, use] : by_subscription) {
    const bool ours = leases_.contains(id);
    const bool stays = meant_for(*hubs, id) == hub_;
    if (!ours && !stays) continue;
    if (!stays && use.idle) {
      if (Result<void> given =
              sql::write(connection,
                         "UPDATE leases SET expires_at = 0 WHERE subscription_id = ? AND owner = ?",
                         sql::Values{id, hub_});
          !given)
        return given;
      continue;
    }
    const bool is_long = use.request > margin;
    const std::int64_t expires_at =
        *now + count_of(ttl) + (is_long ? microseconds(use.request).count() : 0);
    const Result<std::int64_t> taken = take(connection, id, *now, expires_at);
    if (!taken) return fail(taken.error());
    if (*taken > 0)
      renewed_[id] = {.valid_until = asked_at_ + ttl - margin,
                      .request_max = is_long ? use.request : margin,
                      .epoch = *taken,
                      .leaving = !stays};
  }
  return {};
}

void Leases::done() {
  leases_ = std::exchange(renewed_, {});
  renewed_at_ = asked_at_;
}

bool Leases::may_send(const std::string& subscription_id) const {
  const auto lease = leases_.find(subscription_id);
  return lease != leases_.end() && !lease->second.leaving &&
         clock_.steady() < lease->second.valid_until;
}

bool Leases::outlives(const std::string& subscription_id, std::chrono::milliseconds timeout) const {
  const auto lease = leases_.find(subscription_id);
  return lease != leases_.end() && timeout <= lease->second.request_max;
}

std::int64_t Leases::epoch(const std::string& subscription_id) const {
  const auto lease = leases_.find(subscription_id);
  return lease == leases_.end() ? 0 : lease->second.epoch;
}

Result<std::int64_t> Leases::held_epoch(sql::Connection& connection,
                                        const std::string& subscription_id) const {
  std::int64_t epoch = 0;
  Result<void> read = sql::each_row(
      connection.query(fmt::format("SELECT owner, epoch FROM leases WHERE subscription_id = ?{}",
                                   lock_clause(RowLock::shared, connection.dialect())),
                       sql::Values{subscription_id}),
      [&](const sql::Cursor& row) {
        if (text_at(row, 0) == hub_) epoch = number_at(row, 1);
      });
  if (!read) return fail(std::move(read));
  return epoch;
}

Result<void> Leases::release_all(sql::Connection& connection) {
  for (const std::string_view sql :
       {"UPDATE leases SET expires_at = 0 WHERE owner = ?", "DELETE FROM hubs WHERE hub = ?"})
    if (Result<void> done = sql::write(connection, sql, sql::Values{hub_}); !done) return done;
  leases_.clear();
  return {};
}

}  // namespace tidemark::relay
