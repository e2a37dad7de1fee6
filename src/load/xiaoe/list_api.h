#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "load/extractor.h"
#include "load/time_window.h"
#include "load/xiaoe/client.h"

namespace tidemark::load::xiaoe {

/// What one call asks for.
struct ListQuestion {
  const TimeWindow* slice = nullptr;  ///< nullptr: everything.
  std::uint64_t page = 1;             ///< From 1.
  std::string_view last_row{};        ///< The last of the page before; empty for the first page.
  bool end_too = true;  ///< Ask for what comes right behind the slice as well (a second, a day).
  bool by_creation = false;  ///< The slice is one of creation, whatever the list is read by.
};

/// A list of the API, as data: how it is asked, what its answers are called, what it takes.
struct ListApi {
  Interface interface;
  std::uint64_t page_size;
  std::string_view id_member;     ///< Of a row.
  std::string_view total_member;  ///< Beside `list`.
  Reach reach;
  /// Rows come in order of creation, oldest first: what comes while the list is read stands at its
  /// end. Otherwise it may stand in front, where it was read already. Pages of such a list are
  /// asked for ahead.
  bool oldest_first = false;
  bool pages_are_numbered = true;  ///< False: the last row of a page says how to go on.
  /// The members of the question, without braces. nullopt: the row before does not say how to go
  /// on.
  std::optional<std::string> (*question)(const ListQuestion& question, std::uint64_t page_size);
};

/// xe.order.list.get/1.0.1: by creation time, never by change, as the API has no filter for that;
/// so late refunds are found by reading windows again.
[[nodiscard]] const ListApi& order_list();
/// xe.ecommerce.after_sale.list/1.0.0, by time of change.
[[nodiscard]] const ListApi& aftersale_list();
/// xe.user.batch.get/2.0.0, by creation time, with a cursor.
[[nodiscard]] const ListApi& user_list();
/// xe.goods.list.get/4.0.0, everything or by creation time.
[[nodiscard]] const ListApi& goods_list();
/// xe.alive.list.get/1.0.0, everything.
[[nodiscard]] const ListApi& live_list();

/// The value of a row's member that can be a key: a text, or a number as it was written. Empty if
/// there is none.
[[nodiscard]] std::string row_id(std::string_view row, std::string_view member);

/// What the shop's clock is ahead of UTC.
inline constexpr std::chrono::hours china_offset{8};
/// The platform opened in 2016: nothing of a shop is older.
[[nodiscard]] CivilTime platform_opened();

}  // namespace tidemark::load::xiaoe
