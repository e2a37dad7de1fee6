#include "config/source_url.h"

#include <fmt/format.h>

#include <initializer_list>
#include <utility>

#include "base/bytes.h"
#include "base/parse_integer.h"
#include "config/database_url.h"
#include "config/key.h"
#include "config/value.h"

namespace tidemark::config {
namespace {

constexpr std::int64_t port_max = 65'535;

/// The variable's value; empty counts as not set, as it did for the old scripts.
Result<std::optional<std::string>> legacy_variable(const Environment& environment,
                                                   const std::string& name) {
  auto variable = read_variable(environment, name);
  if (!variable) return fail(std::move(variable));
  if (!*variable || (*variable)->value.empty()) return std::nullopt;
  return std::move((*variable)->value);
}

Result<std::string> legacy_port(const Environment& environment) {
  auto port = legacy_variable(environment, "DB_PORT");
  if (!port) return fail(std::move(port));
  if (!*port) return "3306";
  const auto number = parse_integer(**port);
  if (number && *number >= 1 && *number <= port_max) return std::to_string(*number);
  return fail(
      ErrorKind::invalid_config,
      {"DB_PORT = {} must be a port between 1 and {}", "DB_PORT = {} 必须是 1 到 {} 的端口"},
      printable(**port, 80), port_max);
}

/// `host`, `[::1]`; nullopt for what cannot stand in a URL.
std::optional<std::string> host_in_url(const std::string& host) {
  if (host.find_first_of("/@?#[] \t\r\n%") != std::string::npos) return std::nullopt;
  return host.contains(':') ? "[" + host + "]" : host;
}

/// nullopt when none of the old variables names a database.
Result<std::optional<std::string>> legacy_url(const Environment& environment) {
  auto host = legacy_variable(environment, "DB_HOST");
  if (!host) return host;
  auto user = legacy_variable(environment, "DB_USER");
  if (!user) return user;
  auto database = legacy_variable(environment, "DB_NAME");
  if (!database) return database;
  if (!*host && !*user && !*database) return std::nullopt;
  if (!*database) {
    return fail(make_error(ErrorKind::invalid_config, {"DB_NAME is not set", "未设置 DB_NAME"})
                    .with_hint({"set DB_NAME to the database's name, or give --source URL",
                                "请将 DB_NAME 设为数据库名，或使用 --source URL"}));
  }
  auto port = legacy_port(environment);
  if (!port) return fail(std::move(port));
  const auto host_text = host_in_url(host->value_or("localhost"));
  if (!host_text) {
    return fail(ErrorKind::invalid_config,
                {"DB_HOST = {} is not a host's name or address", "DB_HOST = {} 不是主机名或地址"},
                printable(**host, 80));
  }
  const std::string user_part = *user ? percent_encoded(**user) + "@" : std::string{};
  return fmt::format("mysql://{}{}:{}/{}", user_part, *host_text, *port,
                     percent_encoded(**database));
}

std::unexpected<Error> no_source() {
  return fail(
      make_error(ErrorKind::invalid_config, {"no source database is configured", "未配置源数据库"})
          .with_hint({"give --source URL, or set source in tidemark.toml, or set DB_HOST, DB_USER, "
                      "DB_PASSWORD and DB_NAME",
                      "请使用 --source URL，或在 tidemark.toml 中设置 source，或设置 DB_HOST、"
                      "DB_USER、DB_PASSWORD、DB_NAME"}));
}

/// The first of the keys that is not empty; nullptr if there is none.
const Setting* first_given(const Settings& settings, std::initializer_list<std::string> keys) {
  for (const std::string& key : keys)
    if (const Setting& setting = settings.setting(key); !setting.value.empty()) return &setting;
  return nullptr;
}

Result<DatabaseAddress> resolved(const Settings& settings, const Environment& environment,
                                 std::initializer_list<std::string> sources,
                                 std::initializer_list<std::string> passwords) {
  DatabaseAddress address;
  if (const Setting* const source = first_given(settings, sources)) {
    address.url = source->value;
    address.where = source->where;
  } else {
    auto url = legacy_url(environment);
    if (!url) return fail(std::move(url));
    if (!*url) return no_source();
    address.url = std::move(**url);
    address.where = "DB_*";
  }
  if (address.url.starts_with("sqlite:") || has_password(address.url)) return address;
  if (const Setting* const password = first_given(settings, passwords)) {
    address.password = password->value;
    return address;
  }
  auto password = legacy_variable(environment, "DB_PASSWORD");
  if (!password) return fail(std::move(password));
  address.password = std::move(*password);
  return address;
}

/// A database of Tidemark's own: configured, or a file in the state folder.
struct OwnDatabase {
  std::string_view key;
  std::string_view password_key;
  std::string_view file;
};

Result<DatabaseAddress> own_database(const Settings& settings, const Environment& environment,
                                     const OwnDatabase& own) {
  DatabaseAddress address;
  if (const Setting& url = settings.setting(own.key); !url.value.empty()) {
    address.url = url.value;
    address.where = url.where;
    const std::string& password = settings.text(own.password_key);
    if (!password.empty() && !address.url.starts_with("sqlite:") && !has_password(address.url))
      address.password = password;
    return address;
  }
  const auto state_home = environment("XDG_STATE_HOME"), home = environment("HOME");
  if (state_home && !state_home->empty()) {
    address.url = fmt::format("sqlite:{}/tidemark/{}", *state_home, own.file);
    address.where = "XDG_STATE_HOME";
  } else if (home && !home->empty()) {
    address.url = fmt::format("sqlite:{}/.local/state/tidemark/{}", *home, own.file);
    address.where = "HOME";
  } else {
    return fail(make_error(ErrorKind::invalid_config,
                           {"no place for Tidemark's own database: HOME is not set",
                            "无法确定 Tidemark 自身数据库的位置：未设置 HOME"})
                    .with_hint({"set {} ({}) or HOME", "请设置 {}（{}）或 HOME"}, own.key,
                               variable_of(own.key)));
  }
  return address;
}

}  // namespace

Result<DatabaseAddress> export_source(const Settings& settings, std::string_view name,
                                      const Environment& environment) {
  return resolved(settings, environment, {concrete_key("export.*.source", name), "source"},
                  {concrete_key("export.*.source_password", name), "source_password"});
}

Result<DatabaseAddress> reference_source(const Settings& settings, const Environment& environment) {
  return resolved(settings, environment, {"reference.source", "source"},
                  {"reference.source_password", "source_password"});
}

Result<DatabaseAddress> common_source(const Settings& settings, const Environment& environment) {
  return resolved(settings, environment, {"source"}, {"source_password"});
}

Result<DatabaseAddress> state_database(const Settings& settings, const Environment& environment) {
  return own_database(settings, environment,
                      {.key = "state", .password_key = "state_password", .file = "tidemark.db"});
}

Result<DatabaseAddress> receive_database(const Settings& settings, const Environment& environment) {
  return own_database(settings, environment,
                      {.key = "receive.database",
                       .password_key = "receive.database_password",
                       .file = "receive.db"});
}

Result<DatabaseAddress> warehouse_database(const Settings& settings,
                                           const Environment& environment) {
  return own_database(
      settings, environment,
      {.key = "load.warehouse", .password_key = "load.warehouse_password", .file = "warehouse.db"});
}

}  // namespace tidemark::config
