#include "cli/serve_command.h"

#include <fmt/format.h>
#include <poll.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "api/hub_server.h"
#include "base/log.h"
#include "cli/alert_settings.h"
#include "cli/context.h"
#include "cli/recording.h"
#include "cli/schedule_jobs.h"
#include "cli/serve_redis.h"
#include "cli/serve_secrets.h"
#include "cli/version.h"
#include "config/source_url.h"
#include "http/address_policy.h"
#include "http/client.h"
#include "http/endpoint_url.h"
#include "relay/http_sender.h"

namespace tidemark::cli {
namespace {

constexpr int signal_look_ms = 200;

/// Where the SQLite files lie that fill a disk of this machine.
std::vector<api::WatchedFolder> watched_folders(const Context& context, const sql::Url& state) {
  std::vector<api::WatchedFolder> folders;
  const auto add = [&folders](std::string_view holds, const sql::Url& url) {
    if (url.dialect != sql::Dialect::sqlite) return;
    std::error_code error;
    const std::filesystem::path file = std::filesystem::absolute(url.path, error);
    if (!error) folders.push_back({.holds = std::string(holds), .path = file.parent_path()});
  };
  add("state", state);
  // A hub that loads nothing needs no warehouse; the loads themselves say what is wrong with one.
  if (const auto warehouse =
          config::warehouse_database(context.settings, context.world.environment))
    if (const auto url = sql::Url::parse(warehouse->url)) add("warehouse", *url);
  return folders;
}

/// May it be a subscriber's?
Result<void> check_url(std::string_view url, const http::AddressPolicy& policy) {
  static const http::AddressPolicy everywhere =
      http::AddressPolicy::allowing({"0.0.0.0/0", "::/0"}).value();
  const auto checked = http::check_endpoint_url(url, policy);
  if (checked) return {};
  Error error = checked.error();
  error.kind = ErrorKind::rejected;
  if (http::check_endpoint_url(url, everywhere))
    error.hint = {"the hub's setting relay.allow_cidrs names networks that subscribers may be in",
                  "hub 的设置 relay.allow_cidrs 列出允许的订阅方网段"};
  return fail(std::move(error).within({"url", "url"}));
}

Result<api::HubServerOptions> server_options(const Context& context,
                                             const http::AddressPolicy& policy) {
  const config::Settings& settings = context.settings;
  Result<run::LedgerOptions> ledger = ledger_options(context);
  if (!ledger) return fail(std::move(ledger));
  auto listen = http::ListenAddress::parse(settings.text("serve.listen"));
  if (!listen)
    return fail(
        std::move(listen).error().within({"{}", "{}"}, settings.setting("serve.listen").where));
  Result<std::string> admin_token = given_admin_token(context);
  if (!admin_token) return fail(std::move(admin_token));
  auto redis = redis_options(context);
  if (!redis) return fail(std::move(redis));
  Result<std::vector<run::Job>> jobs = scheduled_jobs(context);
  if (!jobs) return fail(std::move(jobs));
  std::vector<api::WatchedFolder> folders = watched_folders(context, ledger->state);
  Result<api::AlertOptions> alert = alert_options(context.settings);
  if (!alert) return fail(std::move(alert));
  const auto seconds = [&settings](std::string_view key) {
    return std::chrono::ceil<std::chrono::seconds>(settings.duration(key));
  };
  const auto count = [&settings](std::string_view key) {
    return static_cast<std::size_t>(settings.integer(key));
  };
  return api::HubServerOptions{
      .state = std::move(ledger->state),
      .http = {.listen = std::move(*listen),
               .threads = count("serve.threads"),
               .connections_max = count("serve.connections_max"),
               .body_bytes_max = static_cast<std::size_t>(settings.bytes("serve.body_max"))},
      .engine = {.window_max = count("relay.window_max"),
                 .failures_max = settings.integer("relay.failures_max"),
                 .poll_interval = settings.duration("relay.poll_interval")},
      .limits = {.check_url = [policy](std::string_view url) { return check_url(url, policy); }},
      .retention =
          // Up: half an hour is not "for ever".
      std::chrono::ceil<std::chrono::hours>(settings.duration("relay.retention")),
      .stream = std::move(redis->stream),
      .wake = std::move(redis->wake),
      .schedule = {.jobs = std::move(*jobs),
                   .process = job_process(context),
                   .lease = seconds("schedule.lease"),
                   .stop_grace = seconds("schedule.stop_grace")},
      .folders = std::move(folders),
      .alert = std::move(*alert),
      .admin_token = std::move(*admin_token),
      .version = std::string(version()),
      .revision = std::string(revision())};
}

/// What the operator needs to know, on stdout: the address, and once the first token.
void announce(const Context& context, const api::HubServer& server,
              const http::ListenAddress& listen) {
  const std::string host = listen.host == "*" ? "127.0.0.1" : listen.host;
  const std::string address =
      "http://" + http::ListenAddress{.host = host, .port = server.port()}.text();
  if (context.json) {
    nlohmann::ordered_json line{{"message_type", "listening"}, {"address", address}};
    if (server.made_token()) line["admin_token"] = *server.made_token();
    context.world.out.json(line);
  } else {
    if (server.made_token())
      context.print(say({"admin token (shown only now; keep it): {}",
                         "管理员令牌（仅显示这一次，请妥善保存）：{}"},
                        *server.made_token()));
    context.world.out.line("listening on " + address);
  }
  if (const Result<void> lost = context.world.out.failure(); server.made_token() && !lost)
    log_line(LogLevel::error,
             say({"the admin token could not be shown: {}; give a new one in TIDEMARK_ADMIN_TOKEN",
                  "无法显示管理员令牌：{}；请用 TIDEMARK_ADMIN_TOKEN 指定新令牌"},
                 lost.error().what.in(context.language))
                 .in(context.language));
}

void wait_for_signal(const Stop& stop) {
  // A signal ends poll() at once; the interval is for one that comes just before it.
  while (!stop.requested()) static_cast<void>(::poll(nullptr, 0, signal_look_ms));
}

Result<ExitCode> serve(Context& context) {
  auto policy = http::AddressPolicy::allowing(context.settings.list("relay.allow_cidrs"));
  if (!policy)
    return fail(std::move(policy).error().within(
        {"{}", "{}"}, context.settings.setting("relay.allow_cidrs").where));
  Result<api::HubServerOptions> options = server_options(context, *policy);
  if (!options) return fail(std::move(options));
  auto secrets = open_secret_box(context, options->state);
  if (!secrets) return fail(std::move(secrets));
  auto client = http::HttpClient::create({.user_agent = fmt::format("Tidemark/{}", version())});
  if (!client) return fail(std::move(client));
  relay::HttpSender sender(**client, context.world.clock, std::move(*policy));

  const http::ListenAddress listen = options->http.listen;
  auto server = api::HubServer::start(std::move(*options), std::move(*secrets), sender,
                                      context.world.clock, context.world.random);
  // Late answers must find the sender and all that it reports to.
  if (!server) {
    (*client)->stop(std::chrono::milliseconds(0));
    return fail(std::move(server));
  }
  announce(context, **server, listen);
  wait_for_signal(context.world.stop);
  log_line(LogLevel::info, say({"stopping: what is under way is finished first",
                                "正在停止：先完成处理中的请求和投递"})
                               .in(context.language));
  (*server)->stop(context.settings.duration("serve.stop_timeout"));
  (*client)->stop(std::chrono::milliseconds(0));
  return ExitCode::done;
}

}  // namespace

Command serve_command() {
  return {
      .name = "serve",
      .summary = {"Run the hub: API, delivery of events to subscribers, scheduled jobs",
                  "运行数据中台：API、事件投递与计划任务"},
      .about =
          {"Takes vouchers and events over HTTP, keeps them in the state database before it "
           "answers, and delivers each to every subscription that wants it, signed, until the "
           "subscriber has it. Jobs whose source is configured run by schedule (`tidemark schedule "
           "list`). It runs until SIGTERM or SIGINT, then finishes what is under way."
           "\n\n"
           "At the first start an admin's token is made and printed once, unless "
           "TIDEMARK_ADMIN_TOKEN gives one. Subscribers' secrets are sealed with the key in "
           "TIDEMARK_MASTER_KEY or TIDEMARK_MASTER_KEY_FILE; without it, a key file is made beside "
           "an SQLite state.",
           "通过 HTTP "
           "接收凭证和事件，写入状态库后才应答，并签名投递给每个匹配的订阅，直到对方收到。"
           "已配置数据源的任务按计划运行（tidemark schedule list）。"
           "收到 SIGTERM 或 SIGINT 后先完成处理中的工作再退出。\n\n"
           "首次启动时生成管理员令牌并只打印一次，也可用 TIDEMARK_ADMIN_TOKEN 指定。订阅方密钥用 "
           "TIDEMARK_MASTER_KEY 或 TIDEMARK_MASTER_KEY_FILE 加密保存；未提供时，在 SQLite "
           "状态库旁生成密钥文件。"},
      .flags =
          {{.names = "--listen",
            .kind = FlagKind::value,
            .key = "serve.listen",
            .placeholder = "HOST:PORT"},
           {.names = "--state", .kind = FlagKind::value, .key = "state", .placeholder = "URL"}},
      .examples = {{"tidemark serve --state sqlite:/var/lib/tidemark/hub.db",
                    {"One hub with its own SQLite file", "单机：使用自己的 SQLite 文件"}},
                   {"tidemark serve --listen '*:8000' --state postgres://tidemark@db/tidemark",
                    {"One of several hubs that share a PostgreSQL state",
                     "多个 hub 共用一个 PostgreSQL 状态库"}}},
      .run = serve,
  };
}

}  // namespace tidemark::cli
