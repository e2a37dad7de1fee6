#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace tidemark::exporter {

/// `{output}/.export_state/source.json`: what the watermarks of this tree are measured by. A
/// watermark means nothing without the zone in which the column is written; another table in the
/// same tree would mix two sets of keys, another layout would begin in the middle.
struct SourceRecord {
  std::string zone;    ///< As the server or the configuration names it.
  std::string source;  ///< Url::identity().
  std::string table;
  std::string layout;  ///< `files`, `ndjson`
  /// The source in which a row that is missing is gone: the first one, or the last one that was
  /// confirmed. Another one may be a wrong address or an empty database.
  std::string prune_source{};

  static constexpr std::string_view file_name = "source.json";
  /// nullopt if there is none yet. Errors: corrupt, io.
  [[nodiscard]] static Result<std::optional<SourceRecord>> load(const std::string& state_directory);
  [[nodiscard]] Result<void> save(const std::string& state_directory) const;
  friend bool operator==(const SourceRecord&, const SourceRecord&) = default;
};

}  // namespace tidemark::exporter
