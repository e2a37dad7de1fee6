#include "cli/load_command.h"

#include "cli/load_backup.h"
#include "cli/load_benefits.h"
#include "cli/load_export.h"
#include "cli/load_orders.h"
#include "cli/load_rederive.h"

namespace tidemark::cli {

Command load_command() {
  return {
      .name = "load",
      .summary = {"Load a shop's orders into a warehouse", "把店铺的订单加载到数仓"},
      .children = {load_orders_command(), load_rederive_command(), load_benefits_command(),
                   load_export_csv_command(), load_export_xlsx_command(), load_backup_command()},
  };
}

}  // namespace tidemark::cli
