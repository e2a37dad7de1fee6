#pragma once

#include <string>
#include <vector>

#include "load/sheet/csv_cell.h"
#include "load/sheet/sheet.h"

namespace tidemark::load {

/// CSV as RFC 4180 has it, in UTF-8 with a byte order mark, without which Excel takes Chinese for
/// GBK. Gathers some 64 KiB and hands them on.
class CsvSheet final : public SheetWriter {
 public:
  CsvSheet(std::vector<SheetColumn> columns, CsvStyle style, ByteSink sink);

  [[nodiscard]] Result<void> row(SheetCells cells) override;
  [[nodiscard]] Result<void> finish() override;

 private:
  [[nodiscard]] Result<void> flush();

  const std::vector<SheetColumn> columns_;
  const CsvStyle style_;
  const ByteSink sink_;
  std::string waiting_;
};

}  // namespace tidemark::load
