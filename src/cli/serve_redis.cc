#include "cli/serve_redis.h"

#include <unistd.h>

#include <array>

namespace tidemark::cli {
namespace {

std::string machine_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

/// The name that a stream, a group or a consumer is given. Errors: invalid_config.
Result<std::string> given_name(const Context& context, std::string_view key, std::string fallback) {
  std::string name = context.settings.text(key);
  if (name.empty()) name = std::move(fallback);
  if (name.empty() || name.size() > relay::stream_name_bytes_max)
    return fail(ErrorKind::invalid_config,
                {"{}: a name of 1 to {} bytes is needed", "{}：需要 1 到 {} 字节的名称"},
                context.settings.setting(key).where, relay::stream_name_bytes_max);
  return name;
}

Result<relay::StreamOptions> stream_options(const Context& context, const redis::Url& server) {
  Result<std::string> stream = given_name(context, "relay.redis.stream", "");
  if (!stream) return fail(std::move(stream));
  Result<std::string> group = given_name(context, "relay.redis.group", "");
  if (!group) return fail(std::move(group));
  Result<std::string> consumer =
      given_name(context, "relay.redis.consumer",
                 machine_name() + ":" + context.settings.text("serve.listen"));
  if (!consumer) return fail(std::move(consumer));
  return relay::StreamOptions{
      .server = server,
      .stream = std::move(*stream),
      .group = std::move(*group),
      .consumer = std::move(*consumer),
      .claim_after = context.settings.duration("relay.redis.claim_after"),
      .delete_done = context.settings.boolean("relay.redis.delete_done"),
      .entry_bytes_max = static_cast<std::size_t>(context.settings.bytes("serve.body_max")),
      .retention =
          std::chrono::ceil<std::chrono::hours>(context.settings.duration("relay.retention"))};
}

/// The files of `rediss://`. Errors: invalid_config when one cannot be used, or none is wanted.
Result<redis::TlsFiles> tls_files(const Context& context, const redis::Url& server) {
  const config::Settings& settings = context.settings;
  redis::TlsFiles files{.ca_file = settings.text("relay.redis.tls_ca"),
                        .certificate_file = settings.text("relay.redis.tls_certificate"),
                        .key_file = settings.text("relay.redis.tls_key")};
  for (const std::string_view key :
       {"relay.redis.tls_ca", "relay.redis.tls_certificate", "relay.redis.tls_key"})
    if (!server.tls && !settings.text(key).empty())
      return fail(make_error(ErrorKind::invalid_config,
                             {"{}: the URL of Redis is without TLS", "{}：Redis 的 URL 未使用 TLS"},
                             settings.setting(key).where)
                      .with_hint({"write rediss:// in relay.redis.url",
                                  "请在 relay.redis.url 中使用 rediss://"}));
  if (files.certificate_file.empty() != files.key_file.empty())
    return fail(ErrorKind::invalid_config,
                {"relay.redis.tls_certificate and relay.redis.tls_key go together",
                 "relay.redis.tls_certificate 和 relay.redis.tls_key 必须同时设置"});
  // A hub works without Redis and tries again: what no repetition mends is told at once.
  if (server.tls)
    if (auto usable = redis::make_tls(server.host, files); !usable)
      return fail(std::move(usable).error().within({"relay.redis", "relay.redis"}));
  return files;
}

}  // namespace

Result<RedisOptions> redis_options(const Context& context) {
  const config::Settings& settings = context.settings;
  if (settings.text("relay.redis.url").empty()) return RedisOptions{};
  Result<redis::Url> server = redis::Url::parse(settings.text("relay.redis.url"));
  if (!server)
    return fail(
        std::move(server).error().within({"{}", "{}"}, settings.setting("relay.redis.url").where));
  if (!server->password && !settings.text("relay.redis.password").empty())
    server->password = settings.text("relay.redis.password");
  Result<redis::TlsFiles> files = tls_files(context, *server);
  if (!files) return fail(std::move(files));
  server->tls_files = std::move(*files);
  RedisOptions options;
  if (!settings.text("relay.redis.channel").empty())
    options.wake = {.server = *server, .channel = settings.text("relay.redis.channel")};
  if (settings.text("relay.redis.stream").empty()) return options;
  Result<relay::StreamOptions> stream = stream_options(context, *server);
  if (!stream) return fail(std::move(stream));
  options.stream = std::move(*stream);
  return options;
}

}  // namespace tidemark::cli
