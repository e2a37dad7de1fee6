#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark::sql {

/// What kind of values a column holds, as far as reading it exactly depends on it.
enum class ColumnType { integer, decimal, floating, text, binary, json, date, datetime, other };

struct Column {
  std::string name;
  ColumnType type = ColumnType::other;
  std::string declared;  ///< The server's own words: `datetime(3)`, `varchar(64)`.
  bool nullable = true;
  int decimals = 0;  ///< datetime: digits after the second that are stored.
  bool with_zone =
      false;              ///< PostgreSQL timestamptz, MySQL TIMESTAMP: shown in the session's zone.
  std::string charset;    ///< MySQL only.
  std::string collation;  ///< Empty: the database's default (PostgreSQL), BINARY (SQLite).
  /// Equal values have equal bytes: numbers, and text with a byte-wise collation.
  bool compares_bytes = true;
  /// SQLite: numbers, texts and bytes stay what they are here, and the one never equals the other
  /// (a column without a type, an expression of a view). Elsewhere values take the column's type.
  bool keeps_types = false;
  /// PostgreSQL CHAR(n): filled up with blanks that do not count. (MySQL does not show them.)
  bool padded = false;
};

struct Index {
  std::string name;
  std::vector<std::string> columns;
  bool unique = false;
};

struct Table {
  std::string name;
  std::vector<Column> columns;
  std::vector<std::string> primary_key;
  std::vector<Index> indexes;  ///< Also the primary key's, where the server lists it.
  /// PostgreSQL: other tables inherit from it; MySQL: it merges others (MRG_MyISAM). Their rows are
  /// read as its own, and its primary key and indexes prove nothing of them. (Partitions are no
  /// such tables.)
  bool has_children = false;

  [[nodiscard]] const Column* column(std::string_view wanted) const;
  /// An index whose first columns are exactly `columns`, in order; nullptr if there is none.
  [[nodiscard]] const Index* index_on(const std::vector<std::string>& columns) const;
};

}  // namespace tidemark::sql
