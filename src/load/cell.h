#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/civil_time.h"
#include "base/clock.h"
#include "sql/value.h"

/// What a record's fields are as values of a row. What a platform did not tell is NULL.
namespace tidemark::load::cell {

[[nodiscard]] sql::Value number(const std::optional<std::int64_t>& value);
/// Empty: NULL.
[[nodiscard]] sql::Value text(const std::string& value);
/// `19.90` of 1990 fen.
[[nodiscard]] sql::Value yuan(const std::optional<std::int64_t>& fen);
[[nodiscard]] sql::Value time(const std::optional<CivilTime>& value);

}  // namespace tidemark::load::cell

namespace tidemark::load {

/// The zone of a platform's clock: `+08:00`.
[[nodiscard]] std::string zone_text(std::chrono::minutes utc_offset);
/// What that clock shows.
[[nodiscard]] CivilTime local_time(WallTime time, std::chrono::minutes utc_offset);

}  // namespace tidemark::load
