// Feeds configuration files to the parser and everything behind it, with no disk and no machine's
// environment in between. Nothing may crash, throw, or be accepted without being valid.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "config/interpolate.h"
#include "config/key.h"
#include "config/toml_file.h"
#include "config/value.h"

namespace tidemark::config {
namespace {

void read(std::string_view bytes) {
  const Environment environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "VAR") return "value";
    return std::nullopt;
  };
  const auto entries = parse_toml(bytes, "fuzz.toml");
  if (!entries) return;
  if (!entries->empty()) (void)suggested_key(entries->front().key, {"invoices"});
  const std::string folder;
  for (const TomlEntry& entry : *entries) {
    (void)is_table_key(entry.key);
    const Option* const option = option_of(entry.key);
    for (const std::string& text : entry.texts) {
      // `${file:…}` would read the disk of the fuzzing machine.
      if (text.contains("file:")) continue;
      const auto value = interpolate(text, environment, folder);
      if (!value || option == nullptr) continue;
      const auto checked = checked_value(*option, *value);
      if (checked && !checked_value(*option, *checked)) __builtin_trap();
      (void)shown_value(*option, *value);
    }
  }
}

}  // namespace
}  // namespace tidemark::config

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidemark::config::read({reinterpret_cast<const char*>(data), size});
  return 0;
}
