#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "export/source_table.h"

namespace tidemark::exporter {

/// Tenants or groups named in one statement: at most seven parameters each.
constexpr std::size_t entries_per_batch = 2000;

/// Gathers the text and the parameters of one statement. For SourceTable alone.
class SourceTable::Builder {
 public:
  explicit Builder(const SourceTable& table) : table_(table) {}

  Builder& text(std::string_view part) {
    statement_.sql += part;
    return *this;
  }
  Builder& param(sql::Value value) {
    statement_.params.push_back(std::move(value));
    return *this;
  }
  Builder& joined(const std::vector<std::string>& parts, std::string_view between);
  Statement take() { return std::move(statement_); }

  /// ` FROM t WHERE …` for everything that a slice stands for.
  Builder& from_where(const Slice& slice);
  /// Likewise, as it is read and counted: on MySQL with the rows whose payload is NULL. To see that
  /// it is not, InnoDB copies each text, and fetches a long one from pages of its own.
  Builder& from_read(const Slice& slice);

  /// Likewise for the rows of the slice's tenant and window that from_where() leaves out.
  Builder& from_unusable_keys(const Slice& slice);
  /// Likewise for the rows of the slice's tenant that fulfil `condition`, which may speak of
  /// `joined`, something that the table is joined to.
  Builder& from_odd(const Slice& slice, std::string_view condition, std::string_view joined = {});
  /// Likewise for all rows that have a usable key.
  Builder& from_usable();
  /// Likewise for those that have one of `keys`. Not `exactly`: as from_read().
  Builder& from_keys(std::span<const Key> keys, bool exactly);
  Builder& order(const Slice& slice);
  Builder& from_exportable(std::string_view joined = {});
  /// Likewise, whatever the payload is.
  Builder& from_issued(std::string_view joined = {});
  Builder& and_window(const watermark::Window& window);
  Builder& and_tenant(const std::string& tenant);
  /// `tenant = …`, as the column's collation sees it.
  Builder& equal_tenant(const std::string& tenant);
  /// `status = …`; `1 = 1` if there is no such column.
  Builder& equal_status();

  /// `column = value`, as the column's collation sees it.
  Builder& equal(const sql::Column& column, const std::string& quoted, const std::string& value);

  /// The column as its bytes in UTF-8.
  [[nodiscard]] std::string bytes_of(const sql::Column& column, const std::string& quoted) const;

 private:
  /// What makes a slice of the whole table.
  Builder& within(const Slice& slice);
  Builder& and_after(const watermark::Window& window);
  Builder& and_upto(const watermark::Window& window);
  /// The value as the column is compared with it.
  Builder& value(const sql::Column& column, const std::string& value);
  /// An integer for an integer column: MySQL compares it with text as doubles.
  static sql::Value typed(const sql::Column& column, const std::string& value);

  /// A text parameter as its bytes, to compare with bytes_of().
  [[nodiscard]] std::string_view bytes_mark() const;

  /// PostgreSQL: a text that we look for whatever the column's type is, and that is an error where
  /// it is a uuid or the like.
  [[nodiscard]] bool may_be_foreign(const sql::Column& column, const std::string& value) const;
  /// MySQL: a number that is more than parameters can be (of an unsigned column), or that the
  /// server would round, since it compares decimals with texts as doubles.
  [[nodiscard]] bool is_literal(const sql::Column& column, const std::string& value) const;
  /// False for a text that the column cannot hold. (Those of SQLite hold any.)
  [[nodiscard]] bool may_hold(const sql::Column& column, const std::string& value) const;
  /// `column = value` is true of other values as well: SQLite takes ` 7` and `7e0` for 7 where a
  /// column is one of numbers.
  [[nodiscard]] bool needs_bytes(const sql::Column& column, const std::string& value) const;
  /// SQLite: the column may hold a number that is shown as `value`, and otherwise by SQLite itself.
  [[nodiscard]] bool may_be_real(const sql::Column& column, const std::string& value) const;
  Builder& same_bytes(const sql::Column& column, const std::string& quoted,
                      const std::string& value);
  Builder& equal_bytes(const sql::Column& column, const std::string& quoted,
                       const std::string& value, bool or_null);
  Builder& equal_country(const std::string& country);

  /// `((a OR b) OR (c OR d))`: SQLite refuses expressions that are more than 1,000 deep.
  template <class T, class Write>
  void any_of(std::span<const T> values, const Write& write) {
    text("(");
    if (values.size() == 1) {
      write(values.front());
    } else {
      any_of(values.first(values.size() / 2), write);
      text(" OR ");
      any_of(values.subspan(values.size() / 2), write);
    }
    text(")");
  }

  template <class T>
  static std::span<const T> part_of(const std::vector<T>& list,
                                    const std::optional<std::size_t>& batch) {
    const std::span<const T> all(list);
    if (!batch) return all;
    const std::size_t first = *batch * entries_per_batch;
    return all.subspan(first, std::min(entries_per_batch, all.size() - first));
  }

  void in_list(std::string_view quoted, std::string_view mark, const sql::Values& values);
  void in_tenants(std::span<const std::string> tenants);
  void in_groups(const Slice& slice);
  void filters(const Slice& slice);
  Builder& and_usable();
  Builder& and_keys(std::span<const Key> keys);

  /// A column and what it is compared with: in the column's own type, since no text is equal to
  /// bytes.
  struct Compared {
    std::string quoted;
    sql::Value value;
    std::string literal{};  ///< Instead of the value; see is_literal() and may_be_real().
  };
  /// The columns of the key, in order.
  [[nodiscard]] std::vector<Compared> compared(const Key& key) const;
  /// Those of a position.
  [[nodiscard]] std::vector<Compared> compared(const Position& position, bool in_window) const;
  /// `column operation value`
  Builder& compare(const Compared& with, std::string_view operation);
  Builder& value(const Compared& with);

  /// (a, b) > (x, y), written so that every server uses its index: `a >= x AND (a > x OR b > y)`.
  void and_beyond(const Position& position, bool in_window);
  void and_upto(const Position& position, bool in_window);
  void lexicographic(const std::vector<Compared>& columns, std::string_view strict,
                     std::string_view last);

  const SourceTable& table_;
  Statement statement_;
};

}  // namespace tidemark::exporter
