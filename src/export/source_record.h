#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "export/spec.h"

namespace tidemark::exporter {

/// By which the index of a tree knows its rows.
struct RecordedKey {
  std::vector<std::string> columns;
  /// `integer`: the key is one column of whole numbers; `text`: anything else. Empty: cannot be
  /// told, for the columns have no types and the table has no rows.
  std::string type;

  [[nodiscard]] static RecordedKey of(const std::vector<std::string>& columns,
                                      std::string_view type);
  /// False also if one of the two cannot tell its type.
  [[nodiscard]] bool differs_from(const RecordedKey& other) const;
  friend bool operator==(const RecordedKey&, const RecordedKey&) = default;
};

/// Which rows of the table are exported, and by which columns: as the configuration says.
struct Selection {
  std::string tenant;
  std::string status;
  std::string status_value;  ///< Empty if there is no status.
  std::string update_time;
  std::string payload;

  [[nodiscard]] static Selection of(const TableSpec& spec);
  friend bool operator==(const Selection&, const Selection&) = default;
};

/// `{output}/.export_state/source.json`: what the watermarks of this tree are measured by. A
/// watermark means nothing without the zone in which the column is written; another table in the
/// same tree would mix two sets of keys, another layout would begin in the middle, another export
/// would take the watermarks for its own.
struct SourceRecord {
  std::string zone;    ///< As the server or the configuration names it.
  std::string source;  ///< Url::identity().
  std::string table;
  std::string layout;  ///< `files`, `ndjson`
  /// The source in which a row that is missing is gone: the first one, or the last one that was
  /// confirmed. Another one may be a wrong address or an empty database.
  std::string prune_source{};
  // nullopt: of a version that did not write them down.
  std::optional<std::string> name{};  ///< `[export.NAME]`.
  std::optional<RecordedKey> key{};
  std::optional<Selection> selection{};
  std::optional<Selection> prune_selection{};  ///< As prune_source is for the source.
  /// Texts of PostgreSQL's CHAR(n) are taken without the blanks that fill them up. False: of a
  /// version that took them, and made paths of them.
  bool trimmed = false;

  static constexpr std::string_view file_name = "source.json";
  /// nullopt if there is none yet. Errors: corrupt, io.
  [[nodiscard]] static Result<std::optional<SourceRecord>> load(const std::string& state_directory);
  [[nodiscard]] Result<void> save(const std::string& state_directory) const;
  friend bool operator==(const SourceRecord&, const SourceRecord&) = default;
};

}  // namespace tidemark::exporter
