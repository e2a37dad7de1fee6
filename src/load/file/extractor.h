#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/stop.h"
#include "load/extractor.h"
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

  /// Reads the header. `stop` must outlive it. Errors: usage: a column that is needed or was
  /// mapped is not there, and which are; corrupt; those of the source.
  [[nodiscard]] static Result<std::unique_ptr<FileExtractor>> open(ByteSource source,
                                                                   FileOptions options,
                                                                   const Stop& stop);

  [[nodiscard]] Reach reach() const override { return {.everything = true}; }
  [[nodiscard]] std::chrono::minutes utc_offset() const override { return warehouse_offset; }
  [[nodiscard]] Result<WindowReading> read(const std::optional<TimeWindow>& window,
                                           PageSink& sink) override;

 private:
  FileExtractor(ByteSource source, FileOptions options, const Stop& stop)
      : reader_(std::move(source), options.layout.format),
        options_(std::move(options)),
        stop_(stop) {}
  [[nodiscard]] Result<void> read_header();
  /// Empty if the row names none or cannot be read.
  [[nodiscard]] std::string order_id_of(std::string_view row) const;
  /// Ends the order whose rows were gathered.
  void end_order(Page& page);

  RowReader reader_;
  FileOptions options_;
  const Stop& stop_;
  std::string source_json_;
  std::vector<std::string> columns_;
  Places places_;
  std::string id_;    ///< Of the order whose rows are gathered.
  std::string rows_;  ///< Its rows, parted by commas.
  std::unordered_set<std::uint64_t> seen_;
};

}  // namespace tidemark::load::file
