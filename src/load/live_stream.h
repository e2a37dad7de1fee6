#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/civil_time.h"
#include "load/row_tables.h"
#include "load/schema.h"
#include "load/stream_kind.h"

namespace tidemark::load {

/// A live stream and its figures, which grow while it is shown and after.
struct LiveStream {
  static constexpr StreamKind kind = StreamKind::live;
  static constexpr bool stamped = false;
  static const TableSpec& table() { return live_streams_table(); }

  std::string live_id;
  std::string title{};
  std::optional<std::int64_t> alive_type{};
  std::string alive_type_text{};
  std::optional<std::int64_t> alive_state{};
  std::string alive_state_text{};
  std::optional<std::int64_t> recycle_bin_state{};
  std::string recycle_bin_state_text{};
  std::optional<CivilTime> started_at{};
  std::optional<CivilTime> ended_at{};
  std::optional<std::int64_t> view_count{};
  std::optional<std::int64_t> purchase_count{};
  std::optional<std::int64_t> reward_sum{};  ///< In fen.
};

[[nodiscard]] TableRow row_of(const LiveStream& live);

}  // namespace tidemark::load
