#include "cli/receive_settings.h"

#include <algorithm>

#include "base/bytes.h"
#include "config/environment.h"
#include "config/source_url.h"

namespace tidemark::cli {
namespace {

Result<relay::HubClientOptions> hub_options(const Context& context) {
  const auto token = config::read_variable(context.world.environment, "TIDEMARK_TOKEN");
  if (!token) return fail(token.error());
  return relay::HubClientOptions{.url = context.settings.text("receive.hub"),
                                 .token = *token ? (*token)->value : std::string(),
                                 .ca_file = context.settings.text("receive.hub_ca"),
                                 .no_answer_hint = {.en = "does the hub run where --hub or "
                                                          "receive.hub says?",
                                                    .zh = "hub 是否在 --hub 或 receive.hub "
                                                          "指定的地址上运行？"}};
}

}  // namespace

std::vector<Flag> hub_flags() {
  return {{.names = "--hub", .kind = FlagKind::value, .key = "receive.hub", .placeholder = "URL"}};
}

Result<relay::HubClient> configured_hub(const Context& context) {
  Result<relay::HubClientOptions> options = hub_options(context);
  if (!options) return fail(std::move(options));
  if (options->url.empty())
    return fail(make_error(ErrorKind::invalid_config, {"no hub is configured", "未配置中台"})
                    .with_hint({"give --hub URL or set receive.hub, and TIDEMARK_TOKEN",
                                "请使用 --hub URL 或设置 receive.hub，并设置 TIDEMARK_TOKEN"}));
  auto hub = relay::HubClient::create(std::move(*options));
  if (!hub && hub.error().kind == ErrorKind::invalid_config)
    return fail(std::move(hub).error().within({"receive.hub", "receive.hub"}));
  return hub;
}

std::vector<Flag> signature_flags() {
  using enum FlagKind;
  return {{.names = "--secret", .kind = repeated, .key = "receive.secret", .placeholder = "SECRET"},
          {.names = "--style",
           .kind = repeated,
           .key = "receive.styles",
           .placeholder = "STYLE",
           .choices = "standard|raw|sorted-json"},
          {.names = "--tolerance",
           .kind = value,
           .key = "receive.tolerance",
           .placeholder = "DURATION"}};
}

Flag receive_database_flag() {
  return {.names = "--database",
          .kind = FlagKind::value,
          .key = "receive.database",
          .placeholder = "URL"};
}

Result<http::SignaturePolicy> signature_policy(const config::Settings& settings) {
  http::SignaturePolicy policy{.tolerance = std::chrono::duration_cast<std::chrono::seconds>(
                                   settings.duration("receive.tolerance")),
                               .standard = false,
                               .raw = false,
                               .sorted_json = false};
  for (const std::string& style : settings.list("receive.styles")) {
    if (style == "standard")
      policy.standard = true;
    else if (style == "raw")
      policy.raw = true;
    else if (style == "sorted-json")
      policy.sorted_json = true;
    else
      return fail(ErrorKind::invalid_config,
                  {"receive.styles: '{}' is none of standard, raw, sorted-json",
                   "receive.styles：“{}”不是 standard、raw、sorted-json 之一"},
                  printable(style));
  }
  return policy;
}

Result<std::vector<std::string>> webhook_secrets(const config::Settings& settings) {
  std::vector<std::string> secrets = settings.list("receive.secret");
  std::erase(secrets, "");
  if (!secrets.empty()) return secrets;
  return fail(make_error(ErrorKind::invalid_config,
                         {"no secret is configured: without one nothing can be verified",
                          "未配置密钥：没有密钥就无法验证签名"})
                  .with_hint({"set TIDEMARK_RECEIVE__SECRET_FILE (or receive.secret) to the "
                              "subscription's whsec_… secret",
                              "请将 TIDEMARK_RECEIVE__SECRET_FILE（或 receive.secret）设为订阅的 "
                              "whsec_… 密钥"}));
}

Result<sql::Url> receive_database_url(const Context& context) {
  Result<config::DatabaseAddress> address =
      config::receive_database(context.settings, context.world.environment);
  if (!address) return fail(std::move(address));
  Result<sql::Url> url = sql::Url::parse(address->url);
  if (!url) return fail(std::move(url));
  if (!url->password) url->password = address->password;
  return url;
}

Result<HubAndStore> open_hub_and_store(const Context& context) {
  Result<relay::HubClient> hub = configured_hub(context);
  if (!hub) return fail(std::move(hub));
  const Result<sql::Url> database = receive_database_url(context);
  if (!database) return fail(database.error());
  Result<receive::ReceiverStore> store = receive::ReceiverStore::open(*database);
  if (!store) return fail(std::move(store));
  return HubAndStore{.hub = std::move(*hub), .store = std::move(*store)};
}

Result<receive::ReceiverOptions> receiver_options(const Context& context) {
  const config::Settings& settings = context.settings;
  Result<http::ListenAddress> listen = http::ListenAddress::parse(settings.text("receive.listen"));
  if (!listen) return fail(std::move(listen).error().within({"receive.listen", "receive.listen"}));
  Result<http::SignaturePolicy> policy = signature_policy(settings);
  if (!policy) return fail(std::move(policy));
  Result<std::vector<std::string>> secrets = webhook_secrets(settings);
  if (!secrets) return fail(std::move(secrets));
  Result<sql::Url> database = receive_database_url(context);
  if (!database) return fail(std::move(database));
  receive::HousekeepingOptions housekeeping{.gap_grace = settings.duration("receive.gap_grace"),
                                            .keep_ids = settings.duration("receive.keep_ids"),
                                            .language = context.language};
  if (!settings.text("receive.hub").empty()) {
    Result<relay::HubClientOptions> hub = hub_options(context);
    if (!hub) return fail(std::move(hub));
    housekeeping.hub = std::move(*hub);
  }
  return receive::ReceiverOptions{
      .listen = std::move(*listen),
      .paths = settings.list("receive.path"),
      .body_bytes_max = static_cast<std::size_t>(settings.bytes("receive.body_max")),
      .database = std::move(*database),
      .webhook = {.secrets = std::move(*secrets),
                  .policy = *policy,
                  .subscription = settings.text("receive.subscription"),
                  .language = context.language},
      .housekeeping = std::move(housekeeping)};
}

}  // namespace tidemark::cli
