#include "sql/statement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/identifier.h"

namespace tidemark::sql {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(Statement, SplitsAtPlaceholders) {
  EXPECT_THAT(split_at_placeholders("a = ? AND b = ?", Dialect::sqlite),
              ElementsAre("a = ", " AND b = ", ""));
  EXPECT_THAT(split_at_placeholders("", Dialect::mysql), ElementsAre(""));
  EXPECT_THAT(split_at_placeholders("??", Dialect::postgres), ElementsAre("", "", ""));
}

TEST(Statement, AQuestionMarkInQuotesOrCommentsIsText) {
  for (const Dialect dialect : {Dialect::sqlite, Dialect::mysql, Dialect::postgres}) {
    for (const char* text : {"'?'", "'a''?'", "\"?\"", "-- ?\n", "/* ? */", "/* ' */ /* ? */",
                             "'--' /* ? */", "'", "'?", "/* ?", "-- ?"}) {
      EXPECT_THAT(split_at_placeholders(text, dialect), SizeIs(1)) << text;
    }
    EXPECT_THAT(split_at_placeholders("'''' ? '?'", dialect), SizeIs(2));
    EXPECT_THAT(split_at_placeholders("-- it's\n ?", dialect), SizeIs(2));
  }
}

TEST(Statement, KnowsWhatIsQuotedWhere) {
  EXPECT_THAT(split_at_placeholders("'\\' ?'", Dialect::mysql), SizeIs(1));
  EXPECT_THAT(split_at_placeholders("'\\' ?", Dialect::postgres), SizeIs(2));
  EXPECT_THAT(split_at_placeholders("`?`", Dialect::mysql), SizeIs(1));
  EXPECT_THAT(split_at_placeholders("`?`", Dialect::sqlite), SizeIs(1));
  EXPECT_THAT(split_at_placeholders("`\\` ?", Dialect::mysql), SizeIs(2));
  EXPECT_THAT(split_at_placeholders("# ?\n", Dialect::mysql), SizeIs(1));
  EXPECT_THAT(split_at_placeholders("a # ?", Dialect::postgres), SizeIs(2));
}

TEST(Statement, AnExcerptIsOneShortLineOfWholeCharacters) {
  EXPECT_EQ(excerpt("  SELECT\n\t 1 "), "SELECT 1 ");
  std::string chinese;
  for (int i = 0; i < 100; ++i) chinese += "票";
  const std::string shown = excerpt(chinese);
  EXPECT_LT(shown.size(), 170U);
  EXPECT_TRUE(shown.ends_with("票…"));
  EXPECT_EQ((shown.size() - 3) % 3, 0U);
  EXPECT_EQ(excerpt(std::string(500, '\x80')), "…");  // No character begins anywhere.
}

TEST(Identifier, StaysOneNameWhateverItHolds) {
  EXPECT_EQ(quoted_identifier("a", '"'), "\"a\"");
  EXPECT_EQ(quoted_identifier("a\"b", '"'), "\"a\"\"b\"");
  EXPECT_EQ(quoted_identifier("a`b", '`'), "`a``b`");
  EXPECT_EQ(quoted_identifier("s.t", '`'), "`s`.`t`");
  EXPECT_EQ(quoted_identifier("s.t.u", '"'), "\"s\".\"t.u\"");
  EXPECT_EQ(quoted_identifier("", '"'), "\"\"");
}

TEST(Statement, AnOutlineShowsNoValues) {
  EXPECT_EQ(outline("UPDATE t_invoice2 SET a = 13800000000, b=-1.5e3 WHERE id=0x1F"),
            "UPDATE t_invoice2 SET a = ?, b=-?.? WHERE id=?");
  EXPECT_EQ(outline("ALTER USER shop IDENTIFIED BY 'secret'"), "ALTER USER shop IDENTIFIED BY …");
  EXPECT_EQ(outline("INSERT INTO t VALUES (\"王五\")"), "INSERT INTO t VALUES (…");
  EXPECT_EQ(outline("DO $$ secret $$"), "DO …");
}

}  // namespace
}  // namespace tidemark::sql
