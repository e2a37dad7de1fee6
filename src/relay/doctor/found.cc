#include "relay/doctor/found.h"

#include <fmt/format.h>

#include <charconv>

#include "relay/row.h"

namespace tidemark::relay {
namespace {

constexpr std::size_t examples_max = 3;

}  // namespace

void Found::add(std::string example, std::int64_t how_many) {
  count += how_many;
  if (examples.size() < examples_max) examples.push_back(std::move(example));
}

std::string Found::text() const {
  return fmt::format("{}: {}{}", count, fmt::join(examples, ", "),
                     count > std::ssize(examples) ? ", …" : "");
}

Result<Found> find(sql::Connection& connection, std::string_view sql, const sql::Values& params) {
  auto cursor = connection.query(sql, params);
  if (!cursor) return fail(std::move(cursor));
  Found found;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) return found;
    std::string example = text_at(**cursor, 0);
    if ((*cursor)->columns() > 1) example += "-" + text_at(**cursor, 1);
    found.add(std::move(example));
  }
}

Result<std::int64_t> count(sql::Connection& connection, std::string_view sql,
                           const sql::Values& params) {
  const auto value = sql::query_value(connection, sql, params);
  if (!value) return fail(value.error());
  std::int64_t number = 0;
  if (*value) std::from_chars((*value)->data(), (*value)->data() + (*value)->size(), number);
  return number;
}

}  // namespace tidemark::relay
