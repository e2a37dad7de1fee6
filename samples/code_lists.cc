#include "samples/code_lists.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "base/bytes.h"

namespace tidemark::samples {
namespace {

using Json = nlohmann::json;

std::optional<int> small_number(std::string_view text) {
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || value < 0) {
    return std::nullopt;
  }
  return value;
}

/// Reads a CSV whose header has all of `names` and calls `take` with the fields of each record in
/// that order.
template <class Take>
Result<void> for_each_record(ByteSource source, std::span<const std::string_view> names,
                             const Take& take) {
  CsvReader csv(std::move(source));
  Result<bool> more = csv.next();
  if (!more) return fail(std::move(more));
  std::vector<std::size_t> columns;
  for (const std::string_view name : names) {
    const auto found = std::ranges::find(csv.fields(), name);
    if (!*more || found == csv.fields().end()) {
      return fail(ErrorKind::corrupt, {"the header lacks the column {}", "表头缺少列 {}"}, name);
    }
    columns.push_back(static_cast<std::size_t>(found - csv.fields().begin()));
  }
  while (true) {
    more = csv.next();
    if (!more) return fail(std::move(more));
    if (!*more) return {};
    std::vector<std::string> fields;
    for (const std::size_t column : columns) {
      if (column >= csv.fields().size() || !is_utf8(csv.fields()[column])) {
        return fail(ErrorKind::corrupt,
                    {"line {}: a field is missing or not UTF-8", "第 {} 行：缺少字段或不是 UTF-8"},
                    csv.line());
      }
      fields.push_back(csv.fields()[column]);
    }
    if (Result<void> taken = take(fields, csv.line()); !taken) return taken;
  }
}

/// The text of a member, empty if it is absent or no text.
std::string text_of(const Json& object, const char* member) {
  if (!object.is_object()) return {};
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<Json> parse(std::string_view text) {
  Json json = is_utf8(text) ? Json::parse(text, nullptr, /*allow_exceptions=*/false)
                            : Json(Json::value_t::discarded);
  if (json.is_discarded()) return fail(ErrorKind::corrupt, {"not JSON", "不是 JSON"});
  return json;
}

}  // namespace

Result<CodeList<CurrencyCode>> read_iso4217_csv(ByteSource source) {
  static constexpr std::string_view names[] = {"AlphabeticCode", "Currency", "NumericCode",
                                               "MinorUnit", "WithdrawalDate"};
  CodeList<CurrencyCode> list;
  std::set<std::string> seen;
  Result<void> read = for_each_record(
      std::move(source), names,
      [&](const std::vector<std::string>& fields, std::int64_t line) -> Result<void> {
        if (fields[0].empty()) return {};
        if (!fields[4].empty()) {
          ++list.withdrawn;
          return {};
        }
        if (!seen.insert(fields[0]).second) return {};
        const std::optional<int> units = small_number(fields[3]);
        if (!units && fields[3] != "-" && fields[3] != "N.A.") {
          return fail(ErrorKind::corrupt,
                      {"line {}: not a number of minor units: {}", "第 {} 行：小数位数无效：{}"},
                      line, printable(fields[3]));
        }
        list.codes.push_back({fields[0], fields[1], fields[2], units, {}});
        return {};
      });
  if (!read) return fail(std::move(read));
  return list;
}

Result<CodeList<CurrencyCode>> read_gobl_currencies(std::string_view text) {
  const Result<Json> json = parse(text);
  if (!json) return std::unexpected(json.error());
  if (!json->is_array()) {
    return fail(ErrorKind::corrupt, {"not a list of currencies", "不是货币列表"});
  }
  CodeList<CurrencyCode> list;
  for (const Json& entry : *json) {
    CurrencyCode currency{.code = text_of(entry, "iso_code"),
                          .name = text_of(entry, "name"),
                          .numeric = text_of(entry, "iso_numeric"),
                          .minor_units = {},
                          .symbol = text_of(entry, "symbol")};
    if (currency.code.empty()) {
      return fail(ErrorKind::corrupt, {"a currency without iso_code", "有货币缺少 iso_code"});
    }
    if (entry.contains("subunits") && entry["subunits"].is_number_unsigned()) {
      currency.minor_units = small_number(entry["subunits"].dump());
    }
    list.codes.push_back(std::move(currency));
  }
  return list;
}

Result<CodeList<NamedCode>> read_rec20_csv(ByteSource source) {
  static constexpr std::string_view names[] = {"Status", "CommonCode", "Name", "Symbol"};
  CodeList<NamedCode> list;
  Result<void> read =
      for_each_record(std::move(source), names,
                      [&](const std::vector<std::string>& fields, std::int64_t) -> Result<void> {
                        if (fields[0] == "X" || fields[0] == "D") {
                          ++list.withdrawn;
                        } else {
                          list.codes.push_back({fields[1], fields[2], fields[3]});
                        }
                        return {};
                      });
  if (!read) return fail(std::move(read));
  return list;
}

Result<CodeList<NamedCode>> read_rec21_csv(ByteSource source) {
  static constexpr std::string_view names[] = {"Status", "Code", "Name"};
  CodeList<NamedCode> list;
  Result<void> read =
      for_each_record(std::move(source), names,
                      [&](const std::vector<std::string>& fields, std::int64_t) -> Result<void> {
                        if (fields[0] == "X" || fields[0] == "D") {
                          ++list.withdrawn;
                        } else {
                          list.codes.push_back({"X" + fields[1], fields[2], {}});
                        }
                        return {};
                      });
  if (!read) return fail(std::move(read));
  return list;
}

Result<CodeList<NamedCode>> read_untdid(std::string_view text, std::string_view key) {
  const Result<Json> json = parse(text);
  if (!json) return std::unexpected(json.error());
  if (json->is_object() && json->contains("extensions") && (*json)["extensions"].is_array()) {
    for (const Json& extension : (*json)["extensions"]) {
      if (text_of(extension, "key") != key || !extension.contains("values")) continue;
      CodeList<NamedCode> list;
      for (const Json& value : extension["values"]) {
        const std::string code = text_of(value, "code");
        if (code.empty()) {
          return fail(ErrorKind::corrupt, {"{}: a value without code", "{}：有值缺少 code"}, key);
        }
        const std::string name =
            value.contains("name") ? text_of(value["name"], "en") : std::string();
        list.codes.push_back({code, name, {}});
      }
      return list;
    }
  }
  return fail(ErrorKind::corrupt, {"has no list {}", "缺少列表 {}"}, key);
}

}  // namespace tidemark::samples
