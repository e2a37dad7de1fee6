#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tidemark::cli {

/// The environment variables, handed in, so that a test brings its own.
struct Environment {
  /// The value; nullopt when it is not set.
  std::function<std::optional<std::string>(const std::string&)> get;
  /// The names of all variables.
  std::vector<std::string> names;

  /// Set, and not empty.
  [[nodiscard]] bool has(const std::string& name) const {
    const std::optional<std::string> value = get(name);
    return value && !value->empty();
  }
};

/// The process's own. Read it before threads start: getenv is not safe beside setenv.
[[nodiscard]] Environment system_environment();

}  // namespace tidemark::cli
