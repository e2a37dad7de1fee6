#pragma once

#include "config/option.h"

namespace tidemark::load::xiaoe {

/// `xiaoe.url`, `xiaoe.app_id`, …
[[nodiscard]] const config::OptionGroup& options();

}  // namespace tidemark::load::xiaoe
