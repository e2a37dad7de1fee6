#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "http/request_parser.h"
#include "http/router.h"
#include "http/target.h"

/// Any bytes, in pieces whose sizes the input chooses: no limit is passed, and the same bytes give
/// the same requests however they arrive.
namespace {

using namespace tidemark;

constexpr std::size_t header_bytes_max = 512;
constexpr std::size_t body_bytes_max = 256;

/// What was understood, as text.
std::string understood(std::string_view input, std::size_t piece) {
  http::RequestParser parser(header_bytes_max);
  std::string pending;
  std::string requests;
  while (true) {
    const auto step = parser.read(pending);
    check(step.used <= pending.size(), "no more is used than was given");
    pending.erase(0, step.used);
    if (step.fault) return requests;
    if (parser.stage() == http::RequestParser::Stage::body) parser.allow_body(body_bytes_max);
    if (parser.stage() == http::RequestParser::Stage::complete) {
      const http::RequestHead head = parser.take_head();
      const std::string body = parser.take_body();
      check(body.size() <= body_bytes_max, "a body within its limit");
      check(head.headers.size() <= http::header_fields_max, "fields within their limit");
      check(http::is_token(head.method), "a method is a token");
      for (std::size_t index = 0; index < head.headers.size(); ++index)
        check(http::is_field_value(head.headers.at(index).value), "no line break in a value");
      static_cast<void>(http::parse_target(head.target));
      requests.append(head.method).append(" ").append(head.target).append("\n").append(body);
      parser.begin();
      continue;
    }
    if (step.used > 0) continue;
    check(pending.size() <= header_bytes_max + piece, "nothing is kept waiting without a limit");
    if (input.empty()) return requests;
    pending += input.substr(0, piece);
    input.remove_prefix(std::min(piece, input.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = understood(input, std::max<std::size_t>(input.size(), 1));
  const std::string pieces = understood(input, data[0] % 16U + 1U);
  check(whole == pieces, "the pieces do not matter");
  return 0;
}
