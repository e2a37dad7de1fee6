#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message.h"
#include "load/xiaoe/sandbox/after_sale_list.h"
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
  int code = 0;  ///< With which the call was refused.
};

/// What the shop answers, without the server around it. Thread-safe.
class ShopApi {
 public:
  ShopApi(const SandboxOptions& options, const Clock& clock);
  ~ShopApi();
  ShopApi(const ShopApi&) = delete;
  ShopApi& operator=(const ShopApi&) = delete;

  [[nodiscard]] ShopAnswer token(const http::Request& request);
  /// `name` is `xe.order.list.get/1.0.1`.
  [[nodiscard]] ShopAnswer call(std::string_view name, const http::Request& request);

  [[nodiscard]] http::Response set_clock(const http::Request& request);
  [[nodiscard]] http::Response set_faults(const http::Request& request);
  [[nodiscard]] http::Response truth(const http::Request& request) const;
  [[nodiscard]] http::Response calls() const;

  /// The shop's own clock.
  [[nodiscard]] const Clock& clock() const { return time_; }

 private:
  /// One interface: what it is called, and how it stands with its calls.
  struct Desk;
  /// The member `data` of an answer, or what is wrong with the request.
  struct Data {
    std::string json{};
    std::string wrong{};
  };

  ShopAnswer note_refused(ShopAnswer answer);
  [[nodiscard]] std::optional<ShopAnswer> refusal(Desk& desk, const http::Request& request,
                                                  const Faults& faults);
  [[nodiscard]] Data orders(std::string_view body, const Faults& faults);
  [[nodiscard]] Data after_sales(std::string_view body, const Faults& faults);
  [[nodiscard]] Data users(std::string_view body, const Faults& faults);
  [[nodiscard]] Data goods(std::string_view body, const Faults& faults);
  [[nodiscard]] Data live_page(std::string_view body, const Faults& faults);
  [[nodiscard]] Data lives_by_id(std::string_view body, const Faults& faults);
  [[nodiscard]] Data live_details(std::string_view body, const Faults& faults);

  const Clock& clock_;
  SandboxClock time_;
  const std::shared_ptr<const OrderBook> book_;
  AfterSaleList after_sales_;
  TokenDesk token_desk_;
  FaultDice dice_;
  CallWindow token_calls_;
  std::deque<Desk> desks_;
  std::atomic<std::uint64_t> tokens_asked_{0};
  mutable std::mutex refused_mutex_;
  std::map<int, std::uint64_t> refused_;  ///< So often with that code.
};

}  // namespace tidemark::load::xiaoe
