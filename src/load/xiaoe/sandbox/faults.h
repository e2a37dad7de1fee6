#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace tidemark::load::xiaoe {

/// How often the sandbox misbehaves, each as a probability per answer, 0 to 1.
struct FaultRates {
  std::chrono::milliseconds latency{};  ///< Each answer is late by up to so much.
  double error500 = 0;                  ///< HTTP 500 with an HTML page.
  double hang = 0;                      ///< No answer within a minute.
  double truncate = 0;                  ///< The JSON breaks off in the middle.
  double repeat = 0;                    ///< The page before comes again.
  double total = 0;                     ///< `total` is wrong by a few.
  double gbk = 0;                       ///< Texts in GBK instead of UTF-8.
  double revoke = 0;                    ///< The token is no longer valid: 2008.
  double storm = 0;                     ///< 2054, whatever the rate.
  double busy = 0;                      ///< 1001.

  /// `latency=50ms,error500=0.05,truncate=0.02`; empty: none. Errors: usage, naming the part.
  [[nodiscard]] static Result<FaultRates> parse(std::string_view spec);
};

/// What goes wrong with one answer.
struct Faults {
  std::chrono::milliseconds delay{};
  bool error500 = false;
  bool hang = false;
  bool truncate = false;
  bool repeat = false;
  int total_off_by = 0;
  bool gbk = false;
  bool revoke = false;
  bool storm = false;
  bool busy = false;
};

/// Draws lots. The same seed gives the same sequence. Thread-safe.
class FaultDice {
 public:
  FaultDice(FaultRates rates, std::uint64_t seed) : rates_(rates), random_(seed) {}
  [[nodiscard]] Faults roll();
  void set(FaultRates rates);

 private:
  std::mutex mutex_;
  FaultRates rates_;
  SeededRandom random_;
};

}  // namespace tidemark::load::xiaoe
