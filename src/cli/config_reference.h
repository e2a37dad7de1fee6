#pragma once

#include <span>
#include <string>

#include "config/option.h"

namespace tidemark::cli {

/// The reference page of `options`, in Markdown: one section a table of the file, one entry a key.
[[nodiscard]] std::string config_reference(std::span<const config::Option> options,
                                           Language language);

}  // namespace tidemark::cli
