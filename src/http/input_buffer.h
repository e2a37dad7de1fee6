#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace tidemark::http {

/// Bytes that were read from a socket and not yet used. Starts small, since most connections wait.
class InputBuffer {
 public:
  explicit InputBuffer(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  [[nodiscard]] std::string_view bytes() const { return {store_.data() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  void use(std::size_t count) {
    begin_ += count;
    if (empty()) begin_ = end_ = 0;
  }

  /// Where to read to, at least `wanted` bytes unless the maximum is near; empty when it is full.
  [[nodiscard]] std::span<char> room(std::size_t wanted) {
    if (store_.size() - end_ < wanted && begin_ > 0) {
      std::memmove(store_.data(), store_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (store_.size() - end_ < wanted) store_.resize(std::min(end_ + wanted, bytes_max_));
    return std::span(store_).subspan(end_);
  }
  void came(std::size_t count) { end_ += count; }
  /// Gives memory back before a long wait.
  void shrink() {
    constexpr std::size_t kept = 16 * 1024;
    if (empty() && store_.size() > kept) store_ = {};
  }

 private:
  const std::size_t bytes_max_;
  std::vector<char> store_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace tidemark::http
