#include "cli/load_range.h"

#include "cli/flag_value.h"

namespace tidemark::cli {
namespace {

constexpr std::size_t day_length = std::string_view("2025-12-31").size();

}  // namespace

Result<OpenRange> open_range(const Arguments& arguments) {
  const auto from = time_flag(arguments, "--from");
  if (!from) return fail(from.error());
  const auto to = time_flag(arguments, "--to");
  if (!to) return fail(to.error());
  OpenRange range{*from, *to};
  if (range.upto && arguments.value("--to")->size() == day_length)
    *range.upto += std::chrono::days(1) - std::chrono::seconds(1);
  if (range.from && range.upto && *range.upto < *range.from)
    return fail(ErrorKind::usage, {"--to is before --from", "--to 早于 --from"});
  return range;
}

}  // namespace tidemark::cli
