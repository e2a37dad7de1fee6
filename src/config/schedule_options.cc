#include "config/schedule_options.h"

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <vector>

#include "config/option_tables.h"

namespace tidemark::config {
namespace {

// The plan of a shop: new orders every half hour, what changed of 15 days every hour, a deep
// re-scan each week, users and goods daily. Their minutes are apart, since the loads of one shop
// run one after another.
constexpr std::array jobs = {
    ScheduledJob{"load-orders", "*/30 * * * *", "1m", "2h", "Orders of the last day",
                 "最近一天的订单"},
    ScheduledJob{"load-orders-rescan", "20 * * * *", "2m", "6h",
                 "What changed of the orders of the last 15 days", "最近 15 天订单的变化"},
    ScheduledJob{"load-aftersales", "50 * * * *", "2m", "6h", "After-sales orders", "售后单"},
    ScheduledJob{"load-live", "5 4 * * *", "5m", "6h", "Live streams", "直播"},
    ScheduledJob{"load-users", "15 3 * * *", "5m", "12h", "Users", "用户"},
    ScheduledJob{"load-products", "45 3 * * *", "5m", "6h", "Products", "商品"},
    ScheduledJob{"load-orders-deep", "0 2 * * 0", "5m", "1d",
                 "What the re-scan of 15 days has missed: 90 days",
                 "重扫 90 天，找出 15 天之外的遗漏"},
    ScheduledJob{"load-history", "10,40 * * * *", "1m", "7d",
                 "Everything since load.history_start that is not loaded yet, oldest first; gives "
                 "way to all other loads",
                 "从 load.history_start 起补齐尚未加载的订单，由旧到新；让路给其他加载任务"},
    ScheduledJob{"load-benefits", "30 5 * * *", "5m", "2h", "Who gets a benefit", "福利判定"},
    ScheduledJob{"export-sweep", "30 3 * * 0", "10m", "1d",
                 "What no timestamp shows of the exported tree, as a report",
                 "导出目录巡检，仅报告"},
};

std::vector<Option> make_options() {
  using enum OptionType;
  static std::deque<std::string> keys;  // What the options' views point to.
  std::vector<Option> table = {
      Option{.key = "schedule.enabled",
             .type = boolean,
             .fallback = "true",
             .example = "false",
             .en = "Whether this hub runs jobs by schedule",
             .zh = "本 hub 是否按计划运行任务"},
      Option{.key = "schedule.time_zone",
             .type = text,
             .fallback = "Asia/Shanghai",
             .example = "+08:00",
             .en = "The zone in which cron expressions are meant",
             .zh = "cron 表达式所用的时区"},
      Option{.key = "schedule.lease",
             .type = duration,
             .fallback = "60s",
             .example = "2m",
             .range = "10s..1h",
             .en = "After so long the jobs of a hub that died are taken over by another",
             .zh = "hub 异常退出后，其任务在该时长之后由其他 hub 接管"},
      Option{.key = "schedule.stop_grace",
             .type = duration,
             .fallback = "60s",
             .example = "5m",
             .range = "1s..1h",
             .en = "A job that is asked to stop and does not is killed after so long",
             .zh = "任务收到停止请求后仍未结束，超过该时长则强制终止"},
  };
  const auto add = [&](const ScheduledJob& job, std::string_view name, Option option) {
    option.key = keys.emplace_back(job_key(job.name, name));
    table.push_back(option);
  };
  for (const ScheduledJob& job : jobs) {
    add(job, "enabled",
        {.type = boolean, .fallback = "true", .example = "false", .en = job.en, .zh = job.zh});
    add(job, "cron",
        {.type = text,
         .fallback = job.cron,
         .example = "0 6 * * *",
         .en = "When it is due",
         .zh = "运行时间"});
    add(job, "time_zone",
        {.type = text,
         .example = "UTC",
         .en = "Its zone; empty means schedule.time_zone",
         .zh = "时区；留空则使用 schedule.time_zone"});
    add(job, "jitter",
        {.type = duration,
         .fallback = job.jitter,
         .example = "30s",
         .range = "0s..1d",
         .en = "It begins up to so much later, by chance",
         .zh = "随机推迟开始的最长时间"});
    add(job, "duration_max",
        {.type = duration,
         .fallback = job.duration_max,
         .example = "3h",
         .range = "1s..30d",
         .en = "A run that takes longer is stopped",
         .zh = "运行超过该时长则停止"});
  }
  return table;
}

}  // namespace

std::span<const ScheduledJob> scheduled_jobs() { return jobs; }

std::string job_key(std::string_view job, std::string_view name) {
  std::string table(job);
  std::ranges::replace(table, '-', '_');
  return "schedule.jobs." + table + "." + std::string(name);
}

std::span<const Option> schedule_options() {
  static const std::vector<Option> table = make_options();
  return table;
}

}  // namespace tidemark::config
