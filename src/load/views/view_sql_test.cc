#include "load/views/view_sql.h"

#include <gtest/gtest.h>

namespace tidemark::load {
namespace {

using enum sql::Dialect;

TEST(ViewSql, SaysItInTheWordsOfEachDatabase) {
  EXPECT_EQ(dialect_sql("SELECT $day(o.created_at) AS day", sqlite),
            "SELECT substr(o.created_at,1,10) AS day");
  EXPECT_EQ(dialect_sql("SELECT $day(o.created_at) AS day", mysql),
            "SELECT DATE(o.created_at) AS day");
  EXPECT_EQ(dialect_sql("SELECT $day(o.created_at) AS day", postgres),
            "SELECT CAST(o.created_at AS DATE) AS day");
  EXPECT_EQ(dialect_sql("nothing", mysql), "nothing");
}

TEST(ViewSql, ArgumentsMayHaveParenthesesAndWords) {
  EXPECT_EQ(dialect_sql("$whole(SUM(CASE WHEN (a) THEN $whole(b) END)), c", mysql),
            "CAST(SUM(CASE WHEN (a) THEN CAST(b AS SIGNED) END) AS SIGNED), c");
}

TEST(ViewSqlDeathTest, UnknownWordsAreOurMistake) {
  EXPECT_DEATH(static_cast<void>(dialect_sql("$year(x)", sqlite)), "known");
}

}  // namespace
}  // namespace tidemark::load
