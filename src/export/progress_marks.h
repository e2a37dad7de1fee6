#pragma once

#include <deque>

#include "base/result.h"
#include "export/chunk.h"
#include "export/export_plan.h"
#include "export/tree_index.h"
#include "watermark/state_file.h"

namespace tidemark::exporter {

/// Moves the watermarks of the jobs that are done in the plan's state and saves it; a job that
/// failed only gets its status. Their rows are in the tree and in the index by then: `pending`
/// counts what is not published. May be called again and again while others work on the jobs, by
/// one thread. Once the reject list is closed, the status of every line goes by it, unless the last
/// run of the tenant failed.
///
/// Somebody may have edited the file meanwhile: their lines stand, and the jobs of those tenants
/// fail. A file that is no state any more (an editor is half done) is left alone.
/// Errors: corrupt, no_space, io; then the old file stands and the jobs are tried again.
[[nodiscard]] Result<void> save_watermarks(const watermark::StateFile& file, ExportPlan& plan);

/// After the watermarks of an incremental run: up to where the index covers the tenants that are
/// done. In the caller's transaction. Errors: those of the index.
[[nodiscard]] Result<void> cover_windows(TreeIndex& index, const std::deque<Job>& jobs);

/// After a complete full export: the index knows the files of these tenants, but as no watermark
/// was moved, the next incremental run begins where theirs stand. What incremental runs had covered
/// stays so: a retry that mends still settles the line. In the caller's transaction.
/// Errors: those of the index.
[[nodiscard]] Result<void> cover_tenants(TreeIndex& index, const GroupTable& groups);

}  // namespace tidemark::exporter
