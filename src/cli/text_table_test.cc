#include "cli/text_table.h"

#include <gtest/gtest.h>

namespace tidemark::cli {
namespace {

TEST(TextTable, AlignsWideLettersAndNumbers) {
  TextTable table({TextTable::Align::left, TextTable::Align::right, TextTable::Align::left});
  table.add({"租户", "n", "note"});
  table.add({"a", "12", ""});
  table.add({"bcdefg", "3", "x"});
  EXPECT_EQ(table.text(),
            "租户     n  note\n"
            "a       12\n"
            "bcdefg   3  x\n");
}

TEST(TextTable, ShowsWhatATerminalMustNotSee) {
  TextTable table({TextTable::Align::left});
  table.add({"a\x1b[31m\n"});
  EXPECT_EQ(table.text(), "a\\x1b[31m\\x0a\n");
  EXPECT_EQ(TextTable({TextTable::Align::left}).text(), "");
}

}  // namespace
}  // namespace tidemark::cli
