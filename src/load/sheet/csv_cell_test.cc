#include "load/sheet/csv_cell.h"

#include <gtest/gtest.h>

namespace tidemark::load {
namespace {

std::string cell(const std::optional<std::string>& value, CellKind kind,
                 CsvStyle style = CsvStyle::spreadsheet) {
  std::string out;
  append_csv_cell(out, value, kind, style);
  return out;
}

TEST(CsvCell, QuotesWhatNeedsIt) {
  EXPECT_EQ(cell("课程", CellKind::text), "课程");
  EXPECT_EQ(cell("a,b", CellKind::text), "\"a,b\"");
  EXPECT_EQ(cell("say \"hi\"", CellKind::text), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(cell("two\nlines", CellKind::text), "\"two\nlines\"");
  EXPECT_EQ(cell(std::nullopt, CellKind::text), "");
  EXPECT_EQ(cell("", CellKind::id), "");
}

TEST(CsvCell, FormulasFromOutsideAreText) {
  for (const std::string text : {"=1+1", "+86 138", "-2", "@SUM(A1)", "＝1", "＋1", "－1", "＠x",
                                 "\t=1", "\r=1", "\n=1", "  =cmd|' /C calc'!A0", "\tx"})
    EXPECT_EQ(cell(text, CellKind::text), "\"'" + text + "\"") << text;
  EXPECT_EQ(cell("=\"x\"", CellKind::text), "\"'=\"\"x\"\"\"");
  EXPECT_EQ(cell("a=1", CellKind::text), "a=1");
  EXPECT_EQ(cell(" a", CellKind::text), " a");
  EXPECT_EQ(cell("   ", CellKind::text), "   ");
  EXPECT_EQ(cell("=1", CellKind::id), "\"'=1\"");
}

TEST(CsvCell, OurOwnNumbersAreNumbers) {
  EXPECT_EQ(cell("-19.90", CellKind::money), "-19.90");
  EXPECT_EQ(cell("-1", CellKind::integer), "-1");
  EXPECT_EQ(cell("2025-01-31 08:00:00", CellKind::time), "2025-01-31 08:00:00");
  EXPECT_EQ(cell("granted", CellKind::word), "granted");
  EXPECT_EQ(cell("+08:00", CellKind::word), "\"\t+08:00\"");
}

TEST(CsvCell, IdsKeepTheirDigits) {
  EXPECT_EQ(cell("4200001234202501011234567890", CellKind::id),
            "\"\t4200001234202501011234567890\"");
  EXPECT_EQ(cell("007", CellKind::id), "\"\t007\"");
  EXPECT_EQ(cell("1E5", CellKind::id), "\"\t1E5\"");
  EXPECT_EQ(cell("MAR1", CellKind::id), "\"\tMAR1\"");
  EXPECT_EQ(cell("2025-01-01", CellKind::id), "\"\t2025-01-01\"");
  EXPECT_EQ(cell("TRUE", CellKind::id), "\"\tTRUE\"");
  EXPECT_EQ(cell("o_1735660800_a", CellKind::id), "o_1735660800_a");
}

TEST(CsvCell, ProgramsGetValuesAsTheyAre) {
  EXPECT_EQ(cell("=1+1", CellKind::text, CsvStyle::plain), "=1+1");
  EXPECT_EQ(cell("007", CellKind::id, CsvStyle::plain), "007");
  EXPECT_EQ(cell("a,b", CellKind::text, CsvStyle::plain), "\"a,b\"");
}

}  // namespace
}  // namespace tidemark::load
