#pragma once

#include <cstddef>

#include "api/gate.h"
#include "api/services.h"

namespace tidemark::api {

/// `/api/v1/stream-refusals`: entries of the stream that could not be published: list, one, publish
/// (as it was kept, or mended), forget. `entry_bytes_max`: of what is published as it was kept.
/// `services` must outlive the server.
void add_refusal_routes(Gate& gate, Services& services, std::size_t entry_bytes_max);

}  // namespace tidemark::api
