#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "export/source_record.h"
#include "export/spec.h"
#include "watermark/state_file.h"

namespace tidemark::exporter {

/// What a run has to respect because its tree was exported from elsewhere before.
struct SourceCheck {
  /// False: the tree's rows may be another database's, so that nothing is gone just because it was
  /// not met. Until it is confirmed, in whatever runs until then.
  bool may_prune = true;
  /// The last run read another source, or other rows or columns of it. What it left in the tree,
  /// and where the watermarks stand, says nothing about the rows of this one: all that is wanted is
  /// read from the beginning.
  bool is_another_source = false;
  /// The index knows the rows of the tree by another key: it has to be made anew.
  bool is_another_key = false;
  /// The tree began with the blanks that fill up PostgreSQL's CHAR(n), and goes on with them.
  bool keeps_padding = false;
  /// What the tree is to remember from now on; nullopt if it does already. To be saved when the
  /// coverage of another source is forgotten, so that a crash in between forgets it again; but as
  /// soon as an index of another key is put aside.
  std::optional<SourceRecord> to_remember{};
  /// Dry run: the watermarks as a run would move them back. See check_source().
  std::optional<watermark::State> stepped_back{};
  std::vector<Message> notes{};
};

/// Compares `present` with what the tree remembers of its last export. `name` is the
/// `[export.NAME]`, for hints. Whether texts are `trimmed` is for the tree to say; true in
/// `present`: there is nothing to trim.
///
/// If the zone changed, or was never written down, all watermarks go back by 26 hours: two zones
/// are never further apart, and reading rows again does no harm. If the source changed, or the
/// selection of its rows, they go back to the beginning. What an older version did not write down
/// is taken for what it is now. They are saved here (not in a dry run), before the record: a crash
/// in between steps back twice. Errors: invalid_config (another table or layout; another zone that
/// was not confirmed; another key where the old one is needed), corrupt, no_space, io.
[[nodiscard]] Result<SourceCheck> check_source(SourceRecord present, const ExportOptions& options,
                                               const std::string& name,
                                               const std::string& state_directory);

}  // namespace tidemark::exporter
