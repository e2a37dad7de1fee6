#include "load/xiaoe/order_extractor.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "base/json_object.h"
#include "load/xiaoe/loose_number.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr std::uint64_t page_size = 200;
constexpr int page_attempts_max = 5;   ///< While the page before comes again.
constexpr int slice_attempts_max = 6;  ///< While pages and total disagree.

std::int64_t unix_seconds(const CivilTime& china) {
  constexpr std::chrono::hours ahead{8};
  return std::chrono::duration_cast<std::chrono::seconds>(china.time().time_since_epoch() - ahead)
      .count();
}

std::string id_of(std::string_view row) {
  const std::optional<std::string_view> id = json_value_of(row, "order_id");
  return id ? json_text(*id).value_or("") : std::string();
}

/// A record among those of a slice: by its id, or by its bytes where it has none.
std::uint64_t mark_of(const RawRecord& record) {
  const std::string& bytes = record.id.empty() ? record.payload : record.id;
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace

struct OrderExtractor::ListPage {
  std::uint64_t total = 0;
  std::uint64_t hash = 0;  ///< Of the list's bytes: a page that came before.
  Page page;
};

WallTime OrderExtractor::later(WallTime moment) {
  last_observed_ = std::max(moment, last_observed_ + std::chrono::microseconds(1));
  return last_observed_;
}

Result<OrderExtractor::ListPage> OrderExtractor::page(const TimeWindow& slice,
                                                      std::uint64_t index) {
  const Result<Answer> answer = client_.call(
      fmt::format(R"("page_index":{},"page_size":{},"order_by":"created_at:asc",)"
                  R"("begin_time":{},"end_time":{})",
                  index, page_size, unix_seconds(slice.from), unix_seconds(slice.upto) + 1));
  if (!answer) return fail(answer.error());
  ListPage read;
  read.page.observed_at = later(answer->asked_at);
  bool has_total = false, has_list = false;
  for (const JsonMember& member : json_members(answer->data).value_or(std::vector<JsonMember>())) {
    if (member.name == "total") {
      const std::int64_t total = loose_integer(member.value).value_or(-1);
      has_total = total >= 0;
      read.total = static_cast<std::uint64_t>(std::max<std::int64_t>(total, 0));
    }
    if (member.name != "list") continue;
    const auto rows = json_elements(member.value);
    has_list = rows.has_value() || member.value == "null";
    read.hash = XXH3_64bits(member.value.data(), member.value.size());
    if (!rows) continue;
    for (const std::string_view row : *rows)
      read.page.records.push_back({.id = id_of(row), .payload = std::string(row)});
  }
  if (!has_total || !has_list)
    return fail(ErrorKind::corrupt,
                {"{}: page {} has no total or no list", "{}：第 {} 页缺少 total 或 list"},
                order_list_api.name, index);
  return read;
}

Result<OrderExtractor::SliceEnd> OrderExtractor::read_slice(const TimeWindow& slice, PageSink& sink,
                                                            WindowReading& reading) {
  std::unordered_set<std::uint64_t> seen;
  std::uint64_t total_before = 0, hash_before = 0;
  for (std::uint64_t index = 1;; ++index) {
    Result<ListPage> read = page(slice, index);
    for (int attempts = 1; read && index > 1 && !read->page.records.empty() &&
                           read->hash == hash_before && attempts < page_attempts_max;
         ++attempts)
      read = page(slice, index);
    if (!read) return fail(std::move(read).error());
    ++reading.pages;
    if (index == 1 && read->total > slice_records_max_ && slice.length().count() > 1)
      return SliceEnd::too_many;
    // Rows that are gone move others to a page that was read already: those would be missed.
    if (read->total < total_before) return SliceEnd::disagreed;
    total_before = read->total;
    hash_before = read->hash;
    const std::size_t rows = read->page.records.size();
    const std::size_t known = seen.size();
    for (const RawRecord& record : read->page.records) seen.insert(mark_of(record));
    const bool news = seen.size() > known;
    if (Result<void> taken = sink.take(std::move(read->page)); !taken)
      return fail(std::move(taken).error());
    // A short page is the last. So is one without news, or the reading would have no end.
    if (rows == page_size && news) continue;
    if (seen.size() < read->total) return SliceEnd::disagreed;
    reading.records += seen.size();
    return SliceEnd::proven;
  }
}

Result<WindowReading> OrderExtractor::read(const TimeWindow& window, PageSink& sink) {
  WindowReading reading;
  std::vector<TimeWindow> waiting = {window};
  int attempts = 0;
  while (!waiting.empty()) {
    const TimeWindow slice = waiting.back();
    const Result<SliceEnd> end = read_slice(slice, sink, reading);
    if (!end) return fail(end.error());
    if (*end == SliceEnd::proven) {
      waiting.pop_back();
      attempts = 0;
      continue;
    }
    if (*end == SliceEnd::disagreed) {
      ++reading.rereads;
      if (++attempts < slice_attempts_max) continue;
      if (slice.length().count() == 1)
        return fail(ErrorKind::corrupt,
                    {"{}: pages and total never agreed for {}", "{}：{} 的分页与 total 始终不一致"},
                    order_list_api.name, slice.from.text());
      attempts = 0;
    }
    // Shorter slices: less can move while one is read.
    const auto [first, second] = slice.halves();
    waiting.back() = second;
    waiting.push_back(first);
  }
  return reading;
}

}  // namespace tidemark::load::xiaoe
