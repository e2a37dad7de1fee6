#include "samples/change.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

#include "base/random.h"
#include "samples/invoice_generator.h"
#include "samples/lifelike.h"
#include "samples/schema.h"

namespace tidemark::samples {
namespace {

struct Row {
  std::int64_t id = 0;
  std::string tenant;
  std::string country;
  std::string payload;
};

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// One transaction of changes.
class Changer {
 public:
  Changer(sql::Connection& connection, const ChangeOptions& options)
      : connection_(connection),
        options_(options),
        table_(connection.quoted(options.table)),
        random_(options.seed) {}

  Result<Changes> run() {
    if (Result<void> ready = fix_stamp(); !ready) return fail(std::move(ready));
    if (Result<void> known = find_range(); !known) return fail(std::move(known));
    for (std::int64_t i = 0; i < options_.update; ++i) {
      if (Result<bool> done = update_one(); !done || !*done) return end(done);
    }
    for (std::int64_t i = 0; i < options_.void_count; ++i) {
      if (Result<bool> done = void_one(); !done || !*done) return end(done);
    }
    for (std::int64_t i = 0; i < options_.move; ++i) {
      if (Result<bool> done = move_one(i); !done || !*done) return end(done);
    }
    return end(true);
  }

 private:
  /// Adds what is to be added: also when the issued invoices ran out before.
  Result<Changes> end(Result<bool> changed) {
    if (!changed) return fail(std::move(changed));
    if (Result<void> added = add_all(); !added) return fail(std::move(added));
    return std::move(changes_);
  }

  Result<void> fix_stamp() {
    Result<sql::Table> table = connection_.describe(options_.table);
    if (!table) return fail(std::move(table));
    const sql::Column* column = table->column("fupdate_time");
    if (column == nullptr) {
      return fail(ErrorKind::not_found, {"{} has no column fupdate_time", "{} 没有列 fupdate_time"},
                  options_.table);
    }
    decimals_ = column->decimals;
    CivilTime stamp;
    if (options_.stamp) {
      stamp = *options_.stamp;
    } else {
      Result<CivilTime> now = connection_.now();
      if (!now) return fail(std::move(now));
      stamp = *now;
    }
    changes_.stamp = stamp.floor_to(decimals_);
    stamp_text_ = changes_.stamp.text(decimals_);
    return {};
  }

  Result<void> find_range() {
    Result<std::optional<std::string>> last =
        sql::query_value(connection_, "SELECT MAX(fid) FROM " + table_);
    if (!last) return fail(std::move(last));
    last_id_ = last->has_value() ? number(**last) : 0;
    Result<std::optional<std::string>> first =
        sql::query_value(connection_, "SELECT MIN(fid) FROM " + table_);
    if (!first) return fail(std::move(first));
    first_id_ = first->has_value() ? number(**first) : 0;
    return {};
  }

  /// The first issued invoice from a random place on that was not picked yet; beyond the last one
  /// the search begins again at the first. nullopt: there is none.
  Result<std::optional<Row>> pick() {
    const auto span = static_cast<std::uint64_t>(last_id_ - first_id_) + 1;
    const std::int64_t start = first_id_ + static_cast<std::int64_t>(random_.below(span));
    Result<std::optional<Row>> row = pick_between(start, last_id_);
    if (!row || row->has_value()) return row;
    return pick_between(first_id_, start - 1);
  }

  Result<std::optional<Row>> pick_between(std::int64_t from, std::int64_t upto) {
    while (from <= upto) {
      const auto used = picked_.lower_bound(from);
      if (used != picked_.end() && *used == from) {
        ++from;
        continue;
      }
      Result<std::optional<Row>> row = read_one(from, upto);
      if (!row || !row->has_value()) return row;
      if (picked_.insert((*row)->id).second) return row;
      from = (*row)->id + 1;
    }
    return std::nullopt;
  }

  Result<std::optional<Row>> read_one(std::int64_t from, std::int64_t upto) {
    const sql::Value params[] = {from, upto};
    Result<std::unique_ptr<sql::Cursor>> cursor = connection_.query(
        "SELECT fid, ftenant_id, fcountry, fext_field FROM " + table_ +
            " WHERE fid >= ? AND fid <= ? AND fissue_status = 3 AND fext_field IS NOT NULL"
            " ORDER BY fid LIMIT 1",
        params);
    if (!cursor) return fail(std::move(cursor));
    Result<bool> any = (*cursor)->next();
    if (!any) return fail(std::move(any));
    if (!*any) return std::nullopt;
    return Row{.id = number((*cursor)->at(0).value_or("0")),
               .tenant = std::string((*cursor)->at(1).value_or("")),
               .country = std::string((*cursor)->at(2).value_or("")),
               .payload = std::string((*cursor)->at(3).value_or(""))};
  }

  Result<bool> set(std::int64_t id, std::string_view column, sql::Value value) {
    const sql::Value params[] = {std::move(value), stamp_text_, id};
    Result<std::int64_t> done = connection_.execute(
        fmt::format("UPDATE {} SET {} = ?, fupdate_time = ? WHERE fid = ?", table_, column),
        params);
    if (!done) return fail(std::move(done));
    return true;
  }

  Result<bool> update_one() {
    Result<std::optional<Row>> row = pick();
    if (!row) return fail(std::move(row));
    if (!row->has_value()) return false;
    changes_.updated.push_back((*row)->id);
    return set((*row)->id, "fext_field", amended((*row)->payload, changes_.stamp));
  }

  Result<bool> void_one() {
    Result<std::optional<Row>> row = pick();
    if (!row) return fail(std::move(row));
    if (!row->has_value()) return false;
    changes_.voided.push_back((*row)->id);
    return set((*row)->id, "fissue_status", std::int64_t{4});
  }

  Result<bool> move_one(std::int64_t turn) {
    Result<std::optional<Row>> row = pick();
    if (!row) return fail(std::move(row));
    if (!row->has_value()) return false;
    changes_.moved.push_back((*row)->id);
    if (turn % 2 == 1) {
      const std::size_t at = random_.below(countries().size());
      std::string_view to = countries()[at].code;
      if (to == (*row)->country) to = countries()[(at + 1) % countries().size()].code;
      return set((*row)->id, "fcountry", std::string(to));
    }
    Result<std::string> to = other_tenant((*row)->tenant);
    if (!to) return fail(std::move(to));
    return set((*row)->id, "ftenant_id", std::move(*to));
  }

  /// A tenant of the table, or a new one when chance finds no other.
  Result<std::string> other_tenant(const std::string& tenant) {
    constexpr int attempts = 8;
    for (int i = 0; i < attempts; ++i) {
      const auto span = static_cast<std::uint64_t>(last_id_ - first_id_) + 1;
      Result<std::optional<Row>> row =
          read_one(first_id_ + static_cast<std::int64_t>(random_.below(span)), last_id_);
      if (!row) return fail(std::move(row));
      if (row->has_value() && (*row)->tenant != tenant) return (*row)->tenant;
    }
    return tenant == "moved" ? "moved-2" : "moved";
  }

  Result<void> add_all() {
    if (options_.add == 0) return {};
    const InvoiceGenerator generator({.seed = options_.seed, .count = options_.add});
    std::string sql = "INSERT INTO " + table_ + " (";
    std::string holes;
    for (const std::string& column : invoice_columns()) {
      sql += (holes.empty() ? "" : ", ") + column;
      holes += holes.empty() ? "?" : ", ?";
    }
    sql += ") VALUES (" + holes + ")";
    Invoice invoice;
    sql::Values row;
    for (std::int64_t i = 0; i < options_.add; ++i) {
      generator.make_at(last_id_ + i, changes_.stamp, invoice);
      to_row(invoice, decimals_, row);
      Result<std::int64_t> done = connection_.execute(sql, row);
      if (!done) return fail(std::move(done));
      changes_.added.push_back(invoice.id);
    }
    return {};
  }

  sql::Connection& connection_;
  const ChangeOptions& options_;
  std::string table_;
  SeededRandom random_;
  int decimals_ = 0;
  std::string stamp_text_;
  std::int64_t first_id_ = 0;
  std::int64_t last_id_ = 0;
  std::set<std::int64_t> picked_;
  Changes changes_;
};

}  // namespace

std::string amended(const std::string& payload, CivilTime at) {
  static constexpr std::string_view mark = R"("amended":{"revision":)";
  const std::size_t open = payload.find_first_not_of(" \t\r\n");
  const std::size_t close = payload.find_last_not_of(" \t\r\n");
  if (open == std::string::npos || payload[open] != '{' || payload[close] != '}') return payload;

  std::string_view kept = std::string_view(payload).substr(0, close);
  std::int64_t revision = 1;
  // Only what this function wrote itself is recognised: the mark, digits, a time, two braces.
  const std::size_t tail = sizeof(R"(,"at":"2025-01-01 00:00:00"})") - 1;
  if (const std::size_t before = kept.rfind(mark); before != std::string_view::npos) {
    const std::string_view rest = kept.substr(before + mark.size());
    const auto digits = static_cast<std::size_t>(
        std::ranges::find_if_not(rest, [](char c) { return c >= '0' && c <= '9'; }) - rest.begin());
    if (digits > 0 && rest.size() == digits + tail) {
      revision = number(rest.substr(0, digits)) + 1;
      kept = kept.substr(0, before);
      if (kept.ends_with(',')) kept.remove_suffix(1);
    }
  }
  const bool first = kept.find_last_not_of(" \t\r\n") == open;
  return fmt::format(R"({}{}{}{},"at":"{}"}}{})", kept, first ? "" : ",", mark, revision, at.text(),
                     std::string_view(payload).substr(close));
}

Result<Changes> change(sql::Connection& connection, const ChangeOptions& options) {
  if (std::min({options.update, options.add, options.void_count, options.move}) < 0) {
    return fail(ErrorKind::usage, {"a number of rows is negative", "行数不能为负"});
  }
  if (Result<void> begun = connection.begin(sql::Isolation::write); !begun) {
    return fail(std::move(begun));
  }
  Result<Changes> changes = Changer(connection, options).run();
  if (!changes) {
    connection.rollback();
    return changes;
  }
  if (Result<void> committed = connection.commit(); !committed) return fail(std::move(committed));
  return changes;
}

}  // namespace tidemark::samples
