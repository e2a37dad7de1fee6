#include "cli/load_command.h"

#include "cli/load_aftersales.h"
#include "cli/load_backup.h"
#include "cli/load_benefits.h"
#include "cli/load_export.h"
#include "cli/load_file.h"
#include "cli/load_gaps.h"
#include "cli/load_import_progress.h"
#include "cli/load_live.h"
#include "cli/load_orders.h"
#include "cli/load_pending.h"
#include "cli/load_products.h"
#include "cli/load_rederive.h"
#include "cli/load_rejects.h"
#include "cli/load_users.h"

namespace tidemark::cli {

Command load_command() {
  return {
      .name = "load",
      .summary =
          {"Load a shop's orders, after-sales, users, goods and live streams into a warehouse",
           "把店铺的订单、售后、用户、商品和直播加载到数仓"},
      .children = {load_orders_command(), load_aftersales_command(), load_users_command(),
                   load_products_command(), load_live_command(), load_file_command(),
                   load_rederive_command(), load_gaps_command(), load_rejects_command(),
                   load_import_progress_command(), load_benefits_command(), load_pending_command(),
                   load_export_csv_command(), load_export_xlsx_command(), load_backup_command()},
  };
}

}  // namespace tidemark::cli
