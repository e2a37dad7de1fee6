#pragma once

#include "load/platform.h"

namespace tidemark::load::xiaoe {

/// 小鹅通, and all that the warehouse has tables for. Settings: `xiaoe.*`, `load.texts`.
[[nodiscard]] const Platform& platform();

}  // namespace tidemark::load::xiaoe
