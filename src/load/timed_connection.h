#pragma once

#include <memory>

#include "load/stage_clock.h"
#include "sql/connection.h"

namespace tidemark::load {

/// A connection to the warehouse that counts the time of its calls: queries to Stage::compare, what
/// changes rows to Stage::write, the commit to its own. Takes that time off Stage::transform,
/// within which batches are written. `clock` must outlive it.
[[nodiscard]] std::unique_ptr<sql::Connection> timed(std::unique_ptr<sql::Connection> connection,
                                                     StageClock& clock);

}  // namespace tidemark::load
