#include "export/set_back.h"

#include <algorithm>
#include <string>

namespace tidemark::exporter {
namespace {

/// In the index: a ClockReading of the last incremental run.
constexpr std::string_view clock_meta = "clock";
constexpr std::string_view read_from_meta = "read_from";
constexpr std::string_view marks_upto_meta = "marks_upto";
/// Windows are open at their lower end, and stamps have whole seconds; asking takes a moment.
constexpr std::chrono::seconds clock_slack{2};

/// The first stamp that the clock gives from `time` on.
CivilTime first_stamp(CivilTime time, bool whole_days) {
  return std::max(
      CivilTime::baseline(),
      whole_days ? CivilTime(std::chrono::floor<std::chrono::days>((time - clock_slack).time()))
                 : (time - clock_slack).floor_to(0));
}

}  // namespace

Result<std::optional<SetBack>> find_set_back(TreeIndex& index, const watermark::ClockReading& now,
                                             const watermark::State& state, bool whole_days) {
  const Result<std::string> known = index.meta(clock_meta);
  if (!known) return std::unexpected(known.error());
  const Result<std::string> read_from = index.meta(read_from_meta);
  if (!read_from) return std::unexpected(read_from.error());
  const Result<std::string> marks_upto = index.meta(marks_upto_meta);
  if (!marks_upto) return std::unexpected(marks_upto.error());
  std::optional<SetBack> back;
  if (const auto pending = CivilTime::parse(*read_from)) {
    back = {.read_from = *pending, .marks_upto = CivilTime::parse(*marks_upto), .by = {}};
  }
  const auto before = watermark::parse_reading(*known);
  if (!before) return back;
  const std::chrono::microseconds by = watermark::set_back(*before, now);
  const CivilTime earliest = first_stamp(before->database - by, whole_days);
  const CivilTime behind = whole_days ? earliest - std::chrono::days(1) : earliest;
  SetBack after = {.read_from = behind, .marks_upto = before->database, .by = by};
  if (back) {
    after.read_from = std::min(back->read_from, behind);
    after.marks_upto = back->marks_upto ? std::max(*back->marks_upto, before->database)
                                        : std::optional<CivilTime>();
  }
  const bool passed = std::ranges::any_of(state, [&](const auto& line) {
    return line.second.mark >= earliest && after.is_ours(line.second.mark);
  });
  return by > std::chrono::microseconds{0} && passed ? after : back;
}

Result<void> remember_set_back(TreeIndex& index, const std::optional<SetBack>& back) {
  const bool limited = back && back->marks_upto;
  Result<void> kept = index.set_meta(read_from_meta, back ? back->read_from.text() : "");
  if (kept) kept = index.set_meta(marks_upto_meta, limited ? back->marks_upto->text(6) : "");
  return kept;
}

Result<void> remember_clock(TreeIndex& index, const watermark::ClockReading& now) {
  return index.set_meta(clock_meta, watermark::format_reading(now));
}

}  // namespace tidemark::exporter
