#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tidemark::exporter {

/// Names that wait for their place in the table `name`: from name_hash() to the id of the file.
///
/// The hashes are as good as random already, so the upper bits of one say where it lies (open
/// addressing, linear probing): a look costs one cache line, and the whole is nearly sorted.
class WaitingNames {
 public:
  struct Name {
    std::int64_t hash = 0;
    std::int64_t id = 0;  ///< 0: the place is free. Ids begin at 1.
  };

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::optional<std::int64_t> find(std::int64_t hash) const;
  /// False if the name is there already.
  bool add(std::int64_t hash, std::int64_t id);
  /// False if it is not there.
  bool remove(std::int64_t hash);
  void clear();
  /// By hash, ascending.
  [[nodiscard]] std::vector<Name> sorted() const;

 private:
  [[nodiscard]] std::size_t home(std::int64_t hash) const;
  [[nodiscard]] std::size_t next(std::size_t place) const { return (place + 1) % places_.size(); }
  /// Where the name lies, or the free place where it belongs.
  [[nodiscard]] std::size_t place_of(std::int64_t hash) const;
  void grow();

  std::vector<Name> places_;  ///< A power of two, at most half of them taken.
  std::size_t size_ = 0;
};

}  // namespace tidemark::exporter
