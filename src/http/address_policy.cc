#include "http/address_policy.h"

#include <algorithm>

#include "http/special_address.h"

namespace tidemark::http {
Result<AddressPolicy> AddressPolicy::allowing(const std::vector<std::string>& ranges) {
  std::vector<Cidr> allowed;
  for (const std::string& text : ranges) {
    auto range = Cidr::parse(text);
    if (!range) return fail(std::move(range));
    allowed.push_back(*std::move(range));
  }
  return AddressPolicy(std::move(allowed));
}

std::optional<std::string_view> AddressPolicy::refusal(const IpAddress& address) const {
  const auto contains = [&](const Cidr& range) { return range.contains(address); };
  if (std::ranges::any_of(allowed_, contains)) return std::nullopt;
  const SpecialAddress* special = special_address(address);
  if (special == nullptr) return std::nullopt;
  return special->en;
}

}  // namespace tidemark::http
