#include "load/row_tables.h"

#include <algorithm>
#include <iterator>

#include "base/bytes.h"
#include "base/check.h"
#include "load/cell.h"
#include "load/known_rows.h"
#include "load/row_sql.h"

namespace tidemark::load {
namespace {

class RowBatch final : public StreamBatch {
 public:
  explicit RowBatch(const RowTables& tables)
      : tables_(tables), zone_(zone_text(tables.utc_offset())) {}

  Result<void> take(std::span<const Observed> states, std::vector<UnknownCode>& unknown) override {
    Result<void> present = take_state(states.back(), unknown);
    for (std::size_t older = states.size() - 1; older > 0 && !present; --older)
      if (take_state(states[older - 1], unknown)) break;
    return present;
  }

  [[nodiscard]] std::uint64_t size() const override { return taken_.size(); }

  Result<TableChanges> apply(sql::Connection& connection, const Applying& applying) override {
    std::vector<std::string> ids;
    for (const Taken& taken : taken_) ids.push_back(taken.id);
    const auto known =
        known_rows(connection, tables_.table(), tables_.platform(), ids, applying.write);
    if (!known) return fail(known.error());
    TableChanges changes;
    std::vector<sql::Values> fresh, replaced;
    for (Taken& taken : taken_) {
      const CivilTime seen =
          local_time(applying.derived_at.value_or(taken.seen), tables_.utc_offset());
      sql::Values row = whole_row(std::move(taken.row.cells), seen);
      const auto before = known->find(taken.id);
      if (before == known->end()) {
        ++changes.inserted;
        fresh.push_back(std::move(row));
        continue;
      }
      const ShownRow now = shown(row);
      // The last column, updated_at, says when the others changed.
      if (std::equal(now.begin(), now.end() - 1, before->second.begin())) {
        ++changes.unchanged;
        continue;
      }
      changes.changed.push_back(
          {.id = taken.id, .created_at = taken.row.created_at, .seen_at = seen});
      replaced.push_back(std::move(row));
    }
    if (!applying.write) return changes;
    if (auto done = insert_rows(connection, tables_.table(), std::move(fresh)); !done)
      return fail(done.error());
    if (auto done = upsert_rows(connection, tables_.table(), replaced); !done)
      return fail(done.error());
    return changes;
  }

 private:
  struct Taken {
    std::string id;
    TableRow row;
    WallTime seen{};
  };

  Result<void> take_state(const Observed& state, std::vector<UnknownCode>& unknown) {
    Result<TableRow> row = tables_.row(state.payload, unknown);
    if (!row) return fail(std::move(row).error());
    check(row->cells.size() + 3 == tables_.table().columns.size(),
          "a row has a value for each column");
    // Otherwise two records of one batch could be the same row.
    if (shown_text(row->cells.front()) != state.id)
      return fail(ErrorKind::rejected, {"the row was read as {}", "该行读取时的编号为 {}"},
                  printable(state.id));
    taken_.push_back({.id = state.id, .row = std::move(*row), .seen = state.observed_at});
    return {};
  }

  [[nodiscard]] sql::Values whole_row(sql::Values cells, const CivilTime& seen) const {
    sql::Values row = {tables_.platform()};
    std::ranges::move(cells, std::back_inserter(row));
    row.emplace_back(zone_);
    row.emplace_back(seen.text(6));
    return row;
  }

  const RowTables& tables_;
  const std::string zone_;
  std::vector<Taken> taken_;
};

}  // namespace

std::unique_ptr<StreamBatch> RowTables::batch() const { return std::make_unique<RowBatch>(*this); }

}  // namespace tidemark::load
