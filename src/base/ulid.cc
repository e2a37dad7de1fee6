#include "base/ulid.h"

#include <string_view>
#include <utility>

namespace tidemark {

namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t time_digits = 10;

/// False if there is none: all of its chance is at its end.
bool add_one(std::string& ulid) {
  for (std::size_t i = ulid.size(); i-- > time_digits;) {
    const std::size_t digit = alphabet.find(ulid[i]);
    if (digit + 1 < alphabet.size()) {
      ulid[i] = alphabet[digit + 1];
      return true;
    }
    ulid[i] = alphabet.front();
  }
  return false;
}

}  // namespace

std::string ulid_floor(WallTime time) {
  const auto milliseconds = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
  std::string text(26, '0');
  std::uint64_t rest = milliseconds & 0xffffffffffff;
  for (std::size_t i = time_digits; i-- > 0; rest >>= 5) text[i] = alphabet[rest & 31];
  return text;
}

std::string make_ulid(WallTime now, Random& random) {
  std::string text = ulid_floor(now);
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t chance = random.next();
    for (std::size_t i = 0; i < 8; ++i, chance >>= 5)
      text[time_digits + half * 8 + i] = alphabet[chance & 31];
  }
  return text;
}

std::string UlidSequence::next(WallTime now, Random& random) {
  std::string fresh = make_ulid(now, random);
  const bool same_time = last_.starts_with(std::string_view(fresh).substr(0, time_digits));
  if (!same_time || !add_one(last_)) last_ = std::move(fresh);
  return last_;
}

}  // namespace tidemark
