#include "cli/environment.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace tidemark::cli {

Environment system_environment() {
  Environment environment;
  environment.get = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    environment.names.emplace_back(text.substr(0, text.find('=')));
  }
  return environment;
}

}  // namespace tidemark::cli
