#include <nlohmann/json.hpp>

#include "relay/doctor/checks.h"
#include "relay/doctor/found.h"
#include "relay/leases.h"
#include "relay/row.h"
#include "sql/server_clock.h"

namespace tidemark::relay {

using run::Finding;
using run::Verdict;

namespace {

/// Is there a secret in the opened text that signs at `now`?
bool signs(std::string_view secrets, WallTime now) {
  const auto list = nlohmann::json::parse(secrets, nullptr, false);
  if (!list.is_array()) return false;
  for (const auto& secret : list) {
    if (!secret.is_object() || secret.value("text", "").empty()) continue;
    if (!secret.contains("expires_at")) return true;
    if (secret.value("expires_at", 0LL) > now.time_since_epoch().count()) return true;
  }
  return false;
}

Result<Found> subscriptions_without_secret(const HubState& state) {
  auto cursor = state.connection.query(
      "SELECT subscription_id, secrets FROM subscriptions WHERE deleted_at IS NULL ORDER BY "
      "subscription_id");
  if (!cursor) return fail(std::move(cursor));
  Found found;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) return found;
    const std::string id = text_at(**cursor, 0);
    const std::string sealed = text_at(**cursor, 1);
    bool good = !sealed.empty();
    if (good && state.secrets != nullptr) {
      const Result<std::string> opened = state.secrets->open(sealed, id);
      good = opened && signs(*opened, state.now);
    }
    if (!good) found.add(id);
  }
}

std::int64_t microseconds_of(std::chrono::seconds span) {
  return std::chrono::microseconds(span).count();
}

}  // namespace

Result<Finding> check_signed(const HubState& state) {
  const auto without = subscriptions_without_secret(state);
  if (!without) return fail(without.error());
  if (!without->none())
    return Finding{
        .check = "signed",
        .verdict = Verdict::failure,
        .what = say({"subscriptions without a secret that can be opened and signs: {}",
                     "没有可解密且有效密钥的订阅 {}"},
                    without->text()),
        .mend = say({"is this the master key of this state? Else give each a new one: "
                     "tidemark subscriptions rotate-secret ID",
                     "主密钥是否正确？否则逐个更换：tidemark subscriptions rotate-secret "
                     "ID"})};
  const auto unsent =
      find(state.connection,
           "SELECT subscription_id, sequence FROM deliveries WHERE last_error = 'UNSIGNABLE' AND "
           "status IN ('retrying', 'parked') ORDER BY subscription_id, sequence");
  if (!unsent) return fail(unsent.error());
  if (!unsent->none())
    return Finding{.check = "signed",
                   .verdict = Verdict::warning,
                   .what = say({"deliveries that could not be signed and so were not sent: {}",
                                "无法签名因而没有发出的投递 {}"},
                               unsent->text())};
  if (state.secrets == nullptr)
    return Finding{.check = "signed",
                   .what = say({"every subscription has sealed secrets; they were not opened, the "
                                "master key is not known here",
                                "每个订阅都有密文密钥；此处不知道主密钥，未解密"})};
  return Finding{
      .check = "signed",
      .what = say({"every subscription has a secret that signs; what cannot be signed is "
                   "not sent",
                   "每个订阅都有有效密钥；无法签名的不会发出"})};
}

Result<Finding> check_leases(const HubState& state) {
  if (state.connection.dialect() == sql::Dialect::sqlite)
    return Finding{
        .check = "leases",
        .what = say({"not used: the state belongs to one hub", "未使用：状态库只属于一个 hub"})};
  const Result<std::int64_t> now = sql::server_now(state.connection);
  if (!now) return fail(now.error());
  const auto endless = find(
      state.connection,
      "SELECT subscription_id FROM leases WHERE expires_at > ? ORDER BY subscription_id",
      {*now + microseconds_of(Leases::ttl) + std::chrono::microseconds(Leases::longest).count()});
  if (!endless) return fail(endless.error());
  if (!endless->none())
    return Finding{.check = "leases",
                   .verdict = Verdict::failure,
                   .what = say({"leases that end too late, nobody else can take over: {}",
                                "到期时间过晚、其他 hub 无法接管的租约 {}"},
                               endless->text()),
                   .mend = say({"the database's clock was set back; end them",
                                "数据库时钟被调回，请结束这些租约"}),
                   .statement = "UPDATE leases SET expires_at = 0"};
  const auto dead =
      find(state.connection,
           "SELECT l.subscription_id FROM leases l WHERE l.expires_at > ? AND NOT EXISTS (SELECT 1 "
           "FROM hubs h WHERE h.hub = l.owner AND h.seen_at >= ?) ORDER BY l.subscription_id",
           {*now, *now - microseconds_of(Leases::ttl)});
  if (!dead) return fail(dead.error());
  if (!dead->none())
    return Finding{
        .check = "leases",
        .verdict = Verdict::warning,
        .what = say({"leases of hubs that are gone: {}", "持有者已不在的租约 {}"}, dead->text()),
        .mend = say({"they end by themselves, most within {} s, where a slow request may be under "
                     "way within {} s; other hubs take over then",
                     "租约会自动结束：多数在 {} 秒内，可能有慢请求时在 {} 秒内，随后由其他 hub "
                     "接管"},
                    Leases::ttl.count(),
                    std::chrono::ceil<std::chrono::seconds>(Leases::longest).count())};
  const auto hubs = count(state.connection, "SELECT COUNT(*) FROM hubs WHERE seen_at >= ?",
                          {*now - microseconds_of(Leases::ttl)});
  if (!hubs) return fail(hubs.error());
  return Finding{.check = "leases",
                 .what = say({"{} hubs are running", "{} 个 hub 在运行"}, *hubs)};
}

}  // namespace tidemark::relay
