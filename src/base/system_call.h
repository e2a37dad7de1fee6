#pragma once

#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tidemark {

/// Repeats a system call that a signal interrupted. errno is the call's.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// `size` bytes of a file from `at`, in as many calls as it takes; fewer only where the file ends.
/// nullopt on failure: errno says why.
[[nodiscard]] inline std::optional<std::string> read_all(int fd, off_t at, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = uninterrupted([&] {
      return ::pread(fd, bytes.data() + filled, bytes.size() - filled,
                     at + static_cast<off_t>(filled));
    });
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

/// Writes all of `bytes` to a blocking descriptor, in as many calls as it takes. False on failure:
/// errno says why, and some of the bytes may have been written.
[[nodiscard]] inline bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = uninterrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// The same with many pieces, one after the other.
[[nodiscard]] inline bool write_all(int fd, std::span<std::string> pieces) {
  std::array<iovec, 64> vectors;
  while (!pieces.empty()) {
    const std::span<std::string> some = pieces.first(std::min(pieces.size(), vectors.size()));
    std::ranges::transform(some, vectors.begin(), [](std::string& piece) {
      return iovec{.iov_base = piece.data(), .iov_len = piece.size()};
    });
    const ssize_t result =
        uninterrupted([&] { return ::writev(fd, vectors.data(), static_cast<int>(some.size())); });
    if (result < 0) return false;
    auto written = static_cast<std::size_t>(result);
    for (const std::string_view piece : some) {
      const std::size_t before = std::min(written, piece.size());
      written -= before;
      if (!write_all(fd, piece.substr(before))) return false;
    }
    pieces = pieces.subspan(some.size());
  }
  return true;
}

}  // namespace tidemark
