#pragma once

#include "base/result.h"
#include "cli/command.h"
#include "cli/context.h"

namespace tidemark::cli {

/// `tidemark doctor`
[[nodiscard]] Command doctor_command();

/// `--create-index`: makes the index that incremental exports of `name` want, if it is missing,
/// after asking. May take long on a large table; MySQL and PostgreSQL go on taking writes
/// meanwhile. A dry run only says what it would make. Errors: those of the connection; usage
/// (nobody can be asked).
[[nodiscard]] Result<void> create_index(Context& context, const std::string& name,
                                        bool dry_run = false);

}  // namespace tidemark::cli
