#include "cli/arguments.h"

#include <utility>

#include "base/check.h"

namespace tidemark::cli {

const std::vector<std::string>& Arguments::values(std::string_view long_name) const {
  const auto found = given_.find(long_name);
  check(found != given_.end(), "the command declares the flag it asks for");
  return found->second;
}

bool Arguments::has(std::string_view long_name) const { return !values(long_name).empty(); }

std::optional<std::string> Arguments::value(std::string_view long_name) const {
  const std::vector<std::string>& all = values(long_name);
  if (all.empty()) return std::nullopt;
  return all.back();
}

std::optional<std::string> Arguments::positional(std::string_view name) const {
  return value(name);
}

void Arguments::declare(std::string_view name, std::vector<std::string> given) {
  given_.insert_or_assign(std::string(name), std::move(given));
}

}  // namespace tidemark::cli
