#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "relay/event_id.h"
#include "relay/query.h"
#include "relay/query_where.h"
#include "relay/row.h"
#include "relay/sender.h"
#include "sql/rows.h"

namespace tidemark::relay {
namespace {

constexpr std::string_view selected =
    "SELECT d.subscription_id, d.sequence, d.event_id, d.status, d.due_at, d.attempts, "
    "d.last_status_code, d.last_error, d.last_message, d.created_at, d.started_at, d.finished_at, "
    "e.event_type, e.voucher_id, s.target_system, s.state, s.state_reason, s.deleted_at FROM "
    "deliveries d "
    "JOIN events e ON e.event_id = d.event_id "
    "JOIN subscriptions s ON s.subscription_id = d.subscription_id";

/// Keys in one statement; far below what any database takes.
constexpr std::size_t keys_max = 200;

bool is_finished(DeliveryStatus status) {
  return status == DeliveryStatus::delivered || status == DeliveryStatus::cancelled;
}

bool waits_for_person(std::string_view subscription_state) {
  return subscription_state == name(SubscriptionState::paused) ||
         subscription_state == name(SubscriptionState::disabled);
}

/// By the error, not by the status: an event of a batch may be refused in an answer of 200.
std::string reason_of_parked(std::string_view last_error) {
  if (last_error == unsignable) return "unsignable";
  for (const int status : {400, 413, 422})
    if (last_error == fmt::format("HTTP_{}", status)) return "refused";
  return "attempts_exhausted";
}

/// Why it does not move, in the words of the API.
std::string reason_of(const Delivery& delivery, std::string_view state,
                      const std::string& state_reason) {
  switch (delivery.status) {
    case DeliveryStatus::held:
      return state_reason.empty() ? std::string(state) : state_reason;
    case DeliveryStatus::parked:
      return reason_of_parked(delivery.last_error);
    case DeliveryStatus::pending:
    case DeliveryStatus::retrying:
      if (!delivery.next_attempt_at) return "waits_for_earlier";
      return state == name(SubscriptionState::probing) ? "probing" : "";
    case DeliveryStatus::delivering:
    case DeliveryStatus::delivered:
    case DeliveryStatus::cancelled:
      return "";
  }
  return "";
}

ListedDelivery read_delivery(const sql::Cursor& row) {
  Delivery delivery{
      .key = {text_at(row, 0), number_at(row, 1)},
      .event_id = text_at(row, 2),
      .event_type = text_at(row, 12),
      .voucher_id = optional_number_at(row, 13),
      .status = parse_delivery_status(text_at(row, 3)).value_or(DeliveryStatus::pending),
      .attempts = number_at(row, 5),
      .next_attempt_at = optional_time_at(row, 4),
      .last_error = text_at(row, 7),
      .last_message = text_at(row, 8),
      .created_at = time_at(row, 9),
      .started_at = optional_time_at(row, 10),
      .finished_at = optional_time_at(row, 11)};
  if (const auto status = optional_number_at(row, 6))
    delivery.last_status_code = static_cast<int>(*status);
  const std::string state = text_at(row, 15);
  // A long backlog of a deleted subscription is cancelled little by little.
  if (row.at(17) && !is_finished(delivery.status)) {
    delivery.status = DeliveryStatus::cancelled;
    delivery.next_attempt_at.reset();
  }
  if ((delivery.status == DeliveryStatus::pending || delivery.status == DeliveryStatus::retrying) &&
      waits_for_person(state))
    delivery.status = DeliveryStatus::held;
  delivery.reason = reason_of(delivery, state, text_at(row, 16));
  if (delivery.status == DeliveryStatus::held) delivery.next_attempt_at.reset();
  return {std::move(delivery), text_at(row, 14)};
}

Result<std::vector<ListedDelivery>> read_all(Result<std::unique_ptr<sql::Cursor>> cursor) {
  return sql::all_rows(std::move(cursor), read_delivery);
}

void restrict_status(Where& where, DeliveryStatus status) {
  const std::string text(name(status));
  if (status == DeliveryStatus::held) {
    where.add("d.status IN ('pending', 'retrying')");
    where.add("s.state IN ('paused', 'disabled') AND s.deleted_at IS NULL");
    return;
  }
  where.add("d.status = ?", text);
  if (!is_finished(status)) where.add("s.deleted_at IS NULL");
  if (status == DeliveryStatus::pending || status == DeliveryStatus::retrying)
    where.add("s.state NOT IN ('paused', 'disabled')");
}

Where conditions(const DeliveryFilter& filter) {
  Where where;
  if (filter.status) restrict_status(where, *filter.status);
  if (filter.failed) where.add("d.status IN ('parked', 'cancelled')");
  if (filter.unfinished) where.add("d.status IN ('pending', 'retrying') AND s.deleted_at IS NULL");
  if (filter.voucher_id) where.add("e.voucher_id = ?", *filter.voucher_id);
  where.equal("d.subscription_id", filter.subscription_id);
  where.equal("d.event_id", filter.event_id);
  where.equal("s.target_system", filter.target_system);
  where.equal("d.last_error", filter.error);
  if (filter.since) where.add("d.event_id >= ?", event_id_floor(*filter.since));
  if (filter.before) where.add("d.event_id < ?", event_id_floor(*filter.before));
  return where;
}

}  // namespace

Result<std::vector<ListedDelivery>> list_deliveries(sql::Connection& connection,
                                                    const DeliveryFilter& filter,
                                                    const std::optional<DeliveryPlace>& after,
                                                    std::int64_t limit) {
  Where where = conditions(filter);
  // Written out, since MySQL uses no index for a comparison of rows.
  if (after)
    where.add(
        "d.event_id <= ? AND (d.event_id < ? OR d.subscription_id < ? OR "
        "(d.subscription_id = ? AND d.sequence < ?))",
        after->event_id, after->event_id, after->key.subscription_id, after->key.subscription_id,
        after->key.sequence);
  return read_all(connection.query(
      fmt::format("{}{} ORDER BY d.event_id DESC, d.subscription_id DESC, d.sequence DESC LIMIT ?",
                  selected, where.text()),
      where.params(limit)));
}

Result<std::vector<ListedDelivery>> find_deliveries(sql::Connection& connection,
                                                    const std::vector<DeliveryKey>& keys) {
  std::vector<ListedDelivery> found;
  for (std::size_t first = 0; first < keys.size(); first += keys_max) {
    const std::size_t count = std::min(keys_max, keys.size() - first);
    std::string any;
    sql::Values params;
    for (std::size_t i = first; i < first + count; ++i) {
      any += i == first ? "" : " OR ";
      any += "(d.subscription_id = ? AND d.sequence = ?)";
      params.emplace_back(keys[i].subscription_id);
      params.emplace_back(keys[i].sequence);
    }
    auto part = read_all(connection.query(fmt::format("{} WHERE {}", selected, any), params));
    if (!part) return part;
    std::ranges::move(*part, std::back_inserter(found));
  }
  return found;
}

Result<std::vector<AttemptRecord>> attempts_of(sql::Connection& connection,
                                               const DeliveryKey& key) {
  return sql::all_rows(
      connection.query(
          "SELECT attempt, started_at, duration_us, status_code, error_code, message, response "
          "FROM attempts WHERE subscription_id = ? AND sequence = ? ORDER BY attempt",
          sql::Values{key.subscription_id, key.sequence}),
      [&key](const sql::Cursor& row) {
        AttemptRecord attempt{.key = key,
                              .attempt = number_at(row, 0),
                              .started_at = time_at(row, 1),
                              .duration = std::chrono::microseconds(number_at(row, 2)),
                              .error_code = text_at(row, 4),
                              .message = text_at(row, 5),
                              .response = text_at(row, 6)};
        if (const auto status = optional_number_at(row, 3))
          attempt.status_code = static_cast<int>(*status);
        return attempt;
      });
}

}  // namespace tidemark::relay
