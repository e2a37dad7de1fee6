#include "base/ulid.h"

#include <string_view>

namespace tidemark {

namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

}  // namespace

std::string ulid_floor(WallTime time) {
  const auto milliseconds = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
  std::string text(26, '0');
  std::uint64_t rest = milliseconds & 0xffffffffffff;
  for (std::size_t i = 10; i-- > 0; rest >>= 5) text[i] = alphabet[rest & 31];
  return text;
}

std::string make_ulid(WallTime now, Random& random) {
  std::string text = ulid_floor(now);
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t chance = random.next();
    for (std::size_t i = 0; i < 8; ++i, chance >>= 5)
      text[10 + half * 8 + i] = alphabet[chance & 31];
  }
  return text;
}

}  // namespace tidemark
