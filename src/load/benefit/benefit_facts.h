#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/civil_time.h"

namespace tidemark::load {

/// A state of an order, as orders has it now or order_history had it. Times by the clock of the
/// platform's zone, amounts in fen.
struct RefundState {
  std::int64_t order_state = 0;
  std::int64_t refund_money = 0;  ///< In total until then.
  std::optional<CivilTime> refund_time{};
  CivilTime seen_at{};  ///< When the state was first seen.
};

/// An after-sale that has ended with a refund.
struct CompletedAfterSale {
  std::optional<CivilTime> refund_time{};
  CivilTime changed_at{};  ///< Its last change: the refund was made then or earlier.
  std::int64_t refund_money = 0;
};

/// What tells when a refund was made.
enum class RefundBasis {
  order,              ///< The order's refund_time, now or in its history: the moment.
  after_sale,         ///< The after-sale's refund_time: the moment.
  after_sale_change,  ///< The after-sale's last change: the refund was made then or earlier.
  seen,               ///< No time is told: the refund was seen then, and made then or earlier.
};
[[nodiscard]] std::string_view name(RefundBasis basis);

/// When a refund was made, as well as it is known.
struct RefundMoment {
  CivilTime at;
  RefundBasis basis = RefundBasis::order;

  [[nodiscard]] bool exact() const {
    return basis == RefundBasis::order || basis == RefundBasis::after_sale;
  }
  friend bool operator==(const RefundMoment&, const RefundMoment&) = default;
};

/// What the rule of benefits looks at.
struct BenefitFacts {
  CivilTime created_at;
  std::optional<CivilTime> pay_time{};
  std::int64_t order_state = 0;
  std::int64_t price = 0;
  std::int64_t refund_money = 0;
  /// The first refund of any amount; nullopt: none was made.
  std::optional<RefundMoment> refunded{};
  /// The refund that made it whole; nullopt: the buyer has not everything back.
  std::optional<RefundMoment> wholly_refunded{};

  /// The same facts give the same text, other facts another: a JSON object.
  [[nodiscard]] std::string text() const;
};

/// An order as the table has it.
struct PlacedOrder {
  CivilTime created_at;
  std::optional<CivilTime> pay_time{};
  std::int64_t price = 0;
  RefundState now{};
};

/// Puts together what is known of an order's refunds. The platform overwrites refund_time with each
/// further refund, so the earliest that was ever seen counts; it counts only while the order itself
/// still says that something was refunded. Of each kind (any, whole) the earliest moment up to
/// `due` is taken whatever its basis: it proves that the refund was made in time. Without one the
/// earliest exact moment, else the earliest bound.
[[nodiscard]] BenefitFacts gather_facts(const PlacedOrder& order,
                                        std::span<const RefundState> history,
                                        std::span<const CompletedAfterSale> after_sales,
                                        CivilTime due);

}  // namespace tidemark::load
