#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "relay/row.h"
#include "relay/row_lock.h"
#include "relay/store.h"
#include "relay/subscription_json.h"
#include "sql/rows.h"

// Subscriptions, as rows.
namespace tidemark::relay {
namespace {

using nlohmann::json;

std::string secrets_text(const std::vector<Secret>& secrets) {
  json list = json::array();
  for (const Secret& secret : secrets) {
    json item = {{"text", secret.text}};
    if (secret.expires_at) item["expires_at"] = secret.expires_at->time_since_epoch().count();
    list.push_back(std::move(item));
  }
  return list.dump();
}

Result<std::vector<Secret>> parse_secrets(std::string_view text, std::string_view id) {
  std::vector<Secret> secrets;
  const json list = json::parse(text, nullptr, false);
  if (!list.is_array())
    return fail(ErrorKind::corrupt,
                {"subscription {}: its secrets cannot be read", "订阅 {} 的密钥无法读取"}, id);
  for (const json& item : list) {
    Secret secret{.text = item.value("text", "")};
    if (item.contains("expires_at"))
      secret.expires_at = WallTime(std::chrono::microseconds(item.value("expires_at", 0LL)));
    secrets.push_back(std::move(secret));
  }
  return secrets;
}

constexpr std::string_view columns =
    "subscription_id, name, target_system, url, event_types, settings, secrets, state, "
    "state_reason, state_since, failures, probe_at, next_sequence, version, created_at, updated_at";

Result<Subscription> subscription_of(const sql::Cursor& row, const SecretBox& box) {
  Result<SubscriptionSettings> settings = parse_settings(text_at(row, 5));
  if (!settings) {
    return fail(
        std::move(settings).error().within({"subscription {}", "订阅 {}"}, text_at(row, 0)));
  }
  Subscription subscription{
      .id = text_at(row, 0),
      .name = text_at(row, 1),
      .target_system = text_at(row, 2),
      .url = text_at(row, 3),
      .settings = *std::move(settings),
      .state = parse_subscription_state(text_at(row, 7)).value_or(SubscriptionState::paused),
      .state_reason = text_at(row, 8),
      .state_since = time_at(row, 9),
      .failures = number_at(row, 10),
      .probe_at = optional_time_at(row, 11),
      .next_sequence = number_at(row, 12),
      .version = number_at(row, 13),
      .created_at = time_at(row, 14),
      .updated_at = time_at(row, 15)};
  const json types = json::parse(text_at(row, 4), nullptr, false);
  if (types.is_array())
    for (const json& type : types)
      if (type.is_string()) subscription.event_types.push_back(type.get<std::string>());
  const Result<std::string> opened = box.open(text_at(row, 6), subscription.id);
  if (!opened)
    return fail(Error(opened.error())
                    .within({"the secrets of subscription {}", "订阅 {} 的密钥"}, subscription.id)
                    .with_hint({"is this the master key the state was made with "
                                "(TIDEMARK_MASTER_KEY)?",
                                "主密钥（TIDEMARK_MASTER_KEY）是否与创建该状态库时相同？"}));
  Result<std::vector<Secret>> secrets = parse_secrets(*opened, subscription.id);
  if (!secrets) return fail(std::move(secrets));
  subscription.secrets = std::move(*secrets);
  return subscription;
}

Result<std::map<std::string, std::int64_t>> read_sequences(
    Result<std::unique_ptr<sql::Cursor>> cursor) {
  std::map<std::string, std::int64_t> sequences;
  Result<void> read = sql::each_row(std::move(cursor), [&](const sql::Cursor& row) {
    sequences[text_at(row, 0)] = number_at(row, 1);
  });
  if (!read) return fail(std::move(read));
  return sequences;
}

std::string counter_of(Store::Change change) {
  return change == Store::Change::subscriptions ? "subscriptions" : "deliveries";
}

}  // namespace

Result<std::vector<Subscription>> Store::subscriptions() {
  std::vector<Subscription> all;
  Result<void> read = sql::each_row(
      connection_->query("SELECT " + std::string(columns) +
                         " FROM subscriptions WHERE deleted_at IS NULL ORDER BY subscription_id"),
      [&](const sql::Cursor& row) -> Result<void> {
        Result<Subscription> subscription = subscription_of(row, secrets_);
        if (!subscription) return fail(std::move(subscription));
        all.push_back(std::move(*subscription));
        return {};
      });
  if (!read) return fail(std::move(read));
  return all;
}

Result<void> Store::insert(const Subscription& subscription) {
  Result<std::string> sealed = secrets_.seal(secrets_text(subscription.secrets), subscription.id);
  if (!sealed) return fail(std::move(sealed));
  return sql::write(
      *connection_,
      "INSERT INTO subscriptions (" + std::string(columns) +
          ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      sql::Values{subscription.id, subscription.name, subscription.target_system, subscription.url,
                  json(subscription.event_types).dump(), settings_json(subscription.settings),
                  std::move(*sealed), std::string(name(subscription.state)),
                  subscription.state_reason, time_value(subscription.state_since),
                  subscription.failures, time_value(subscription.probe_at),
                  subscription.next_sequence, subscription.version,
                  time_value(subscription.created_at), time_value(subscription.updated_at)});
}

Result<void> Store::update(const Subscription& subscription) {
  Result<std::string> sealed = secrets_.seal(secrets_text(subscription.secrets), subscription.id);
  if (!sealed) return fail(std::move(sealed));
  return sql::write(
      *connection_,
      "UPDATE subscriptions SET name = ?, target_system = ?, url = ?, event_types = ?, "
      "settings = ?, secrets = ?, version = ?, updated_at = ? WHERE subscription_id = ?",
      sql::Values{subscription.name, subscription.target_system, subscription.url,
                  json(subscription.event_types).dump(), settings_json(subscription.settings),
                  std::move(*sealed), subscription.version, time_value(subscription.updated_at),
                  subscription.id});
}

Result<void> Store::update_state(const Subscription& subscription) {
  return sql::write(
      *connection_,
      "UPDATE subscriptions SET state = ?, state_reason = ?, state_since = ?, failures = ?, "
      "probe_at = ? WHERE subscription_id = ?",
      sql::Values{std::string(name(subscription.state)), subscription.state_reason,
                  time_value(subscription.state_since), subscription.failures,
                  time_value(subscription.probe_at), subscription.id});
}

Result<void> Store::update_failures(const Subscription& subscription) {
  return sql::write(*connection_, "UPDATE subscriptions SET failures = ? WHERE subscription_id = ?",
                    values(subscription.failures, subscription.id));
}

Result<void> Store::remove(const Subscription& subscription, WallTime now) {
  // A hub that publishes to it has locked its row, or sees it deleted.
  return sql::write(
      *connection_,
      "UPDATE subscriptions SET deleted_at = ?, secrets = '' WHERE subscription_id = ?",
      sql::Values{time_value(now), subscription.id});
}

Result<void> Store::count_change(Change change) {
  return sql::write(*connection_, "UPDATE counters SET value = value + 1 WHERE counter = ?",
                    sql::Values{counter_of(change)});
}

Result<std::int64_t> Store::changes(Change change, RowLock lock) {
  return sql::query_number(*connection_,
                           fmt::format("SELECT value FROM counters WHERE counter = ?{}",
                                       lock_clause(lock, connection_->dialect())),
                           sql::Values{counter_of(change)});
}

Result<std::map<std::string, std::int64_t>> Store::next_sequences() {
  return read_sequences(connection_->query(
      "SELECT subscription_id, next_sequence FROM subscriptions WHERE deleted_at IS NULL"));
}

Result<std::map<std::string, std::int64_t>> Store::lock_sequences(
    const std::set<std::string>& subscription_ids) {
  std::map<std::string, std::int64_t> sequences;
  // One by one: no database promises to lock the rows of one statement in the order of its ORDER
  // BY.
  for (const std::string& id : subscription_ids) {
    Result<std::map<std::string, std::int64_t>> one = read_sequences(connection_->query(
        fmt::format("SELECT subscription_id, next_sequence FROM subscriptions WHERE "
                    "subscription_id = ?{}",
                    lock_clause(RowLock::own, connection_->dialect())),
        sql::Values{id}));
    if (!one) return one;
    sequences.merge(*one);
  }
  return sequences;
}

}  // namespace tidemark::relay
