#include "sql/mysql/could_write.h"

#include <gtest/gtest.h>

namespace tidemark::sql {
namespace {

TEST(CouldWrite, ReadersDoNot) {
  for (const char* text : {"SELECT 1",
                           "select * from t for update",
                           "  \n\tSelect 1",
                           "(SELECT 1) UNION (SELECT 2)",
                           "((select 1))",
                           "/* app:7 */ SELECT 1",
                           "/**/ /*x*/(SELECT 1)",
                           "-- note\nSELECT 1",
                           "# note\nSELECT 1",
                           "SELECT /*!40001 SQL_NO_CACHE */ * FROM t",
                           "SELECT/* */1",
                           "SHOW TABLES",
                           "EXPLAIN UPDATE t SET a=1",
                           "DESC t",
                           "DESCRIBE t",
                           "TABLE t",
                           "VALUES ROW(1)",
                           "WITH c AS (SELECT 1) SELECT * FROM c",
                           "ANALYZE SELECT 1",
                           "USE sales"}) {
    EXPECT_FALSE(could_write(text)) << text;
  }
}

TEST(CouldWrite, WritersDo) {
  for (const char* text : {"UPDATE t SET a=1",
                           "insert into t values (1)",
                           "DELETE FROM t",
                           "REPLACE t VALUES (1)",
                           "LOAD DATA INFILE 'x' INTO TABLE t",
                           "CREATE TABLE t SELECT 1",
                           "ALTER TABLE t FORCE",
                           "TRUNCATE t",
                           "CALL p()",
                           "DO f()",
                           "SET @a = f()",
                           "COMMIT",
                           "XA COMMIT 'x'",
                           "WITH c AS (SELECT 1) UPDATE t, c SET a=1",
                           "with c as (select 1) delete from t",
                           "ANALYZE UPDATE t SET a=1",
                           "EXECUTE s",
                           "BEGIN NOT ATOMIC UPDATE t SET a=1; END",
                           "/* SELECT */ UPDATE t SET a=1",
                           "-- SELECT\nUPDATE t SET a=1",
                           "selectx",
                           "SELECTED 1"}) {
    EXPECT_TRUE(could_write(text)) << text;
  }
}

TEST(CouldWrite, WhatCannotBeReadDoes) {
  EXPECT_TRUE(could_write(std::nullopt));
  for (const char* text : {"", " ", "(", "/* open", "-- only", "#", "/*!50000 UPDATE t SET a=1 */",
                           "/*M!100100 SELECT 1 */", "\xff\xfe", "\\"}) {
    EXPECT_TRUE(could_write(text)) << text;
  }
}

}  // namespace
}  // namespace tidemark::sql
