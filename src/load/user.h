#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/civil_time.h"
#include "load/row_tables.h"
#include "load/schema.h"
#include "load/stream_kind.h"

namespace tidemark::load {

/// A user of a shop, without what would let one call or find her: that is in the raw layer only.
struct User {
  static constexpr StreamKind kind = StreamKind::users;
  static constexpr bool stamped = false;
  static const TableSpec& table() { return users_table(); }

  std::string user_id;
  std::string nickname{};
  std::string channel{};                  ///< Where she came from, in the platform's words.
  std::optional<std::int64_t> pay_sum{};  ///< In fen.
  std::optional<std::int64_t> punch_count{};
  std::optional<CivilTime> created_at{};
};

[[nodiscard]] TableRow row_of(const User& user);

}  // namespace tidemark::load
