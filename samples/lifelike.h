#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tidemark::samples {

/// Something to be sold. All texts here stand in JSON as they are: nothing needs an escape.
struct Goods {
  std::string_view name;
  std::string_view code;
  std::string_view unit;     ///< UN/ECE Rec 20.
  bool divisible = false;    ///< Sold by weight or time: quantities have decimals.
  std::uint32_t price_from;  ///< In hundredths of the currency (of 1 where it has no decimals).
  std::uint32_t price_until;
};

/// Names of a language area.
struct Words {
  std::span<const std::string_view> company_stems;
  std::span<const std::string_view> company_ends;
  std::span<const std::string_view> family_names;
  std::span<const std::string_view> given_names;
  std::span<const std::string_view> cities;
  std::span<const std::string_view> streets;
  std::span<const std::string_view> remarks;
  std::span<const Goods> goods;
  bool family_name_first = false;  ///< And without a blank.
};

/// How invoices of a country look.
struct Country {
  std::string_view code;
  std::uint32_t weight;
  std::string_view currency;
  int minor_units;
  std::span<const std::uint32_t> tax_rates;  ///< In hundredths of a percent; the first is usual.
  std::string_view tax_id_front;
  int tax_id_digits;
  std::string_view number_front;   ///< What stands before the year in an invoice number.
  std::string_view number_middle;  ///< What stands between year and serial number.
  int serial_digits;
  const Words* words;
};

[[nodiscard]] std::span<const Country> countries();

}  // namespace tidemark::samples
