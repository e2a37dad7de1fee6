#include "cli/flag_value.h"

#include <string>

#include "base/bytes.h"
#include "base/parse_integer.h"
#include "config/value.h"

namespace tidemark::cli {

Result<std::optional<std::int64_t>> count_flag(const Arguments& arguments, std::string_view flag,
                                               std::int64_t least) {
  const std::optional<std::string> text = arguments.value(flag);
  if (!text) return std::nullopt;
  const std::optional<std::int64_t> count = parse_integer(*text);
  if (count && *count >= least) return count;
  return fail(ErrorKind::usage,
              {"{} takes a whole number from {}, not '{}'", "{} 需要不小于 {} 的整数，不能是“{}”"},
              flag, least, printable(*text));
}

Result<std::optional<CivilTime>> time_flag(const Arguments& arguments, std::string_view flag) {
  const std::optional<std::string> text = arguments.value(flag);
  if (!text) return std::nullopt;
  if (const std::optional<CivilTime> time = CivilTime::parse(*text)) return time;
  return fail(ErrorKind::usage,
              {"{} takes a day or a time as 2025-01-31 08:30:00, not '{}'",
               "{} 需要日期或时间，如 2025-01-31 08:30:00，不能是“{}”"},
              flag, printable(*text));
}

}  // namespace tidemark::cli
