#include "cli/programs.h"

#include "cli/alerts_command.h"
#include "cli/completion_command.h"
#include "cli/config_command.h"
#include "cli/deliveries_command.h"
#include "cli/doctor_command.h"
#include "cli/drop_ins.h"
#include "cli/export_command.h"
#include "cli/load_command.h"
#include "cli/publish_command.h"
#include "cli/receive_command.h"
#include "cli/replay_command.h"
#include "cli/runs_command.h"
#include "cli/samples_command.h"
#include "cli/sandbox_command.h"
#include "cli/schedule_command.h"
#include "cli/serve_command.h"
#include "cli/stream_refusals_command.h"
#include "cli/subscriptions_command.h"
#include "cli/tokens_command.h"
#include "cli/version_command.h"

namespace tidemark::cli {
namespace {

/// Programs that are called by their own name.
struct DropIn {
  std::string_view name;
  Program (*make)();
};

constexpr DropIn drop_ins[] = {{"export_invoice_data", export_invoice_data_program},
                               {"export_basic_data", export_basic_data_program}};

}  // namespace

Program tidemark_program() {
  return {.command = {
              .name = "tidemark",
              .summary = {"moves business records between systems and proves that none was lost",
                          "在系统之间搬运业务记录，并能证明一条不少"},
              .examples = {{"tidemark config check",
                            {"Is the configuration right, do the sources answer?",
                             "配置是否正确，数据源能否连接？"}},
                           {"source <(tidemark completion bash)",
                            {"Completion in this shell", "在当前 shell 中启用补全"}}},
              .children = {export_command(), load_command(), serve_command(), publish_command(),
                           subscriptions_command(), deliveries_command(), replays_command(),
                           stream_refusals_command(), tokens_command(), schedule_command(),
                           alerts_command(), receive_command(), doctor_command(), samples_command(),
                           sandbox_command(), config_command(), runs_command(),
                           completion_command(), version_command()},
          }};
}

Program program_called(std::string_view argv0) {
  const std::string_view name = argv0.substr(argv0.rfind('/') + 1);  // npos + 1 is 0
  for (const DropIn& drop_in : drop_ins)
    if (drop_in.name == name) return drop_in.make();
  return tidemark_program();
}

}  // namespace tidemark::cli
