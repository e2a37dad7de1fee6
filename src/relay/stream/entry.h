#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "redis/consumer_group.h"
#include "relay/publication.h"

namespace tidemark::relay {

/// What an entry of the stream publishes. One of its fields is `voucher`, with the JSON of
/// POST /api/v1/vouchers, or `event`, with that of POST /api/v1/events; not both, and once. Other
/// fields (say, a trace id) are let be.
/// Errors: rejected, naming what is wrong.
[[nodiscard]] Result<Publication> parse_entry(const redis::StreamEntry& entry,
                                              std::size_t bytes_max);

/// What was added longer than `retention` ago is not known any more, should it have been published:
/// published again, old content could become the newest version. The age is that of the entry's id;
/// ids that are no times are let be. 0: everything is known for ever.
/// Errors: rejected.
[[nodiscard]] Result<void> check_age(const redis::StreamEntry& entry, WallTime now,
                                     std::chrono::hours retention);

/// What names an entry for ever, and as it is: the same id with other content (a stream that began
/// anew) is another one. Made of printable ASCII, 69 bytes.
[[nodiscard]] std::string entry_key(const std::string& stream, const redis::StreamEntry& entry);

}  // namespace tidemark::relay
