#include <array>

#include "config/option_tables.h"

namespace tidemark::config {

std::span<const Option> load_options() {
  using enum OptionType;
  static constexpr std::array table = {
      Option{.key = "load.warehouse",
             .type = url,
             .example = "mysql://loader@db.example.com/warehouse",
             .en = "Database for orders and what belongs to them; empty means the SQLite file "
                   "warehouse.db in ${XDG_STATE_HOME:-~/.local/state}/tidemark",
             .zh = "存放订单等数据的数仓数据库；留空则使用 "
                   "${XDG_STATE_HOME:-~/.local/state}/tidemark 中的 SQLite 文件 warehouse.db"},
      Option{.key = "load.warehouse_password",
             .type = text,
             .example = "${file:/run/secrets/warehouse_password}",
             .secret = true,
             .en = "Its password, if the URL has none",
             .zh = "数仓数据库的密码（URL 中没有密码时使用）"},
      Option{.key = "load.platform",
             .type = text,
             .fallback = "xiaoe",
             .example = "file",
             .en = "The platform of the shop",
             .zh = "店铺所在的平台"},
      Option{.key = "load.history_start",
             .type = text,
             .fallback = "2025-01-01",
             .example = "2024-06-01",
             .en = "Incremental loads read what was created from this day on and is not loaded "
                   "yet, also what lies before the watermark",
             .zh = "增量加载读取从这一天起尚未加载的数据，包括早于水位起点的数据"},
      Option{.key = "load.margin",
             .type = duration,
             .fallback = "5m",
             .example = "15m",
             .range = "1m..1d",
             .en = "Orders that are younger are read, but also read again by the next incremental "
                   "load: they may not all be visible yet. The clocks of this machine and of the "
                   "shop may differ by half of it",
             .zh = "比这更新的订单会读取，但下次增量加载会再读一遍：它们可能尚未全部可见。"
                   "本机时钟与店铺时钟相差不得达到其一半"},
      Option{.key = "load.rescan",
             .type = duration,
             .fallback = "15d",
             .example = "30d",
             .range = "1h..3650d",
             .en = "How far back the usual re-scan reads; changes of older orders are reported as "
                   "missed by it",
             .zh = "常规重扫回看的时长；更早订单的变化会报告为“重扫未覆盖”"},
      Option{.key = "load.texts",
             .type = choice,
             .fallback = "usual",
             .example = "official",
             .choices = "usual|official",
             .en = "The texts beside codes of states and types: those in general use, or those of "
                   "the official page",
             .zh = "状态和类型代码旁的文本：通用说法（usual）或官方页面的说法（official）"},
      Option{
          .key = "load.benefit_partial",
          .type = choice,
          .fallback = "withdraw",
          .example = "keep",
          .choices = "withdraw|keep",
          .en = "What a refund in part within 14 days does to the benefit of an order; a refund "
                "of the whole price always withdraws it",
          .zh = "14 "
                "天内的部分退款对订单福利的影响：取消（withdraw）或保留（keep）；全额退款总是取消"},
  };
  return table;
}

}  // namespace tidemark::config
