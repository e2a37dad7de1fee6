#include "export/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "export/content_hash.h"
#include "export/path_clean.h"
#include "export/reference_json.h"
#include "export/tree_recovery.h"

namespace tidemark::exporter {
namespace {

using sql::Dialect;
namespace fs = std::filesystem;

/// Files may have grown under older versions; what is larger counts as different.
constexpr std::size_t compared_bytes_max = std::size_t{256} << 20;

/// An expression that orders by bytes, whatever the column's collation.
std::string by_bytes(Dialect dialect, const std::string& expression) {
  switch (dialect) {
    case Dialect::sqlite:
      return "CAST(" + expression + " AS BLOB)";
    case Dialect::mysql:
      return "CAST(" + expression + " AS BINARY)";
    case Dialect::postgres:
      return "CAST(" + expression + R"( AS text) COLLATE "C")";
  }
  return expression;
}

Result<void> make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return {};
  return fail(error == std::errc::no_space_on_device ? ErrorKind::no_space : ErrorKind::io,
              {"cannot create {}: {}", "无法创建 {}：{}"}, printable(folder.string()),
              error.message());
}

/// Exports one table.
class ListExport {
 public:
  ListExport(sql::Connection& connection, const ReferenceOptions& options,
             const ReferenceList& list, ReferenceSummary& summary, ReferenceSummary::List& report)
      : connection_(connection),
        options_(options),
        list_(list),
        summary_(summary),
        report_(report) {}

  Result<void> run(const Stop& stop) {
    if (Result<void> known = choose_columns(); !known) return known;
    Result<std::unique_ptr<sql::Cursor>> rows = connection_.query(query());
    if (!rows) return fail(std::move(rows));
    bool any = false;
    while (true) {
      if (stop.requested()) {
        summary_.stopped = true;
        return {};
      }
      Result<bool> more = (*rows)->next();
      if (!more) return fail(std::move(more));
      if (!*more) break;
      std::string country((*rows)->at(columns_.size()).value_or(""));
      if (any && country != country_) {
        if (Result<void> done = finish_file(); !done) return done;
      }
      any = true;
      country_ = std::move(country);
      if (Result<void> added = add_row(**rows); !added) return added;
    }
    if (any || list_.country_column.empty()) {
      if (Result<void> done = finish_file(); !done) return done;
    }
    if (!list_.country_column.empty()) find_stale();
    return {};
  }

 private:
  Result<void> choose_columns() {
    Result<sql::Table> table = connection_.describe(list_.table);
    if (!table) return fail(std::move(table));
    const auto column = [&](const std::string& name) -> Result<sql::Column> {
      if (const sql::Column* found = table->column(name)) return *found;
      return fail(ErrorKind::not_found, {"table {} has no column {}", "表 {} 没有列 {}"},
                  list_.table, name);
    };
    if (list_.columns.empty()) columns_ = table->columns;
    for (const std::string& name : list_.columns) {
      Result<sql::Column> found = column(name);
      if (!found) return fail(std::move(found));
      columns_.push_back(std::move(*found));
    }
    if (!list_.country_column.empty()) {
      if (Result<sql::Column> found = column(list_.country_column); !found) {
        return fail(std::move(found));
      }
    }
    for (const std::string& name : list_.order) {
      if (Result<sql::Column> found = column(name); !found) return fail(std::move(found));
    }
    return {};
  }

  /// All columns, then the country, ordered so that each country's rows stand together.
  [[nodiscard]] std::string query() const {
    const Dialect dialect = connection_.dialect();
    std::string select;
    for (const sql::Column& column : columns_) select += connection_.quoted(column.name) + ", ";
    std::string order;
    if (list_.country_column.empty()) {
      select += "NULL";
    } else {
      const std::string country =
          fmt::format("COALESCE({}, '')", connection_.quoted(list_.country_column));
      select += country;
      order = by_bytes(dialect, country);
    }
    for (const std::string& name : list_.order) {
      if (!order.empty()) order += ", ";
      order += by_bytes(dialect, connection_.quoted(name));
    }
    return fmt::format("SELECT {} FROM {}{}{}", select, connection_.quoted(list_.table),
                       order.empty() ? "" : " ORDER BY ", order);
  }

  Result<void> add_row(const sql::Cursor& row) {
    content_ += content_.empty() ? "[\n  {" : ",\n  {";
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      content_ += i == 0 ? "\n    " : ",\n    ";
      append_reference_text(content_, columns_[i].name);
      content_ += ": ";
      if (Result<void> added = append_json_value(content_, columns_[i], row.at(i)); !added) {
        return fail(std::move(added.error())
                        .within({"{}, row {}", "{}，第 {} 行"}, list_.table, report_.rows + 1));
      }
    }
    content_ += "\n  }";
    ++report_.rows;
    return {};
  }

  Result<void> finish_file() {
    content_ += content_.empty() ? "[]\n" : "\n]\n";
    const std::string file = file_name();
    report_.files.push_back(file);
    const fs::path path = fs::path(options_.output_dir) / file;
    const Result<std::string> held = read_file(path.string(), compared_bytes_max);
    if (held && *held == content_) {
      ++report_.unchanged;
    } else {
      if (!options_.dry_run) {
        if (Result<void> made = make_folders(path.parent_path()); !made) return made;
        clear(path.parent_path().string());
        if (Result<void> done = write_file_atomically(path.string(), content_); !done) return done;
      }
      ++report_.written;
    }
    content_.clear();
    return {};
  }

  /// Of what a killed run left. Another run may be writing there now.
  void clear(const std::string& folder) {
    constexpr std::chrono::hours longest_run{24};
    if (cleared_.insert(folder).second) remove_temporary_files(folder, longest_run);
  }

  /// Where the rows of the current country go. Two countries never share a file, nor do names that
  /// differ only in case.
  std::string file_name() {
    if (list_.country_column.empty()) return list_.path;
    std::string name = country_.empty() ? options_.no_country_name : clean_component(country_);
    const bool reserved =
        !country_.empty() && fold_case(name) == fold_case(options_.no_country_name);
    if (reserved || !taken_.insert(fold_case(name)).second) {
      const std::string before = name;
      name += '~' + short_hash(country_);
      taken_.insert(fold_case(name));
      summary_.warnings.push_back(say({"{}: country {} goes to {}.json, since {}.json is another's",
                                       "{}：国家 {} 写入 {}.json，因为 {}.json 已属于另一个"},
                                      list_.table, printable(country_), name, before));
    }
    return list_.path + '/' + name + ".json";
  }

  /// Country files of earlier runs. A folder that cannot be listed has none to tell of.
  void find_stale() {
    std::error_code error;
    const std::set<std::string> current(report_.files.begin(), report_.files.end());
    for (fs::directory_iterator entry(fs::path(options_.output_dir) / list_.path, error);
         !error && entry != fs::directory_iterator(); entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      const std::string file = list_.path + '/' + name;
      if (entry->path().extension() == ".json" && !is_temporary_name(name) &&
          !current.contains(file)) {
        report_.stale.push_back(file);
      }
    }
    std::ranges::sort(report_.stale);
  }

  sql::Connection& connection_;
  const ReferenceOptions& options_;
  const ReferenceList& list_;
  ReferenceSummary& summary_;
  ReferenceSummary::List& report_;
  std::vector<sql::Column> columns_;
  std::string country_;
  std::string content_;
  std::set<std::string> taken_;
  std::set<std::string> cleared_;
};

template <class Field>
std::int64_t sum(const std::vector<ReferenceSummary::List>& lists, const Field& field) {
  std::int64_t total = 0;
  for (const ReferenceSummary::List& list : lists) total += field(list);
  return total;
}

}  // namespace

std::int64_t ReferenceSummary::rows() const {
  return sum(lists, [](const List& list) { return list.rows; });
}
std::int64_t ReferenceSummary::files_written() const {
  return sum(lists, [](const List& list) { return list.written; });
}
std::int64_t ReferenceSummary::files_unchanged() const {
  return sum(lists, [](const List& list) { return list.unchanged; });
}
std::int64_t ReferenceSummary::files_stale() const {
  return sum(lists, [](const List& list) { return std::ssize(list.stale); });
}
std::int64_t ReferenceSummary::lists_failed() const {
  return sum(lists, [](const List& list) { return list.error ? 1 : 0; });
}

std::vector<ReferenceList> default_reference_lists() {
  const auto by_country = [](std::string table, std::string path) {
    return ReferenceList{.table = std::move(table),
                         .columns = {},
                         .path = std::move(path),
                         .country_column = "country_code",
                         .order = {"code"}};
  };
  const auto global = [](std::string table, std::string path) {
    return ReferenceList{.table = std::move(table),
                         .columns = {},
                         .path = std::move(path),
                         .country_column = {},
                         .order = {"code"}};
  };
  return {global("t_currency", "global/currencies.json"),
          global("t_invoice_type", "global/invoice-types.json"),
          by_country("t_uom_code", "codes/uom-codes"),
          by_country("t_tax_category_code", "codes/tax-category-codes"),
          by_country("t_payment_means", "codes/payment-means")};
}

Result<ReferenceSummary> export_reference(sql::Connection& connection,
                                          const ReferenceOptions& options, const Stop& stop) {
  ReferenceSummary summary;
  for (const ReferenceList& list : options.lists) {
    if (stop.requested()) summary.stopped = true;
    if (summary.stopped) break;
    // A snapshot each: on PostgreSQL a refused statement spoils its whole transaction.
    if (Result<void> begun = connection.begin(sql::Isolation::snapshot); !begun) {
      return fail(std::move(begun));
    }
    ReferenceSummary::List report{.table = list.table, .files = {}, .stale = {}, .error = {}};
    Result<void> done = ListExport(connection, options, list, summary, report).run(stop);
    connection.rollback();
    if (!done) {
      const ErrorKind kind = done.error().kind;
      if (kind == ErrorKind::unreachable || kind == ErrorKind::timeout ||
          kind == ErrorKind::no_space) {
        return fail(std::move(done));
      }
      report.error = std::move(done.error());
    }
    summary.lists.push_back(std::move(report));
  }
  return summary;
}

}  // namespace tidemark::exporter
