#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/url.h"

namespace tidemark::load {

/// What a column holds; each database has its own words for it.
enum class Kind {
  name,     ///< Up to 32 characters of ours: platform, stream, zone.
  id,       ///< Up to 128 bytes of the source, compared byte by byte.
  text,     ///< Up to 64 KiB.
  payload,  ///< Any text.
  integer,
  money,  ///< Two decimals: DECIMAL(18,2); text in SQLite, whose DECIMAL is a double.
  time,   ///< To the second, as a clock on the wall shows it.
  stamp,  ///< To the microsecond.
};

struct Column {
  std::string_view name;
  Kind kind;
  std::string_view comment;  ///< Chinese, for the people who read the tables.
  bool required = false;
};

struct TableIndex {
  std::string_view name;
  std::string_view columns;  ///< `order_state, created_at`
};

/// A table, declared once: what makes it in each database, and what writes it, come from here. Once
/// released, a table does not change here; what comes later is a migration of its own.
struct TableSpec {
  std::string_view name;
  std::string_view comment;
  std::span<const Column> columns;
  std::size_t key_columns;  ///< The first so many are the primary key.
  std::span<const TableIndex> indexes{};
  std::string_view foreign_key{};  ///< `FOREIGN KEY (…) REFERENCES …`

  [[nodiscard]] std::vector<std::string> column_names() const;
};

/// The statements that make the table, one at a time, each of which may be repeated.
[[nodiscard]] std::vector<std::string> create_statements(const TableSpec& table,
                                                         sql::Dialect dialect);

/// What follows ADD COLUMN in a table that was made without the column.
[[nodiscard]] std::string added_column(const Column& column, sql::Dialect dialect);
/// PostgreSQL: the statement that notes the comment.
[[nodiscard]] std::string comment_statement(std::string_view table, const Column& column);

}  // namespace tidemark::load
