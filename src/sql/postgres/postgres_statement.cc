#include "sql/postgres/postgres_statement.h"

#include <algorithm>
#include <limits>

#include "sql/statement.h"

namespace tidemark::sql {
namespace {

constexpr unsigned int unknown_type = 0;
constexpr unsigned int bytea_type = 17;  // pg_type.dat

}  // namespace

Error nul_in_text() {
  return make_error(ErrorKind::query, {"PostgreSQL: a text with a NUL byte cannot be stored",
                                       "PostgreSQL：无法存储含 NUL 字节的文本"});
}

const PostgresStatement& PostgresStatements::convert(std::string_view sql) {
  const auto found = std::ranges::find(statements_, sql, &PostgresStatement::sql);
  if (found != statements_.end()) {
    std::rotate(statements_.begin(), found, found + 1);
    return statements_.front();
  }
  PostgresStatement statement{.sql = std::string(sql), .text = {}};
  for (const std::string_view piece : split_at_placeholders(sql, Dialect::postgres)) {
    if (piece.data() != sql.data()) statement.text += fmt::format("${}", ++statement.parameters);
    statement.text += piece;
  }
  if (statements_.size() >= capacity_) statements_.pop_back();
  return *statements_.insert(statements_.begin(), std::move(statement));
}

Result<PostgresParameters> PostgresParameters::make(std::span<const Value> values) {
  PostgresParameters parameters;
  parameters.digits_.reserve(values.size());  // Pointers into it must stay.
  for (const Value& value : values) {
    unsigned int type = unknown_type;
    const char* data = nullptr;
    std::size_t length = 0;
    int format = 0;
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      data = parameters.digits_.emplace_back(std::to_string(*integer)).c_str();
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      if (text->find('\0') != std::string::npos) return fail(nul_in_text());
      data = text->c_str();
      length = text->size();
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      type = bytea_type;
      data = blob->bytes.data();
      length = blob->bytes.size();
      format = 1;
    }
    if (length > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
      return fail(ErrorKind::query,
                  {"PostgreSQL: a value of {} bytes is too long", "PostgreSQL：值有 {} 字节，太长"},
                  length);
    }
    parameters.types_.push_back(type);
    parameters.values_.push_back(data);
    parameters.lengths_.push_back(static_cast<int>(length));
    parameters.formats_.push_back(format);
  }
  return parameters;
}

}  // namespace tidemark::sql
