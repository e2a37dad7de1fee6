#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "http/listen_address.h"
#include "load/xiaoe/sandbox/faults.h"
#include "load/xiaoe/sandbox/seeded_book.h"
#include "load/xiaoe/sandbox/token_desk.h"

namespace tidemark::load::xiaoe {

struct SandboxOptions {
  http::ListenAddress listen{.host = "127.0.0.1", .port = 0};
  OrderBookOptions orders{};
  std::shared_ptr<const OrderBook> book{};  ///< If set, instead of orders from a seed.
  Credentials credentials{};
  FaultRates faults{};
  std::optional<Moment> stands_at{};  ///< Its clock stands still there; else it goes.
  /// Instead of the published limit of each interface.
  std::optional<std::uint64_t> calls_per_window{};
  std::uint64_t tokens_per_window = 100;  ///< In 10 minutes.
};

/// A shop to try everything on: serves the parts of the Xiaoe open API that the loader uses, from
/// an OrderBook: token, orders, after-sales, users, goods, live sessions, all consistent with one
/// another. Answers business errors as HTTP 200 with a code, as the API does.
///
/// What only tests need is below `/sandbox/`: POST clock {"advance_seconds":N} or
/// {"now":"2025-03-01 08:00:00"}, POST faults {"spec":"…"},
/// GET truth?from=DATE&to=DATE[&stream=orders|aftersales|users|goods|live], GET calls.
class Sandbox {
 public:
  /// `clock` must outlive it. Errors: as http::Server::start.
  [[nodiscard]] static Result<std::unique_ptr<Sandbox>> start(SandboxOptions options,
                                                              const Clock& clock);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  void stop();

 private:
  struct Parts;
  explicit Sandbox(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tidemark::load::xiaoe
