#include "export/packed_folder.h"

#include <optional>

#include "export/packed_manifest.h"
#include "export/path_clean.h"
#include "export/tree_file.h"

namespace tidemark::exporter {

Result<std::string> packed_folder_of(TreeFolder* tree, const std::string& tenant,
                                     const std::string& country,
                                     const std::set<std::string>& taken) {
  const std::string plain = clean_component(tenant) + "/" + clean_component(country);
  std::optional<std::string> first_free;
  for (std::uint64_t attempt = 0; attempt <= mark_attempts_max; ++attempt) {
    std::string folder =
        attempt == 0 ? plain : marked_stem(plain, tenant + '\0' + country, attempt - 1);
    if (taken.contains(fold_case(folder))) continue;
    if (tree != nullptr) {
      const Result<std::optional<PackedManifest>> manifest = PackedManifest::load(*tree, folder);
      if (!manifest) return std::unexpected(manifest.error());
      if (*manifest) {
        if ((*manifest)->tenant == tenant && (*manifest)->country == country) return folder;
        continue;
      }
    }
    if (!first_free) first_free = std::move(folder);
  }
  if (first_free) return std::move(*first_free);
  return fail(ErrorKind::io, {"no free folder for {}", "{} 没有可用的目录"}, plain);
}

}  // namespace tidemark::exporter
