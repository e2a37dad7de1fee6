#pragma once

#include <sys/types.h>

#include <string>

#include "base/unique_fd.h"

namespace tidemark::exporter {

/// Opens `path` below the open folder `root`, as openat() does, but goes through no symbolic link
/// on the way and never leaves `root`: whoever may write into an export tree must not be able to
/// turn the exporter against other files. `root` itself may have been reached through links.
///
/// One system call where the kernel knows openat2 (Linux 5.6), one for each component else.
/// No descriptor and errno on failure: ELOOP for a link, EXDEV for a way out of `root`, and those
/// of openat(). Thread-safe.
[[nodiscard]] UniqueFd open_beneath(int root, const std::string& path, int flags, mode_t mode = 0);

/// The same without openat2; stricter in one thing: `..` is always EXDEV.
[[nodiscard]] UniqueFd open_by_components(int root, const std::string& path, int flags,
                                          mode_t mode = 0);

}  // namespace tidemark::exporter
