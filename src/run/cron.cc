#include "run/cron.h"

#include <array>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/parse_integer.h"

namespace tidemark::run {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::year_month_day;

constexpr std::size_t text_bytes_max = 200;
/// 29 February falls on a given day of the week every 28 years, over 2100 after 40.
constexpr days searched{60 * 366};
constexpr std::uint64_t all_hours = (std::uint64_t{1} << 24) - 1;

constexpr std::array<std::string_view, 12> month_names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                          "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> day_names = {"sun", "mon", "tue", "wed",
                                                       "thu", "fri", "sat"};

struct Field {
  const char* en;
  const char* zh;
  int least;
  int most;
  std::span<const std::string_view> names{};  ///< From `least` on.
};

constexpr std::array fields = {Field{"minute", "分钟", 0, 59}, Field{"hour", "小时", 0, 23},
                               Field{"day of the month", "日", 1, 31},
                               Field{"month", "月", 1, 12, month_names},
                               Field{"day of the week", "星期", 0, 7, day_names}};

struct Short {
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array shorts = {Short{"@hourly", "0 * * * *"},   Short{"@daily", "0 0 * * *"},
                               Short{"@midnight", "0 0 * * *"}, Short{"@weekly", "0 0 * * 0"},
                               Short{"@monthly", "0 0 1 * *"},  Short{"@yearly", "0 0 1 1 *"},
                               Short{"@annually", "0 0 1 1 *"}};

bool is_blank(char letter) { return letter == ' ' || letter == '\t'; }

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    if (text.empty()) return words;
    std::size_t length = 0;
    while (length < text.size() && !is_blank(text[length])) ++length;
    words.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
}

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& letter : made)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return made;
}

template <class... Args>
std::unexpected<Error> refused(const Field& field, Text<Args...> why, Args&&... args) {
  return fail(make_error(ErrorKind::invalid_config, why, std::forward<Args>(args)...)
                  .within({"cron: {0}", "cron：{1}"}, field.en, field.zh));
}

Result<int> number_in(const Field& field, std::string_view text) {
  const std::string name = lower(text);
  for (std::size_t i = 0; i < field.names.size(); ++i)
    if (field.names[i] == name) return field.least + static_cast<int>(i);
  const auto number = parse_integer<int>(text);
  if (!number || text.front() == '-') {
    const std::string shown = printable(text, 40);
    if (text == "?" || text.find_first_of("LW#") != std::string_view::npos)
      return refused(field,
                     {"'{}' is not known here: write numbers, or * for all",
                      "不支持“{}”：请写数字，或用 * 表示全部"},
                     shown);
    return refused(field,
                   {"'{}' is no number: write {} to {}, * for all, or lists as 1,15",
                    "“{}”不是数字：请写 {} 到 {}，* 表示全部，列表写作 1,15"},
                   shown, field.least, field.most);
  }
  if (*number < field.least || *number > field.most)
    return refused(field, {"{} is not between {} and {}", "{} 不在 {} 到 {} 之间"}, *number,
                   field.least, field.most);
  return *number;
}

struct Part {
  int first;
  int last;
};

Result<Part> range_in(const Field& field, std::string_view text) {
  // `7` is Sunday once more: what stands for all stops before it.
  if (text == "*") return Part{field.least, field.names.size() == 7 ? 6 : field.most};
  const std::size_t dash = text.find('-');
  const auto first = number_in(field, text.substr(0, dash));
  if (!first) return fail(first.error());
  if (dash == std::string_view::npos) return Part{*first, *first};
  auto last = number_in(field, text.substr(dash + 1));
  if (!last) return fail(last.error());
  if (field.names.size() == 7 && *last == 0 && *first > 0) last = 7;  // sat-sun
  if (*last < *first)
    return refused(
        field,
        {"{0}-{1} goes backwards: write {0}-{2},{3}-{1}", "{0}-{1} 顺序颠倒：请写 {0}-{2},{3}-{1}"},
        *first, *last, field.most, field.least);
  return Part{*first, *last};
}

/// `*`, `5`, `1-5`, `*/15`, `8-18/2`: the values, as bits.
Result<std::uint64_t> values_in(const Field& field, std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view range = text.substr(0, slash);
  if (range.empty())
    return refused(field,
                   {"a value is missing: write {} to {}, or * for all",
                    "缺少取值：请写 {} 到 {}，或用 * 表示全部"},
                   field.least, field.most);
  const auto part = range_in(field, range);
  if (!part) return fail(part.error());
  int step = 1;
  if (slash != std::string_view::npos) {
    const auto given = parse_integer<int>(text.substr(slash + 1));
    if (!given || *given < 1)
      return refused(field, {"the step behind / must be a number from 1 on",
                             "/ 之后的步长必须是不小于 1 的整数"});
    if (part->first == part->last)
      return refused(field, {"a step needs a range: write {}-{}/{}", "步长需要范围：请写 {}-{}/{}"},
                     part->first, field.most, *given);
    if (*given > part->last - part->first)
      return refused(field,
                     {"a step of {} is larger than the range {}-{}; steps begin anew with "
                      "each range",
                      "步长 {} 大于范围 {}-{}；步长在每个范围内重新开始"},
                     *given, part->first, part->last);
    step = *given;
  }
  std::uint64_t bits = 0;
  for (int value = part->first; value <= part->last; value += step)
    bits |= std::uint64_t{1} << value;
  return bits;
}

Result<std::uint64_t> parse_field(const Field& field, std::string_view text) {
  std::uint64_t bits = 0;
  while (true) {
    const std::size_t comma = text.find(',');
    const auto values = values_in(field, text.substr(0, comma));
    if (!values) return fail(values.error());
    bits |= *values;
    if (comma == std::string_view::npos) return bits;
    text.remove_prefix(comma + 1);
  }
}

bool has(std::uint64_t bits, unsigned value) { return ((bits >> value) & 1U) != 0; }

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
  if (text.size() > text_bytes_max)
    return fail(ErrorKind::invalid_config, {"cron: more than {} letters", "cron：超过 {} 个字符"},
                text_bytes_max);
  std::vector<std::string_view> words = words_of(text);
  if (words.size() == 1 && words.front().starts_with('@')) {
    const std::string name = lower(words.front());
    for (const Short& one : shorts)
      if (one.name == name) words = words_of(one.meaning);
    if (words.size() == 1)
      return fail(ErrorKind::invalid_config,
                  {"cron: '{}' is not known: @hourly, @daily, @weekly, @monthly and @yearly are",
                   "cron：未知的“{}”：可用 @hourly、@daily、@weekly、@monthly、@yearly"},
                  printable(words.front(), 40));
  }
  if (words.size() != fields.size())
    return fail(make_error(ErrorKind::invalid_config,
                           {"cron: five fields are needed (minute, hour, day of the month, month, "
                            "day of the week), there are {}",
                            "cron：需要五个字段（分钟、小时、日、月、星期），现有 {} 个"},
                           words.size())
                    .with_hint({"every half hour: */30 * * * *", "每半小时：*/30 * * * *"}));
  Cron cron;
  cron.text_ = text;
  const std::array targets = {&cron.minutes_, &cron.hours_, &cron.days_, &cron.months_,
                              &cron.weekdays_};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto bits = parse_field(fields.at(i), words[i]);
    if (!bits) return fail(bits.error());
    *targets.at(i) = *bits;
  }
  if (has(cron.weekdays_, 7)) cron.weekdays_ |= 1U;
  cron.every_day_ = words[2].front() == '*';
  cron.every_weekday_ = words[4].front() == '*';
  if (!cron.comes_at_all())
    return fail(make_error(ErrorKind::invalid_config,
                           {"cron: '{}' never comes: none of its months has such a day",
                            "cron：“{}”永远不会到来：所选月份中没有这一天"},
                           printable(text))
                    .with_hint({"the last days of a month: 28-31", "月末几天：28-31"}));
  return cron;
}

bool Cron::comes_at_all() const {
  if (!every_day_ && !every_weekday_) return true;  // Some day of the week comes in every month.
  constexpr std::array<unsigned, 13> lengths = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  for (unsigned month = 1; month <= 12; ++month)
    for (unsigned day = 1; has(months_, month) && day <= lengths.at(month); ++day)
      if (has(days_, day)) return true;
  return false;
}

bool Cron::day_fits(local_days day) const {
  const year_month_day date(day);
  const bool day_in = has(days_, unsigned{date.day()});
  const bool weekday_in = has(weekdays_, std::chrono::weekday(day).c_encoding());
  return every_day_ || every_weekday_ ? day_in && weekday_in : day_in || weekday_in;
}

std::optional<Cron::LocalMinute> Cron::next_on_wall(LocalMinute from) const {
  local_days day = floor<days>(from);
  const local_days last = day + searched;
  for (minutes time = from - day; day <= last; time = minutes{0}) {
    const year_month_day date(day);
    if (!has(months_, unsigned{date.month()})) {
      const auto next_month = date.year() / date.month() / 1 + std::chrono::months(1);
      day = local_days(next_month);
      continue;
    }
    if (day_fits(day))
      for (; time < days{1}; time += minutes{1}) {
        const auto hour = static_cast<unsigned>(time / hours{1});
        if (!has(hours_, hour)) {
          time = hours(hour) + minutes{59};
          continue;
        }
        if (has(minutes_, static_cast<unsigned>(time % hours{1} / minutes{1}))) return day + time;
      }
    day += days{1};
  }
  return std::nullopt;
}

std::optional<WallTime> Cron::next_by_elapsed_time(WallTime after,
                                                   const watermark::ZoneRules& zone) const {
  const auto on_wall = [](WallTime instant, std::chrono::seconds offset) {
    return std::chrono::local_time<std::chrono::microseconds>(instant.time_since_epoch() + offset);
  };
  watermark::ZoneRules::Span span = zone.span_at(after);
  LocalMinute from = floor<minutes>(on_wall(after, span.offset)) + minutes{1};
  while (true) {
    const auto found = next_on_wall(from);
    if (!found) return std::nullopt;
    const WallTime instant(found->time_since_epoch() - span.offset);
    if (instant < span.upto) return instant;
    if (span.upto > after + searched) return std::nullopt;
    span = zone.span_at(span.upto);
    from = std::chrono::ceil<minutes>(on_wall(span.from, span.offset));
  }
}

std::optional<WallTime> Cron::next(WallTime after, const watermark::ZoneRules& zone) const {
  if (hours_ == all_hours) return next_by_elapsed_time(after, zone);
  LocalMinute from = floor<minutes>(zone.civil(after).time());
  while (true) {
    const auto found = next_on_wall(from);
    if (!found) return std::nullopt;
    const WallTime instant = zone.first_instant(CivilTime(*found));
    if (instant > after) return instant;
    from = *found + minutes{1};  // In an hour's second coming its first one has passed.
  }
}

std::vector<std::string> Cron::calendars() const {
  const auto listed = [](std::uint64_t bits, unsigned least, unsigned most) {
    std::string list;
    bool all = true;
    for (unsigned value = least; value <= most; ++value) {
      all = all && has(bits, value);
      if (has(bits, value)) list += fmt::format("{}{:02}", list.empty() ? "" : ",", value);
    }
    return all ? std::string("*") : list;
  };
  std::string weekdays;
  for (unsigned day = 0; day < day_names.size(); ++day) {
    if (!has(weekdays_, day)) continue;
    weekdays += weekdays.empty() ? "" : ",";
    weekdays += day_names.at(day);
    weekdays[weekdays.size() - 3] = static_cast<char>(weekdays[weekdays.size() - 3] - 'a' + 'A');
  }
  const std::string time = fmt::format("{}:{}:00", listed(hours_, 0, 23), listed(minutes_, 0, 59));
  const std::string month = listed(months_, 1, 12);
  const std::string day = listed(days_, 1, 31);
  const bool all_weekdays = (weekdays_ & 0x7f) == 0x7f;
  const std::string prefix = all_weekdays ? "" : weekdays + " ";
  if (every_day_ || every_weekday_) return {fmt::format("{}*-{}-{} {}", prefix, month, day, time)};
  return {fmt::format("*-{}-{} {}", month, day, time),
          fmt::format("{}*-{}-* {}", prefix, month, time)};
}

}  // namespace tidemark::run
