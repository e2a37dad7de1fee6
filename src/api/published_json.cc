#include "api/published_json.h"

#include <fmt/format.h>

#include <iterator>

#include "api/answer.h"
#include "base/json_text.h"

namespace tidemark::api {

std::string published_members(const relay::Published& published) {
  std::string json;
  if (published.voucher_id) {
    fmt::format_to(std::back_inserter(json), R"("voucher_id":{},"voucher_no":)",
                   *published.voucher_id);
    append_json_text(json, published.voucher_no);
    json += ',';
  }
  fmt::format_to(std::back_inserter(json),
                 R"("event_id":"{}","source_version":{},"deliveries":{},"duplicate":{})",
                 published.event_id, published.source_version, published.deliveries,
                 published.duplicate);
  return json;
}

http::Response published_answer(const Result<relay::Published>& published) {
  if (!published) return problem_for(published.error());
  return json_text_answer(202, fmt::format("{{{}}}", published_members(*published)));
}

}  // namespace tidemark::api
