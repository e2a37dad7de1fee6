#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "load/stream_tables.h"
#include "load/table.h"

namespace tidemark::load {

/// A row of a business table on its way there.
struct TableRow {
  sql::Values cells;  ///< Of all columns but the first and the last two.
  std::optional<CivilTime> created_at{};
};

/// A stream whose records are one row each of one table: platform and id first, time_zone and
/// updated_at last.
class RowTables : public StreamTables {
 public:
  RowTables(StreamKind kind, const TableSpec& table, std::string platform,
            std::chrono::minutes utc_offset)
      : kind_(kind), table_(table), platform_(std::move(platform)), utc_offset_(utc_offset) {}

  [[nodiscard]] StreamKind kind() const override { return kind_; }
  [[nodiscard]] const std::string& platform() const override { return platform_; }
  [[nodiscard]] std::unique_ptr<StreamBatch> batch() const override;

  /// What a raw row says. Errors: rejected.
  [[nodiscard]] virtual Result<TableRow> row(std::string_view payload,
                                             std::vector<UnknownCode>& unknown) const = 0;

  [[nodiscard]] const TableSpec& table() const { return table_; }
  [[nodiscard]] std::chrono::minutes utc_offset() const { return utc_offset_; }

 private:
  const StreamKind kind_;
  const TableSpec& table_;
  const std::string platform_;
  const std::chrono::minutes utc_offset_;
};

/// The same for a Record that a transform makes. Record says which stream it belongs to (`kind`),
/// its table (`table()`), whether sources stamp it (`stamped`, `source_updated_at`), and perhaps
/// which amounts are compared after a load (`amounts`, `amounts_in_fen()`); `row_of(record)` makes
/// the row.
template <class Record>
class RecordTables final : public RowTables {
 public:
  RecordTables(std::string platform, std::chrono::minutes utc_offset,
               std::unique_ptr<const RecordTransform<Record>> transform)
      : RowTables(Record::kind, Record::table(), std::move(platform), utc_offset),
        transform_(std::move(transform)) {}

  [[nodiscard]] Result<TableRow> row(std::string_view payload,
                                     std::vector<UnknownCode>& unknown) const override {
    const Result<Record> record = transform_->transform(payload, unknown);
    return record ? Result<TableRow>(row_of(*record)) : fail(record.error());
  }
  [[nodiscard]] std::span<const std::string_view> amounts() const override {
    if constexpr (has_amounts) return Record::amounts;
    return {};
  }
  [[nodiscard]] Result<ShownAmounts> amounts_of(std::string_view payload) const override {
    if constexpr (has_amounts) {
      std::vector<UnknownCode> unknown;
      const Result<Record> record = transform_->transform(payload, unknown);
      if (!record) return fail(record.error());
      return ShownAmounts{.created_at = record->created_at, .fen = record->amounts_in_fen()};
    }
    return ShownAmounts();
  }
  [[nodiscard]] bool stamped() const override { return Record::stamped; }
  [[nodiscard]] std::optional<CivilTime> version_of(std::string_view payload) const override {
    if constexpr (Record::stamped) {
      std::vector<UnknownCode> unknown;
      const Result<Record> record = transform_->transform(payload, unknown);
      if (record) return record->source_updated_at;
    }
    return std::nullopt;
  }

 private:
  static constexpr bool has_amounts = requires { Record::amounts; };

  const std::unique_ptr<const RecordTransform<Record>> transform_;
};

}  // namespace tidemark::load
