#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "export/round_journal.h"
#include "export/stale_files.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// Removes what a killed run left in the tree `output`, with the tree's lock held and before any
/// row is read:
///
/// - Stale files whose removal was committed, but not carried out (also because it failed). Parts
/// of packed groups are noted
///   before it is certain that they go: those that a manifest lists stay.
/// - Files that got their names in a round that was never committed. Their rows are read again by
///   this run or, if they changed, have got other names. Where the round wrote over the file of a
///   row that was committed before, that row has to be exported again: it goes to the reject list,
///   which every run retries.
///
/// `now_text` is UTC, for the reject list. Being killed here does no harm: the next run begins
/// again. Errors: those of the index, io.
[[nodiscard]] Result<StaleFiles> recover_tree(const std::string& output, TreeIndex& index,
                                              RoundJournal& journal, const std::string& now_text);

/// Removes what a killed run left in `folder` of the files that it was about to replace. One that
/// cannot be removed does no harm, the next run tries again.
/// In a folder that others may be writing to, only what is older than `age`: no write takes so
/// long.
void remove_temporary_files(const std::string& folder, std::chrono::seconds age = {});

}  // namespace tidemark::exporter
