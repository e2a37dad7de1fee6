#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace tidemark::exporter {

/// One exporter at a time in a tree. Held as long as the object lives; a process that dies, however
/// it dies, lets go of it.
///
/// Two locks are taken: flock on `.export.lock`, which the Python exporter honours as well and
/// which names its owner, and flock on the state directory itself, which keeps a second exporter
/// out when somebody removed the file by hand. A lock *directory* of the Bash exporter is refused.
class TreeLock {
 public:
  static constexpr std::string_view file_name = ".export.lock";

  /// `state_directory` must exist. Errors: locked (naming pid, host and since), io.
  /// If the file names an owner that is gone, `took_over` describes it.
  [[nodiscard]] static Result<TreeLock> acquire(const std::string& state_directory,
                                                const Clock& clock);
  /// Who holds the lock now, or did when it ended without leaving in order.
  struct Owner {
    std::string text;  ///< `pid 17 host db1 since 2025-12-03T17:04:06Z`, or the lock directory.
    /// False: the process is gone, and the next run takes over. Always true for another host.
    bool alive = true;
  };
  /// Reads only. nullopt: nobody.
  [[nodiscard]] static std::optional<Owner> owner(const std::string& state_directory);

  TreeLock(TreeLock&&) = default;
  TreeLock& operator=(TreeLock&&) = default;
  ~TreeLock();

  [[nodiscard]] const std::string& took_over() const { return took_over_; }

 private:
  TreeLock(UniqueFd directory, UniqueFd file, std::string path, std::string took_over)
      : directory_(std::move(directory)),
        file_(std::move(file)),
        path_(std::move(path)),
        took_over_(std::move(took_over)) {}

  UniqueFd directory_;
  UniqueFd file_;
  std::string path_;
  std::string took_over_;
};

}  // namespace tidemark::exporter
