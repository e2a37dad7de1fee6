#include "http/special_address.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace tidemark::http {
namespace {

struct Special {
  Cidr range;
  SpecialAddress address;
};

[[nodiscard]] std::vector<Special> special_ranges() {
  // The first that fits gives the reason.
  struct Line {
    std::string_view range;
    SpecialAddress address;
  };
  constexpr Line table[] = {
      {"169.254.169.254", {"cloud metadata service", "云元数据服务"}},
      {"100.100.100.200", {"cloud metadata service", "云元数据服务"}},  // Alibaba Cloud
      {"168.63.129.16",
       {"cloud metadata service", "云元数据服务"}},  // Azure; a public address otherwise
      {"192.0.0.192", {"cloud metadata service", "云元数据服务"}},    // Oracle Cloud
      {"fd00:ec2::254", {"cloud metadata service", "云元数据服务"}},  // AWS
      {"fd20:ce::254", {"cloud metadata service", "云元数据服务"}},   // Google Cloud
      {"0.0.0.0/8", {"this network", "本网络"}},
      {"10.0.0.0/8", {"private network", "私有网络"}},
      {"100.64.0.0/10", {"shared address space", "共享地址"}},
      {"127.0.0.0/8", {"loopback", "回环地址"}},
      {"169.254.0.0/16", {"link-local", "链路本地地址"}},
      {"172.16.0.0/12", {"private network", "私有网络"}},
      {"192.0.0.0/24", {"protocol assignments", "协议专用地址"}},
      {"192.0.2.0/24", {"documentation", "文档示例地址"}},
      {"192.31.196.0/24", {"AS112", "AS112"}},
      {"192.52.193.0/24", {"AMT", "AMT"}},
      {"192.88.99.0/24", {"6to4 relay", "6to4 中继"}},
      {"192.168.0.0/16", {"private network", "私有网络"}},
      {"192.175.48.0/24", {"AS112", "AS112"}},
      {"198.18.0.0/15", {"benchmarking", "测试专用地址"}},
      {"198.51.100.0/24", {"documentation", "文档示例地址"}},
      {"203.0.113.0/24", {"documentation", "文档示例地址"}},
      {"224.0.0.0/4", {"multicast", "组播地址"}},
      {"255.255.255.255", {"broadcast", "广播地址"}},
      {"240.0.0.0/4", {"reserved", "保留地址"}},
      {"::", {"unspecified", "未指定地址"}},
      {"::1", {"loopback", "回环地址"}},
      {"::/96", {"IPv4-compatible", "IPv4 兼容地址"}},
      {"64:ff9b::/96", {"NAT64", "NAT64"}},
      {"64:ff9b:1::/48", {"NAT64", "NAT64"}},
      {"100::/64", {"discard only", "丢弃专用地址"}},
      {"2001::/32", {"Teredo", "Teredo"}},
      {"2001:db8::/32", {"documentation", "文档示例地址"}},
      {"2001::/23", {"protocol assignments", "协议专用地址"}},
      {"2002::/16", {"6to4", "6to4"}},
      {"2620:4f:8000::/48", {"AS112", "AS112"}},
      {"3fff::/20", {"documentation", "文档示例地址"}},
      {"5f00::/16", {"segment routing", "分段路由"}},
      {"fc00::/7", {"private network", "私有网络"}},
      {"fe80::/10", {"link-local", "链路本地地址"}},
      {"fec0::/10", {"site-local", "站点本地地址"}},
      {"ff00::/8", {"multicast", "组播地址"}},
  };
  std::vector<Special> ranges;
  for (const auto& [text, address] : table) {
    auto range = Cidr::parse(text);
    check(range.has_value(), "the table of special ranges is right");
    ranges.push_back({.range = *std::move(range), .address = address});
  }
  return ranges;
}

}  // namespace

const SpecialAddress* special_address(const IpAddress& address) {
  static const std::vector<Special> specials = special_ranges();
  static const Cidr global_unicast = *Cidr::parse("2000::/3");
  static constexpr SpecialAddress other = {"not global unicast", "不是全球单播地址"};
  const auto contains = [&](const Cidr& range) { return range.contains(address); };
  const auto found = std::ranges::find_if(specials, contains, &Special::range);
  if (found != specials.end()) return &found->address;
  return address.is_v4() || contains(global_unicast) ? nullptr : &other;
}

}  // namespace tidemark::http
