#include "cli/receive_check.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "cli/context.h"
#include "cli/receive_settings.h"
#include "relay/receive/comparison.h"

namespace tidemark::cli {
namespace {

using receive::Comparison;
using receive::Difference;

constexpr std::size_t shown_max = 100;
using Counts = std::map<Difference, std::uint64_t>;

/// Stored in one transaction when repaired.
constexpr std::size_t repair_events = 200;

Wording words_for(Difference difference) {
  switch (difference) {
    case Difference::missing:
      return {"missing", "缺失"};
    case Difference::older:
      return {"older", "较旧"};
    case Difference::different:
      return {"different", "不一致"};
    case Difference::cache:
      return {"invoice cache", "发票缓存不一致"};
  }
  return {};
}

void show_differences(const Context& context, const Comparison& comparison) {
  std::size_t shown = 0;
  for (const auto& [key, found] : comparison.differences) {
    const auto& [system, type, id] = key;
    if (context.json)
      context.world.out.json({{"message_type", "difference"},
                              {"difference", receive::name(found.difference)},
                              {"source_system", system},
                              {"source_type", type},
                              {"source_id", id},
                              {"source_version", found.event.source_version},
                              {"event_id", found.event.id}});
    else if (++shown <= shown_max)
      context.print(say({"{}: {} {} {}, version {}", "{}：{} {} {}，版本 {}"},
                        words_for(found.difference).in(context.language), printable(system),
                        printable(type), printable(id), found.event.source_version));
  }
  if (shown > shown_max) context.print(say({"… and {} more", "……另有 {} 条"}, shown - shown_max));
}

Counts counts_of(const Comparison& comparison) {
  Counts counts;
  for (const auto& [key, found] : comparison.differences) ++counts[found.difference];
  return counts;
}

std::uint64_t sum_of(const Counts& counts) {
  std::uint64_t sum = 0;
  for (const auto& [difference, count] : counts) sum += count;
  return sum;
}

/// Replaces what differs, and looks again. Returns what is left.
Result<Counts> repair(const Context& context, receive::ReceiverStore& store,
                      const Comparison& comparison) {
  std::vector<receive::ReceivedEvent> events;
  const auto flush = [&]() -> Result<void> {
    Result<void> restored = store.restore(events, context.world.clock.wall());
    events.clear();
    return restored;
  };
  for (const auto& [key, found] : comparison.differences) {
    events.push_back(found.event);
    if (events.size() < repair_events) continue;
    if (Result<void> flushed = flush(); !flushed) return fail(std::move(flushed).error());
  }
  if (Result<void> flushed = flush(); !flushed) return fail(std::move(flushed).error());
  Counts left;
  for (const auto& [key, found] : comparison.differences) {
    const auto difference = receive::difference_of(store, found.event);
    if (!difference) return fail(difference.error());
    if (*difference) ++left[**difference];
  }
  return left;
}

/// `left`: after a repair.
void show_summary(const Context& context, const Comparison& comparison,
                  const std::optional<Counts>& left, ExitCode code) {
  Counts counts = counts_of(comparison);
  context.print(
      say({"{} events compared: {} missing, {} older, {} different, {} in the cache only; "
           "{} cannot be read{}",
           "已比对 {} 个事件：缺失 {}，较旧 {}，不一致 {}，仅缓存不一致 {}；无法读取 {}{}"},
          comparison.events, counts[Difference::missing], counts[Difference::older],
          counts[Difference::different], counts[Difference::cache], comparison.refused,
          left ? Wording{"; repaired", "；已修复"}.in(context.language) : std::string_view()));
  if (left && sum_of(*left) > 0)
    context.print(
        say({"still different after the repair: {}", "修复后仍不一致：{} 条"}, sum_of(*left)));
  if (context.json)
    context.world.out.json({{"message_type", "summary"},
                            {"command", "receive check"},
                            {"events", comparison.events},
                            {"missing", counts[Difference::missing]},
                            {"older", counts[Difference::older]},
                            {"different", counts[Difference::different]},
                            {"cache", counts[Difference::cache]},
                            {"unreadable", comparison.refused},
                            {"repaired", left.has_value()},
                            {"left", left ? sum_of(*left) : sum_of(counts)},
                            {"exit_code", static_cast<int>(code)}});
}

/// The hub alerts when there are too many. What is compared here stands whether it hears of it or
/// not.
void tell_hub(const Context& context, relay::HubClient& hub, const std::string& subscription,
              const Comparison& comparison, Counts counts, bool repaired) {
  nlohmann::ordered_json report{
      {"events", comparison.events},        {"missing", counts[Difference::missing]},
      {"older", counts[Difference::older]}, {"different", counts[Difference::different]},
      {"cache", counts[Difference::cache]}, {"repaired", repaired}};
  // A hub of before this member refuses what it does not know.
  if (comparison.refused > 0) report["unreadable"] = comparison.refused;
  const auto told = hub.post("/api/v1/subscriptions/" + subscription + "/check", report.dump());
  if (!told)
    log_line(LogLevel::warning,
             say({"the hub was not told of the result: {}", "未能将比对结果告知 hub：{}"},
                 told.error().what.in(context.language))
                 .in(context.language));
}

Result<ExitCode> run(Context& context) {
  const std::string& subscription = context.settings.text("receive.subscription");
  if (!receive::is_event_id(subscription))
    return fail(ErrorKind::usage, {"--subscription is missing, or no id of one",
                                   "缺少 --subscription，或它不是订阅编号"});
  Result<HubAndStore> opened = open_hub_and_store(context);
  if (!opened) return fail(std::move(opened));
  auto& [hub, store] = *opened;

  const Result<Comparison> comparison = receive::compare_with_hub(
      store, hub, subscription, [&stop = context.world.stop] { return stop.requested(); });
  if (!comparison) return fail(comparison.error());
  show_differences(context, *comparison);
  // Before a repair, too: it may take long, or fail, and somebody should know how many there were.
  tell_hub(context, hub, subscription, *comparison, counts_of(*comparison), false);
  std::optional<Counts> left;
  if (context.arguments.has("--repair") && !comparison->differences.empty()) {
    Result<Counts> repaired = repair(context, store, *comparison);
    if (!repaired) return fail(std::move(repaired));
    tell_hub(context, hub, subscription, *comparison, *repaired, true);
    left = std::move(*repaired);
  }
  const bool equal = sum_of(left ? *left : counts_of(*comparison)) == 0 && comparison->refused == 0;
  const ExitCode code = equal ? ExitCode::done : ExitCode::partial;
  show_summary(context, *comparison, left, code);
  return code;
}

}  // namespace

Command receive_check_command() {
  std::vector<Flag> flags = {
      {.names = "--subscription",
       .kind = FlagKind::value,
       .key = "receive.subscription",
       .placeholder = "ID"},
      {.names = "--repair", .text = {"Replace what differs", "替换不一致的记录"}},
      receive_database_flag()};
  for (Flag& flag : hub_flags()) flags.push_back(std::move(flag));
  return {
      .name = "check",
      .summary = {"Compare everything with the hub, once a week", "每周与中台全量比对"},
      .about = {"Reads all events that the hub still has of the subscription, and compares the "
                "latest of each record with what is here. Exit code 0 if both agree or all was "
                "repaired, 3 if something differs. May run beside the receiver.",
                "读取中台保留的该订阅的全部事件，将每条记录的最新版本与本地比对。一致或已全部修复时"
                "退出码为 0，有差异时为 3。可与接收端同时运行。"},
      .flags = std::move(flags),
      .examples = {{"tidemark receive check --subscription sub_01JHZK7T0V8Q6W3E5R2Y9A4B1C --repair",
                    {"Compare, and mend what differs", "比对并修复差异"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
