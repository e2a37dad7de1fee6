#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "export/index_db.h"
#include "export/key.h"
#include "export/tree_file.h"

namespace tidemark::exporter {

/// A row of the index: a file, and whose it is.
struct NameOwner {
  std::int64_t id;
  Key key;
  TreeFile file;
};

// Rows of the index's table `file`, as statements give them.

/// A query for the files with `column` = ?; see find_file().
[[nodiscard]] std::string select_file(std::string_view column);
/// Likewise with their keys; see find_owner().
[[nodiscard]] std::string select_owner(std::string_view column);
/// All of them with their keys, in the order of ids; see read_owner().
[[nodiscard]] std::string select_owners();

[[nodiscard]] Result<std::optional<TreeFile>> find_file(IndexStatement& statement, const Key& key);
[[nodiscard]] Result<std::optional<NameOwner>> find_owner(IndexStatement& statement,
                                                          std::int64_t value);
/// The row that step() has come to.
[[nodiscard]] NameOwner read_owner(const IndexStatement& row);

}  // namespace tidemark::exporter
