#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "export/key.h"
#include "export/spec.h"
#include "sql/connection.h"
#include "watermark/window.h"

namespace tidemark::exporter {

/// What stands for a country that is NULL or empty, in paths and filters.
inline constexpr std::string_view unknown_country = "UNKNOWN";

/// A place in the order of reading: (update time, key) in a window, (key) else.
struct Position {
  std::string update_time;  ///< The server's own text; empty in key order.
  Key key;
};

/// A part of the table that one snapshot reads.
struct Slice {
  std::optional<std::string> tenant;        ///< Only this tenant, by its bytes.
  std::optional<watermark::Window> window;  ///< Only these stamps; read in order (stamp, key).
  std::optional<Position> after;            ///< Exclusive.
  std::optional<Position> upto;             ///< Inclusive.
  std::vector<Key> keys;                    ///< Not empty: just these rows, of any stamp.
  /// Only this part of the filter's list, see SourceTable::batches(); nullopt: all of it.
  std::optional<std::size_t> batch{};
};

struct Statement {
  std::string sql;
  sql::Values params;
};

/// What a run restricts itself to, besides the slice.
struct Filter {
  std::vector<std::string> tenants;
  std::vector<std::string> countries;
  /// (tenant, country) pairs of --limit.
  std::optional<std::vector<std::pair<std::string, std::string>>> groups;
};

/// Columns of a row as select() lists them; the key's columns follow.
enum class Field : std::size_t { tenant, country, date, number, payload, update_time, key };

/// Writes the statements for one table in one dialect. Immutable after open; thread-safe.
/// Tenant and country are compared by their bytes, whatever the column's collation; the plain
/// comparison stands beside it so that an index can be used.
class SourceTable {
 public:
  /// Looks the table up. Errors: not_found (table or a column, with what there is), and those of
  /// the connection.
  [[nodiscard]] static Result<SourceTable> open(sql::Connection& connection, TableSpec spec,
                                                Filter filter);

  [[nodiscard]] const TableSpec& spec() const { return spec_; }
  [[nodiscard]] const sql::Table& table() const { return table_; }
  [[nodiscard]] std::size_t key_columns() const { return spec_.key.size(); }
  [[nodiscard]] bool integer_key() const { return integer_key_; }
  /// `integer`, `text` (anything else), or empty where nothing tells: SQLite's columns without a
  /// type, in a table without rows.
  [[nodiscard]] std::string_view key_type() const;
  /// The database keeps two rows from having one key. Else (a view, a table without a unique index)
  /// runs look whether there are such rows: they would overwrite each other.
  [[nodiscard]] bool key_is_proven() const { return key_is_proven_; }
  /// Whether all rows that have a key of the slice are in the slice.
  [[nodiscard]] bool holds_whole_keys(const Slice& slice) const;
  /// Columns of the key that are the tenant, country, date or number as well: where one changes,
  /// the row becomes another one, and the old one's file stays.
  [[nodiscard]] std::vector<std::string> moving_key_columns() const;
  [[nodiscard]] const sql::Column* update_column() const {
    return table_.column(spec_.update_time);
  }
  /// The update time is a day, without a time of day.
  [[nodiscard]] bool stamps_whole_days() const {
    return update_column() != nullptr && update_column()->type == sql::ColumnType::date;
  }
  /// Whether windows can be cut by the update time. Numbers (seconds since 1970, say) compare with
  /// a time as anything, and windows would pass over rows. SQLite is asked whether there are any in
  /// a column of numbers. Errors: invalid_config, those of the connection.
  [[nodiscard]] Result<void> check_update_time(sql::Connection& connection) const;
  /// SQLite: bytes in a column of texts or numbers are equal to none of them, so rows whose tenant
  /// they spell would be in no tenant's window. Looks whether the tenant's column holds any, and
  /// the country's if countries are chosen; such a column is compared by its bytes alone from then
  /// on, which no index helps. Gives the names of such columns. One step down an index of the
  /// tenant's column, where there is one; before the table is used. Errors: those of the
  /// connection.
  [[nodiscard]] Result<std::vector<std::string>> look_for_bytes(sql::Connection& connection);
  /// The update time follows the session's zone (MySQL TIMESTAMP, PostgreSQL timestamptz). Then the
  /// session must be in UTC: in local time one hour a year comes twice, and neither windows nor
  /// positions could tell its first pass from its second.
  [[nodiscard]] bool needs_utc() const {
    return update_column() != nullptr && update_column()->with_zone;
  }
  /// Where `zone` is set for the table: the zone in which runs read it, and measure its watermarks.
  [[nodiscard]] std::string run_zone(const std::string& zone) const {
    return needs_utc() ? "+00:00" : zone;
  }
  /// Shows a date column of that kind in `zone` all the same (empty: the server's own): it names
  /// files.
  void show_date_in(const std::string& zone);
  /// Any of the columns that make paths is filled up with blanks (PostgreSQL CHAR(n)). They are
  /// taken without these, as MySQL shows such columns, until keep_padding().
  [[nodiscard]] bool has_padding() const;
  /// For a tree that began with the blanks: a file of each name would be there twice.
  void keep_padding();
  /// Two tenants may be equal to the column's collation and yet differ in bytes.
  [[nodiscard]] bool tenants_need_bytes() const {
    return !tenant_column().compares_bytes && !tenant_column().keeps_types;
  }

  /// The rows of a slice, in its order. MySQL: and those without a payload, which are not exported
  /// and which the reader passes over; count() and probe() see them as well. To leave them out, the
  /// server would fetch all payloads for the counts, too, long ones from pages of their own.
  [[nodiscard]] Statement select(const Slice& slice) const;
  /// How many select() gives in the same snapshot.
  [[nodiscard]] Statement count(const Slice& slice) const;
  /// The key of each row that has one of `keys` (as its columns compare), whatever its tenant and
  /// stamp. Not `exactly`: as select() gives them, with those that have no payload.
  [[nodiscard]] Statement rows_with(std::span<const Key> keys, bool exactly) const;
  /// These rows as select() gives them, but for those without a payload.
  [[nodiscard]] Statement whole_rows_with(std::span<const Key> keys) const;
  /// Whether the filter lets rows of the tenant and the country through.
  [[nodiscard]] bool takes(std::string_view tenant, std::string_view country) const;
  /// As many keys as rows_with() may be given at once. At least 1.
  [[nodiscard]] std::size_t keys_per_statement() const;
  /// Keys that stand in more than one of the rows, or of the first `rows_max` ones, `keys_max` of
  /// them at most: the key's columns.
  [[nodiscard]] Statement doubled_keys(std::optional<std::uint64_t> rows_max,
                                       std::uint64_t keys_max) const;
  /// How many rows there are, counted up to `rows_max`.
  [[nodiscard]] Statement count_upto(std::uint64_t rows_max) const;
  /// How many rows of the slice select() leaves out because nothing tells them apart: NULL in the
  /// key, or (SQLite) bytes in a text column and the like, which no range of keys holds. nullopt if
  /// the table cannot have such rows. `after` and `upto` do not matter.
  [[nodiscard]] std::optional<Statement> count_unusable_keys(const Slice& slice) const;
  /// What tells an update time that no window can hold from a time: a number or a text of another
  /// form, as a column of text and any column of SQLite may have; also a day alone, where the
  /// column is none of days. nullopt for other columns. NULL, the empty text and zero dates are no
  /// update time at all, and not meant.
  [[nodiscard]] std::optional<std::string> no_time_condition() const;
  /// How many rows of the slice's tenant have such an update time, and one of these: outside of
  /// what windows held before, as far as ranges of an index tell without reading times that they
  /// held (SQLite: all but texts that begin as a year before the window's; all: the day in which
  /// the window begins, alone, from the minute on, and before all years). All of the tenant's where
  /// there is no such index. nullopt if there cannot be any.
  [[nodiscard]] std::optional<Statement> count_no_times(const Slice& slice) const;
  /// The position `rows` rows further on (its columns: update time or NULL, key columns); no row if
  /// fewer are left.
  [[nodiscard]] Statement probe(const Slice& slice, std::uint64_t rows) const;
  /// ` FROM t WHERE …`, the middle of a statement: the rows of the status that is exported,
  /// whatever else they lack, and of `tenant`, by its column's collation. (NULL is the empty text.)
  [[nodiscard]] Statement of_status(const std::optional<std::string>& tenant) const;
  /// Whether an index finds the rows of a tenant and a status in the order of their update times.
  [[nodiscard]] bool has_wanted_index() const;
  /// One row (1) if the slice has any.
  [[nodiscard]] Statement exists(const Slice& slice) const;
  /// Distinct tenants as the column's collation sees them; by an index if there is one. Where
  /// values keep their types, by what they are shown as.
  [[nodiscard]] Statement tenants() const;
  /// Each tenant (as tenants() shows it) that has rows stamped after `time`, with one such stamp:
  /// one look into the index a tenant. nullopt without the wanted index.
  [[nodiscard]] std::optional<Statement> stamped_after(CivilTime time) const;
  /// One row (1) if any row of the table, whatever its status and the like, is the tenant's as
  /// slices compare it.
  [[nodiscard]] Statement has_rows_of(const std::string& tenant) const;
  /// Distinct tenants by bytes among the rows of `window`, and of the status, that are equal to
  /// `tenant` for the collation (all rows if nullopt).
  [[nodiscard]] Statement tenant_bytes(const std::optional<std::string>& tenant,
                                       const watermark::Window& window) const;
  /// The first groups (tenant, country) by bytes. NULL and the empty text are groups of their own
  /// here.
  [[nodiscard]] Statement groups(std::uint64_t limit) const;
  /// About how many rows there are, by the server's statistics or a count; for the progress bar.
  [[nodiscard]] Statement estimate() const;
  /// MySQL: the table's engine, and `YES` if it has transactions; no row of a view. nullopt: the
  /// database has but one.
  [[nodiscard]] std::optional<Statement> engine() const;

  /// False if --limit leaves the tenant out.
  [[nodiscard]] bool may_have(const std::string& tenant) const;
  void set_groups(std::vector<std::pair<std::string, std::string>> groups);
  [[nodiscard]] const Filter& filter() const { return filter_; }
  /// A long list of tenants or groups is read in this many slices (Slice::batch 0, 1, …), for
  /// databases limit the parameters of a statement (PostgreSQL: 65,535). At least 1.
  [[nodiscard]] std::size_t batches() const;

 private:
  class Builder;
  /// The statement of tenants(), in which an index gives each `tenant` as its column has it:
  /// `shown`, of that.
  [[nodiscard]] std::string list_tenants(std::string_view shown) const;
  [[nodiscard]] std::string_view shown_listed_tenant() const {
    return trims(spec_.tenant) ? "tenant::text" : "tenant";
  }
  /// As select() lists them.
  [[nodiscard]] std::vector<std::string> shown_columns() const;
  [[nodiscard]] Statement of_information_schema(std::string_view select) const;
  SourceTable(const sql::Connection& connection, TableSpec spec, Filter filter, sql::Table table);
  /// Whether the column is taken without the blanks that fill it up.
  [[nodiscard]] bool trims(std::string_view column) const;
  /// The column as select() and the like show it.
  [[nodiscard]] std::string shown(const std::string& column, const std::string& quoted) const;
  /// SQLite: bytes in a key of numbers spell numbers of other rows, and no position lies beyond
  /// them. Their rows are unusable where a look at the key finds any.
  [[nodiscard]] Result<void> look_for_bytes_in_key(sql::Connection& connection);
  /// Whether the column, one of texts or numbers, holds bytes.
  [[nodiscard]] Result<bool> holds_bytes(sql::Connection& connection,
                                         const std::string& quoted) const;
  [[nodiscard]] const sql::Column& tenant_column() const { return *table_.column(spec_.tenant); }

  sql::Dialect dialect_;
  TableSpec spec_;
  Filter filter_;
  sql::Table table_;
  bool integer_key_ = false;
  bool key_is_proven_ = false;
  bool keeps_padding_ = false;
  // Quoted names.
  std::string q_table_, q_tenant_, q_country_, q_date_, q_number_, q_status_, q_payload_, q_update_;
  std::string shown_tenant_, shown_country_, shown_date_, shown_number_;
  std::vector<std::string> q_key_;
  std::vector<std::string> unusable_keys_;  ///< Conditions: any of them makes a key unusable.
  std::vector<std::string> usable_keys_;    ///< The opposite of each.
};

/// Of the index that incremental exports want: tenant, status (if there is one), update time.
[[nodiscard]] std::vector<std::string> wanted_index_columns(const TableSpec& spec);

/// Reads the key out of a row whose columns from `first` on are the key's.
[[nodiscard]] Key key_from(const sql::Cursor& row, const SourceTable& table, std::size_t first);

/// Reads the position out of a probe() row.
[[nodiscard]] Position position_from(const sql::Cursor& row, const SourceTable& table,
                                     bool in_window);

}  // namespace tidemark::exporter
