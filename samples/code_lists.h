#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "samples/csv_reader.h"

namespace tidemark::samples {

/// A currency of ISO 4217.
struct CurrencyCode {
  std::string code;
  std::string name;
  std::string numeric;
  std::optional<int> minor_units;  ///< nullopt where the standard says N.A. (gold, test codes).
  std::string symbol;
};

/// A code of any other list.
struct NamedCode {
  std::string code;
  std::string name;
  std::string symbol;
};

/// Codes read, and those left out because their list has withdrawn them.
template <class T>
struct CodeList {
  std::vector<T> codes;
  std::int64_t withdrawn = 0;
};

/// ISO 4217 table A.1 as the maintenance agency publishes it (XML, `ISO_4217`). A currency stands
/// there once for each country; it is kept once. Entities without a currency are passed over.
/// Errors of all readers: corrupt, naming the place.
[[nodiscard]] Result<CodeList<CurrencyCode>> read_iso4217_xml(std::string_view xml);

/// The same as CSV (Entity, Currency, AlphabeticCode, NumericCode, MinorUnit, WithdrawalDate).
[[nodiscard]] Result<CodeList<CurrencyCode>> read_iso4217_csv(ByteSource source);

/// GOBL's list of currencies (JSON), which has symbols.
[[nodiscard]] Result<CodeList<CurrencyCode>> read_gobl_currencies(std::string_view json);

/// UN/ECE Recommendation 20 (Status, CommonCode, Name, …, Symbol, …): deleted (X) and deprecated
/// (D) codes are left out.
[[nodiscard]] Result<CodeList<NamedCode>> read_rec20_csv(ByteSource source);

/// UN/ECE Recommendation 21, packages (Status, Code, Name, …): as units of an invoice they are
/// written with `X` in front.
[[nodiscard]] Result<CodeList<NamedCode>> read_rec21_csv(ByteSource source);

/// One list of GOBL's UNTDID catalogue (JSON): `untdid-document-type`, `untdid-payment-means`,
/// `untdid-tax-category`.
[[nodiscard]] Result<CodeList<NamedCode>> read_untdid(std::string_view json, std::string_view key);

}  // namespace tidemark::samples
