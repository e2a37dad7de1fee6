#include "cli/samples_command.h"

#include "cli/samples_change.h"
#include "cli/samples_create.h"
#include "cli/samples_import.h"

namespace tidemark::cli {

Command samples_command() {
  return {
      .name = "samples",
      .summary = {"Sample data to try everything on: generated, or from public data sets",
                  "用于试用的示例数据：自动生成，或取自公开数据集"},
      .examples = {{"tidemark samples create --to sqlite:sample.db",
                    {"A database with 10,000 invoices", "一个含 10,000 张发票的数据库"}}},
      .children = {samples_create_command(), samples_change_command(), samples_import_command()},
  };
}

}  // namespace tidemark::cli
