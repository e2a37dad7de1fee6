#pragma once

#include <vector>

#include "base/clock.h"
#include "load/xiaoe/client.h"
#include "run/finding.h"

namespace tidemark::load::xiaoe {

/// What loading from the shop needs, checked with one request for a token and one small request to
/// each interface that the loaders call: credentials, the shop's IP whitelist, permissions, clocks.
/// `margin` is how far a watermark stays behind this machine's clock. Waits on the network. Says
/// nothing of the secret but whether it is there.
[[nodiscard]] std::vector<run::Finding> examine_shop(const ClientOptions& shop,
                                                     std::chrono::seconds margin,
                                                     const Clock& clock);

}  // namespace tidemark::load::xiaoe
