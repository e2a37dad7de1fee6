#include "load/doctor/mysql_grants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace tidemark::load {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::set<std::string> granted(const std::vector<std::string>& grants) {
  return granted_privileges(grants, [](const std::string& pattern) { return pattern == "tide"; });
}

TEST(MysqlGrants, ThoseOnTheDatabaseAndOnAllCount) {
  EXPECT_THAT(granted({"GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*AB ON x'",
                       "GRANT SELECT, INSERT, CREATE VIEW ON `tide`.* TO `u`@`%`"}),
              ElementsAre("CREATE VIEW", "INSERT", "SELECT", "USAGE"));
  EXPECT_THAT(granted({"GRANT ALL PRIVILEGES ON `tide`.* TO 'u'@'%' WITH GRANT OPTION"}),
              ElementsAre("ALL PRIVILEGES"));
}

TEST(MysqlGrants, ThoseOfOthersAndOfPartsDoNot) {
  EXPECT_THAT(
      granted({"GRANT ALL PRIVILEGES ON `other`.* TO `u`@`%`",
               "GRANT CREATE, DROP ON `tide`.`orders` TO `u`@`%`",
               "GRANT EXECUTE ON PROCEDURE `tide`.`p` TO `u`@`%`", "GRANT `reader` TO `u`@`%`",
               "GRANT SELECT (`a`, `b`), UPDATE (`a`) ON `tide`.* TO `u`@`%`", "GRANT", ""}),
      IsEmpty());
}

TEST(MysqlGrants, AQuoteWithinANameIsDoubled) {
  const std::vector<std::string> grants = {"GRANT SELECT ON `a``b`.* TO `u`@`%`"};
  EXPECT_THAT(
      granted_privileges(grants, [](const std::string& pattern) { return pattern == "a`b"; }),
      ElementsAre("SELECT"));
}

}  // namespace
}  // namespace tidemark::load
