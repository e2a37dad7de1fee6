#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tidemark::relay {

/// The longest texts that become keys, in bytes: an index of MySQL holds no more.
inline constexpr std::size_t source_name_bytes_max = 64;
inline constexpr std::size_t source_id_bytes_max = 191;
inline constexpr std::size_t event_type_bytes_max = 128;

/// How deep a publication may be nested. A batch puts three levels around its body, and what is
/// deeper than json_depth_max cannot be signed sorted.
inline constexpr std::size_t publication_depth_max = 990;

/// What somebody publishes: a voucher, or an event without one; checked, not yet stored.
/// Its identity is (source_system, source_type, source_id, event_type, source_version).
struct Publication {
  std::string event_type{};
  std::string source_system{};
  std::string source_type{};
  std::string source_id{};                       ///< A number of the source keeps its digits.
  std::optional<std::int64_t> source_version{};  ///< Absent: the hub counts.
  bool is_voucher = false;
  std::optional<std::int64_t> voucher_id{};
  std::string voucher_no{};                   ///< Empty: the hub makes one.
  std::vector<std::string> target_systems{};  ///< Empty: every subscription that matches.
  std::string data{};           ///< The JSON object under `data` of the body, as written.
  std::string fields{};         ///< The other members as they were written, joined by commas.
  std::string company_id{};     ///< Text form of `company_id`, for filters; may be empty.
  std::string source_module{};  ///< For filters; may be empty.
  /// SHA-256 in hex over what was published; blanks, order and source_version do not count.
  std::string content_hash{};
};

/// Reads the request of POST /api/v1/vouchers: the fields of `fin_business_voucher` with
/// `event_type` and `source_version` (docs/wire/schema/voucher.json). Required: `event_type`,
/// `source_system`, `source_type`, `source_id`, `business_data`. Amounts are decimal strings or
/// JSON numbers and stay as they were written. An empty `sync_target_systems` says the same as
/// none. Errors: rejected, naming the field and what is wrong.
[[nodiscard]] Result<Publication> parse_voucher(std::string_view json);

/// Reads the request of POST /api/v1/events: `event` (or `event_type`), `source_system`,
/// `source_id`, `data`, and optionally `source_type` (else the event's name), `source_version`,
/// `sync_target_systems`; further members, if no objects or arrays, travel along beside the
/// source's. Errors: rejected; also for a name so near to one of these that it was meant.
[[nodiscard]] Result<Publication> parse_event(std::string_view json);

/// What the hub adds when it stores a publication.
struct Identity {
  std::int64_t source_version = 1;
  std::optional<std::int64_t> voucher_id{};
  std::string voucher_no{};
};

/// The body that every subscriber gets, at every attempt (docs/wire/schema/event.json):
/// `{"event":…,"voucher_id":…,"data":{…},"voucher":{…},"type":…,"timestamp":…,"source_version":…}`
/// Without a voucher: `source` in place of `voucher` and no `voucher_id`. A voucher needs
/// identity.voucher_id.
[[nodiscard]] std::string event_body(const Publication& publication, const Identity& identity,
                                     WallTime now);

}  // namespace tidemark::relay
