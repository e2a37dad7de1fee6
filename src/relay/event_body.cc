#include <fmt/format.h>

#include <iterator>

#include "base/check.h"
#include "base/json_text.h"
#include "base/utc_text.h"
#include "relay/publication.h"

namespace tidemark::relay {

std::string event_body(const Publication& publication, const Identity& identity, WallTime now) {
  check(publication.is_voucher == identity.voucher_id.has_value(),
        "a voucher has its number before its body is built");
  std::string body;
  body.reserve(publication.data.size() + publication.fields.size() + 256);
  auto out = std::back_inserter(body);
  fmt::format_to(out, R"({{"event":"{}")", publication.event_type);
  if (publication.is_voucher) fmt::format_to(out, R"(,"voucher_id":{})", *identity.voucher_id);
  fmt::format_to(out, R"(,"data":{},"{}":{{)", publication.data,
                 publication.is_voucher ? "voucher" : "source");
  if (publication.is_voucher && publication.voucher_no.empty()) {
    body += R"("voucher_no":)";
    append_json_text(body, identity.voucher_no);
    body += ',';
  }
  fmt::format_to(out, R"({}}},"type":"{}","timestamp":"{}","source_version":{}}})",
                 publication.fields, publication.event_type, utc_stamp(now),
                 identity.source_version);
  return body;
}

}  // namespace tidemark::relay
