#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/value.h"

namespace tidemark::sql {

/// A statement in PostgreSQL's spelling: `$1`, `$2` for the `?`.
struct PostgresStatement {
  std::string sql;   ///< As the caller wrote it.
  std::string text;  ///< As it is sent.
  std::size_t parameters = 0;
};

/// Keeps converted statements by their text, the latest used first.
class PostgresStatements {
 public:
  /// Valid until the next call.
  [[nodiscard]] const PostgresStatement& convert(std::string_view sql);

 private:
  static constexpr std::size_t capacity_ = 32;
  std::vector<PostgresStatement> statements_;
};

/// The arrays that PQsendQueryParams wants; points into the values it was made of. Integers and
/// text go as text of unknown type, so that the server reads them as it reads a quoted literal;
/// a Blob goes as binary bytea.
class PostgresParameters {
 public:
  /// Errors: query, when a text holds a NUL, which PostgreSQL cannot store.
  [[nodiscard]] static Result<PostgresParameters> make(std::span<const Value> values);

  [[nodiscard]] int count() const { return static_cast<int>(values_.size()); }
  [[nodiscard]] const unsigned int* types() const { return types_.data(); }
  [[nodiscard]] const char* const* values() const { return values_.data(); }
  [[nodiscard]] const int* lengths() const { return lengths_.data(); }
  [[nodiscard]] const int* formats() const { return formats_.data(); }

 private:
  std::vector<std::string> digits_;  ///< Texts of the integers.
  std::vector<unsigned int> types_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

/// The refusal of a text with a NUL.
[[nodiscard]] Error nul_in_text();

}  // namespace tidemark::sql
