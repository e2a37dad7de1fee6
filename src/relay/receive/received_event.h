#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidemark::receive {

/// What an event says about an invoice: `data` has `invoice_id` and `invoice_no`.
struct ReceivedInvoice {
  std::int64_t invoice_id = 0;
  std::string invoice_no;
  std::optional<std::string> amount;  ///< Plain decimal as it was written, at most 26.12 digits.
  std::optional<std::string> currency;
  std::optional<std::string> issue_date;
  std::optional<std::string> direction;
  std::optional<std::string> company_id;
  std::optional<std::string> counterparty_type;
  std::optional<std::string> counterparty_id;
  std::optional<std::string> counterparty_name;
};

/// One event as the receiving side keeps it (docs/wire/schema/event.json).
struct ReceivedEvent {
  std::string id;  ///< What repeats are recognised by; with source_system it is unique.
  std::string event_type;
  std::string source_system;
  std::string source_type;
  std::string source_id;  ///< 12345 and "12345" are the same id.
  std::int64_t source_version = 0;
  std::string timestamp;  ///< `2026-01-15T08:30:00.000000Z`; empty if the body has none.
  std::optional<std::int64_t> voucher_id{};
  std::optional<std::string> voucher_no{};
  std::optional<ReceivedInvoice> invoice{};
  std::string body;  ///< As it came, byte for byte.

  /// Of two events of one source record: the higher version counts, and among equal versions (of
  /// different event types) what the hub accepted later.
  [[nodiscard]] bool newer_than(const ReceivedEvent& other) const;
  /// What several records say of one thing, an invoice: versions are compared within one record
  /// only, between two what the hub accepted later counts, of equal ones the later to come.
  [[nodiscard]] bool replaces(const ReceivedEvent& other) const;
};

/// Webhook ids: 1 to 255 ASCII letters, digits, `_` and `-`.
[[nodiscard]] bool is_event_id(std::string_view text);

/// Reads the body of a delivery. Invoice fields are taken from `data`, and from `voucher` where
/// `data` lacks them. Error: rejected, naming what is wrong; the sender parks such an event.
[[nodiscard]] Result<ReceivedEvent> parse_event(std::string id, std::string_view body);

/// One event of a batch body, or the single one of another.
struct BatchItem {
  std::string id;
  std::optional<std::int64_t> sequence;
  std::string_view payload;  ///< Points into the body.
};

/// The events of `{"events":[{"id","sequence","payload"}…]}`; nullopt if the body is no batch.
/// Error: rejected, when it is one and its form is wrong as a whole.
[[nodiscard]] Result<std::optional<std::vector<BatchItem>>> parse_batch(std::string_view body);

/// The event in an answer of `GET /api/v1/vouchers`: `event_id`, `event_type`, `source_system`,
/// `source_type`, `source_id`, `source_version`, `published_at`, `data`, and `voucher_id` and
/// `voucher` if it is one. Its body is put together from them as they are written.
/// Error: rejected.
[[nodiscard]] Result<ReceivedEvent> event_of_record(std::string_view record);

}  // namespace tidemark::receive
