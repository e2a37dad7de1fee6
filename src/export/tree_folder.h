#pragma once

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "export/tree_file.h"

namespace tidemark::exporter {

/// Size and time of a file as the index remembers them.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t mtime = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// The output folder, seen from one thread: everything is opened relative to it, and the folders
/// in use are kept open. The folder itself may be a symbolic link; a link below it is never gone
/// through, and no path leads out of it (see beneath.h). Such a path is an io error.
class TreeFolder {
 public:
  /// Opens `output`; creates it (with parents) if `create`. Errors: not_found, io, no_space.
  [[nodiscard]] static Result<TreeFolder> open(const std::string& output, bool create);

  [[nodiscard]] int fd() const { return root_.get(); }

  /// Size and time, nullopt if there is no such regular file. `path` is below the output folder.
  [[nodiscard]] std::optional<FileStamp> stamp(const TreePath& path);
  /// Both names are there and mean the same file: folders that ignore case (vfat, SMB, macOS) have
  /// one file for names that differ in case only.
  [[nodiscard]] bool same_file(const TreePath& one, const TreePath& other);
  /// The content, decompressed; nullopt if there is no such file or it cannot be read whole.
  [[nodiscard]] std::optional<std::string> content(const TreePath& path, std::size_t limit);

  /// The bytes of a file, nullopt if there is none. Errors: io (also: more than `limit` bytes).
  [[nodiscard]] Result<std::optional<std::string>> read(const std::string& path, std::size_t limit);
  /// What lies in a folder below the output, in no order; nothing if there is no such folder.
  /// Errors: io.
  [[nodiscard]] Result<std::vector<std::string>> names(const std::string& path);
  /// For reading. Errors: not_found, io.
  [[nodiscard]] Result<UniqueFd> open_file(const std::string& path);

  /// Moves `name` of the open folder `from` to `path`, replacing what is there; creates folders.
  /// Errors: no_space, io.
  [[nodiscard]] Result<void> publish(int from, const std::string& name, const TreePath& path);
  /// Likewise with a whole path, below the output folder.
  [[nodiscard]] Result<void> publish(int from, const std::string& name, const std::string& path);
  /// Within the tree. Errors: io, no_space, not_found.
  [[nodiscard]] Result<void> rename(const TreePath& from, const TreePath& to);
  [[nodiscard]] bool has_folder_of(const TreePath& path);
  /// A file that is gone already is fine. Then removes the folders that became empty.
  [[nodiscard]] Result<void> remove(const std::string& path);

  /// Makes the written bytes of the whole file system durable (syncfs).
  [[nodiscard]] Result<void> sync_data();
  /// Makes one staged file durable. Errors: io, no_space.
  [[nodiscard]] Result<void> sync_file(int from, const std::string& name);
  /// Makes the names in all folders touched since the last call durable.
  [[nodiscard]] Result<void> sync_names();

 private:
  /// A folder below the output, kept open.
  struct Folder {
    std::string path;
    UniqueFd fd;
    bool touched = false;  ///< It is among those.
  };

  explicit TreeFolder(UniqueFd root, std::string output)
      : root_(std::move(root)), output_(std::move(output)) {}
  /// -1 and errno if it is missing (and not to be created) or not a folder.
  [[nodiscard]] int folder(std::string_view path, bool create);
  void forget_oldest();
  [[nodiscard]] Result<void> move_in(int from, const std::string& name, std::string_view parent,
                                     const std::string& file);
  /// Quick if folder() returned this one last.
  void note_touched(std::string_view path);
  /// nullopt if there is no such regular file.
  [[nodiscard]] std::optional<struct stat> look(const TreePath& path);

  UniqueFd root_;
  std::string output_;
  std::list<Folder> open_;  ///< Most recently used first.
  std::unordered_map<std::string_view, std::list<Folder>::iterator> by_path_;
  std::set<std::string, std::less<>> touched_;
  std::string file_name_;  ///< Of publish(): its memory is used again.
};

/// Splits `a/b/c` into `a/b` and `c`.
[[nodiscard]] std::pair<std::string_view, std::string_view> split_path(std::string_view path);

/// Files on their way: written under a number in a folder of the state directory, moved into the
/// tree when they are durable. The folder is on the tree's own file system. One per thread.
class Staging {
 public:
  /// Several folders, for turn(): while the files of one are moved out, which locks it, others are
  /// written into the next.
  static constexpr std::size_t folders = 4;

  /// `{state_directory}/staging/{name}/{0…}`, made if they are missing.
  [[nodiscard]] static Result<Staging> open(const std::string& state_directory,
                                            std::string_view name);
  /// Removes what a killed run left. Errors: io.
  [[nodiscard]] static Result<void> clean(const std::string& state_directory);

  struct File {
    std::string name;
    FileStamp stamp;
  };
  /// Goes on in another folder.
  void turn() { present_ = (present_ + 1) % folders; }
  /// Writes and closes a file. Not yet durable. Errors: no_space, io.
  [[nodiscard]] Result<File> write(std::string_view bytes);
  /// Of the present folder.
  void discard(const std::string& name);

  /// The present folder, open as long as this lives.
  [[nodiscard]] int fd() const { return folders_[present_].get(); }

 private:
  Staging(std::array<UniqueFd, folders> opened, std::string path)
      : folders_(std::move(opened)), path_(std::move(path)) {}
  std::array<UniqueFd, folders> folders_;
  std::string path_;
  std::size_t present_ = 0;
  std::uint64_t next_ = 0;
};

}  // namespace tidemark::exporter
