#pragma once

#include <cstdint>
#include <vector>

namespace tidemark::load::xiaoe {

/// Who places which order of a book of `orders`, computed and not stored: any order names its
/// buyer, and any user the orders that are his.
///
/// The orders are cut into 24 rows, one after the other in time. The users who are there when a row
/// begins are shuffled (x → a·x + b modulo their number, which can be undone), and the first of
/// them place the row's orders, one each. From row to row there are more users; some of them never
/// buy. Immutable.
class Buyers {
 public:
  Buyers(std::uint64_t orders, std::uint64_t seed);

  [[nodiscard]] std::uint64_t size() const;
  [[nodiscard]] std::uint64_t buyer_of(std::uint64_t order) const;
  /// In ascending order.
  [[nodiscard]] std::vector<std::uint64_t> orders_of(std::uint64_t user) const;

  /// The users whose number is below it are there when row `row` begins.
  [[nodiscard]] std::uint64_t there_at_row(std::uint64_t row) const;
  [[nodiscard]] std::uint64_t row_length() const { return row_length_; }
  [[nodiscard]] std::uint64_t rows() const { return shuffles_.size(); }

 private:
  struct Shuffle {
    std::uint64_t users;
    std::uint64_t factor;
    std::uint64_t undo;  ///< Of `factor`, modulo `users`.
    std::uint64_t shift;
  };

  std::uint64_t orders_;
  std::uint64_t row_length_;
  std::vector<Shuffle> shuffles_;
};

}  // namespace tidemark::load::xiaoe
