#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace tidemark::exporter {

/// What a summary says about a name in --tenant or --country that no row has: it is most likely
/// misspelt, and a run that finds nothing would look like one that has nothing to do.
[[nodiscard]] Message no_rows_of_tenant(std::string_view tenant);
[[nodiscard]] Message no_rows_of_country(std::string_view country);
/// Where both are given, each name may well have rows, only none that are of both.
[[nodiscard]] Message no_rows_of_both(const std::vector<std::string>& tenants,
                                      const std::vector<std::string>& countries);

/// Of a full export into a packed tree that did not read all: it adds where others replace.
[[nodiscard]] Message kept_parts_of_some(std::uint64_t parts, const std::string& output);

}  // namespace tidemark::exporter
