#include "export/tree_file.h"

#include <fmt/format.h>

#include "export/path_clean.h"

namespace tidemark::exporter {

std::string_view extension_of(Compression compression) {
  switch (compression) {
    case Compression::none:
      return ".json";
    case Compression::gzip:
      return ".json.gz";
    case Compression::zstd:
      return ".json.zst";
  }
  return ".json";
}

std::string TreePath::text() const { return stem + std::string(extension_of(compression)); }

std::optional<TreePath> tree_path_from(std::string_view text) {
  // The longest ending first: `.json` is the start of the others.
  for (const Compression compression : {Compression::zstd, Compression::gzip, Compression::none}) {
    const std::string_view extension = extension_of(compression);
    if (!text.ends_with(extension)) continue;
    text.remove_suffix(extension.size());
    return TreePath{.stem = std::string(text), .compression = compression};
  }
  return std::nullopt;
}

std::int64_t name_hash(std::string_view stem) {
  thread_local std::string folded;  // Once for each row.
  fold_case(stem, folded);
  return hash64(folded);
}

std::string marked_stem(std::string_view stem, std::string_view key_text, std::uint64_t attempt) {
  return fmt::format("{}~{}", stem, short_hash(key_text, attempt));
}

bool is_name_of(std::string_view stem, std::string_view plain, std::string_view key_text) {
  if (!stem.starts_with(plain)) return false;
  if (stem.size() == plain.size()) return true;
  for (std::uint64_t attempt = 0; attempt < mark_attempts_max; ++attempt) {
    if (stem == marked_stem(plain, key_text, attempt)) return true;
  }
  return false;
}

}  // namespace tidemark::exporter
