#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "relay/store.h"

namespace tidemark::relay {

/// The body of a request in batch mode (docs/wire/schema/batch.json): the stored bodies, byte for
/// byte, each with its event's id and its own sequence number.
[[nodiscard]] std::string batch_body(std::span<const DueDelivery> deliveries);

/// What a receiver answered for single events (docs/wire/schema/batch-answer.json): code by event
/// id. Empty for any other answer: then the HTTP status holds for all.
[[nodiscard]] std::map<std::string, std::int64_t> batch_codes(std::string_view answer);

}  // namespace tidemark::relay
