#include "export/key_census.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "sql/rows.h"
#include "sql/transaction.h"

namespace tidemark::exporter {
namespace {

/// A statement failed that the transaction can do without, such as one that found no room for its
/// temporary table. Errors: what ends the transaction, or may (SQLite).
Result<void> pass_over(sql::Connection& connection, const Error& error) {
  using enum ErrorKind;
  if (error.kind == unreachable || error.kind == cancelled || error.kind == timeout ||
      connection.dialect() == sql::Dialect::sqlite) {
    return fail(error);
  }
  log_line(LogLevel::warning,
           fmt::format("the pass over all keys failed, and each chunk asks for its own: {}",
                       error.what.en));
  return sql::back_to_snapshot(connection);
}

}  // namespace

Result<std::optional<std::vector<Key>>> KeyCensus::doubled(sql::Connection& connection,
                                                           std::span<const Key> keys) {
  if (!is_worth_it()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (!std::exchange(taken_, true)) {
    if (Result<void> taken = take(connection); !taken) {
      if (Result<void> goes_on = pass_over(connection, taken.error()); !goes_on) {
        return fail(std::move(goes_on.error()));
      }
    }
  }
  if (!doubled_) return std::nullopt;
  std::vector<Key> found;
  std::ranges::copy_if(keys, std::back_inserter(found),
                       [this](const Key& key) { return doubled_->contains(key); });
  return found;
}

void KeyCensus::asked_since(SteadyTime begin) {
  asking_ += (now() - begin).count();
  ++questions_;
}

bool KeyCensus::is_worth_it() const {
  const SteadyTime::duration asking(asking_.load());
  return asking > asking_max_of_short_ones ||
         (asking > asking_max && asking > questions_.load() * question_max);
}

Result<void> KeyCensus::take(sql::Connection& connection) {
  const bool any_floating = std::ranges::any_of(table_.spec().key, [this](const auto& name) {
    return table_.table().column(name)->type == sql::ColumnType::floating;
  });
  if (any_floating) return {};  // Two that differ may be shown alike.
  const Statement query = table_.doubled_keys(std::nullopt, keys_max_ + 1);
  std::set<Key> found;
  std::size_t rows = 0;
  Result<void> read =
      sql::each_row(connection.query(query.sql, query.params), [&](const sql::Cursor& row) {
        found.insert(key_from(row, table_, 0));
        ++rows;
      });
  if (!read) return read;
  if (rows <= keys_max_) doubled_ = std::move(found);
  return {};
}

}  // namespace tidemark::exporter
