#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "export/key.h"
#include "export/tree_file.h"

namespace tidemark::exporter {

/// `{output}/.export_state/round.journal`: the names that files may get in the round under way,
/// durable before the first of them does. Between the renames of a round and its commit in the
/// index a file lies in the tree that the index knows nothing about; if the process is killed there
/// and the row changes before the next run, only this journal still leads to the file.
///
/// Text: a block is any number of lines `{path}\t{digits}`, each naming a row's plain path and the
/// mark that the row gets if that is taken, and an end line with the hash of the block. A block
/// without its end was being written: none of its files was renamed yet.
class RoundJournal {
 public:
  static constexpr std::string_view file_name = "round.journal";

  /// Opens the journal, making it if it is not there; its content stays. Errors: io, no_space.
  [[nodiscard]] static Result<RoundJournal> open(const std::string& state_directory);

  /// Adds a name to the block under way.
  void add(const TreePath& plain, const Key& key);
  /// Writes the block, durably. Nothing to do for an empty one. Errors: io, no_space.
  [[nodiscard]] Result<void> write();
  /// The round is over: its files are in the index. Errors: io.
  [[nodiscard]] Result<void> clear();

  /// All names, plain and marked, of all whole blocks. Errors: io.
  [[nodiscard]] Result<std::vector<TreePath>> names() const;

 private:
  RoundJournal(UniqueFd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  UniqueFd file_;
  std::string path_;
  std::string block_;
};

}  // namespace tidemark::exporter
