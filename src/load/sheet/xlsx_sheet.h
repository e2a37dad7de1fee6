#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "load/sheet/sheet.h"

namespace tidemark::load {

/// A workbook (Office Open XML) of one table. A sheet holds 1,048,576 rows and some hundred MiB of
/// text; further rows go to further sheets, each with the headers. Ids and texts are text cells,
/// which no spreadsheet runs or rounds; money is a number of at most 15 digits shown with two
/// decimals, and text beyond that, since a spreadsheet's numbers have no more digits. The same rows
/// give the same bytes.
///
/// Rows go to temporary files of the library, so memory does not grow with them. Not thread-safe.
class XlsxSheet final : public SheetWriter {
 public:
  /// Of one sheet. A part of the ZIP file that a workbook is must stay below 4 GiB: spreadsheets
  /// call the form without that limit damaged. A text is at worst seven times as long in XML, and a
  /// million rows of cells around it take less than the rest.
  struct Limits {
    std::uint32_t rows = 1'048'576;
    std::uint64_t text_bytes = std::uint64_t{384} << 20;
  };

  /// `path` is written when finish() is called; its folder also takes the temporary files.
  /// `name` heads the sheets: `订单`, `订单 2`. `limits` is for tests. Errors: io.
  [[nodiscard]] static Result<std::unique_ptr<XlsxSheet>> create(const std::string& path,
                                                                 std::string name,
                                                                 std::vector<SheetColumn> columns,
                                                                 Limits limits);
  [[nodiscard]] static Result<std::unique_ptr<XlsxSheet>> create(const std::string& path,
                                                                 std::string name,
                                                                 std::vector<SheetColumn> columns) {
    return create(path, std::move(name), std::move(columns), Limits{});
  }

  ~XlsxSheet() override;
  XlsxSheet(const XlsxSheet&) = delete;
  XlsxSheet& operator=(const XlsxSheet&) = delete;

  [[nodiscard]] Result<void> row(SheetCells cells) override;
  [[nodiscard]] Result<void> finish() override;

  /// Texts that were longer than a cell can hold, and are cut.
  [[nodiscard]] std::uint64_t cells_cut() const { return cells_cut_; }

 private:
  struct Book;

  XlsxSheet(std::unique_ptr<Book> book, std::string name, std::vector<SheetColumn> columns,
            Limits limits);
  [[nodiscard]] Result<void> next_sheet();
  [[nodiscard]] Result<void> cell(std::uint16_t column, const std::string& value, CellKind kind);

  std::unique_ptr<Book> book_;
  const std::string name_;
  const std::vector<SheetColumn> columns_;
  const Limits limits_;
  std::uint32_t sheets_ = 0;
  std::uint32_t next_row_ = 0;
  std::uint64_t text_bytes_ = 0;  ///< Of this sheet's cells.
  std::uint64_t cells_cut_ = 0;
};

/// A text as it may stand in a cell: what XML cannot hold becomes U+FFFD, `_x0041_`, which a
/// spreadsheet would take for a letter, is escaped, and what is longer than `bytes_max` is cut.
/// `cut` tells whether it was.
[[nodiscard]] std::string xlsx_text(std::string_view text, bool& cut);

}  // namespace tidemark::load
