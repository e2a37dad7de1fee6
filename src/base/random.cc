#include "base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/check.h"

namespace tidemark {

void SystemRandom::refill() {
  // getrandom(2) gives up to 256 bytes whole, or waits: only at the start of a machine.
  auto* const bytes = reinterpret_cast<unsigned char*>(numbers_.data());
  constexpr std::size_t whole = 256;
  static_assert(sizeof(numbers_) % whole == 0);
  for (std::size_t at = 0; at < sizeof(numbers_);) {
    const ssize_t count = ::getrandom(bytes + at, whole, 0);
    check(count == static_cast<ssize_t>(whole) || (count < 0 && errno == EINTR),
          "the system has randomness");
    if (count > 0) at += whole;
  }
  used_ = 0;
}

}  // namespace tidemark
