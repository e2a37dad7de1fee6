#include "load/load_plan.h"

#include <algorithm>
#include <iterator>

namespace tidemark::load {
namespace {

Result<LoadPlan> incremental(const LoadOptions& options, const std::optional<Complete>& known,
                             const CivilTime& now) {
  if (!known) return LoadPlan{.range = {options.history_start, now}};
  if (known->upto > now + options.margin)
    return fail(
        make_error(ErrorKind::rejected,
                   {"the watermark lies in the future: {}; it was set while a clock was wrong",
                    "水位位于未来：{}；设置时时钟有误"},
                   known->upto.text())
            .with_hint({"see that this machine's clock is right; then --from … --to …, "
                        "beginning with the day on which the clock went wrong, reads what "
                        "was left out and sets the watermark right",
                        "请先确认本机时钟正确，再用 --from … --to …（从时钟出错那天开始）"
                        "读取遗漏的数据，水位随之更正"}));
  LoadPlan plan{.range = {known->upto + std::chrono::seconds(1), now}};
  // The watermark may have begun with a range in the middle, or history_start is earlier now.
  if (options.history_start < known->from)
    plan.earlier = TimeWindow{options.history_start, known->from - std::chrono::seconds(1)};
  return plan;
}

std::vector<TimeWindow> windows_of(const TimeWindow& range, const LoadOptions& options,
                                   const Reach& reach, const CivilTime& now) {
  if (reads_at_once(options, reach)) return {range};
  const CivilTime settled = now - options.margin;
  if (reach.whole_days || settled < range.from || settled >= range.upto)
    return tiled(range, reach.window_max);
  std::vector<TimeWindow> windows = tiled({range.from, settled}, reach.window_max);
  std::ranges::move(tiled({settled + std::chrono::seconds(1), range.upto}, reach.window_max),
                    std::back_inserter(windows));
  return windows;
}

}  // namespace

std::string_view name(LoadMode mode) {
  switch (mode) {
    case LoadMode::range:
      return "range";
    case LoadMode::incremental:
      return "incremental";
    case LoadMode::rescan:
      return "rescan";
    case LoadMode::full:
      return "full";
    case LoadMode::picked:
      return "picked";
  }
  return "range";
}

bool reads_at_once(const LoadOptions& options, const Reach& reach) {
  return options.mode == LoadMode::picked || (options.mode == LoadMode::full && reach.everything);
}

Result<LoadPlan> LoadPlan::make(const LoadOptions& options, const Reach& reach,
                                const std::optional<Complete>& known, const CivilTime& now) {
  switch (options.mode) {
    case LoadMode::range:
      return LoadPlan{.range = {options.range.from, std::min(options.range.upto, now)}};
    case LoadMode::rescan:
      return LoadPlan{.range = {now - options.rescan, now}};
    case LoadMode::full:
      return LoadPlan{.range = {reach.earliest, now}};
    case LoadMode::picked:
      return LoadPlan{.range = {now, now}};
    case LoadMode::incremental:
      break;
  }
  return incremental(options, known, now);
}

std::vector<TimeWindow> LoadPlan::windows(const LoadOptions& options, const Reach& reach,
                                          const CivilTime& now) const {
  std::vector<TimeWindow> windows = windows_of(range, options, reach, now);
  if (!earlier) return windows;
  const std::vector<TimeWindow> older = windows_of(*earlier, options, reach, now);
  windows.insert(windows.end(), older.rbegin(), older.rend());
  return windows;
}

}  // namespace tidemark::load
