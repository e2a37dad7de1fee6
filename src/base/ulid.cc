#include "base/ulid.h"

#include <array>

namespace tidemark {

std::string make_ulid(WallTime now, Random& random) {
  static constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const auto milliseconds = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
  std::string text(26, '0');
  std::uint64_t time = milliseconds & 0xffffffffffff;
  for (std::size_t i = 10; i-- > 0; time >>= 5) text[i] = alphabet[time & 31];
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t chance = random.next();
    for (std::size_t i = 0; i < 8; ++i, chance >>= 5)
      text[10 + half * 8 + i] = alphabet[chance & 31];
  }
  return text;
}

}  // namespace tidemark
