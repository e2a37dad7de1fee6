#include "load/xiaoe/sandbox/buyers.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "base/random.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr std::uint64_t rows_wanted = 24;

std::uint64_t times(std::uint64_t a, std::uint64_t b, std::uint64_t modulo) {
  return static_cast<std::uint64_t>(static_cast<unsigned __int128>(a) * b % modulo);
}

/// What undoes a factor (extended Euclid); they have no common divisor.
std::uint64_t inverse(std::uint64_t factor, std::uint64_t modulo) {
  std::int64_t before = 0, now = 1;
  auto rest = static_cast<std::int64_t>(modulo);
  auto of = static_cast<std::int64_t>(factor);
  while (of != 0) {
    const std::int64_t quotient = rest / of;
    rest = std::exchange(of, rest - quotient * of);
    before = std::exchange(now, before - quotient * now);
  }
  const auto whole = static_cast<std::int64_t>(modulo);
  return static_cast<std::uint64_t>((before % whole + whole) % whole);
}

}  // namespace

Buyers::Buyers(std::uint64_t orders, std::uint64_t seed)
    : orders_(orders),
      row_length_(std::max<std::uint64_t>(1, (orders + rows_wanted - 1) / rows_wanted)) {
  SeededRandom random(seed ^ 0xb0e75);
  const std::uint64_t rows = std::max<std::uint64_t>(1, (orders + row_length_ - 1) / row_length_);
  for (std::uint64_t row = 0; row < rows; ++row) {
    const std::uint64_t users = there_at_row(row);
    std::uint64_t factor = 1 + random.below(users);
    while (std::gcd(factor, users) != 1) factor = factor % users + 1;
    shuffles_.push_back({.users = users,
                         .factor = factor,
                         .undo = inverse(factor % users, users),
                         .shift = random.below(users)});
  }
}

std::uint64_t Buyers::there_at_row(std::uint64_t row) const {
  return 2 * row_length_ + row * row_length_ / 2;
}

std::uint64_t Buyers::size() const { return there_at_row(rows()); }

std::uint64_t Buyers::buyer_of(std::uint64_t order) const {
  check(order < orders_, "an order of the book is asked for");
  const Shuffle& shuffle = shuffles_[order / row_length_];
  return (times(order % row_length_, shuffle.factor, shuffle.users) + shuffle.shift) %
         shuffle.users;
}

std::vector<std::uint64_t> Buyers::orders_of(std::uint64_t user) const {
  std::vector<std::uint64_t> orders;
  for (std::uint64_t row = 0; row < rows(); ++row) {
    const Shuffle& shuffle = shuffles_[row];
    if (user >= shuffle.users) continue;  // Not there yet.
    const std::uint64_t place =
        times((user + shuffle.users - shuffle.shift) % shuffle.users, shuffle.undo, shuffle.users);
    const std::uint64_t order = row * row_length_ + place;
    if (place < row_length_ && order < orders_) orders.push_back(order);
  }
  return orders;
}

}  // namespace tidemark::load::xiaoe
