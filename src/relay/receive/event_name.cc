#include "relay/receive/event_name.h"

#include <openssl/evp.h>

#include "base/check.h"
#include "base/result.h"
#include "http/hmac.h"
#include "http/sorted_json.h"

namespace tidemark::receive {

std::string name_of_signed_body(std::string_view body, http::SignatureStyle style) {
  std::string text(body);
  if (style == http::SignatureStyle::sorted_json) {
    Result<std::string> sorted = http::sorted_json(body);
    check(sorted.has_value(), "a body that was verified in sorted style can be sorted");
    text = std::move(*sorted);
  }
  http::Mac hash{};
  unsigned int length = 0;
  check(EVP_Digest(text.data(), text.size(), hash.data(), &length, EVP_sha256(), nullptr) == 1,
        "SHA-256 is there");
  return "sha256-" + http::mac_hex(hash);
}

}  // namespace tidemark::receive
