#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/stop.h"
#include "load/column_use.h"
#include "load/extractor.h"
#include "load/file/columns.h"
#include "load/file/layout.h"
#include "load/file/order_transform.h"
#include "load/file/row_reader.h"

namespace tidemark::load::file {

struct FileOptions {
  Layout layout{};         ///< Without a header it is the first row of the file.
  WallTime observed_at{};  ///< When the rows were true.
};

/// Reads the orders of one file: all of it, once. Rows of one order that follow one another are one
/// record. An order that comes again further down is set aside: nobody could say which of the two
/// is right. That is noticed among `ids_watched` different orders, which bounds the memory, as do
/// an order's `order_bytes_max`.
class FileExtractor final : public Extractor {
 public:
  static constexpr std::size_t ids_watched = 1'000'000;
  static constexpr std::size_t order_bytes_max = std::size_t{1} << 20;
  /// So many objects of an NDJSON file, or as many bytes of them, tell whether it has orders.
  static constexpr std::size_t objects_looked_at = 200;
  static constexpr std::size_t bytes_looked_at = std::size_t{1} << 20;

  /// Reads the header, or the first objects. `stop` must outlive it. Errors: those of
  /// check_columns(); corrupt; those of the source.
  [[nodiscard]] static Result<std::unique_ptr<FileExtractor>> open(ByteSource source,
                                                                   FileOptions options,
                                                                   const Stop& stop);

  [[nodiscard]] Reach reach() const override { return {.everything = true}; }
  [[nodiscard]] std::chrono::minutes utc_offset() const override { return warehouse_offset; }
  [[nodiscard]] Result<WindowReading> read(const std::optional<TimeWindow>& window,
                                           PageSink& sink) override;
  /// Of the columns of the header; of objects, those of the ones that were read so far.
  [[nodiscard]] ColumnUse column_use() const;

 private:
  FileExtractor(ByteSource source, FileOptions options, const Stop& stop)
      : reader_(std::move(source), options.layout.format),
        options_(std::move(options)),
        stop_(stop) {}
  /// What a row is, before it is made an order.
  struct Judged {
    std::string id{};              ///< Empty if it names none or cannot be read.
    std::string_view set_aside{};  ///< Why it is no row of an order; empty if it may be one.
  };

  [[nodiscard]] Result<void> read_header();
  [[nodiscard]] Result<void> look_ahead();
  /// The next row into `row_`: those that look_ahead() has read come first.
  [[nodiscard]] Result<bool> next_row();
  /// False: there are more columns than are kept.
  [[nodiscard]] bool note_columns(const Row& row);
  /// Likewise, of the objects inside the column of items.
  [[nodiscard]] bool note_item_columns(const Row& row);
  /// Whether objects with these columns have strayed here; notes columns that are new.
  [[nodiscard]] bool strays(const Row& row);
  [[nodiscard]] Judged judge(std::string_view row);
  void add_record(Page& page, std::string id, std::string_view rows,
                  std::string_view set_aside) const;
  /// Ends the order whose rows were gathered.
  void end_order(Page& page);

  RowReader reader_;
  FileOptions options_;
  const Stop& stop_;
  std::vector<std::string> ahead_;  ///< Rows that were looked at and are still to be handed on.
  std::size_t ahead_at_ = 0;
  std::optional<Error> ahead_error_;  ///< Met behind them.
  std::string_view row_;
  std::string source_json_;
  Columns columns_;
  bool more_columns_ = false;
  Places places_;
  // Of objects:
  std::unordered_set<std::string> usual_;  ///< Columns of the first orders.
  std::unordered_set<std::string> known_, known_of_items_;
  /// Whether objects with these columns stray, by the hash of their names.
  std::unordered_map<std::uint64_t, bool> shapes_;
  std::unordered_set<std::uint64_t> item_shapes_;  ///< Those of which all columns are noted.
  std::string id_;                                 ///< Of the order whose rows are gathered.
  std::string rows_;                               ///< Its rows, parted by commas.
  std::unordered_set<std::uint64_t> seen_;
};

}  // namespace tidemark::load::file
