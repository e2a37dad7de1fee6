#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/response_reader.h"

/// Any bytes, in pieces whose sizes the input chooses: no limit is passed, and the same bytes give
/// the same answer however they arrive.
namespace {

using namespace tidemark;

constexpr std::size_t header_bytes_max = 512;
constexpr std::size_t body_bytes_max = 256;

/// What was understood, as text.
std::string understood(std::string_view input, std::size_t piece, bool to_head) {
  http::ResponseReader reader(to_head, header_bytes_max, body_bytes_max);
  std::size_t used = 0;
  while (used < input.size()) {
    const std::string_view next = input.substr(used, piece);
    const std::size_t count = reader.read(next);
    check(count <= next.size(), "no more is used than was given");
    used += count;
    if (count < next.size()) break;
  }
  const bool kept = reader.keep_alive();
  reader.end();
  using Stage = http::ResponseReader::Stage;
  check(reader.stage() == Stage::complete || reader.stage() == Stage::broken, "an end is an end");
  check((reader.stage() == Stage::complete) == (reader.status() >= 200),
        "an answer is one with a status");
  const std::string body = reader.take_body();
  check(body.size() <= body_bytes_max, "a body within its limit");
  const http::Headers headers = reader.take_headers();
  std::string text = std::to_string(reader.status());
  if (reader.stage() == Stage::broken) return text;
  check(headers.bytes() <= header_bytes_max, "fields within their limit");
  for (std::size_t index = 0; index < headers.size(); ++index)
    text.append("\n").append(headers.at(index).name).append(":").append(headers.at(index).value);
  return text + (kept ? "\nkept\n" : "\nclosed\n") + (reader.truncated() ? "…" : "") + body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool to_head = (data[0] & 0x80) != 0;
  const std::size_t piece = std::max<std::size_t>(1, data[0] & 0x7f);
  check(understood(input, piece, to_head) == understood(input, input.size(), to_head),
        "pieces do not matter");
  return 0;
}
