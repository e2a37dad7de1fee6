#include "http/address_policy.h"

#include <algorithm>
#include <string>

#include "base/check.h"

namespace tidemark::http {
namespace {

struct Special {
  Cidr range;
  std::string_view what;
};

[[nodiscard]] std::vector<Special> special_ranges() {
  // The first that fits gives the reason.
  constexpr std::pair<std::string_view, std::string_view> table[] = {
      {"169.254.169.254", "cloud metadata service"},
      {"100.100.100.200", "cloud metadata service"},  // Alibaba Cloud
      {"168.63.129.16", "cloud metadata service"},    // Azure; a public address otherwise
      {"192.0.0.192", "cloud metadata service"},      // Oracle Cloud
      {"fd00:ec2::254", "cloud metadata service"},    // AWS
      {"fd20:ce::254", "cloud metadata service"},     // Google Cloud
      {"0.0.0.0/8", "this network"},
      {"10.0.0.0/8", "private network"},
      {"100.64.0.0/10", "shared address space"},
      {"127.0.0.0/8", "loopback"},
      {"169.254.0.0/16", "link-local"},
      {"172.16.0.0/12", "private network"},
      {"192.0.0.0/24", "protocol assignments"},
      {"192.0.2.0/24", "documentation"},
      {"192.31.196.0/24", "AS112"},
      {"192.52.193.0/24", "AMT"},
      {"192.88.99.0/24", "6to4 relay"},
      {"192.168.0.0/16", "private network"},
      {"192.175.48.0/24", "AS112"},
      {"198.18.0.0/15", "benchmarking"},
      {"198.51.100.0/24", "documentation"},
      {"203.0.113.0/24", "documentation"},
      {"224.0.0.0/4", "multicast"},
      {"255.255.255.255", "broadcast"},
      {"240.0.0.0/4", "reserved"},
      {"::", "unspecified"},
      {"::1", "loopback"},
      {"::/96", "IPv4-compatible"},
      {"64:ff9b::/96", "NAT64"},
      {"64:ff9b:1::/48", "NAT64"},
      {"100::/64", "discard only"},
      {"2001::/32", "Teredo"},
      {"2001:db8::/32", "documentation"},
      {"2001::/23", "protocol assignments"},
      {"2002::/16", "6to4"},
      {"2620:4f:8000::/48", "AS112"},
      {"3fff::/20", "documentation"},
      {"5f00::/16", "segment routing"},
      {"fc00::/7", "private network"},
      {"fe80::/10", "link-local"},
      {"fec0::/10", "site-local"},
      {"ff00::/8", "multicast"},
  };
  std::vector<Special> ranges;
  for (const auto& [text, what] : table) {
    auto range = Cidr::parse(text);
    check(range.has_value(), "the table of special ranges is right");
    ranges.push_back({.range = *std::move(range), .what = what});
  }
  return ranges;
}

}  // namespace

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
  static const std::vector<Special> specials = special_ranges();
  static const Cidr global_unicast = *Cidr::parse("2000::/3");
  const auto contains = [&](const Cidr& range) { return range.contains(address); };
  if (std::ranges::any_of(allowed_, contains)) return std::nullopt;
  const auto found = std::ranges::find_if(specials, contains, &Special::range);
  if (found != specials.end()) return found->what;
  if (!address.is_v4() && !contains(global_unicast)) return "not global unicast";
  return std::nullopt;
}

}  // namespace tidemark::http
