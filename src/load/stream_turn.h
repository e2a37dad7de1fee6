#pragma once

#include <string>

#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::load {

/// Inside a transaction: waits until no other writer of the stream has one. What is compared after
/// it cannot change before it is written; and no two writers can lock each other out. Errors: those
/// of Connection.
[[nodiscard]] Result<void> take_turn(sql::Connection& connection, const std::string& platform,
                                     const std::string& stream);

}  // namespace tidemark::load
