#pragma once

#include <chrono>

namespace tidemark::load {

/// The business for which orders are watched: a refund that comes within so long of the order,
/// its last second included, takes the benefit back.
inline constexpr std::chrono::days benefit_period{14};

}  // namespace tidemark::load
