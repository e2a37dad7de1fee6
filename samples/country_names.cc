#include "samples/country_names.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tidemark::samples {

std::optional<std::string_view> country_code(std::string_view name) {
  static constexpr auto codes = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"Australia", "AU"},       {"Austria", "AT"},   {"Bahrain", "BH"},
      {"Belgium", "BE"},         {"Brazil", "BR"},    {"Canada", "CA"},
      {"Channel Islands", "JE"}, {"Cyprus", "CY"},    {"Czech Republic", "CZ"},
      {"Denmark", "DK"},         {"EIRE", "IE"},      {"European Community", "EU"},
      {"Finland", "FI"},         {"France", "FR"},    {"Germany", "DE"},
      {"Greece", "GR"},          {"Hong Kong", "HK"}, {"Iceland", "IS"},
      {"Israel", "IL"},          {"Italy", "IT"},     {"Japan", "JP"},
      {"Lebanon", "LB"},         {"Lithuania", "LT"}, {"Malta", "MT"},
      {"Netherlands", "NL"},     {"Norway", "NO"},    {"Poland", "PL"},
      {"Portugal", "PT"},        {"RSA", "ZA"},       {"Saudi Arabia", "SA"},
      {"Singapore", "SG"},       {"Spain", "ES"},     {"Sweden", "SE"},
      {"Switzerland", "CH"},     {"USA", "US"},       {"United Arab Emirates", "AE"},
      {"United Kingdom", "GB"},  {"Unspecified", ""},
  });
  const auto found = std::ranges::find(codes, name, &decltype(codes)::value_type::first);
  if (found == codes.end()) return std::nullopt;
  return found->second;
}

}  // namespace tidemark::samples
