#include "relay/published_text.h"

#include <nlohmann/json.hpp>

namespace tidemark::relay {

std::string published_text(const Published& published) {
  nlohmann::json answer = {{"voucher_no", published.voucher_no},
                           {"event_id", published.event_id},
                           {"source_version", published.source_version},
                           {"deliveries", published.deliveries}};
  if (published.voucher_id) answer["voucher_id"] = *published.voucher_id;
  return answer.dump();
}

Result<Published> parse_published(std::string_view text) {
  const nlohmann::json answer = nlohmann::json::parse(text, nullptr, false);
  if (!answer.is_object())
    return fail(ErrorKind::corrupt, {"the kept answer of an Idempotency-Key cannot be read",
                                     "无法读取为 Idempotency-Key 保存的应答"});
  Published published{.voucher_no = answer.value("voucher_no", ""),
                      .event_id = answer.value("event_id", ""),
                      .source_version = answer.value("source_version", std::int64_t{1}),
                      .deliveries = answer.value("deliveries", std::int64_t{0}),
                      .duplicate = true};
  if (answer.contains("voucher_id"))
    published.voucher_id = answer.value("voucher_id", std::int64_t{0});
  return published;
}

}  // namespace tidemark::relay
