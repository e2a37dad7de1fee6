#pragma once

#include <string_view>

#include "http/ip_address.h"

namespace tidemark::http {

/// What an address is that is no usual one of the Internet, in both languages.
struct SpecialAddress {
  std::string_view en;
  std::string_view zh;
};

/// By the registries that AddressPolicy names. Null: a usual one. What it points to stays.
[[nodiscard]] const SpecialAddress* special_address(const IpAddress& address);

}  // namespace tidemark::http
