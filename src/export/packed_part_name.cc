#include "export/packed_part_name.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>

namespace tidemark::exporter {

std::string packed_run_name(WallTime now) {
  return fmt::format("{:%Y%m%dT%H%M%S}-{:06}", std::chrono::floor<std::chrono::seconds>(now),
                     now.time_since_epoch().count() % 1'000'000);
}

std::optional<WallTime> packed_run_time(std::string_view name) {
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    std::from_chars(name.data() + at, name.data() + at + digits, value);
    return value;
  };
  if (name.size() != packed_run_name({}).size()) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  if (!day.ok()) return std::nullopt;
  const WallTime time = std::chrono::sys_days(day) + std::chrono::hours(number(9, 2)) +
                        std::chrono::minutes(number(11, 2)) + std::chrono::seconds(number(13, 2)) +
                        std::chrono::microseconds(number(16, 6));
  // What was not all digits reads differently.
  if (packed_run_name(time) != name) return std::nullopt;
  return time;
}

std::string_view packed_extension(Compression compression) {
  switch (compression) {
    case Compression::none:
      return ".ndjson";
    case Compression::gzip:
      return ".ndjson.gz";
    case Compression::zstd:
      return ".ndjson.zst";
  }
  return ".ndjson";
}

Compression packed_compression(std::string_view file) {
  if (file.ends_with(".gz")) return Compression::gzip;
  if (file.ends_with(".zst")) return Compression::zstd;
  return Compression::none;
}

std::string packed_part_name(std::string_view run, std::size_t number, Compression compression) {
  return fmt::format("{}-{:04}{}", run, number, packed_extension(compression));
}

std::string run_of_part(std::string_view file) {
  static const std::size_t run_bytes = packed_run_name({}).size();
  if (file.size() <= run_bytes) return "";
  const std::string_view run = file.substr(0, run_bytes);
  std::size_t number = 0;
  const char* const digits = file.data() + run_bytes + 1;
  if (file[run_bytes] != '-') return "";
  std::from_chars(digits, file.data() + file.size(), number);
  // Written again it is the same, or something else stands there.
  if (!packed_run_time(run)) return "";
  return packed_part_name(run, number, packed_compression(file)) == file ? std::string(run) : "";
}

}  // namespace tidemark::exporter
