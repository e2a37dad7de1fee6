#include "sql/connection.h"

namespace tidemark::sql {

bool is_too_long(const Error& error) {
  return error.kind == ErrorKind::query && error.what.en.contains("max_allowed_packet=");
}

Result<std::optional<std::string>> query_value(Connection& connection, std::string_view sql,
                                               std::span<const Value> params) {
  Result<std::unique_ptr<Cursor>> cursor = connection.query(sql, params);
  if (!cursor) return fail(std::move(cursor));
  const Result<bool> row = (*cursor)->next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  const std::optional<std::string_view> value = (*cursor)->at(0);
  if (!value) return std::nullopt;
  return std::string(*value);
}

}  // namespace tidemark::sql
