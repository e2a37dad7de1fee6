#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidemark::exporter {

/// Says of most names that are not in a set that they are not (a Bloom filter with two bits a
/// name). It takes hashes that are as good as random.
class NameFilter {
 public:
  /// 4 MB. Of the names that are not in the set it lets through 0.3 % with a million in it, and 5 %
  /// with four million.
  NameFilter() : words_(words) {}

  void add(std::int64_t hash);
  /// False: surely not added.
  [[nodiscard]] bool may_have(std::int64_t hash) const;

 private:
  static constexpr std::size_t bits = std::size_t{1} << 25;
  static constexpr std::size_t bits_a_word = 64;
  static constexpr std::size_t words = bits / bits_a_word;

  std::vector<std::uint64_t> words_;
};

}  // namespace tidemark::exporter
