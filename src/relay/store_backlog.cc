#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "relay/backlog_work.h"
#include "relay/row.h"
#include "relay/row_lock.h"
#include "relay/store.h"
#include "sql/rows.h"

// What a change of a subscription does to what waits, piece by piece along the sequence numbers.
namespace tidemark::relay {
namespace {

constexpr std::array<std::pair<BacklogWork, std::string_view>, 5> works = {{
    {BacklogWork::cancel, "cancel"},
    {BacklogWork::begin_order, "begin_order"},
    {BacklogWork::end_order, "end_order"},
    {BacklogWork::make_due, "make_due"},
    {BacklogWork::let_pass, "let_pass"},
}};

/// For each row that a piece may change, it walks over so many: most of a long history is finished.
constexpr std::int64_t walked_for_one = 20;

/// Whoever waits stands behind the one that it waits for. Where rows leave the order, the last one
/// goes first, so that at every moment what waits has something to wait for.
bool goes_back(BacklogWork work) {
  return work == BacklogWork::cancel || work == BacklogWork::end_order;
}

/// relay::ordering_key() of the event, in SQL.
std::string_view key_of_event(sql::Dialect dialect) {
  switch (dialect) {
    case sql::Dialect::mysql:
      return "CONCAT(e.source_system, CHAR(31), e.source_type, CHAR(31), e.source_id)";
    case sql::Dialect::postgres:
      return "e.source_system || chr(31) || e.source_type || chr(31) || e.source_id";
    case sql::Dialect::sqlite:
      break;
  }
  return "e.source_system || char(31) || e.source_type || char(31) || e.source_id";
}

sql::Values with(sql::Values first, const sql::Values& rest) {
  first.insert(first.end(), rest.begin(), rest.end());
  return first;
}

}  // namespace

std::string_view name(BacklogWork work) {
  return std::ranges::find(works, work, &decltype(works)::value_type::first)->second;
}

std::optional<BacklogWork> parse_backlog_work(std::string_view text) {
  const auto* const found = std::ranges::find(works, text, &decltype(works)::value_type::second);
  if (found == works.end()) return std::nullopt;
  return found->first;
}

/// Some unfinished or parked deliveries of one subscription, by their numbers.
struct Store::Piece {
  std::string subscription_id;
  std::vector<std::int64_t> sequences{};
  std::int64_t end = 0;  ///< The next piece begins behind it, or before it.
  bool last = false;

  /// Statements name the rows, so that no database locks others on its way to them.
  [[nodiscard]] std::string where() const {
    std::string text = " WHERE subscription_id = ? AND sequence IN (?";
    for (std::size_t i = 1; i < sequences.size(); ++i) text += ", ?";
    return text + ")";
  }
  [[nodiscard]] sql::Values params() const {
    sql::Values all = values(subscription_id);
    for (const std::int64_t sequence : sequences) all.emplace_back(sequence);
    return all;
  }
};

Result<void> Store::begin_work(const BacklogTask& task, std::int64_t upto, WallTime at) {
  if (Result<void> ended = end_work(task); !ended) return ended;
  return sql::write(*connection_,
                    "INSERT INTO backlog_work (subscription_id, work, place, upto, due_at) "
                    "VALUES (?, ?, ?, ?, ?)",
                    values(task.subscription_id, std::string(name(task.work)),
                           goes_back(task.work) ? upto : std::int64_t{0}, upto, time_value(at)));
}

Result<void> Store::end_work(const BacklogTask& task) {
  return sql::write(*connection_, "DELETE FROM backlog_work WHERE subscription_id = ? AND work = ?",
                    values(task.subscription_id, std::string(name(task.work))));
}

Result<std::set<BacklogTask>> Store::backlog_work() {
  std::set<BacklogTask> tasks;
  Result<void> read =
      sql::each_row(connection_->query("SELECT subscription_id, work FROM backlog_work"),
                    [&tasks](const sql::Cursor& row) {
                      if (const auto work = parse_backlog_work(text_at(row, 1)))
                        tasks.insert({.subscription_id = text_at(row, 0), .work = *work});
                    });
  if (!read) return fail(std::move(read));
  return tasks;
}

Result<bool> Store::work_on(const BacklogTask& task, std::int64_t rows_max, WallTime now) {
  struct Progress {
    std::int64_t place = 0;
    std::int64_t upto = 0;
    WallTime at{};
  };
  const auto progress = sql::first_row(
      connection_->query(fmt::format("SELECT place, upto, due_at FROM backlog_work WHERE "
                                     "subscription_id = ? AND work = ?{}",
                                     lock_clause(RowLock::own, connection_->dialect())),
                         values(task.subscription_id, std::string(name(task.work)))),
      [](const sql::Cursor& row) {
        return Progress{
            .place = number_at(row, 0), .upto = number_at(row, 1), .at = time_at(row, 2)};
      });
  if (!progress) return fail(progress.error());
  if (!*progress) return true;  // Another hub has done it.
  const bool back = goes_back(task.work);
  const Result<Piece> piece =
      next_piece(task.subscription_id, back ? 0 : (*progress)->place,
                 back ? (*progress)->place : (*progress)->upto, back, rows_max);
  if (!piece) return fail(piece.error());
  if (!piece->sequences.empty())
    if (Result<void> done = do_piece(*piece, task.work, (*progress)->at, now); !done)
      return fail(std::move(done));
  Result<void> kept =
      piece->last
          ? end_work(task)
          : sql::write(*connection_,
                       "UPDATE backlog_work SET place = ? WHERE subscription_id = ? AND work = ?",
                       values(piece->end, task.subscription_id, std::string(name(task.work))));
  if (!kept) return fail(std::move(kept));
  return piece->last;
}

Result<Store::Piece> Store::next_piece(const std::string& subscription_id, std::int64_t after,
                                       std::int64_t before, bool back, std::int64_t rows_max) {
  Piece piece{.subscription_id = subscription_id};
  const std::string_view order = back ? "DESC" : "ASC";
  const std::int64_t walked_max = rows_max * walked_for_one;
  std::int64_t walked = 0;
  Result<void> read = sql::each_row(
      connection_->query(
          fmt::format("SELECT COUNT(*), {}(sequence) FROM (SELECT sequence FROM deliveries WHERE "
                      "subscription_id = ? AND sequence > ? AND sequence < ? ORDER BY sequence {} "
                      "LIMIT ?) AS walked",
                      back ? "MIN" : "MAX", order),
          values(subscription_id, after, before, walked_max)),
      [&](const sql::Cursor& row) {
        walked = number_at(row, 0);
        piece.end = number_at(row, 1);
      });
  if (!read) return fail(std::move(read));
  piece.last = walked < walked_max;
  if (walked == 0) return piece;
  auto open = sql::all_rows(
      connection_->query(
          fmt::format("SELECT sequence FROM deliveries WHERE subscription_id = ? AND sequence "
                      "BETWEEN ? AND ? AND status IN ('pending', 'retrying', 'parked') ORDER BY "
                      "sequence {} LIMIT ?",
                      order),
          values(subscription_id, back ? piece.end : after + 1, back ? before - 1 : piece.end,
                 rows_max)),
      [](const sql::Cursor& row) { return number_at(row, 0); });
  if (!open) return fail(std::move(open));
  if (std::ssize(*open) == rows_max && open->back() != piece.end) {
    piece.end = open->back();
    piece.last = false;
  }
  piece.sequences = std::move(*open);
  return piece;
}

Result<void> Store::do_piece(const Piece& piece, BacklogWork work, WallTime at, WallTime now) {
  switch (work) {
    case BacklogWork::cancel:
      return update_piece(piece,
                          "status = 'cancelled', due_at = NULL, open_key = NULL, finished_at = ?",
                          values(time_value(at)), "status IN ('pending', 'retrying', 'parked')");
    case BacklogWork::begin_order:
      return order_piece(piece);
    case BacklogWork::end_order:
      return update_piece(piece,
                          "due_at = CASE WHEN status = 'parked' THEN NULL ELSE "
                          "COALESCE(due_at, ?) END, open_key = NULL",
                          values(time_value(at)),
                          "open_key IS NOT NULL AND status IN ('pending', 'retrying', 'parked')");
    case BacklogWork::make_due:
      return update_piece(piece, "due_at = ?, wanted_at = ?",
                          values(time_value(at), time_value(at)),
                          "status = 'pending' AND due_at > ?", values(time_value(now)));
    case BacklogWork::let_pass:
      return let_pass_parked(piece, now);
  }
  return {};
}

Result<void> Store::update_piece(const Piece& piece, std::string_view set, sql::Values params,
                                 std::string_view and_only, const sql::Values& only_params) {
  const bool mysql = connection_->dialect() == sql::Dialect::mysql;
  return sql::write(
      *connection_,
      fmt::format("UPDATE deliveries{} SET {}{} AND {}", mysql ? " FORCE INDEX (PRIMARY)" : "", set,
                  piece.where(), and_only),
      with(with(std::move(params), piece.params()), only_params));
}

Result<void> Store::order_piece(const Piece& piece) {
  Result<void> named =
      update_piece(piece,
                   fmt::format("open_key = (SELECT {} FROM events e WHERE e.event_id = "
                               "deliveries.event_id)",
                               key_of_event(connection_->dialect())),
                   {}, "open_key IS NULL AND status IN ('pending', 'retrying')");
  if (!named) return named;
  Piece behind{.subscription_id = piece.subscription_id};
  auto found = sql::all_rows(
      connection_->query("SELECT sequence FROM deliveries" + piece.where() +
                             " AND due_at IS NOT NULL AND EXISTS (SELECT 1 FROM deliveries b WHERE "
                             "b.subscription_id = deliveries.subscription_id AND b.open_key = "
                             "deliveries.open_key AND b.sequence < deliveries.sequence)",
                         piece.params()),
      [](const sql::Cursor& row) { return number_at(row, 0); });
  if (!found) return fail(std::move(found));
  if (found->empty()) return {};
  behind.sequences = std::move(*found);
  return update_piece(behind, "due_at = NULL", {}, "status IN ('pending', 'retrying')");
}

Result<void> Store::let_pass_parked(const Piece& piece, WallTime now) {
  Piece parked{.subscription_id = piece.subscription_id};
  std::set<std::string> keys;
  Result<void> read =
      sql::each_row(connection_->query("SELECT sequence, open_key FROM deliveries" + piece.where() +
                                           " AND status = 'parked' AND open_key IS NOT NULL",
                                       piece.params()),
                    [&](const sql::Cursor& row) {
                      parked.sequences.push_back(number_at(row, 0));
                      keys.insert(text_at(row, 1));
                    });
  if (!read || keys.empty()) return read;
  Result<void> freed = update_piece(parked, "open_key = NULL", {}, "status = 'parked'");
  for (auto key = keys.begin(); freed && key != keys.end(); ++key)
    freed = wake_next(piece.subscription_id, *key, now);
  return freed;
}

Result<bool> Store::make_due(const std::string& subscription_id, WallTime after, WallTime due_at,
                             std::int64_t rows_max) {
  Piece piece{.subscription_id = subscription_id};
  auto later =
      sql::all_rows(connection_->query("SELECT sequence FROM deliveries WHERE subscription_id = ? "
                                       "AND due_at > ? AND status = 'pending' ORDER BY due_at, "
                                       "sequence LIMIT ?",
                                       values(subscription_id, time_value(after), rows_max)),
                    [](const sql::Cursor& row) { return number_at(row, 0); });
  if (!later) return fail(std::move(later));
  if (later->empty()) return false;
  piece.sequences = std::move(*later);
  if (Result<void> done = update_piece(piece, "due_at = ?, wanted_at = ?",
                                       values(time_value(due_at), time_value(due_at)),
                                       "due_at IS NOT NULL AND status = 'pending'");
      !done)
    return fail(std::move(done));
  return std::ssize(piece.sequences) == rows_max;
}

Result<bool> Store::retry_sooner(const std::string& subscription_id, const std::string& pause_us,
                                 WallTime now, std::int64_t rows_max) {
  Piece piece{.subscription_id = subscription_id};
  auto late = sql::all_rows(
      connection_->query(
          fmt::format("SELECT sequence FROM deliveries WHERE subscription_id = ? AND due_at > ? "
                      "AND status = 'retrying' AND due_at > ? + {} ORDER BY due_at, sequence "
                      "LIMIT ?",
                      pause_us),
          values(subscription_id, time_value(now), time_value(now), rows_max)),
      [](const sql::Cursor& row) { return number_at(row, 0); });
  if (!late) return fail(std::move(late));
  if (late->empty()) return false;
  piece.sequences = std::move(*late);
  if (Result<void> done = update_piece(piece, "due_at = ?", values(time_value(now)),
                                       "due_at IS NOT NULL AND status = 'retrying'");
      !done)
    return fail(std::move(done));
  return std::ssize(piece.sequences) == rows_max;
}

}  // namespace tidemark::relay
