#include "samples/import_code_lists.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "samples/code_lists.h"
#include "samples/reference_data.h"
#include "samples/text_file.h"

namespace tidemark::samples {
namespace {

constexpr std::size_t max_file_bytes = std::size_t{64} << 20;

sql::Value text(std::string_view value) {
  if (value.empty()) return std::monostate{};
  return std::string(value);
}

/// The files of a folder by their names; of two with one name, the first by path.
Result<std::map<std::string, std::string, std::less<>>> list_files(const std::string& folder) {
  std::map<std::string, std::string, std::less<>> files;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(error)) {
    std::string& path = files[entry->path().filename().string()];
    if (path.empty() || entry->path().string() < path) path = entry->path().string();
  }
  if (error) {
    return fail(
        error == std::errc::no_such_file_or_directory ? ErrorKind::not_found : ErrorKind::io,
        {"cannot list {}: {}", "无法列出 {}：{}"}, printable(folder), error.message());
  }
  return files;
}

class CodeListImport {
 public:
  CodeListImport(std::map<std::string, std::string, std::less<>> files,
                 const CodeListOptions& options)
      : files_(std::move(files)), options_(options) {}

  Result<void> read_all() {
    for (const auto read : {&CodeListImport::read_currencies, &CodeListImport::read_units,
                            &CodeListImport::read_untdid_lists}) {
      if (Result<void> done = (this->*read)(); !done) return done;
    }
    return {};
  }

  [[nodiscard]] bool empty() const { return tables_.empty(); }

  Result<CodeListFigures> write(sql::Connection& connection) {
    // Each table is made and found empty before the first one is filled.
    for (const auto& [table, rows] : tables_) {
      Result<void> ready =
          prepare_table(connection, table->name, create_reference_table(connection, *table),
                        options_.if_not_empty);
      if (!ready) return fail(std::move(ready));
    }
    for (auto& [table, rows] : tables_) {
      Result<std::int64_t> written = write_reference_rows(connection, *table, std::move(rows));
      if (!written) return fail(std::move(written));
      figures_.rows += *written;
    }
    return std::move(figures_);
  }

 private:
  /// The path of a list, noting that it is used; nullptr if it is not there.
  const std::string* use(std::string_view name) {
    const auto found = files_.find(name);
    if (found == files_.end()) return nullptr;
    figures_.files.push_back(found->second);
    return &found->second;
  }

  /// Takes the codes out of what a reader gave; its error names the file.
  template <class T>
  Result<std::vector<T>> taken(Result<CodeList<T>> list, const std::string& path) {
    if (!list) return fail(std::move(list.error()).within({"{}", "{}"}, printable(path)));
    figures_.withdrawn += list->withdrawn;
    return std::move(list->codes);
  }

  Result<std::vector<CurrencyCode>> currencies_from(std::string_view name) {
    const std::string* path = use(name);
    if (path == nullptr) return std::vector<CurrencyCode>{};
    if (name == "codes-all.csv") {
      Result<ByteSource> source = open_text_file(*path);
      if (!source) return fail(std::move(source));
      return taken(read_iso4217_csv(std::move(*source)), *path);
    }
    const Result<std::string> bytes = read_file(*path, max_file_bytes);
    if (!bytes) return std::unexpected(bytes.error());
    return taken(name == "table_a1.xml" ? read_iso4217_xml(*bytes) : read_gobl_currencies(*bytes),
                 *path);
  }

  Result<void> read_currencies() {
    Result<std::vector<CurrencyCode>> with_symbols = currencies_from("gobl-iso.json");
    if (!with_symbols) return fail(std::move(with_symbols));
    Result<std::vector<CurrencyCode>> list =
        currencies_from(files_.contains("table_a1.xml") ? "table_a1.xml" : "codes-all.csv");
    if (!list) return fail(std::move(list));
    std::map<std::string, std::string> symbols;
    for (const CurrencyCode& it : *with_symbols) symbols[it.code] = it.symbol;
    if (list->empty()) list = std::move(with_symbols);
    if (list->empty()) return {};

    std::vector<sql::Values>& rows = tables_[&currencies()];
    for (const CurrencyCode& it : *list) {
      sql::Value minor_units;
      if (it.minor_units) minor_units = std::int64_t{*it.minor_units};
      rows.push_back({text(it.code), text(it.name), text(chinese_name(currencies(), it.code)),
                      text(it.numeric), minor_units, text(symbols[it.code])});
    }
    figures_.codes[std::string(currencies().name)] = std::ssize(rows);
    return {};
  }

  Result<void> read_units() {
    std::vector<NamedCode> all;
    for (const std::string_view name : {"units-of-measure.csv", "package-codes.csv"}) {
      const std::string* path = use(name);
      if (path == nullptr) continue;
      Result<ByteSource> source = open_text_file(*path);
      if (!source) return fail(std::move(source));
      Result<std::vector<NamedCode>> codes =
          taken(name == "package-codes.csv" ? read_rec21_csv(std::move(*source))
                                            : read_rec20_csv(std::move(*source)),
                *path);
      if (!codes) return fail(std::move(codes));
      std::ranges::move(*codes, std::back_inserter(all));
    }
    add(units(), all);
    return {};
  }

  Result<void> read_untdid_lists() {
    const std::string* path = use("untdid.json");
    if (path == nullptr) return {};
    const Result<std::string> bytes = read_file(*path, max_file_bytes);
    if (!bytes) return std::unexpected(bytes.error());
    const std::pair<const ReferenceTable*, std::string_view> lists[] = {
        {&invoice_types(), "untdid-document-type"},
        {&tax_categories(), "untdid-tax-category"},
        {&payment_means(), "untdid-payment-means"}};
    for (const auto& [table, key] : lists) {
      const Result<std::vector<NamedCode>> codes = taken(read_untdid(*bytes, key), *path);
      if (!codes) return std::unexpected(codes.error());
      add(*table, *codes);
    }
    return {};
  }

  /// Rows for a table: once, or once for each country.
  void add(const ReferenceTable& table, const std::vector<NamedCode>& codes) {
    if (codes.empty()) return;
    std::vector<std::string> countries{""};
    if (table.by_country && !options_.countries.empty()) countries = options_.countries;
    std::vector<sql::Values>& rows = tables_[&table];
    std::set<std::string> seen;
    for (const std::string& country : countries) {
      for (const NamedCode& it : codes) {
        seen.insert(it.code);
        sql::Values row{text(it.code), text(it.name), text(chinese_name(table, it.code))};
        if (&table == &units()) row.push_back(text(it.symbol));
        if (table.by_country) row.push_back(text(country));
        rows.push_back(std::move(row));
      }
    }
    figures_.codes[std::string(table.name)] = std::ssize(seen);
  }

  std::map<std::string, std::string, std::less<>> files_;
  const CodeListOptions& options_;
  std::map<const ReferenceTable*, std::vector<sql::Values>> tables_;
  CodeListFigures figures_;
};

}  // namespace

Result<CodeListFigures> import_code_lists(sql::Connection& connection, const std::string& folder,
                                          const CodeListOptions& options) {
  auto files = list_files(folder);
  if (!files) return fail(std::move(files));
  CodeListImport import(std::move(*files), options);
  if (Result<void> read = import.read_all(); !read) return fail(std::move(read));
  if (import.empty()) {
    return fail(make_error(ErrorKind::not_found, {"no code list in {}", "{} 中没有代码表"},
                           printable(folder))
                    .with_hint({"expected are table_a1.xml, codes-all.csv, gobl-iso.json, "
                                "untdid.json, units-of-measure.csv or package-codes.csv",
                                "应有 table_a1.xml、codes-all.csv、gobl-iso.json、untdid.json、"
                                "units-of-measure.csv 或 package-codes.csv"}));
  }
  return import.write(connection);
}

}  // namespace tidemark::samples
