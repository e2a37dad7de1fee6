#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/json_check.h"
#include "relay/publication.h"

namespace {

using namespace tidemark;

/// What was taken makes a valid body, holds its data unchanged, and is the same when read again.
void examine(const Result<relay::Publication>& parsed, std::string_view request) {
  if (!parsed) {
    check(parsed.error().kind == ErrorKind::rejected, "a refusal is about the request");
    return;
  }
  check(request.contains(parsed->data), "the data is what was written");
  check(!parsed->event_type.empty() && !parsed->source_system.empty() &&
            !parsed->source_type.empty() && !parsed->source_id.empty(),
        "the identity is whole");
  relay::Identity identity{.source_version = parsed->source_version.value_or(1)};
  if (parsed->is_voucher) {
    identity.voucher_id = parsed->voucher_id.value_or(1);
    identity.voucher_no = "V1";
  }
  const std::string body = relay::event_body(*parsed, identity, WallTime{});
  check(!check_json(body), "the body is JSON");
  check(body.contains(parsed->data), "the body holds the data as it was written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view request(reinterpret_cast<const char*>(data), size);
  examine(relay::parse_voucher(request), request);
  examine(relay::parse_event(request), request);
  return 0;
}
