#include "samples/import_gobl.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "base/atomic_file.h"
#include "base/bytes.h"

namespace tidemark::samples {
namespace {

using Json = nlohmann::json;
using Path = std::filesystem::path;

constexpr std::string_view schema_front = "https://gobl.org/draft-0/";
constexpr std::size_t max_tenant_characters = 64;
constexpr std::size_t max_number_characters = 128;

/// The text of a member, empty if it is absent or no text.
std::string text_of(const Json& object, const char* member) {
  if (!object.is_object()) return {};
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const Json& member_of(const Json& object, const char* member) {
  static const Json nothing;
  if (!object.is_object()) return nothing;
  const auto found = object.find(member);
  return found != object.end() ? *found : nothing;
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::string first_characters(std::string_view text, std::size_t limit) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < limit && bytes < text.size(); ++i) {
    bytes += std::max<std::size_t>(utf8_length(text.substr(bytes)), 1);
  }
  return std::string(text.substr(0, bytes));
}

std::string tenant_of(const Json& supplier) {
  const Json& tax_id = member_of(supplier, "tax_id");
  const std::string code = text_of(tax_id, "code");
  const std::string tenant =
      code.empty() ? text_of(supplier, "name") : upper(text_of(tax_id, "country")) + code;
  return first_characters(tenant, max_tenant_characters);
}

std::string country_of(const Json& document) {
  const Json& supplier = member_of(document, "supplier");
  std::string country = text_of(member_of(supplier, "tax_id"), "country");
  const Json& addresses = member_of(supplier, "addresses");
  if (country.empty() && addresses.is_array() && !addresses.empty()) {
    country = text_of(addresses.front(), "country");
  }
  if (country.empty()) country = text_of(document, "$regime");
  return upper(std::move(country));
}

std::string number_of(const Json& document) {
  const std::string series = text_of(document, "series");
  const std::string code = text_of(document, "code");
  const std::string number = series.empty() || code.empty() ? series + code : series + '-' + code;
  return first_characters(number, max_number_characters);
}

/// Reads one document into `out` (but for id and payload). Empty if it was one, else why not.
Message read_document(const std::string& bytes, const GoblOptions& options, Invoice& out) {
  if (!is_utf8(bytes)) return say({"not UTF-8", "不是 UTF-8"});
  const Json file = Json::parse(bytes, nullptr, /*allow_exceptions=*/false);
  if (file.is_discarded()) return say({"not JSON", "不是 JSON"});
  const bool envelope = text_of(file, "$schema").ends_with("/envelope");
  const Json& document = envelope ? member_of(file, "doc") : file;
  std::string_view schema = "";
  const std::string named = text_of(document, "$schema");
  schema = named;
  if (schema.empty()) return say({"not a GOBL document", "不是 GOBL 文档"});
  if (schema.starts_with(schema_front)) schema.remove_prefix(schema_front.size());
  if (schema != "bill/invoice") {
    return say({"{}, not an invoice", "{}，不是发票"}, printable(schema));
  }
  const std::optional<CivilTime> date = CivilTime::parse(text_of(document, "issue_date"));
  if (!date) return say({"no issue date", "没有开票日期"});

  out.tenant = tenant_of(member_of(document, "supplier"));
  if (out.tenant.empty()) out.tenant = options.no_tenant;
  out.country.reset();
  if (std::string country = country_of(document); !country.empty()) {
    out.country = first_characters(country, 32);
  }
  out.issue_date = *date;
  out.update_time = options.update_time.value_or(*date);
  out.number = number_of(document);
  out.status = 3;
  return {};
}

}  // namespace

Result<GoblInvoices> GoblInvoices::open(const std::string& folder, GoblOptions options) {
  std::error_code error;
  std::error_code ignored;  // What is there but cannot be read is reported when it is read.
  std::vector<std::string> paths;
  std::filesystem::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(error)) {
    if (entry->path().extension() == ".json" && !entry->is_directory(ignored)) {
      paths.push_back(entry->path().string());
    }
  }
  if (error) {
    return fail(
        error == std::errc::no_such_file_or_directory ? ErrorKind::not_found : ErrorKind::io,
        {"cannot list {}: {}", "无法列出 {}：{}"}, printable(folder), error.message());
  }
  std::ranges::sort(paths);
  return GoblInvoices(std::move(paths), std::move(options));
}

Result<bool> GoblInvoices::next(Invoice& out) {
  while (at_ < paths_.size()) {
    const std::string& path = paths_[at_++];
    Result<std::string> bytes = read_file(path, max_file_bytes);
    const Message reason =
        bytes ? read_document(*bytes, options_, out) : std::move(bytes).error().what;
    if (!reason.empty()) {
      figures_.skipped.push_back({path, reason});
      continue;
    }
    if (out.number.empty()) {
      ++figures_.without_number;
      out.number = first_characters(Path(path).stem().string(), max_number_characters);
    }
    out.id = options_.first_id + figures_.invoices++;
    out.payload = std::move(*bytes);
    return true;
  }
  return false;
}

}  // namespace tidemark::samples
