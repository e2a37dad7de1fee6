#include "http/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/parse_integer.h"

namespace tidemark::http {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

[[nodiscard]] std::unexpected<Error> refuse_range(std::string_view text, Message reason) {
  return std::unexpected(
      Error{.kind = ErrorKind::invalid_config,
            .what = {.en = "\"" + printable(text) + "\" is not a range of addresses: " + reason.en,
                     .zh = "\"" + printable(text) + "\" 不是地址段：" + reason.zh}}
          .with_hint({"write it as 10.0.0.0/8 or fd00::/8", "请写成 10.0.0.0/8 或 fd00::/8"}));
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.contains('\0')) return std::nullopt;
  const std::string terminated(text);
  IpAddress address;
  if (::inet_pton(AF_INET, terminated.c_str(), address.bytes_.data()) == 1) {
    address.v4_ = true;
    return address;
  }
  if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) != 1) return std::nullopt;
  return address.unmapped();
}

std::optional<IpAddress> IpAddress::of(const sockaddr* address, std::size_t length) {
  IpAddress result;
  if (length < sizeof(address->sa_family)) return std::nullopt;
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof(v4));
    std::memcpy(result.bytes_.data(), &v4.sin_addr, sizeof(v4.sin_addr));
    result.v4_ = true;
    return result;
  }
  if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof(v6));
    std::memcpy(result.bytes_.data(), &v6.sin6_addr, sizeof(v6.sin6_addr));
    return result.unmapped();
  }
  return std::nullopt;
}

IpAddress IpAddress::unmapped() const {
  if (!std::equal(mapped_prefix.begin(), mapped_prefix.end(), bytes_.begin())) return *this;
  IpAddress v4;
  std::copy(bytes_.begin() + mapped_prefix.size(), bytes_.end(), v4.bytes_.begin());
  v4.v4_ = true;
  return v4;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  ::inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), buffer.data(), buffer.size());
  return buffer.data();
}

IpAddress IpAddress::masked(unsigned prefix) const {
  IpAddress result = *this;
  for (unsigned bit = prefix; bit < result.bytes_.size() * 8; ++bit)
    result.bytes_[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
  return result;
}

Result<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address)
    return refuse_range(text, {.en = "no IPv4 or IPv6 address", .zh = "没有 IPv4 或 IPv6 地址"});
  if (slash == text.size()) return Cidr{.network = *address, .prefix = address->bits()};
  const auto prefix = parse_integer<unsigned>(text.substr(slash + 1));
  // A mapped range is one of IPv4, whose prefix counts from bit 96.
  const bool mapped = address->is_v4() && text.contains(':');
  const unsigned lowest = mapped ? 96 : 0;
  const unsigned highest = mapped ? 128 : address->bits();
  if (!prefix || *prefix < lowest || *prefix > highest)
    return refuse_range(
        text, say({"the prefix must be a number from {} to {}", "前缀长度须为 {} 到 {}"}, lowest,
                  highest));
  const Cidr range{.network = *address, .prefix = *prefix - lowest};
  if (!range.contains(*address) || address->masked(range.prefix) != *address) {
    const Cidr meant{.network = address->masked(range.prefix), .prefix = range.prefix};
    return refuse_range(text, say({"bits are set behind the prefix; {} was meant, or a longer one",
                                   "前缀之后还有非零位；应为 {} 或更长的前缀"},
                                  meant.text()));
  }
  return range;
}

std::string Cidr::text() const { return network.text() + "/" + std::to_string(prefix); }

}  // namespace tidemark::http
