#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/signature.h"

namespace tidemark::http {
namespace {

/// Takes a line off the front of `bytes`; an empty one stands for a header that is not there.
std::optional<std::string_view> line(std::string_view& bytes) {
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  const std::string_view taken = bytes.substr(0, end);
  bytes.remove_prefix(std::min(end + 1, bytes.size()));
  if (taken.empty()) return std::nullopt;
  return taken;
}

/// Five header lines and a body: nobody without the secret gets in. What we sign ourselves does.
void forge(std::string_view bytes) {
  using std::chrono::seconds;
  const std::chrono::sys_seconds now{seconds{1768465802}};
  const std::array<std::string, 2> secrets = {"whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=",
                                              "plain text secret"};
  const ReceivedSignature received = {
      .webhook_id = line(bytes),
      .webhook_timestamp = line(bytes),
      .webhook_signature = line(bytes),
      .x_signature = line(bytes),
      .x_timestamp = line(bytes),
  };
  check(!verify_signature(received, bytes, secrets, now), "a forged request is refused");

  const auto headers = signature_headers({.id = received.webhook_id.value_or("msg_1"),
                                          .timestamp = now,
                                          .body = bytes,
                                          .secrets = secrets});
  if (!headers) return;
  check(headers->size() == 5, "both styles");
  const ReceivedSignature ours = {
      .webhook_id = headers->at(2).second,
      .webhook_timestamp = headers->at(3).second,
      .webhook_signature = headers->at(4).second,
      .x_signature = headers->at(0).second,
      .x_timestamp = headers->at(1).second,
  };
  check(verify_signature(ours, bytes, secrets, now) == SignatureStyle::standard, "our own passes");
}

}  // namespace
}  // namespace tidemark::http

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidemark::http::forge({reinterpret_cast<const char*>(data), size});
  return 0;
}
