#include "relay/gathered_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <tuple>

#include "relay/row.h"
#include "sql/rows.h"

namespace tidemark::relay {
namespace {

// The columns of a new row, in the order in which Store gives its values.
constexpr std::array<std::string_view, 14> events_columns = {
    "event_id",       "event_type",   "source_system", "source_type",    "source_id",
    "source_version", "voucher_id",   "voucher_no",    "target_systems", "source_module",
    "company_id",     "content_hash", "body",          "created_at"};

constexpr std::array<std::string_view, 12> deliveries_columns = {
    "subscription_id", "sequence",   "event_id",   "status",       "due_at",     "open_key",
    "attempts",        "retry_step", "last_error", "last_message", "created_at", "wanted_at"};

constexpr std::array<std::string_view, 9> attempts_columns = {
    "subscription_id", "sequence",   "attempt", "started_at", "duration_us",
    "status_code",     "error_code", "message", "response"};

/// Rows of one statement. PostgreSQL takes 65,535 parameters; larger ones were not faster.
constexpr std::size_t rows_max = 256;

class Rows final : public sql::RowSource {
 public:
  explicit Rows(std::vector<sql::Values>& rows) : rows_(rows) {}
  Result<bool> next(sql::Values& row) override {
    if (next_ == rows_.size()) return false;
    row = std::move(rows_[next_++]);
    return true;
  }

 private:
  std::vector<sql::Values>& rows_;
  std::size_t next_ = 0;
};

template <class Columns>
Result<void> insert(sql::Connection& connection, std::string_view table, const Columns& columns,
                    std::vector<sql::Values>& rows) {
  if (rows.empty()) return {};
  const std::vector<std::string> names(columns.begin(), columns.end());
  Rows source(rows);
  const Result<std::int64_t> inserted = connection.bulk_insert(table, names, source);
  rows.clear();
  return inserted ? Result<void>{} : fail(inserted.error());
}

/// Deliveries of one subscription that ended in the same way at the same time.
auto kind_of(const DeliveryChange& change) {
  return std::tie(change.key.subscription_id, change.status, change.attempts, change.retry_step,
                  change.status_code, change.error_code, change.message, change.finished_at);
}

Result<std::int64_t> finish(sql::Connection& connection, std::span<const DeliveryChange> alike) {
  const DeliveryChange& one = alike.front();
  // By the primary key, whatever the server believes to know of the others: InnoDB locks what it
  // walks over, and new deliveries are to be added meanwhile.
  const bool mysql = connection.dialect() == sql::Dialect::mysql;
  std::string sql = mysql ? "UPDATE deliveries FORCE INDEX (PRIMARY)" : "UPDATE deliveries";
  sql +=
      " SET status = ?, due_at = NULL, attempts = ?, retry_step = ?, "
      "last_status_code = ?, last_error = ?, last_message = ?, "
      "started_at = COALESCE(started_at, CASE sequence";
  sql::Values params = values(std::string(name(one.status)), one.attempts, one.retry_step,
                              status_value(one.status_code), one.error_code, one.message);
  for (const DeliveryChange& change : alike) {
    sql += " WHEN ? THEN ?";
    params.emplace_back(change.key.sequence);
    params.emplace_back(time_value(change.started_at));
  }
  sql +=
      " ELSE started_at END), finished_at = ?, open_key = NULL WHERE subscription_id = ? AND "
      "attempts = ? AND sequence IN (";
  params.emplace_back(time_value(one.finished_at));
  params.emplace_back(one.key.subscription_id);
  params.emplace_back(one.attempts - 1);
  for (const DeliveryChange& change : alike) {
    sql += &change == &one ? "?" : ", ?";
    params.emplace_back(change.key.sequence);
  }
  sql += ") AND status IN ('pending', 'retrying')";
  return connection.execute(sql, params);
}

}  // namespace

void GatheredRows::add_event(sql::Values row, std::string source) {
  events_.push_back(std::move(row));
  sources_.insert(std::move(source));
}

void GatheredRows::clear() {
  events_.clear();
  deliveries_.clear();
  attempts_.clear();
  changes_.clear();
  sources_.clear();
}

Result<void> GatheredRows::write(sql::Connection& connection) {
  Result<void> done = write_attempts(connection);
  if (done) done = write_changes(connection);
  if (done) done = insert(connection, "events", events_columns, events_);
  if (done) done = insert(connection, "deliveries", deliveries_columns, deliveries_);
  clear();
  return done;
}

Result<void> GatheredRows::write_attempts(sql::Connection& connection) const {
  const bool mysql = connection.dialect() == sql::Dialect::mysql;
  for (std::size_t first = 0; first < attempts_.size(); first += rows_max) {
    const auto rows =
        std::span(attempts_).subspan(first, std::min(rows_max, attempts_.size() - first));
    std::string sql = fmt::format("INSERT {}INTO attempts ({}) VALUES ", mysql ? "IGNORE " : "",
                                  fmt::join(attempts_columns, ", "));
    sql::Values params;
    params.reserve(rows.size() * attempts_columns.size());
    for (const sql::Values& row : rows) {
      sql += params.empty() ? "(?, ?, ?, ?, ?, ?, ?, ?, ?)" : ", (?, ?, ?, ?, ?, ?, ?, ?, ?)";
      params.insert(params.end(), row.begin(), row.end());
    }
    // An outcome may be written twice: the connection broke while the server committed.
    if (!mysql) sql += " ON CONFLICT DO NOTHING";
    if (Result<void> written = sql::write(connection, sql, params); !written) return written;
  }
  return {};
}

Result<void> GatheredRows::write_changes(sql::Connection& connection) {
  std::ranges::sort(changes_, [](const DeliveryChange& a, const DeliveryChange& b) {
    return std::tuple_cat(kind_of(a), std::tie(a.key.sequence)) <
           std::tuple_cat(kind_of(b), std::tie(b.key.sequence));
  });
  const std::span<const DeliveryChange> all(changes_);
  for (std::size_t first = 0; first < all.size();) {
    std::size_t count = 1;
    while (first + count < all.size() && count < rows_max &&
           kind_of(all[first + count]) == kind_of(all[first]))
      ++count;
    const auto alike = all.subspan(first, count);
    first += count;
    const Result<std::int64_t> finished = finish(connection, alike);
    if (!finished) return fail(finished.error());
    if (std::cmp_equal(*finished, count)) continue;
    // Some were cancelled meanwhile, say; the attempts were made all the same.
    for (const DeliveryChange& change : alike)
      if (Result<void> counted = count_attempt(connection, change); !counted) return counted;
  }
  return {};
}

Result<void> count_attempt(sql::Connection& connection, const DeliveryChange& change) {
  return sql::write(
      connection,
      "UPDATE deliveries SET attempts = ? WHERE subscription_id = ? AND "
      "sequence = ? AND attempts < ?",
      values(change.attempts, change.key.subscription_id, change.key.sequence, change.attempts));
}

}  // namespace tidemark::relay
