#include "relay/receiver_check.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "relay/row.h"
#include "sql/rows.h"

namespace tidemark::relay {
namespace {

using nlohmann::json;

/// More records than this nobody compares, and the sum of five such counts is still a number.
constexpr std::int64_t count_max = std::numeric_limits<std::int64_t>::max() / 8;

constexpr std::string_view optional_count = "unreadable";

constexpr std::array<std::pair<std::string_view, std::int64_t ReceiverCheck::*>, 6> counts = {{
    {"events", &ReceiverCheck::events},
    {"missing", &ReceiverCheck::missing},
    {"older", &ReceiverCheck::older},
    {"different", &ReceiverCheck::different},
    {"cache", &ReceiverCheck::cache},
    {optional_count, &ReceiverCheck::unreadable},
}};

}  // namespace

Result<ReceiverCheck> parse_receiver_check(const std::string& body) {
  const json object = json::parse(body, nullptr, false);
  if (!object.is_object())
    return fail(ErrorKind::rejected, {"must be a JSON object", "必须是 JSON 对象"});
  ReceiverCheck check;
  for (const auto& [name, count] : counts) {
    const auto value = object.find(name);
    if (value == object.end() && name == optional_count) continue;
    if (value == object.end() || !value->is_number_unsigned() ||
        value->get<std::uint64_t>() > static_cast<std::uint64_t>(count_max))
      return fail(ErrorKind::rejected,
                  {"{}: must be a count, 0 or more", "{}：必须是不小于 0 的整数"}, name);
    check.*count = value->get<std::int64_t>();
  }
  const auto repaired = object.find("repaired");
  if (repaired == object.end() || !repaired->is_boolean())
    return fail(ErrorKind::rejected,
                {"repaired: must be true or false", "repaired：必须是 true 或 false"});
  check.repaired = repaired->get<bool>();
  for (const auto& [name, value] : object.items())
    if (name != "repaired" &&
        std::ranges::find(counts, name, &decltype(counts)::value_type::first) == counts.end())
      return fail(ErrorKind::rejected, {"{}: is not known", "{}：未知的字段"}, printable(name));
  return check;
}

Result<void> keep_receiver_check(sql::Connection& connection, const ReceiverCheck& check) {
  // Whether it changes a row or not, an update of MySQL counts those that it finds.
  const auto params = values(time_value(check.checked_at), check.events, check.missing, check.older,
                             check.different, check.cache, check.unreadable,
                             std::int64_t{check.repaired ? 1 : 0}, check.subscription_id);
  const auto updated = connection.execute(
      "UPDATE receiver_checks SET checked_at = ?, events = ?, missing = ?, older = ?, different = "
      "?, cache = ?, unreadable = ?, repaired = ? WHERE subscription_id = ?",
      params);
  if (!updated) return fail(updated.error());
  if (*updated > 0) return {};
  return sql::write(connection,
                    "INSERT INTO receiver_checks (checked_at, events, missing, older, different, "
                    "cache, unreadable, repaired, subscription_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, "
                    "?)",
                    params);
}

Result<std::optional<ReceiverCheck>> last_receiver_check(sql::Connection& connection,
                                                         const std::string& subscription_id) {
  return sql::first_row(
      connection.query("SELECT checked_at, events, missing, older, different, cache, unreadable, "
                       "repaired FROM receiver_checks WHERE subscription_id = ?",
                       sql::Values{subscription_id}),
      [&](const sql::Cursor& row) {
        return ReceiverCheck{.subscription_id = subscription_id,
                             .checked_at = time_at(row, 0),
                             .events = number_at(row, 1),
                             .missing = number_at(row, 2),
                             .older = number_at(row, 3),
                             .different = number_at(row, 4),
                             .cache = number_at(row, 5),
                             .unreadable = number_at(row, 6),
                             .repaired = number_at(row, 7) != 0};
      });
}

}  // namespace tidemark::relay
