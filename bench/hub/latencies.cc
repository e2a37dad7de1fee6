#include "bench/hub/latencies.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

namespace tidemark::bench {

std::string Latencies::percentiles() {
  if (taken_us_.empty()) return "null";
  std::ranges::sort(taken_us_);
  const auto at = [this](double part) {
    const auto last = static_cast<double>(taken_us_.size() - 1);
    return taken_us_[static_cast<std::size_t>(part * last)] / 1000;
  };
  return fmt::format(R"({{"p50":{:.3f},"p95":{:.3f},"p99":{:.3f},"p999":{:.3f},"max":{:.3f}}})",
                     at(0.5), at(0.95), at(0.99), at(0.999), at(1));
}

std::string Latencies::histogram() const {
  constexpr double steps_a_decade = 10;
  std::map<int, std::size_t> counts;
  for (const float us : taken_us_)
    ++counts[static_cast<int>(std::ceil(std::log10(std::max(us, 1.0F)) * steps_a_decade))];
  std::string text = "[";
  for (const auto& [step, count] : counts)
    fmt::format_to(std::back_inserter(text), "{}[{:.4g},{}]", text.size() == 1 ? "" : ",",
                   std::pow(10, step / steps_a_decade) / 1000, count);
  return text + "]";
}

}  // namespace tidemark::bench
