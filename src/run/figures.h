#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/text.h"

namespace tidemark::run {

/// Numbers as people read them.

/// `52,480`
[[nodiscard]] std::string count_text(std::uint64_t count);

/// `512 B`, `117.7 MiB`
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

/// `00:12`, `1:02:03`, `49:00:00`: whole seconds, cut.
[[nodiscard]] std::string timer_text(std::chrono::milliseconds elapsed);

/// `0.4 s`, `12 s`, `15 min 30 s`, `2 h 5 min`, `3 d 7 h`; `0.4秒`, `2小时5分`, `3天7小时`.
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration, Language language);

/// `1,968/s`, `0.52/s`
[[nodiscard]] std::string rate_text(double per_second);

}  // namespace tidemark::run
