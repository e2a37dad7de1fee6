#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/civil_time.h"
#include "load/row_tables.h"
#include "load/schema.h"
#include "load/stream_kind.h"

namespace tidemark::load {

/// Something a shop sells. Amounts in fen.
struct Product {
  static constexpr StreamKind kind = StreamKind::products;
  static constexpr bool stamped = true;
  static const TableSpec& table() { return products_table(); }

  std::string product_id;
  std::string spu_id{};
  std::string spu_type{};
  std::string title{};
  std::optional<std::int64_t> resource_type{};
  std::string resource_type_text{};
  std::optional<std::int64_t> price_low{};
  std::optional<std::int64_t> price_high{};
  std::optional<std::int64_t> price_line{};  ///< The struck-out one.
  std::optional<std::int64_t> sale_status{};
  std::string sale_status_text{};
  std::optional<std::int64_t> is_deleted{};
  std::optional<std::int64_t> is_display{};
  std::optional<std::int64_t> is_stop_sell{};
  std::optional<CivilTime> created_at{};
  std::optional<CivilTime> source_updated_at{};
};

[[nodiscard]] TableRow row_of(const Product& product);

}  // namespace tidemark::load
