#include "load/views/view_sql.h"

#include <gtest/gtest.h>

#include "load/benefit/order_states.h"
#include "sql/connection.h"
#include "sql/url.h"

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

TEST(ViewSql, PaidIsWhatTheProgramTakesForPaid) {
  const auto connection = sql::connect(*sql::Url::parse("sqlite::memory:"));
  ASSERT_TRUE(connection);
  for (std::int64_t state = -2; state < 30; ++state)
    for (const std::int64_t refunded : {0, 1})
      for (const bool timed : {false, true}) {
        const std::string row = "SELECT " + dialect_sql("$was_paid(o.)", sqlite) +
                                " FROM (SELECT " + (timed ? "'2025-01-01 00:00:00'" : "NULL") +
                                " AS pay_time, " + std::to_string(state) + " AS order_state, " +
                                (refunded > 0 ? "1" : "NULL") + " AS refund_money_fen) o";
        const auto paid = sql::query_value(**connection, row);
        ASSERT_TRUE(paid) << paid.error().what.en;
        EXPECT_EQ(*paid, was_paid(state, refunded, timed) ? "1" : "0") << row;
      }
}

TEST(ViewSqlDeathTest, UnknownWordsAreOurMistake) {
  EXPECT_DEATH(static_cast<void>(dialect_sql("$year(x)", sqlite)), "known");
}

}  // namespace
}  // namespace tidemark::load
