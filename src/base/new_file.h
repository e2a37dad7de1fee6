#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tidemark {

/// A file that is written piece by piece and appears under its name whole or not at all, also after
/// a power cut: a temporary name beside it until commit(). Without commit() it is removed.
class NewFile {
 public:
  /// `mode` is subject to the umask. The folder must exist.
  /// Errors: no_space, not_found (no such folder), io; all name the path and the reason.
  [[nodiscard]] static Result<NewFile> create(std::string path, mode_t mode = 0644);

  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&& other) noexcept;
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  /// The temporary name, for a library that writes files itself. It must keep the inode.
  [[nodiscard]] const std::string& temporary_path() const { return temporary_; }

  /// Appends. Errors: no_space, io.
  [[nodiscard]] Result<void> write(std::string_view bytes);

  /// Makes the content durable and puts it in place; a file that was there is replaced, a symbolic
  /// link too (not its target). Returns when the name is durable, too. Once.
  /// Errors: no_space, io. After an error the old file is untouched; only a failed fsync of the
  /// folder leaves it open which of the two a power cut would bring back.
  [[nodiscard]] Result<void> commit();

 private:
  NewFile(std::string path, std::string temporary, UniqueFd fd)
      : path_(std::move(path)), temporary_(std::move(temporary)), fd_(std::move(fd)) {}

  std::string path_;
  std::string temporary_;  ///< Empty: nothing is left to remove.
  UniqueFd fd_;
};

}  // namespace tidemark
