#include "load/xiaoe/live_extractor.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/json_object.h"
#include "base/json_text.h"
#include "load/xiaoe/live_transform.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr std::chrono::seconds ten_seconds{10};
constexpr Interface detail_api{
    .name = "xe.alive.detail.get/1.0.0", .calls = 500, .window = ten_seconds};
constexpr Interface by_ids_api{
    .name = "xe.alive.list.by_ids/1.0.0", .calls = 100, .window = ten_seconds};
constexpr std::size_t ids_per_call = 50;

}  // namespace

/// Puts the details to each row before it passes the page on.
class LiveExtractor::WithDetails final : public PageSink {
 public:
  WithDetails(Client& client, PageSink& sink) : client_(client), sink_(sink) {}

  Result<void> take(Page page) override {
    for (RawRecord& record : page.records) {
      if (record.id.empty()) {
        record.payload = live_payload_refused(record.payload, "the list names no id");
        continue;
      }
      std::string question = R"("id":)";
      append_json_text(question, record.id, {.replace_invalid = true});
      const Result<Answer> answer = client_.call(detail_api, question);
      if (answer) {
        record.payload = live_payload(record.payload, answer->data);
        continue;
      }
      // Of this one live stream; anything else concerns all.
      if (answer.error().kind != ErrorKind::query && !is_too_long(answer.error()))
        return fail(answer.error());
      record.payload = live_payload_refused(record.payload, answer.error().what.en);
    }
    return sink_.take(std::move(page));
  }

 private:
  Client& client_;
  PageSink& sink_;
};

Result<WindowReading> LiveExtractor::read(const std::optional<TimeWindow>& window, PageSink& sink) {
  WithDetails with_details(client_, sink);
  return ids_.empty() ? list_.read(window, with_details) : read_ids(with_details);
}

Result<WindowReading> LiveExtractor::read_ids(PageSink& sink) {
  WindowReading reading;
  std::set<std::string> missing(ids_.begin(), ids_.end());
  const std::vector<std::string> wanted(missing.begin(), missing.end());
  std::size_t at_once = ids_per_call;
  std::vector<std::string> too_long;
  std::optional<Error> too_long_error;
  for (std::span<const std::string> rest = wanted; !rest.empty();) {
    const std::size_t count = std::min(rest.size(), at_once);
    std::string question = R"("ids":[)";
    for (const std::string& id : rest.first(count)) {
      if (&id != &rest.front()) question += ',';
      append_json_text(question, id, {.replace_invalid = true});
    }
    const Result<Answer> answer =
        client_.call(by_ids_api, question + fmt::format(R"(],"page":1,"page_size":{})", count));
    if (!answer && is_too_long(answer.error())) {
      ++reading.pages;
      ++reading.rereads;
      at_once = std::max<std::size_t>(1, count / 2);
      if (count > 1) continue;
      too_long.push_back(rest.front());
      too_long_error = answer.error();
      missing.erase(rest.front());
      rest = rest.subspan(1);
      continue;
    }
    if (!answer) return fail(answer.error());
    ++reading.pages;
    Page page{.observed_at = answer->asked_at, .records = {}};
    bool has_list = false;
    for (const JsonMember& member :
         json_members(answer->data).value_or(std::vector<JsonMember>())) {
      if (member.name != "list") continue;
      has_list = true;
      for (const std::string_view row :
           json_elements(member.value).value_or(std::vector<std::string_view>()))
        page.records.push_back(
            {.id = row_id(row, live_list().id_member), .payload = std::string(row)});
    }
    if (!has_list)
      return fail(ErrorKind::corrupt, {"{}: the answer has no list", "{}：应答缺少 list"},
                  by_ids_api.name);
    for (const RawRecord& record : page.records) missing.erase(record.id);
    reading.records += page.records.size();
    if (Result<void> taken = sink.take(std::move(page)); !taken) return fail(taken.error());
    rest = rest.subspan(count);
    at_once = std::min(2 * at_once, ids_per_call);
  }
  if (!too_long.empty()) {
    Error error = std::move(*too_long_error)
                      .within({"live stream {}", "直播 {}"},
                              printable(fmt::format("{}", fmt::join(too_long, ", "))));
    if (missing.empty()) return fail(std::move(error));
    return fail(
        std::move(error).within({"the shop lists no live stream {}, and", "店铺没有直播 {}；此外"},
                                printable(fmt::format("{}", fmt::join(missing, ", ")))));
  }
  if (missing.empty()) return reading;
  return fail(ErrorKind::not_found, {"the shop lists no live stream {}", "店铺没有直播 {}"},
              printable(fmt::format("{}", fmt::join(missing, ", "))));
}

}  // namespace tidemark::load::xiaoe
