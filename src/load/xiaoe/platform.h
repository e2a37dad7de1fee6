#pragma once

#include "config/settings.h"
#include "load/platform.h"
#include "load/xiaoe/client.h"

namespace tidemark::load::xiaoe {

/// 小鹅通, and all that the warehouse has tables for. Settings: `xiaoe.*`, `load.texts`.
[[nodiscard]] const Platform& platform();

/// All of `xiaoe.*`.
[[nodiscard]] ClientOptions client_options(const config::Settings& settings);

}  // namespace tidemark::load::xiaoe
