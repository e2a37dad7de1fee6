#include "export/name_filter.h"

namespace tidemark::exporter {
namespace {

/// Different parts of the hash. (WaitingNames sorts by the uppermost ones: these are further down.)
std::size_t first(std::int64_t hash) { return static_cast<std::uint64_t>(hash); }
std::size_t second(std::int64_t hash) { return static_cast<std::uint64_t>(hash) >> 25; }

}  // namespace

void NameFilter::add(std::int64_t hash) {
  for (const std::size_t bit : {first(hash) % bits, second(hash) % bits}) {
    words_[bit / bits_a_word] |= std::uint64_t{1} << (bit % bits_a_word);
  }
}

bool NameFilter::may_have(std::int64_t hash) const {
  for (const std::size_t bit : {first(hash) % bits, second(hash) % bits}) {
    if ((words_[bit / bits_a_word] >> (bit % bits_a_word) & 1) == 0) return false;
  }
  return true;
}

}  // namespace tidemark::exporter
