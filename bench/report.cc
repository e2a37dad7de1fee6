#include "bench/report.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace tidemark::bench {

void die(std::string_view doing, std::string_view why) {
  fmt::print(stderr, "{}: {}\n", doing, why);
  std::exit(1);
}

int parse_count(const char* text, int min) {
  const std::string_view digits = text;
  int count = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), count);
  if (error != std::errc{} || end != digits.end() || count < min) die(digits, "not a valid count");
  return count;
}

void report(std::chrono::steady_clock::duration taken, std::int64_t rows, std::int64_t bytes) {
  fmt::print("{{\"seconds\": {:.6f}, \"rows\": {}, \"bytes\": {}}}\n",
             std::chrono::duration<double>(taken).count(), rows, bytes);
}

}  // namespace tidemark::bench
