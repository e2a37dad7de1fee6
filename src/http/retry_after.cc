#include "http/retry_after.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "http/http_date.h"

namespace tidemark::http {

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, WallTime now) {
  using std::chrono::seconds;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!text.empty() && std::ranges::all_of(text, is_digit)) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error == std::errc::result_out_of_range) return retry_after_seconds_max;
    return std::min(seconds(count), retry_after_seconds_max);
  }
  const auto date = parse_http_date(text);
  if (!date) return std::nullopt;
  return std::clamp(*date - std::chrono::floor<seconds>(now), seconds(0), retry_after_seconds_max);
}

}  // namespace tidemark::http
