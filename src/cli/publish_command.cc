#include "cli/publish_command.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/atomic_file.h"
#include "base/json_check.h"
#include "base/system_error.h"
#include "cli/hub_output.h"
#include "cli/outbox.h"
#include "cli/running_hub.h"

namespace tidemark::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t input_bytes_max = std::size_t{1} << 30;
constexpr int stop_look_ms = 200;

/// Standard input to its end. A signal ends the waiting for more.
Result<std::string> read_stdin(const Stop& stop) {
  std::string text;
  std::array<char, 65'536> buffer;  // NOLINT(*-member-init): filled by read
  while (true) {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&input, 1, stop_look_ms);
    if (stop.requested())
      return fail(ErrorKind::cancelled,
                  {"stopped before the end of the input: nothing was published",
                   "在输入结束前中止：未发布任何记录"});
    if (ready <= 0) continue;
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return fail_errno(errno, {"cannot read standard input", "无法读取标准输入"});
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > input_bytes_max)
      return fail(
          ErrorKind::io,
          {"standard input has more than {} bytes, which is the limit", "标准输入超过上限 {} 字节"},
          input_bytes_max);
  }
}

/// The records of an input: one JSON object, or one on each line.
Result<std::vector<std::string>> split_records(const std::string& text) {
  if (!check_json(text)) return std::vector<std::string>{text};
  std::vector<std::string> records;
  std::int64_t line = 0;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string record = text.substr(from, end - from);
    from = end + 1;
    ++line;
    if (record.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (const auto fault = check_json(record))
      return fail(ErrorKind::rejected,
                  {"line {}: no JSON: {} at byte {}", "第 {0} 行不是合法 JSON：第 {2} 字节 {1}"},
                  line, fault->reason, fault->position);
    records.push_back(record);
  }
  return records;
}

/// It is new, and goes to nobody.
bool is_unwanted(const ordered_json& answer) {
  return answer.value("deliveries", std::int64_t{0}) == 0 && !answer.value("duplicate", false);
}

/// A subscription of another target system or event type looks as if all were well.
void tell_unwanted(const Context& context, std::size_t records) {
  if (records == 0) return;
  context.print(
      say({"note: no subscription wants {} of these; `tidemark subscriptions list` shows what each "
           "wants (TARGET, EVENTS)",
           "注意：其中 {} 条没有任何订阅需要；各订阅的目标系统和事件类型见 `tidemark subscriptions "
           "list`"},
          records));
}

void show(const Context& context, const ordered_json& answer) {
  if (context.json) {
    context.world.out.json(answer);
    return;
  }
  context.print(say(
      {"{}: version {}, deliveries: {}{}", "{}：版本 {}，投递 {} 条{}"},
      answer.value("voucher_no", answer.value("event_id", std::string())),
      answer.value("source_version", std::int64_t{1}), answer.value("deliveries", std::int64_t{0}),
      answer.value("duplicate", false) ? Wording{" (duplicate)", "（重复）"}.in(context.language)
                                       : std::string_view()));
}

Result<std::vector<std::string>> given_records(const Context& context) {
  if (context.arguments.has("--flush")) return std::vector<std::string>{};
  const std::string file = context.arguments.positional("FILE").value_or("-");
  const auto text = file == "-" ? read_stdin(context.world.stop) : read_file(file, input_bytes_max);
  if (!text) return fail(text.error());
  return split_records(*text);
}

/// Where in the input it happened.
Error at_record(const Error& error, std::size_t number) {
  return Error(error).within({"record {} ({} before it are done)", "第 {} 条（之前 {} 条已完成）"},
                             number, number - 1);
}

void tell_stopped(const Context& context, std::size_t taken, std::size_t records) {
  context.print(
      say({"stopped: {} of {} records are published or on disk; publish all of them again",
           "已中止：{1} 条记录中有 {0} 条已发布或暂存；请整体重新发布"},
          taken, records));
  if (context.json)
    context.world.out.json({{"message_type", "stopped"}, {"taken", taken}, {"records", records}});
}

Result<ExitCode> publish_at_once(Context& context, relay::HubClient& hub,
                                 const std::vector<std::string>& records) {
  std::size_t taken = 0;
  std::size_t unwanted = 0;
  for (; taken < records.size() && !context.world.stop.requested(); ++taken) {
    const auto answer = hub.post(publish_path(records[taken]), records[taken]);
    if (!answer) {
      tell_unwanted(context, unwanted);
      return fail(at_record(answer.error(), taken + 1));
    }
    show(context, *answer);
    if (is_unwanted(*answer)) ++unwanted;
  }
  tell_unwanted(context, unwanted);
  if (taken < records.size()) tell_stopped(context, taken, records.size());
  return context.world.stop.requested() ? exit_code_for(context.world.stop) : ExitCode::done;
}

/// What became of records that waited on disk, or have to wait now.
void tell_outbox(const Context& context, const Outbox& outbox) {
  if (context.json) {
    if (outbox.sent() + outbox.refused() + outbox.kept() == 0 && !outbox.stopped() &&
        !outbox.left_to_another())
      return;
    ordered_json line{{"message_type", "spool"},
                      {"sent", outbox.sent()},
                      {"refused", outbox.refused()},
                      {"kept", outbox.kept()}};
    if (outbox.left_to_another()) line["left_to_another"] = true;
    if (outbox.stopped()) line["stopped"] = outbox.stopped()->what.in(context.language);
    context.world.out.json(line);
    return;
  }
  if (outbox.sent() > 0)
    context.print(say({"sent from the spool: {}", "已发送先前暂存的记录：{} 条"}, outbox.sent()));
  if (outbox.refused() > 0)
    context.print(
        say({"refused by the hub and set aside in {}: {}", "被 hub 拒绝并移入 {} 的记录：{} 条"},
            (outbox.folder() / "refused.ndjson").string(), outbox.refused()));
  if (outbox.kept() > 0)
    context.print(say({"kept on disk, to be sent later: {}", "已暂存到磁盘，稍后发送：{} 条"},
                      outbox.kept()));
  if (outbox.left_to_another())
    context.print(say({"another process is sending what waits on disk, these too",
                       "另一进程正在发送磁盘上暂存的记录，包括以上各条"}));
  if (outbox.stopped())
    context.print(say({"what waits stays on disk: {}", "暂存的记录仍在磁盘上：{}"},
                      outbox.stopped()->what.in(context.language)));
}

/// A hub that is away is no failure: the records are safe. One that fails with a record, or a proxy
/// that answers in its place, is not mended by waiting: somebody must look.
ExitCode code_of(const Outbox& outbox) {
  if (outbox.stopped() && outbox.stopped()->kind != ErrorKind::unreachable)
    return ExitCode::retry_later;
  return outbox.refused() > 0 ? ExitCode::partial : ExitCode::done;
}

Result<ExitCode> publish(Context& context) {
  const auto records = given_records(context);
  if (!records) return fail(records.error());
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  if (context.arguments.has("--no-spool")) return publish_at_once(context, *hub, *records);

  Result<Outbox> outbox = Outbox::open(context, *hub);
  if (!outbox) return fail(std::move(outbox));
  std::size_t taken = 0;
  std::size_t unwanted = 0;
  for (; taken < records->size() && !context.world.stop.requested(); ++taken) {
    const auto answer = outbox->publish((*records)[taken]);
    if (!answer) {
      // What others left to us on disk is sent all the same; its own trouble is told by
      // tell_outbox().
      if (answer.error().kind == ErrorKind::rejected) static_cast<void>(outbox->finish());
      tell_outbox(context, *outbox);
      tell_unwanted(context, unwanted);
      return fail(at_record(answer.error(), taken + 1));
    }
    if (!*answer) continue;
    show(context, **answer);
    if (is_unwanted(**answer)) ++unwanted;
  }
  tell_unwanted(context, unwanted);
  if (Result<void> finished = outbox->finish(); !finished) {
    tell_outbox(context, *outbox);
    return fail(std::move(finished).error());
  }
  tell_outbox(context, *outbox);
  if (taken < records->size()) tell_stopped(context, taken, records->size());
  if (context.world.stop.requested()) return exit_code_for(context.world.stop);
  return code_of(*outbox);
}

}  // namespace

Command publish_command() {
  return {
      .name = "publish",
      .summary = {"Publish vouchers and events to the hub", "向 hub 发布凭证和事件"},
      .about =
          {"Reads one JSON object, or one on each line (NDJSON), from FILE or from standard "
           "input, and publishes them in order. An object with `event` is an event, any other "
           "a voucher with `event_type`. Publishing again what the hub has already changes "
           "nothing, so that after an interruption the whole file can be published again.\n\n"
           "While the hub is away, records are kept on disk, and the next `tidemark publish` "
           "(or `--flush`, from cron) sends them in their order. One process sends at a time: what "
           "others publish meanwhile waits on disk for about a second, and is sent by the one that "
           "sends if that is still busy then.",
           "从文件或标准输入读取一个 JSON 对象，或每行一个（NDJSON），按顺序发布。含 `event` 的是"
           "事件，其余是带 `event_type` 的凭证。重复发布不会产生变化，中断后可以整个文件重发。\n\n"
           "hub 不可用时记录暂存到磁盘，由下一次 `tidemark publish`（或定时执行 "
           "`--flush`）按原顺序发送。同一时间只有一个进程发送：其他进程等待约一秒，若仍未轮到，"
           "其记录暂存到磁盘，由正在发送的进程一并发送。"},
      .flags = {server_flag(),
                {.names = "--flush",
                 .text = {"Only send what waits on disk", "只发送磁盘上暂存的记录"}},
                {.names = "--no-spool",
                 .text = {"Keep nothing on disk: exit 75 when the hub is away",
                          "不暂存到磁盘：hub 不可用时以 75 退出"}}},
      .positionals = {{.name = "FILE",
                       .required = false,
                       .text = {"Where to read; `-` or nothing: standard input",
                                "输入文件；`-` 或省略表示标准输入"}}},
      .examples = {{"tidemark publish voucher.json", {"One voucher", "发布一张凭证"}},
                   {"tidemark publish --flush", {"Send what waits", "发送暂存的记录"}},
                   {"tidemark publish --json < vouchers.ndjson",
                    {"Many, with an answer a line", "批量发布，每行一个应答"}}},
      .run = publish,
  };
}

}  // namespace tidemark::cli
