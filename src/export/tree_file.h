#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "export/content_hash.h"
#include "export/spec.h"

namespace tidemark::exporter {

/// Of files, below the output.
using PathSet = std::set<std::string, std::less<>>;

/// `.json`, `.json.gz`, `.json.zst`.
[[nodiscard]] std::string_view extension_of(Compression compression);

inline constexpr std::array all_compressions = {Compression::none, Compression::gzip,
                                                Compression::zstd};

/// Where a row's file is or belongs: `stem` is the path below the output folder without extension.
struct TreePath {
  std::string stem;
  Compression compression = Compression::none;

  [[nodiscard]] std::string text() const;
  friend bool operator==(const TreePath&, const TreePath&) = default;
};

/// The path whose text() this is; nullopt if it has none of the endings.
[[nodiscard]] std::optional<TreePath> tree_path_from(std::string_view text);

/// What the index knows about the file of one row.
struct TreeFile {
  std::int64_t id = 0;
  TreePath path;
  ContentHash hash;  ///< Of the payload, before compression.
  /// Of the file on disk. Both must match, or the file is read and compared: a file that was
  /// renamed into place just before a crash, or edited by hand, is never taken for the old one.
  std::uint64_t size = 0;
  std::int64_t mtime = 0;  ///< Nanoseconds since 1970.
  std::int64_t run = 0;    ///< The run that entered the row.
  /// Taken over from an older exporter: siblings with other extensions may lie beside it.
  bool adopted = false;
};

/// Names are claimed by this hash: equal for names that differ only in case. (Two different names
/// with one hash would be treated as a collision, which costs a `~` and nothing else.)
[[nodiscard]] std::int64_t name_hash(std::string_view stem);

/// The stem of a row whose own name belongs to another row.
[[nodiscard]] std::string marked_stem(std::string_view stem, std::string_view key_text,
                                      std::uint64_t attempt = 0);

/// Marks tried when a `~` name is taken as well (two keys with the same 8 digits).
inline constexpr std::uint64_t mark_attempts_max = 16;

/// Whether a file called `stem` may stay where it is for a row whose own name is `plain`.
[[nodiscard]] bool is_name_of(std::string_view stem, std::string_view plain,
                              std::string_view key_text);

}  // namespace tidemark::exporter
