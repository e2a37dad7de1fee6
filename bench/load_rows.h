#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "load/raw_layer.h"
#include "load/xiaoe/sandbox/seeded_book.h"

namespace tidemark::bench {

/// Which rows a contestant gets: those of the first reading, the same again, or the same but that
/// one order in a hundred was refunded meanwhile.
enum class Reading { first, same, changed };

/// Orders as the list of a shop tells them, from the book of the sandbox: half a year of them, read
/// at its end.
class LoadRows {
 public:
  explicit LoadRows(std::uint64_t orders);

  [[nodiscard]] std::uint64_t size() const { return book_.size(); }
  /// Up to `count` rows from number `first` on, with the hash that the raw layer keeps.
  [[nodiscard]] std::vector<load::Observed> rows(std::uint64_t first, std::uint64_t count,
                                                 Reading reading) const;

 private:
  load::xiaoe::SeededBook book_;
};

}  // namespace tidemark::bench
