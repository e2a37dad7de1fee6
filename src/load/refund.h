#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/civil_time.h"
#include "load/row_tables.h"
#include "load/schema.h"
#include "load/stream_kind.h"

namespace tidemark::load {

/// An after-sale of an order, whatever platform it comes from. Amounts in fen; times by the clock
/// of the platform's zone. What a platform does not tell stays nullopt or empty.
struct Refund {
  static constexpr StreamKind kind = StreamKind::aftersales;
  static constexpr bool stamped = true;
  static const TableSpec& table() { return refunds_table(); }
  static constexpr std::array<std::string_view, 4> amounts = {"apply_refund_money", "refund_money",
                                                              "actual_fee", "original_price"};
  [[nodiscard]] std::vector<std::optional<std::int64_t>> amounts_in_fen() const {
    return {apply_refund_money, refund_money, actual_fee, original_price};
  }

  std::string aftersale_id;
  std::string order_id;
  std::string user_id{};
  std::optional<std::int64_t> state{};
  std::string state_text{};
  std::optional<std::int64_t> sale_type{};
  std::string sale_type_text{};
  std::optional<std::int64_t> apply_refund_money{};
  std::optional<std::int64_t> refund_money{};
  std::optional<std::int64_t> actual_fee{};
  std::optional<std::int64_t> original_price{};
  std::string reason{};
  std::string state_reason{};
  std::string remark{};
  std::string merchant_remark{};
  std::string goods_text{};  ///< `课程 x 1；资料 x 2`
  std::optional<std::int64_t> goods_count{};
  CivilTime created_at{};
  std::optional<CivilTime> refund_time{};
  std::optional<CivilTime> source_updated_at{};
};

[[nodiscard]] TableRow row_of(const Refund& refund);

}  // namespace tidemark::load
