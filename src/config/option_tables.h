#pragma once

#include <span>

#include "config/option.h"

/// The tables behind option_groups(), one for each chapter. Nobody else needs them.
namespace tidemark::config {

[[nodiscard]] std::span<const Option> general_options();
[[nodiscard]] std::span<const Option> export_options();
[[nodiscard]] std::span<const Option> reference_options();
[[nodiscard]] std::span<const Option> load_options();
[[nodiscard]] std::span<const Option> receive_options();
[[nodiscard]] std::span<const Option> serve_options();
[[nodiscard]] std::span<const Option> relay_options();
[[nodiscard]] std::span<const Option> schedule_options();
[[nodiscard]] std::span<const Option> alert_options();

}  // namespace tidemark::config
