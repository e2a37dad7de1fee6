#include "cli/list_limit.h"

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/parse_integer.h"

namespace tidemark::cli {

Flag limit_flag(std::string_view usual, Wording text) {
  return {.names = "-n,--limit",
          .kind = FlagKind::value,
          .placeholder = "N",
          .fallback = usual,
          .text = text};
}

Result<std::int64_t> given_limit(const Context& context, std::string_view usual) {
  constexpr std::int64_t listed_max = 100'000;
  const std::string text = context.arguments.value("--limit").value_or(std::string(usual));
  const std::optional<std::int64_t> limit = parse_integer(text);
  if (limit && *limit >= 1 && *limit <= listed_max) return *limit;
  return fail(
      ErrorKind::usage,
      {"--limit is a number from 1 to {}, not '{}'", "--limit 是 1 到 {} 之间的整数，不能是“{}”"},
      listed_max, printable(text));
}

}  // namespace tidemark::cli
