#include "cli/receive_lookup.h"

#include <array>
#include <nlohmann/json.hpp>

#include "cli/context.h"
#include "cli/receive_settings.h"
#include "relay/receive/comparison.h"
#include "relay/receive/hub_events.h"

namespace tidemark::cli {
namespace {

using receive::Difference;
using receive::ReceivedEvent;

/// What was found, for people and programs.
struct Finding {
  std::string_view state;
  Wording text;
};
constexpr Finding current{"current", {"up to date", "已是最新"}};
constexpr Finding refreshed{"refreshed", {"was out of date; refreshed", "已过期，现已更新"}};
constexpr Finding ahead{"only_here", {"the hub has no such event any more", "中台已没有该事件"}};

struct Record {
  std::string source_system;
  std::string source_type;
  std::string source_id;
};

Result<Record> wanted_record(const Context& context) {
  Record record;
  for (const auto& [flag, into] : {std::pair{"--source-system", &record.source_system},
                                   std::pair{"--source-type", &record.source_type},
                                   std::pair{"--source-id", &record.source_id}}) {
    const std::optional<std::string> given = context.arguments.value(flag);
    if (!given || given->empty()) return fail(ErrorKind::usage, {"{} is missing", "缺少 {}"}, flag);
    *into = *given;
  }
  return record;
}

ExitCode show(const Context& context, const Finding& finding, const ReceivedEvent& event) {
  context.print(say({"{}: version {}, event {} ({})", "{}：版本 {}，事件 {}（{}）"},
                    finding.text.in(context.language), event.source_version, event.id,
                    event.event_type));
  context.print(Message{event.body, event.body});
  if (context.json)
    context.world.out.json({{"message_type", "summary"},
                            {"command", "receive lookup"},
                            {"state", finding.state},
                            {"source_version", event.source_version},
                            {"event_id", event.id},
                            {"event_type", event.event_type},
                            {"body", event.body},
                            {"exit_code", static_cast<int>(ExitCode::done)}});
  return ExitCode::done;
}

Result<ExitCode> run(Context& context) {
  const Result<Record> record = wanted_record(context);
  if (!record) return fail(record.error());
  Result<HubAndStore> opened = open_hub_and_store(context);
  if (!opened) return fail(std::move(opened));
  auto& [hub, store] = *opened;

  const auto latest =
      receive::latest_event(hub, record->source_system, record->source_type, record->source_id);
  if (!latest) return fail(latest.error());
  if (!*latest) {
    const auto here = store.latest(record->source_system, record->source_type, record->source_id);
    if (!here) return fail(here.error());
    if (*here) return show(context, ahead, **here);
    return fail(
        ErrorKind::not_found,
        {"neither the hub nor this receiver knows {} {} {}", "中台和本接收端都没有 {} {} {}"},
        record->source_system, record->source_type, record->source_id);
  }
  const auto difference = receive::difference_of(store, **latest);
  if (!difference) return fail(difference.error());
  if (!*difference) return show(context, current, **latest);
  const std::array events = {**latest};
  if (Result<void> restored = store.restore(events, context.world.clock.wall()); !restored)
    return fail(std::move(restored).error());
  return show(context, refreshed, **latest);
}

}  // namespace

Command receive_lookup_command() {
  using enum FlagKind;
  std::vector<Flag> flags = {{.names = "--source-system",
                              .kind = value,
                              .placeholder = "NAME",
                              .text = {"System the record comes from", "记录的来源系统"}},
                             {.names = "--source-type",
                              .kind = value,
                              .placeholder = "NAME",
                              .text = {"Its kind there", "在来源系统中的类型"}},
                             {.names = "--source-id",
                              .kind = value,
                              .placeholder = "ID",
                              .text = {"Its id there", "在来源系统中的编号"}},
                             receive_database_flag()};
  for (Flag& flag : hub_flags()) flags.push_back(std::move(flag));
  return {
      .name = "lookup",
      .summary = {"Compare one record with the hub before it is used, and refresh it",
                  "使用前将一条记录与中台比对，必要时更新"},
      .about =
          {"Asks the hub for the latest version. If what is here is older, missing or "
           "different, it is replaced. Shows the event. Exit code 0 if what is here is now the "
           "latest version, 1 if nobody knows the record, 75 if the hub cannot be reached: "
           "then nothing is known about it.",
           "向中台查询最新版本；本地较旧、缺失或不一致时予以替换，并显示该事件。本地已是最新"
           "版本时退出码为 0，双方都没有该记录时为 1，无法连接中台时为 75（此时无法判断）。"},
      .flags = std::move(flags),
      .examples = {{"tidemark receive lookup --source-system settlement --source-type invoice "
                    "--source-id 12345",
                    {"Before an invoice is used", "使用某张发票之前"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
