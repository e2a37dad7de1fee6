#include "load/xiaoe/sandbox/request_fields.h"

#include <algorithm>

#include "load/xiaoe/loose_number.h"

namespace tidemark::load::xiaoe {

std::string_view RequestFields::value(std::string_view name) const {
  const auto found = std::ranges::find(members_, name, &JsonMember::name);
  if (found == members_.end() || found->value == "null" || found->value == "\"\"") return {};
  return found->value;
}

std::string RequestFields::text(std::string_view name) const {
  const std::string_view given = value(name);
  if (given.empty()) return {};
  // An id that consists of digits may come as a number.
  return json_text(given).value_or(std::string(given));
}

std::optional<std::int64_t> RequestFields::integer(std::string_view name) {
  const std::string_view given = value(name);
  if (given.empty()) return std::nullopt;
  const std::optional<std::int64_t> number = loose_integer(given);
  if (!number) reject(std::string(name) + " must be a whole number");
  return number;
}

}  // namespace tidemark::load::xiaoe
