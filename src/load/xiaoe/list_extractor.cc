#include "load/xiaoe/list_extractor.h"

#include <xxhash.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/json_object.h"
#include "base/log.h"
#include "load/ask_ahead.h"
#include "load/cell.h"
#include "load/xiaoe/loose_number.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr int page_attempts_max = 5;   ///< While the page before comes again.
constexpr int slice_attempts_max = 6;  ///< While pages and total disagree.
/// Readings from the front for what moved there, before the slice is read anew.
constexpr int catch_ups_max = 5;
/// Pages on their way at once. What a shop's limit of calls allows is more, but not what it bears.
constexpr std::size_t pages_at_once = 4;
/// So many of the shortest slices may disagree for ever and be named. More are no matter of a few
/// records: the list cannot be trusted, and asking on for each second of a window would never end.
constexpr std::size_t unproven_max = 20;
/// Pages of a first pass beyond twice those that the total promises: a list that always has another
/// page is none.
constexpr std::uint64_t pages_more_max = 16;
/// Rows of a page below which a slice is halved rather than its pages, while it can be: the rows
/// are not all long then, but one of them is.
constexpr std::uint64_t page_rows_min = 12;
/// So many rows of one second (or day) that are longer than an answer are passed over.
constexpr int too_long_rows_max = 20;
/// Questions for the count of a day while records come.
constexpr int count_attempts_max = 6;
/// Clocks may be apart, and records may come late.
constexpr std::chrono::hours settled_after{1};
constexpr std::chrono::days day{1};
constexpr std::chrono::seconds second{1};

std::uint64_t hash_of(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace

struct ListExtractor::ListPage {
  std::uint64_t total = 0;
  std::uint64_t hash = 0;  ///< Of the list's bytes: a page that came before.
  bool too_long = false;   ///< Nothing of it is here.
  Page page;
};

/// What is remembered while a slice is read.
struct ListExtractor::Reading {
  /// Records by a hash of their id (of their bytes where they have none), with that of their bytes.
  std::unordered_map<std::uint64_t, std::uint64_t> seen;
  std::uint64_t total_before = 0;
  std::uint64_t hash_before = 0;
  std::string last_row;
  WallTime pass_from{};  ///< What this pass reads was seen then or later.
  std::optional<AskAhead<Result<ListPage>>> ahead{};  ///< The pages behind the first.

  struct News {
    bool records = false;   ///< One that was not there before.
    bool contents = false;  ///< Or one that is different now.
    bool differs = false;   ///< One that was there before is different now.
  };
  News take(const Page& page) {
    News news;
    for (const RawRecord& record : page.records) {
      const std::uint64_t content = hash_of(record.payload);
      const std::uint64_t mark = record.id.empty() ? content : hash_of(record.id);
      const auto [known, fresh] = seen.try_emplace(mark, content);
      news.records = news.records || fresh;
      news.contents = news.contents || fresh || known->second != content;
      news.differs = news.differs || (!fresh && known->second != content);
      known->second = content;
    }
    return news;
  }
};

WallTime ListExtractor::observed(WallTime asked, const Reading& reading) {
  // Pages that are asked for one after another are also seen so: the later form of a row that moved
  // between them must win, whatever the clock does. Of those asked for at once nobody knows.
  const WallTime seen = std::max(
      asked, reading.ahead ? reading.pass_from : last_observed_ + std::chrono::microseconds(1));
  last_observed_ = std::max(last_observed_, seen);
  return seen;
}

Result<ListExtractor::ListPage> ListExtractor::page(const ListQuestion& question,
                                                    std::uint64_t page_size) const {
  const std::optional<std::string> fields = api_.question(question, page_size);
  if (!fields)
    return fail(ErrorKind::corrupt,
                {"{}: page {} does not say how to go on", "{}：第 {} 页没有给出下一页的游标"},
                api_.interface.name, question.page - 1);
  const Result<Answer> answer = client_.call(api_.interface, *fields);
  ListPage read;
  if (!answer) {
    if (!is_too_long(answer.error())) return fail(answer.error());
    read.too_long = true;
    return read;
  }
  read.page.observed_at = answer->asked_at;
  bool has_total = false, has_list = false;
  for (const JsonMember& member : json_members(answer->data).value_or(std::vector<JsonMember>())) {
    if (member.name == api_.total_member) {
      const std::int64_t total = loose_integer(member.value).value_or(-1);
      has_total = total >= 0;
      read.total = static_cast<std::uint64_t>(std::max<std::int64_t>(total, 0));
    }
    if (member.name != "list") continue;
    const auto rows = json_elements(member.value);
    has_list = rows.has_value() || member.value == "null";
    read.hash = hash_of(member.value);
    if (!rows) continue;
    for (const std::string_view row : *rows)
      read.page.records.push_back({.id = row_id(row, api_.id_member), .payload = std::string(row)});
  }
  if (!has_total || !has_list)
    return fail(ErrorKind::corrupt,
                {"{}: page {} has no {} or no list", "{}：第 {} 页缺少 {} 或 list"},
                api_.interface.name, question.page, api_.total_member);
  return read;
}

void ListExtractor::ask_ahead(const TimeWindow& slice, Reading& reading) const {
  const std::uint64_t pages = (reading.total_before + page_size_ - 1) / page_size_;
  reading.ahead.emplace(
      [this, &slice, page_size = page_size_](std::uint64_t index) {
        return page({.slice = &slice, .page = index}, page_size);
      },
      2, pages, pages_at_once);
}

Result<ListExtractor::ListPage> ListExtractor::fresh_page(const ListQuestion& question,
                                                          Reading& reading) const {
  std::optional<Result<ListPage>> asked;
  if (reading.ahead && question.page > 1) asked = reading.ahead->next();
  Result<ListPage> read = asked ? std::move(*asked) : page(question, page_size_);
  for (int attempts = 1; read && question.page > 1 && !read->page.records.empty() &&
                         read->hash == reading.hash_before && attempts < page_attempts_max;
       ++attempts)
    read = page(question, page_size_);
  return read;
}

Result<ListExtractor::SliceEnd> ListExtractor::read_slice(const Slice& whole, PageSink& sink,
                                                          WindowReading& window_reading) {
  const TimeWindow* const slice = whole.of();
  Reading reading;
  int catch_ups = 0;
  int too_long_rows = 0;
  std::uint64_t first_pass_max = 0;
  for (std::uint64_t index = 1;; ++index) {
    if (index == 1) reading.pass_from = last_observed_ + std::chrono::microseconds(1);
    Result<ListPage> read = fresh_page({.slice = slice,
                                        .page = index,
                                        .last_row = index == 1 ? "" : reading.last_row,
                                        .by_creation = whole.by_creation},
                                       reading);
    if (!read) return fail(std::move(read).error());
    ++window_reading.pages;
    if (read->too_long) {
      // Those behind it can be asked for where pages are numbered.
      const bool passed = page_size_ == 1 && api_.pages_are_numbered &&
                          (slice == nullptr || !can_be_halved(*slice)) &&
                          ++too_long_rows <= too_long_rows_max;
      if (!passed) return SliceEnd::too_long;
      continue;
    }
    if (index == 1 && catch_ups == 0 && slice != nullptr && read->total > slice_records_max_ &&
        can_be_halved(*slice))
      return SliceEnd::too_many;
    if (first_pass_max == 0) first_pass_max = 2 * (read->total / page_size_) + pages_more_max;
    // Rows that are gone move others to a page that was read already: those would be missed.
    if (read->total < reading.total_before) return SliceEnd::disagreed;
    reading.total_before = read->total;
    reading.hash_before = read->hash;
    if (index == 1 && api_.oldest_first && slice != nullptr) ask_ahead(*slice, reading);
    read->page.observed_at = observed(read->page.observed_at, reading);
    const std::size_t rows = read->page.records.size();
    if (rows > 0) reading.last_row = read->page.records.back().payload;
    const Reading::News news = reading.take(read->page);
    if (Result<void> taken = sink.take(std::move(read->page)); !taken)
      return fail(std::move(taken).error());
    if (reading.ahead && news.differs) return SliceEnd::disagreed;
    // A short page is the last. So is one without news, or the reading would have no end.
    const bool goes_on = catch_ups == 0 ? news.records : news.contents;
    const std::uint64_t pages_max = reading.total_before / page_size_ + 2;
    const bool full = rows >= page_size_ && goes_on;
    if (full && catch_ups == 0 && index >= first_pass_max) return SliceEnd::disagreed;
    if (full && (catch_ups == 0 || index < pages_max)) continue;
    if (too_long_rows > 0) return SliceEnd::too_long;
    if (reading.seen.size() >= read->total) {
      window_reading.records += reading.seen.size();
      return SliceEnd::proven;
    }
    // What moved to the front while the rest was read is there now.
    if (api_.oldest_first || ++catch_ups > catch_ups_max) return SliceEnd::disagreed;
    index = 0;
  }
}

bool ListExtractor::can_be_halved(const TimeWindow& slice) const {
  return slice.length() > (api_.reach.whole_days ? std::chrono::seconds(day) : second);
}

Error ListExtractor::too_long_row(const TimeWindow* slice) const {
  Error error = make_error(
      ErrorKind::corrupt, {"{}: an answer with a single row is too long", "{}：仅含一行的应答过长"},
      api_.interface.name);
  if (slice == nullptr) return error;
  return std::move(error).within({"{} to {}", "{} 至 {}"}, slice->from.text(), slice->upto.text());
}

std::uint64_t ListExtractor::page_rows_min_of(const TimeWindow& slice) const {
  return can_be_halved(slice) ? page_rows_min : 1;
}

bool ListExtractor::shrink_pages(std::uint64_t rows_min) {
  constexpr std::uint64_t times = 4;
  if (page_size_ <= rows_min) return false;
  page_size_ = std::max(rows_min, page_size_ / times);
  return true;
}

Result<WindowReading> ListExtractor::read_everything(PageSink& sink) {
  WindowReading reading;
  page_size_ = api_.page_size;
  for (int attempts = 1;; ++attempts) {
    const Result<SliceEnd> end = read_slice({}, sink, reading);
    if (!end) return fail(end.error());
    if (*end == SliceEnd::proven) {
      reading.listed = reading.records;
      return reading;
    }
    ++reading.rereads;
    if (*end == SliceEnd::too_long) {
      if (!shrink_pages(1)) return fail(too_long_row(nullptr));
      --attempts;
      continue;
    }
    if (attempts == slice_attempts_max)
      return fail(ErrorKind::corrupt, {"{}: pages and {} never agreed", "{}：分页与 {} 始终不一致"},
                  api_.interface.name, api_.total_member);
  }
}

Result<std::optional<std::uint64_t>> ListExtractor::count(const TimeWindow& window) {
  if (api_.reach.window_max.count() == 0) return std::nullopt;
  if (!api_.reach.whole_days) {
    const Result<Total> counted = total({.slice = &window});
    if (!counted) return fail(counted.error());
    return counted->records;
  }
  if (window.empty() || window != whole_days(window)) return std::nullopt;
  return count_days(window);
}

Result<ListExtractor::Total> ListExtractor::total(const ListQuestion& question) const {
  const Result<ListPage> read = page(question, 1);
  if (!read) return fail(read.error());
  if (read->too_long) return fail(too_long_row(question.slice));
  return Total{.records = read->total, .asked_at = read->page.observed_at};
}

Result<std::optional<std::uint64_t>> ListExtractor::count_days(const TimeWindow& days) const {
  const TimeWindow day_behind{days.upto + second, days.upto + second};
  // Whether the last day of a span is counted, or its first moment alone, or nothing of it, is said
  // nowhere. A span that ends with the day that it begins with has just that.
  const auto count_of_end = [&]() -> Result<std::uint64_t> {
    const Result<Total> end = total({.slice = &day_behind, .end_too = false, .by_creation = true});
    if (end) return end->records;
    // Who refuses it as a span of no length counts nothing of it.
    if (end.error().kind == ErrorKind::query) return 0;
    return fail(end.error());
  };
  std::optional<std::uint64_t> end_before;
  for (int attempts = 0; attempts < count_attempts_max; ++attempts) {
    const Result<Total> with_end = total({.slice = &days, .by_creation = true});
    if (!with_end) return fail(with_end.error());
    const Result<std::uint64_t> end = count_of_end();
    if (!end) return fail(end.error());
    // What comes on the day behind while it is counted would count for one and not the other.
    const CivilTime asked = local_time(with_end->asked_at, china_offset);
    const bool settled = end_of_day(day_behind.from) + settled_after < asked;
    if (*end <= with_end->records && (settled || end_before == *end))
      return with_end->records - *end;
    end_before = *end;
  }
  return std::nullopt;
}

Result<WindowReading> ListExtractor::read(const std::optional<TimeWindow>& window, PageSink& sink) {
  if (!window) return read_everything(sink);
  return read_slices({.window = window}, sink);
}

Result<WindowReading> ListExtractor::read_created(const TimeWindow& window, PageSink& sink) {
  return read_slices({.window = window, .by_creation = true}, sink);
}

Result<WindowReading> ListExtractor::read_slices(Slice slices, PageSink& sink) {
  WindowReading reading;
  std::vector<TimeWindow> waiting = {api_.reach.whole_days ? whole_days(*slices.window)
                                                           : *slices.window};
  int attempts = 0;
  while (!waiting.empty()) {
    const TimeWindow slice = waiting.back();
    slices.window = slice;
    const Result<SliceEnd> end = read_slice(slices, sink, reading);
    if (!end) return fail(end.error());
    if (*end == SliceEnd::proven) {
      waiting.pop_back();
      attempts = 0;
      page_size_ = std::min(api_.page_size, 2 * page_size_);
      continue;
    }
    if (*end != SliceEnd::too_many) ++reading.rereads;
    if (*end == SliceEnd::disagreed && ++attempts < slice_attempts_max) continue;
    if (*end == SliceEnd::too_long && shrink_pages(page_rows_min_of(slice))) continue;
    attempts = 0;
    if (!can_be_halved(slice)) {
      // One that cannot be read must not keep the others from being read.
      if (*end == SliceEnd::too_long) {
        log_line(LogLevel::warning, too_long_row(&slice).what.en);
        reading.too_long = true;
      }
      page_size_ = api_.page_size;
      waiting.pop_back();
      reading.unproven.push_back(slice);
      if (reading.unproven.size() <= unproven_max) continue;
      return fail(
          ErrorKind::corrupt,
          {"{0}: pages and {1} never agreed, or had a row that is too long, for {2} and {3} "
           "other times behind it",
           "{0}：{2} 及其后另外 {3} 处的分页与 {1} 始终不一致，或含有过长的行"},
          api_.interface.name, api_.total_member, reading.unproven.front().from.text(),
          reading.unproven.size() - 1);
    }
    // Shorter slices: less can move while one is read, and pages have fewer rows.
    auto [first, second_half] = slice.halves();
    if (api_.reach.whole_days) {
      const CivilTime middle = start_of_day(second_half.from);
      const CivilTime cut = middle > slice.from ? middle : middle + day;
      first.upto = cut - second;
      second_half.from = cut;
    }
    waiting.back() = second_half;
    waiting.push_back(first);
  }
  return reading;
}

}  // namespace tidemark::load::xiaoe
