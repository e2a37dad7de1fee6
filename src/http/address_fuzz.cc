#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "http/address_policy.h"
#include "http/endpoint_url.h"
#include "http/http_date.h"
#include "http/retry_after.h"

/// What an operator or a receiver writes: ranges, URLs, Retry-After.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidemark;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto range = http::Cidr::parse(text)) {
    check(range->contains(range->network), "a range contains its first address");
    const auto again = http::Cidr::parse(range->text());
    check(again && again->text() == range->text(), "a range reads what it writes");
    check(!http::AddressPolicy({*range}).refusal(range->network), "what is allowed is allowed");
  }
  const http::AddressPolicy policy;
  if (const auto url = http::check_endpoint_url(text, policy)) {
    check(!url->host.empty() && url->port != 0, "a URL has a host and a port");
    if (const auto address = http::IpAddress::parse(url->host))
      check(!policy.refusal(*address), "no forbidden address passes");
  }
  const auto now = WallTime(std::chrono::days(20'000));
  if (const auto wait = http::parse_retry_after(text, now))
    check(wait->count() >= 0 && *wait <= http::retry_after_seconds_max, "a wait is bounded");
  if (const auto date = http::parse_http_date(text))
    check(http::parse_http_date(http::http_date(*date)) == date, "a date reads what it writes");
  return 0;
}
