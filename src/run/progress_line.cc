#include "run/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/bytes.h"
#include "run/figures.h"

namespace tidemark::run {
namespace {

constexpr std::size_t bar_columns_min = 10;
constexpr std::size_t bar_columns_max = 40;
constexpr std::size_t running_shown_max = 4;

/// `columns` cells, filled to an eighth of a cell.
std::string drawn_bar(double fraction, std::size_t columns) {
  constexpr std::array<std::string_view, 8> eighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto filled =
      static_cast<std::size_t>(std::floor(fraction * static_cast<double>(columns) * 8));
  std::string bar;
  for (std::size_t i = 0; i < filled / 8; ++i) bar += "█";
  bar += eighths[filled % 8];
  const std::size_t used = filled / 8 + (filled % 8 == 0 ? 0 : 1);
  bar.append(columns - used, ' ');
  return bar;
}

int whole_percent(double fraction) { return static_cast<int>(std::floor(fraction * 100)); }

std::string done_of_total(std::uint64_t done, const std::optional<std::uint64_t>& total) {
  if (!total) return count_text(done);
  return fmt::format("{}/{}", count_text(done), count_text(*total));
}

std::string timing(const ProgressView& view) {
  std::string text = "[" + timer_text(view.elapsed);
  if (view.fraction()) {
    const auto remaining = view.remaining();
    text += "<" + (remaining ? timer_text(*remaining) : "?");
  }
  return text + ", " + rate_text(view.records_per_second) + "]";
}

/// Groups, errors and names: what is cut first.
std::string details(const ProgressView& view, Language language) {
  const bool chinese = language == Language::chinese;
  const ProgressSnapshot& snapshot = view.snapshot;
  std::string text;
  if (snapshot.groups_total)
    text += fmt::format(" {} {}", chinese ? "分组" : "groups",
                        done_of_total(snapshot.groups_done, snapshot.groups_total));
  if (snapshot.groups_seen > 0)
    text += fmt::format(" {} {}", chinese ? "已见分组" : "groups seen",
                        count_text(snapshot.groups_seen));
  if (snapshot.errors > 0) {
    const std::string count = count_text(snapshot.errors);
    text += chinese ? fmt::format(" 错误 {}", count)
                    : fmt::format(" {} {}", count, snapshot.errors == 1 ? "error" : "errors");
  }
  const std::size_t shown = std::min(snapshot.running.size(), running_shown_max);
  for (std::size_t i = 0; i < shown; ++i)
    text += (i == 0 ? " · " : ", ") + printable(snapshot.running[i]);
  if (shown < snapshot.running.size()) text += ", …";
  return text;
}

std::string phase_in(const ProgressView& view, Language language) {
  return view.snapshot.phase ? view.snapshot.phase->in(language) : std::string{};
}

}  // namespace

std::optional<double> ProgressView::fraction() const {
  if (!snapshot.records_total) return std::nullopt;
  if (*snapshot.records_total == 0) return 1.0;
  // Rows that were added after the count do not lead beyond the end.
  return std::min(1.0, static_cast<double>(snapshot.records_done) /
                           static_cast<double>(*snapshot.records_total));
}

std::optional<std::chrono::milliseconds> ProgressView::remaining() const {
  if (!snapshot.records_total) return std::nullopt;
  if (snapshot.records_done >= *snapshot.records_total) return std::chrono::milliseconds{0};
  if (records_per_second <= 0) return std::nullopt;
  const double rest = static_cast<double>(*snapshot.records_total - snapshot.records_done);
  constexpr double longest_ms = 1000.0 * 86'400 * 999;  // Further than that, nobody can say.
  const double rest_ms = rest / records_per_second * 1000;
  if (rest_ms > longest_ms) return std::nullopt;
  return std::chrono::milliseconds(std::llround(rest_ms));
}

std::string bar_line(const ProgressView& view, Language language, std::size_t columns) {
  const std::string phase = phase_in(view, language);
  if (!phase.empty() && view.snapshot.records_done == 0)
    return fit_width(fmt::format("{} [{}]", phase, timer_text(view.elapsed)), columns);
  const std::string stats =
      done_of_total(view.snapshot.records_done, view.snapshot.records_total) + " " + timing(view);
  const std::string rest = details(view, language) + (phase.empty() ? "" : " · " + phase);
  const std::optional<double> fraction = view.fraction();
  if (!fraction) return fit_width(stats + rest, columns);

  const std::string head = fmt::format("{:3}%", whole_percent(*fraction));
  const std::size_t taken = display_width(head) + 3 + display_width(stats) + display_width(rest);
  const std::size_t room = columns > taken ? columns - taken : 0;
  const std::size_t cells = std::clamp(room, bar_columns_min, bar_columns_max);
  return fit_width(fmt::format("{}|{}| {}{}", head, drawn_bar(*fraction, cells), stats, rest),
                   columns);
}

std::string status_line(const ProgressView& view, Language language) {
  const bool chinese = language == Language::chinese;
  const std::string_view comma = chinese ? "，" : ", ";
  const std::string done = done_of_total(view.snapshot.records_done, view.snapshot.records_total);
  std::string line;
  if (const std::string phase = phase_in(view, language); !phase.empty())
    line += fmt::format("{}{}", phase, comma);
  if (const auto fraction = view.fraction())
    line += fmt::format("{}%{}", whole_percent(*fraction), comma);
  line += chinese ? fmt::format("{} 条", done) : fmt::format("{} records", done);
  line += fmt::format("{}{}", comma, rate_text(view.records_per_second));
  line += fmt::format("{}{}{}", comma, chinese ? "已用 " : "elapsed ", timer_text(view.elapsed));
  if (const auto remaining = view.remaining())
    line += fmt::format("{}{}{}", comma, chinese ? "剩余 " : "remaining ", timer_text(*remaining));
  if (view.snapshot.groups_total)
    line += fmt::format("{}{}{}", comma, chinese ? "分组 " : "groups ",
                        done_of_total(view.snapshot.groups_done, view.snapshot.groups_total));
  if (view.snapshot.groups_seen > 0)
    line += fmt::format("{}{}{}", comma, chinese ? "已见分组 " : "groups seen ",
                        count_text(view.snapshot.groups_seen));
  if (view.snapshot.errors > 0)
    line += fmt::format("{}{}{}", comma, chinese ? "错误 " : "errors ",
                        count_text(view.snapshot.errors));
  return line;
}

std::string status_json(const ProgressView& view) {
  using std::chrono::duration_cast;
  using std::chrono::seconds;
  const ProgressSnapshot& snapshot = view.snapshot;
  nlohmann::ordered_json line = {{"message_type", "status"},
                                 {"seconds_elapsed", duration_cast<seconds>(view.elapsed).count()}};
  if (const auto remaining = view.remaining())
    line["seconds_remaining"] = duration_cast<seconds>(*remaining).count();
  if (const auto fraction = view.fraction())
    line["percent_done"] = std::floor(*fraction * 10'000) / 10'000;
  if (snapshot.records_total) line["total_records"] = *snapshot.records_total;
  line["records_done"] = snapshot.records_done;
  if (snapshot.groups_total) {
    line["total_groups"] = *snapshot.groups_total;
    line["groups_done"] = snapshot.groups_done;
  }
  if (snapshot.groups_seen > 0) line["groups_seen"] = snapshot.groups_seen;
  line["bytes_done"] = snapshot.bytes;
  line["error_count"] = snapshot.errors;
  line["current"] = snapshot.running;
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace tidemark::run
