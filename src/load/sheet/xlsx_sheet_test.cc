#include "load/sheet/xlsx_sheet.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "tests/temporary_folder.h"

namespace tidemark::load {
namespace {

std::string shown(std::string_view text) {
  bool cut = false;
  std::string out = xlsx_text(text, cut);
  EXPECT_FALSE(cut);
  return out;
}

TEST(XlsxSheet, TextsAreWhatASpreadsheetReadsBack) {
  EXPECT_EQ(shown("课程 & <b>"), "课程 & <b>");
  EXPECT_EQ(shown("_x0041_"), "_x005F_x0041_");
  EXPECT_EQ(shown("_x00G1_"), "_x00G1_");
  EXPECT_EQ(shown("a\xEF\xBF\xBF"
                  "b\xEF\xBF\xBE"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
}

TEST(XlsxSheet, LongTextsAreCutBetweenLetters) {
  std::string text;
  for (int i = 0; i < 11'000; ++i) text += "课";
  bool cut = false;
  const std::string out = xlsx_text("x" + text, cut);
  EXPECT_TRUE(cut);
  EXPECT_LE(out.size(), 32'003U);
  EXPECT_TRUE(out.ends_with("课…"));
}

std::string written(const TemporaryFolder& folder, const std::string& name, int rows,
                    XlsxSheet::Limits limits = {.rows = 4}) {
  const std::string path = (folder.path() / name).string();
  auto sheet = XlsxSheet::create(path, "订单",
                                 {{.header = "订单号", .kind = CellKind::id},
                                  {.header = "金额", .kind = CellKind::money},
                                  {.header = "时间", .kind = CellKind::time}},
                                 limits)
                   .value();
  for (int i = 0; i < rows; ++i) {
    const std::vector<std::optional<std::string>> cells = {std::to_string(i), "19.90",
                                                           "2025-01-31 08:00:00"};
    EXPECT_TRUE(sheet->row(cells));
  }
  EXPECT_TRUE(sheet->finish());
  return read_file(path, 1 << 20).value();
}

TEST(XlsxSheet, TheSameRowsGiveTheSameBytesOnAsManySheetsAsItTakes) {
  const TemporaryFolder folder;
  const std::string book = written(folder, "a.xlsx", 7);
  EXPECT_EQ(book, written(folder, "b.xlsx", 7));
  EXPECT_TRUE(book.contains("xl/worksheets/sheet3.xml"));
  EXPECT_FALSE(book.contains("xl/worksheets/sheet4.xml"));
  EXPECT_FALSE(written(folder, "c.xlsx", 6).contains("xl/worksheets/sheet3.xml"));
}

TEST(XlsxSheet, LongTextsFillASheetBeforeItHasAllItsRows) {
  const TemporaryFolder folder;
  // Each row has 25 bytes of text.
  const std::string book = written(folder, "a.xlsx", 7, {.text_bytes = 70});
  EXPECT_TRUE(book.contains("xl/worksheets/sheet3.xml"));
  EXPECT_FALSE(book.contains("xl/worksheets/sheet4.xml"));
}

TEST(XlsxSheet, AFolderThatIsMissingIsAnError) {
  auto sheet = XlsxSheet::create("/nonexistent/a.xlsx", "订单", {{.header = "订单号"}});
  if (sheet) EXPECT_FALSE((*sheet)->finish());
}

TEST(XlsxSheet, OneThatIsGivenUpLeavesNoMemory) {
  const TemporaryFolder folder;
  auto sheet = XlsxSheet::create((folder.path() / "a.xlsx").string(), "订单", {{.header = "x"}});
  EXPECT_TRUE(sheet);
}

}  // namespace
}  // namespace tidemark::load
