#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tidemark::bench {

/// Times that something took, and what is said of them.
class Latencies {
 public:
  explicit Latencies(std::size_t expected) { taken_us_.reserve(expected); }
  void add_ns(std::int64_t taken) { taken_us_.push_back(static_cast<float>(taken) / 1000); }

  /// `{"p50":…,"p95":…,"p99":…,"p999":…,"max":…}` in milliseconds; `null` without any.
  [[nodiscard]] std::string percentiles();
  /// `[[upto_ms, count], …]`: ten steps a decade, without the empty ones.
  [[nodiscard]] std::string histogram() const;

 private:
  std::vector<float> taken_us_;
};

}  // namespace tidemark::bench
