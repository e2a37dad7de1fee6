#pragma once

#include <span>
#include <string_view>

#include "load/platform.h"

namespace tidemark::load {

/// All platforms, the one that is meant without a word first.
[[nodiscard]] std::span<const Platform* const> platforms();
/// Makes the settings of all of them known. As config::add_option_group().
void add_platform_options();
/// nullptr: there is none of that name.
[[nodiscard]] const Platform* platform_named(std::string_view name);

}  // namespace tidemark::load
