#include "config/option.h"

#include <atomic>
#include <vector>

#include "base/check.h"
#include "config/option_tables.h"

namespace tidemark::config {
namespace {

std::vector<OptionGroup> own_groups() {
  return {
      OptionGroup{
          .title_en = "General",
          .title_zh = "通用",
          .about_en = "Language, log, Tidemark's own database, and the source database that all "
                      "jobs share.",
          .about_zh = "语言、日志、Tidemark 自身的数据库，以及各任务共用的源数据库。",
          .options = general_options(),
      },
      OptionGroup{
          .title_en = "Export",
          .title_zh = "导出",
          .about_en =
              "One table for each export: `[export.invoices]` always exists; a further one, "
              "say `[export.receipts]`, has the same keys and the same defaults, and runs as "
              "`tidemark export receipts`. Names are lower-case letters, digits and single "
              "underscores.",
          .about_zh = "每个导出对应一张表：`[export.invoices]` 始终存在；再加一张，例如 "
                      "`[export.receipts]`，键与默认值相同，用 `tidemark export receipts` "
                      "运行。名称只能用小写字母、数字和单个下划线。",
          .options = export_options(),
      },
      OptionGroup{
          .title_en = "Reference data",
          .title_zh = "基础数据",
          .about_en = "The code lists that `tidemark export reference` writes.",
          .about_zh = "`tidemark export reference` 导出的代码表。",
          .options = reference_options(),
      },
      OptionGroup{
          .title_en = "Load",
          .title_zh = "加载",
          .about_en =
              "The warehouse that `tidemark load` fills. Where the shop is, and who may read "
              "it, say the settings of its platform.",
          .about_zh = "`tidemark load` 写入的数仓。店铺的地址和凭据见其所在平台的设置。",
          .options = load_options(),
      },
      OptionGroup{
          .title_en = "Receive",
          .title_zh = "接收",
          .about_en = "The receiving side, `tidemark receive`.",
          .about_zh = "接收端 `tidemark receive`。",
          .options = receive_options(),
      },
      OptionGroup{
          .title_en = "Server",
          .title_zh = "服务",
          .about_en = "The HTTP server of `tidemark serve`. Behind a reverse proxy it stays on the "
                      "loopback address; it speaks no TLS itself.",
          .about_zh =
              "`tidemark serve` 的 HTTP 服务。放在反向代理之后时保持监听回环地址；本身不提供 "
              "TLS。",
          .options = serve_options(),
      },
      OptionGroup{
          .title_en = "Relay",
          .title_zh = "事件中继",
          .about_en = "How events reach their subscribers. What belongs to one subscription "
                      "(timeouts, retries, order, rate) is part of it and set through the API.",
          .about_zh = "事件如何送达订阅方。属于单个订阅的设置（超时、重试、顺序、速率）通过 API "
                      "在订阅上配置。",
          .options = relay_options(),
      },
      OptionGroup{
          .title_en = "Schedule",
          .title_zh = "计划任务",
          .about_en =
              "What `tidemark serve` runs by itself, and when. A job runs where its source "
              "is configured. What is set with `tidemark schedule` or the API counts before "
              "these settings.",
          .about_zh = "`tidemark serve` 自动运行的任务及其时间。任务只在已配置其数据源时运行。通过 "
                      "`tidemark schedule` 或 API 所做的设置优先于此处。",
          .options = schedule_options(),
      },
      OptionGroup{
          .title_en = "Alerts",
          .title_zh = "告警",
          .about_en = "Whom `tidemark serve` tells, and when. A channel is on where its `webhook` "
                      "or `url` is set; a rule is off where its threshold is `off`. The threshold "
                      "of a rate is a percentage (`95%`), of a time a duration, of a count a whole "
                      "number.",
          .about_zh =
              "`tidemark serve` 在什么情况下通知谁。设置了 `webhook` 或 `url` 的渠道才启用；阈值为 "
              "`off` 的规则不启用。比率的阈值写百分数（`95%`），时间写时长，数量写整数。",
          .options = alert_options(),
      },
  };
}

/// What main() put together and nothing changes any more once it is read.
struct Catalogue {
  std::vector<OptionGroup> groups = own_groups();
  std::atomic<bool> read = false;
};

Catalogue& catalogue() {
  static Catalogue catalogue;
  return catalogue;
}

}  // namespace

std::span<const OptionGroup> option_groups() {
  catalogue().read = true;
  return catalogue().groups;
}

void add_option_group(const OptionGroup& group) {
  check(!catalogue().read, "settings are declared before any is read");
  catalogue().groups.push_back(group);
}

std::span<const Option> all_options() {
  static const std::vector<Option> options = [] {
    std::vector<Option> all;
    for (const OptionGroup& group : option_groups())
      all.insert(all.end(), group.options.begin(), group.options.end());
    return all;
  }();
  return options;
}

}  // namespace tidemark::config
