#include "relay/delivery.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/parse_integer.h"

namespace tidemark::relay {
namespace {

constexpr std::array<std::pair<DeliveryStatus, std::string_view>, 7> statuses = {{
    {DeliveryStatus::pending, "pending"},
    {DeliveryStatus::delivering, "delivering"},
    {DeliveryStatus::retrying, "retrying"},
    {DeliveryStatus::delivered, "delivered"},
    {DeliveryStatus::parked, "parked"},
    {DeliveryStatus::held, "held"},
    {DeliveryStatus::cancelled, "cancelled"},
}};

constexpr std::string_view subscription_prefix = "sub_";
constexpr std::size_t subscription_id_bytes_max = 32;  // The column holds no more.

bool is_id_letter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

std::string_view name(DeliveryStatus status) {
  return std::ranges::find(statuses, status, &decltype(statuses)::value_type::first)->second;
}

std::optional<DeliveryStatus> parse_delivery_status(std::string_view text) {
  const auto* const found =
      std::ranges::find(statuses, text, &decltype(statuses)::value_type::second);
  if (found == statuses.end()) return std::nullopt;
  return found->first;
}

std::string DeliveryKey::text() const { return fmt::format("{}-{}", subscription_id, sequence); }

std::optional<DeliveryKey> DeliveryKey::parse(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || dash > subscription_id_bytes_max) return std::nullopt;
  const std::string_view id = text.substr(0, dash);
  const std::string_view digits = text.substr(dash + 1);
  if (!id.starts_with(subscription_prefix) || id.size() == subscription_prefix.size() ||
      !std::ranges::all_of(id.substr(subscription_prefix.size()), is_id_letter)) {
    return std::nullopt;
  }
  // One text a key: no sign, no leading zero.
  if (digits.empty() || digits.front() < '1' || digits.front() > '9') return std::nullopt;
  const auto sequence = parse_integer(digits);
  if (!sequence) return std::nullopt;
  return DeliveryKey{.subscription_id = std::string(id), .sequence = *sequence};
}

}  // namespace tidemark::relay
