#include "sql/mysql/mysql_handle.h"

#include <gtest/gtest.h>

namespace tidemark::sql {
namespace {

TEST(MysqlErrors, AServerThatBecameReadOnlyIsToBeLookedForElsewhere) {
  EXPECT_EQ(kind_of_mysql_error(1290,
                                "The MySQL server is running with the --super-read-only "
                                "option so it cannot execute this statement"),
            ErrorKind::unreachable);
  EXPECT_EQ(kind_of_mysql_error(1290,
                                "The MariaDB server is running with the --read-only option "
                                "so it cannot execute this statement"),
            ErrorKind::unreachable);
  EXPECT_EQ(kind_of_mysql_error(1290,
                                "The MySQL server is running with the --secure-file-priv "
                                "option so it cannot execute this statement"),
            ErrorKind::query);
  EXPECT_EQ(kind_of_mysql_error(1836, "Running in read-only mode"), ErrorKind::unreachable);
  EXPECT_EQ(kind_of_mysql_error(1792, "Cannot execute statement in a READ ONLY transaction."),
            ErrorKind::unreachable);
}

}  // namespace
}  // namespace tidemark::sql
