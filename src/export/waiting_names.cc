#include "export/waiting_names.h"

#include <algorithm>
#include <bit>
#include <climits>
#include <iterator>

namespace tidemark::exporter {
namespace {

constexpr std::size_t places_min = 1024;

}  // namespace

/// The upper bits, in the order of signed numbers.
std::size_t WaitingNames::home(std::int64_t hash) const {
  const auto ordered = static_cast<std::uint64_t>(hash) ^ (std::uint64_t{1} << 63);
  return static_cast<std::size_t>(
      ordered >>
      (sizeof(ordered) * CHAR_BIT - static_cast<unsigned>(std::countr_zero(places_.size()))));
}

std::size_t WaitingNames::place_of(std::int64_t hash) const {
  std::size_t place = home(hash);
  while (places_[place].id != 0 && places_[place].hash != hash) place = next(place);
  return place;
}

std::optional<std::int64_t> WaitingNames::find(std::int64_t hash) const {
  if (size_ == 0) return std::nullopt;
  const Name& name = places_[place_of(hash)];
  if (name.id == 0) return std::nullopt;
  return name.id;
}

bool WaitingNames::add(std::int64_t hash, std::int64_t id) {
  if (2 * (size_ + 1) > places_.size()) grow();
  Name& name = places_[place_of(hash)];
  if (name.id != 0) return false;
  name = {.hash = hash, .id = id};
  ++size_;
  return true;
}

bool WaitingNames::remove(std::int64_t hash) {
  if (size_ == 0) return false;
  std::size_t gap = place_of(hash);
  if (places_[gap].id == 0) return false;
  // What lies behind and would have liked a place up to the gap moves into it, so that no search
  // ends there too early.
  for (std::size_t place = next(gap); places_[place].id != 0; place = next(place)) {
    const std::size_t from_home = (place - home(places_[place].hash)) % places_.size();
    const std::size_t from_gap = (place - gap) % places_.size();
    if (from_home < from_gap) continue;
    places_[gap] = places_[place];
    gap = place;
  }
  places_[gap] = {};
  --size_;
  return true;
}

void WaitingNames::clear() {
  std::ranges::fill(places_, Name{});
  size_ = 0;
}

std::vector<WaitingNames::Name> WaitingNames::sorted() const {
  std::vector<Name> names;
  names.reserve(size_);
  std::ranges::copy_if(places_, std::back_inserter(names),
                       [](const Name& name) { return name.id != 0; });
  std::ranges::sort(names, {}, &Name::hash);
  return names;
}

void WaitingNames::grow() {
  std::vector<Name> before(std::max(places_min, 2 * places_.size()));
  before.swap(places_);
  for (const Name& name : before) {
    if (name.id != 0) places_[place_of(name.hash)] = name;
  }
}

}  // namespace tidemark::exporter
