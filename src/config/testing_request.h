#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/atomic_file.h"
#include "config/settings.h"

namespace tidemark::config::testing {

using Variables = std::map<std::string, std::string>;

/// An environment of a test's own: nothing leaks in from the machine.
inline Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional{found->second};
  };
}

/// A request with these variables alone. `HOME` points nowhere, so that no file is found.
inline LoadRequest request_of(Variables variables = {}) {
  variables.try_emplace("HOME", "/nonexistent");
  LoadRequest request;
  request.environment_names.clear();
  for (const auto& [name, value] : variables) request.environment_names.push_back(name);
  request.environment = environment_of(std::move(variables));
  return request;
}

/// The same with a configuration file.
inline LoadRequest request_of(const std::string& file, Variables variables = {}) {
  LoadRequest request = request_of(std::move(variables));
  request.file = file;
  return request;
}

}  // namespace tidemark::config::testing
