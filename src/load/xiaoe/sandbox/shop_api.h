#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message.h"
#include "load/xiaoe/sandbox/call_window.h"
#include "load/xiaoe/sandbox/order_book.h"
#include "load/xiaoe/sandbox/sandbox.h"
#include "load/xiaoe/sandbox/sandbox_clock.h"
#include "load/xiaoe/sandbox/token_desk.h"

namespace tidemark::load::xiaoe {

/// An answer of the shop, and how late it comes.
struct ShopAnswer {
  http::Response response;
  std::chrono::milliseconds delay{};
};

/// What the shop answers, without the server around it. Thread-safe.
class ShopApi {
 public:
  ShopApi(const SandboxOptions& options, const Clock& clock);

  [[nodiscard]] ShopAnswer token(const http::Request& request);
  /// `name` is `xe.order.list.get/1.0.1`.
  [[nodiscard]] ShopAnswer call(std::string_view name, const http::Request& request);

  [[nodiscard]] http::Response set_clock(const http::Request& request);
  [[nodiscard]] http::Response set_faults(const http::Request& request);
  [[nodiscard]] http::Response truth(const http::Request& request) const;
  [[nodiscard]] http::Response calls() const;

 private:
  [[nodiscard]] std::string order_list(std::string_view body, const Faults& faults);

  const Clock& clock_;
  SandboxClock time_;
  OrderBook book_;
  TokenDesk desk_;
  FaultDice dice_;
  CallWindow token_calls_;
  CallWindow order_calls_;
  std::atomic<std::uint64_t> tokens_asked_{0};
  std::atomic<std::uint64_t> lists_asked_{0};
};

}  // namespace tidemark::load::xiaoe
