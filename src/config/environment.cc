#include "config/environment.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/atomic_file.h"

namespace tidemark::config {
namespace {

constexpr std::size_t value_bytes_max = 1 << 20;

/// What other parts read. A `*` at the end stands for anything.
constexpr std::array<std::string_view, 8> foreign_variables = {
    "TIDEMARK_CONFIG",       // the file, before there are settings
    "TIDEMARK_LANG",         // also read before there are settings
    "TIDEMARK_TEST_*",       // the tests
    "TIDEMARK_TOKEN*",       // the client of a running server
    "TIDEMARK_SERVER",       // the same
    "TIDEMARK_SERVER_CA",    // the same
    "TIDEMARK_MASTER_KEY*",  // encrypts stored secrets
    "TIDEMARK_ADMIN_TOKEN*",
};

}  // namespace

Environment system_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
  };
}

std::vector<std::string> system_environment_names() {
  std::vector<std::string> names;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    names.emplace_back(text.substr(0, text.find('=')));
  }
  return names;
}

Result<std::optional<Variable>> read_variable(const Environment& environment,
                                              const std::string& name) {
  const std::string file_variable = name + "_FILE";
  auto value = environment(name);
  const auto path = environment(file_variable);
  if (value && path) {
    return fail(make_error(ErrorKind::invalid_config,
                           {"both {} and {} are set", "{} 与 {} 不能同时设置"}, name, file_variable)
                    .with_hint({"unset one of them", "请去掉其中一个"}));
  }
  if (value) return Variable{std::move(*value), name};
  if (!path) return std::nullopt;
  auto content = read_value_file(*path);
  if (!content) {
    Error error = std::move(content).error();
    error.kind = ErrorKind::invalid_config;
    return fail(std::move(error).within({"{}", "{}"}, file_variable));
  }
  return Variable{std::move(*content), file_variable};
}

Result<std::string> read_value_file(const std::string& path) {
  auto content = read_file(path, value_bytes_max);
  if (!content) return content;
  if (content->ends_with('\n')) content->pop_back();
  if (content->ends_with('\r')) content->pop_back();
  return content;
}

bool is_foreign_variable(std::string_view name) {
  return std::ranges::any_of(foreign_variables, [&](std::string_view pattern) {
    if (!pattern.ends_with('*')) return name == pattern;
    pattern.remove_suffix(1);
    return name.starts_with(pattern);
  });
}

}  // namespace tidemark::config
