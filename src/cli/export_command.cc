#include "cli/export_command.h"

#include "cli/context.h"
#include "cli/export_compact_command.h"
#include "cli/export_invoices.h"
#include "cli/export_reference.h"
#include "cli/export_rejects_command.h"
#include "cli/export_selftest.h"
#include "cli/export_state_command.h"
#include "cli/export_sweep_command.h"

namespace tidemark::cli {

Command export_command() {
  return {
      .name = "export",
      .summary = {"Rows of a table become files: all of them, or only what changed",
                  "将表中的行导出为文件：全部，或仅有变化的部分"},
      .examples = {{"tidemark export invoices --incremental",
                    {"What changed since the last run", "导出上次运行以来的变化"}}},
      .children = {export_invoices_command(), export_reference_command(), export_state_command(),
                   export_rejects_command(), export_sweep_command(), export_compact_command(),
                   export_selftest_command(), export_named_command()},
  };
}

}  // namespace tidemark::cli
