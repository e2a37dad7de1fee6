#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"

namespace tidemark::relay {

/// A stored event. Immutable once stored; shared by the deliveries that carry it.
struct Event {
  std::string id;  ///< `msg_` and a ULID; `webhook-id` of all its deliveries.
  std::string type;
  std::string source_system;
  std::string source_type;
  std::string source_id;
  std::int64_t source_version = 1;
  std::optional<std::int64_t> voucher_id{};
  std::string voucher_no{};
  std::shared_ptr<const std::string> body;  ///< Sent as it stands here, byte for byte.
  WallTime created_at{};

  [[nodiscard]] std::string ordering_key() const;
};

inline constexpr char ordering_key_separator = '\x1f';

/// What an ordered subscription keeps in order: the source. No part holds the separator.
[[nodiscard]] inline std::string ordering_key(const std::string& source_system,
                                              const std::string& source_type,
                                              const std::string& source_id) {
  return source_system + ordering_key_separator + source_type + ordering_key_separator + source_id;
}

inline std::string Event::ordering_key() const {
  return relay::ordering_key(source_system, source_type, source_id);
}

}  // namespace tidemark::relay
