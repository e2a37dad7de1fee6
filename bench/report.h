#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace tidemark::bench {

/// Ends the program: a floor that could not do its work has no number.
[[noreturn]] void die(std::string_view doing, std::string_view why);

/// A whole number from the command line, at least `min`; dies otherwise.
[[nodiscard]] int parse_count(const char* text, int min);

/// Writes the one line that bench/run reads: {"seconds": …, "rows": …, "bytes": …}.
void report(std::chrono::steady_clock::duration taken, std::int64_t rows, std::int64_t bytes);

}  // namespace tidemark::bench
