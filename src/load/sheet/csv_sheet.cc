#include "load/sheet/csv_sheet.h"

#include <utility>

#include "base/check.h"

namespace tidemark::load {
namespace {

constexpr std::size_t flush_bytes = std::size_t{64} * 1024;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view line_end = "\r\n";

}  // namespace

CsvSheet::CsvSheet(std::vector<SheetColumn> columns, CsvStyle style, ByteSink sink)
    : columns_(std::move(columns)), style_(style), sink_(std::move(sink)) {
  waiting_ = byte_order_mark;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) waiting_ += ',';
    append_csv_cell(waiting_, columns_[i].header, CellKind::text, style_);
  }
  waiting_ += line_end;
}

Result<void> CsvSheet::row(SheetCells cells) {
  check(cells.size() == columns_.size(), "a sheet gets a value for each column");
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) waiting_ += ',';
    append_csv_cell(waiting_, cells[i], columns_[i].kind, style_);
  }
  waiting_ += line_end;
  return waiting_.size() < flush_bytes ? Result<void>{} : flush();
}

Result<void> CsvSheet::finish() { return flush(); }

Result<void> CsvSheet::flush() { return sink_(std::exchange(waiting_, {})); }

}  // namespace tidemark::load
