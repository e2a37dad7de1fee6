#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark samples create`. Makes an invoice table full of lifelike invoices, and the reference
/// tables.
[[nodiscard]] Command samples_create_command();

}  // namespace tidemark::cli
