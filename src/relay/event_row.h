#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "relay/event.h"
#include "relay/row.h"

namespace tidemark::relay {

/// Of the table `events`, called `e` in the query, in the order in which read_event() reads them.
inline constexpr std::string_view event_columns =
    "e.event_id, e.event_type, e.source_system, e.source_type, e.source_id, e.source_version, "
    "e.voucher_id, e.voucher_no, e.body, e.created_at";
inline constexpr std::size_t event_columns_count = 10;

/// The event whose columns begin at `first`.
[[nodiscard]] inline Event read_event(const sql::Cursor& row, std::size_t first = 0) {
  return {.id = text_at(row, first),
          .type = text_at(row, first + 1),
          .source_system = text_at(row, first + 2),
          .source_type = text_at(row, first + 3),
          .source_id = text_at(row, first + 4),
          .source_version = number_at(row, first + 5),
          .voucher_id = optional_number_at(row, first + 6),
          .voucher_no = text_at(row, first + 7),
          .body = std::make_shared<const std::string>(text_at(row, first + 8)),
          .created_at = time_at(row, first + 9)};
}

}  // namespace tidemark::relay
