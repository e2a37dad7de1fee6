#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/random.h"
#include "base/result.h"

namespace tidemark::load::xiaoe {

/// How the sandbox misbehaves. What is a number is a probability per answer, 0 to 1.
struct FaultRates {
  std::chrono::milliseconds latency{};        ///< Each answer is late by up to so much.
  std::chrono::seconds skew{};                ///< The shop's clock is ahead by so much (or behind).
  double error500 = 0;                        ///< HTTP 500 with an HTML page.
  double html = 0;                            ///< An HTML page with status 200.
  double hang = 0;                            ///< No answer within a minute.
  double truncate = 0;                        ///< The JSON breaks off in the middle.
  double repeat = 0;                          ///< The page before comes again.
  double total = 0;                           ///< `total` (`row_count`) is wrong by a few.
  double gbk = 0;                             ///< Texts in GBK instead of UTF-8.
  double strings = 0;                         ///< All numbers come as text, no amount as "".
  double revoke = 0;                          ///< The token is no longer valid: 2008.
  double limit = 0;                           ///< 2053, as if others had used up the calls.
  double storm = 0;                           ///< 2054, whatever the rate.
  double busy = 0;                            ///< 1001.
  double malformed = 0;                       ///< 1002.
  double ip = 0;                              ///< 2051, also for tokens.
  std::set<std::string, std::less<>> deny{};  ///< 2017 for these streams: `users`.

  /// `latency=50ms,error500=0.05,deny=users+live,skew=-90s`; empty: none. Errors: usage, naming the
  /// part.
  [[nodiscard]] static Result<FaultRates> parse(std::string_view spec);
};

/// What goes wrong with one answer.
struct Faults {
  std::chrono::milliseconds delay{};
  bool error500 = false;
  bool html = false;
  bool hang = false;
  bool truncate = false;
  bool repeat = false;
  int total_off_by = 0;
  bool gbk = false;
  bool strings = false;
  bool revoke = false;
  bool limit = false;
  bool storm = false;
  bool busy = false;
  bool malformed = false;
  bool ip = false;
};

/// Draws lots. The same seed gives the same sequence. Thread-safe.
class FaultDice {
 public:
  FaultDice(FaultRates rates, std::uint64_t seed) : rates_(std::move(rates)), random_(seed) {}
  [[nodiscard]] Faults roll();
  [[nodiscard]] bool denies(std::string_view stream);
  void set(FaultRates rates);

 private:
  std::mutex mutex_;
  FaultRates rates_;
  SeededRandom random_;
};

}  // namespace tidemark::load::xiaoe
