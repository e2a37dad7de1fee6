#include "cli/receive_command.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/context.h"
#include "cli/receive_check.h"
#include "cli/receive_lookup.h"
#include "cli/receive_settings.h"
#include "cli/receive_verify.h"
#include "relay/receive/receiver.h"

namespace tidemark::cli {
namespace {

constexpr std::chrono::milliseconds stop_poll{50};
constexpr std::chrono::seconds stop_grace{10};

void show_start(const Context& context, const http::ListenAddress& listen,
                const receive::ReceiverOptions& options) {
  context.print(say({"listening on http://{}", "正在监听 http://{}"}, listen.text()));
  for (const std::string& path : options.paths) context.print(say({"  {}", "  {}"}, path));
  context.print(say({"storing into {}", "保存到 {}"}, options.database.redacted()));
  if (context.json)
    context.world.out.json({{"message_type", "listening"},
                            {"listen", listen.text()},
                            {"port", listen.port},
                            {"paths", options.paths},
                            {"database", options.database.redacted()}});
}

void show_end(const Context& context, const receive::ReceiverCounters& counters) {
  context.print(say({"{} requests, {} without a valid signature; {} events stored, {} repeated, {} "
                     "refused, {} asked for",
                     "共 {} 个请求，其中 {} 个签名无效；保存 {} 个事件，重复 {} 个，拒绝 {} 个，"
                     "补取 {} 个"},
                    counters.requests.accepted + counters.requests.unauthorized,
                    counters.requests.unauthorized, counters.events.stored,
                    counters.events.repeated, counters.requests.refused, counters.pulled));
  if (context.json)
    context.world.out.json({{"message_type", "summary"},
                            {"command", "receive"},
                            {"requests_accepted", counters.requests.accepted},
                            {"requests_unauthorized", counters.requests.unauthorized},
                            {"events_stored", counters.events.stored},
                            {"events_repeated", counters.events.repeated},
                            {"events_refused", counters.requests.refused},
                            {"events_pulled", counters.pulled},
                            {"requests_failed", counters.events.failures},
                            {"commits", counters.events.commits},
                            {"exit_code", static_cast<int>(exit_code_for(context.world.stop))}});
}

Result<ExitCode> run(Context& context) {
  const Result<receive::ReceiverOptions> options = receiver_options(context);
  if (!options) return fail(options.error());
  const auto receiver = receive::Receiver::start(*options, context.world.clock);
  if (!receiver) return fail(receiver.error());
  http::ListenAddress listen = options->listen;
  listen.port = (*receiver)->port();
  show_start(context, listen, *options);
  while (!context.world.stop.requested()) std::this_thread::sleep_for(stop_poll);
  (*receiver)->stop(stop_grace);
  show_end(context, (*receiver)->counters());
  return exit_code_for(context.world.stop);
}

std::vector<Flag> flags() {
  using enum FlagKind;
  std::vector<Flag> all = {
      {.names = "--listen", .kind = value, .key = "receive.listen", .placeholder = "ADDRESS"},
      {.names = "--path", .kind = repeated, .key = "receive.path", .placeholder = "PATH"},
      receive_database_flag(),
      {.names = "--subscription",
       .kind = value,
       .key = "receive.subscription",
       .placeholder = "ID"}};
  for (Flag& flag : hub_flags()) all.push_back(std::move(flag));
  for (Flag& flag : signature_flags()) all.push_back(std::move(flag));
  return all;
}

}  // namespace

Command receive_command() {
  return {
      .name = "receive",
      .summary = {"Take deliveries of a hub, and keep what they say", "接收中台推送的事件并保存"},
      .about = {"Checks the signature of each request before anything reads it, recognises "
                "repeats in the transaction that stores the event, applies only what is newer, "
                "and answers when it is durable. Ends with SIGINT or SIGTERM, after what was taken "
                "is stored.",
                "先验证每个请求的签名再读取内容，在保存事件的同一事务中识别重复，只应用更新的"
                "版本，数据落盘后才应答。收到 SIGINT 或 SIGTERM 时，保存已接收的内容后退出。"},
      .flags = flags(),
      .examples = {{"TIDEMARK_RECEIVE__SECRET_FILE=secret tidemark receive",
                    {"Into an SQLite file", "保存到 SQLite 文件"}},
                   {"tidemark receive --listen 10.0.0.5:8001 --database mysql://tax@db/tax",
                    {"For other machines, into MySQL", "供其他机器访问，保存到 MySQL"}}},
      .children = {receive_check_command(), receive_lookup_command(), receive_verify_command()},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
