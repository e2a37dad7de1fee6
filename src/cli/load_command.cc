#include "cli/load_command.h"

#include "cli/load_orders.h"
#include "cli/load_rederive.h"

namespace tidemark::cli {

Command load_command() {
  return {
      .name = "load",
      .summary = {"Load a shop's orders into a warehouse", "把店铺的订单加载到数仓"},
      .children = {load_orders_command(), load_rederive_command()},
  };
}

}  // namespace tidemark::cli
