#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "relay/store.h"

namespace tidemark::relay {

/// A batch of several events has no longer body: many servers refuse what is over 1 MiB unless they
/// are told otherwise (nginx: client_max_body_size). An event that is longer by itself goes alone.
inline constexpr std::size_t batch_bytes_max = 1'000'000;
/// At most so much does a delivery add to the body of a batch.
[[nodiscard]] std::size_t batch_bytes(const DueDelivery& delivery);

/// The body of a request in batch mode (docs/wire/schema/batch.json): the stored bodies, byte for
/// byte, each with its event's id and its own sequence number.
[[nodiscard]] std::string batch_body(std::span<const DueDelivery> deliveries);

/// What a receiver answered for one event of a batch.
struct EventAnswer {
  std::optional<std::int64_t> code{};  ///< Nullopt: it named the event, but not with an integer.
  std::string message{};               ///< Its words; without a readable code, all that it said.
};

/// What a receiver answered for single events (docs/wire/schema/batch-answer.json).
struct BatchAnswer {
  /// By event id. Empty for any other answer: then the HTTP status holds for all.
  std::map<std::string, EventAnswer> events{};
  /// It named more events than any batch has, so that nobody knows what it meant.
  bool too_many = false;
};
[[nodiscard]] BatchAnswer read_batch_answer(std::string_view answer);

}  // namespace tidemark::relay
