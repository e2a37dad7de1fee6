#include "load/platforms.h"

#include <algorithm>
#include <array>

#include "load/file/platform.h"
#include "load/xiaoe/platform.h"

namespace tidemark::load {

std::span<const Platform* const> platforms() {
  static const std::array all = {
      &xiaoe::platform(),
      &file::platform(),
  };
  return all;
}

void add_platform_options() {
  for (const Platform* platform : platforms())
    if (const config::OptionGroup* options = platform->options())
      config::add_option_group(*options);
}

const Platform* platform_named(std::string_view name) {
  const auto found = std::ranges::find(platforms(), name, &Platform::name);
  return found == platforms().end() ? nullptr : *found;
}

}  // namespace tidemark::load
