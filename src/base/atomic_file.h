#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark {

/// Writes a whole file so that it appears whole or not at all, also after a power cut: temporary
/// name beside it, write, fsync, rename, fsync of the folder. A file that was there is replaced, a
/// symbolic link too (not its target). `mode` is subject to the umask.
///
/// Returns when the file is durable. Safe from any thread and process; of two writers at once, one
/// wins as a whole. The folder must exist.
/// Errors: no_space (disk or quota), not_found (no such folder), io; all name the path and the
/// reason. After an error the old file is untouched; only a failed fsync of the folder leaves it
/// open which of the two a power cut would bring back.
[[nodiscard]] Result<void> write_file_atomically(const std::string& path, std::string_view bytes,
                                                 mode_t mode = 0644);

/// What files are called until they are whole.
[[nodiscard]] std::string temporary_name(pid_t process, std::uint64_t number);

/// Whether `name` (without folder) is one that write_file_atomically gives its temporary files. A
/// killed process leaves one behind; whoever owns the folder may remove it.
[[nodiscard]] bool is_temporary_name(std::string_view name);

/// The whole content of a regular file, pipe or device, at most `limit` bytes.
/// Errors: not_found, io (also: a folder; more than `limit` bytes).
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t limit);

/// Makes the names in `folder` durable (created, renamed, removed files).
/// Errors: not_found, io, no_space.
[[nodiscard]] Result<void> sync_folder(const std::string& folder);
/// Those in the folder that holds the file `path`; a bare name's is the current one.
/// Errors: those of sync_folder().
[[nodiscard]] Result<void> sync_folder_of(const std::string& path);

}  // namespace tidemark
