#include "config/database_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::config {
namespace {

TEST(DatabaseUrl, IsToldByItsBeginning) {
  for (const char* url :
       {"sqlite:a.db", "mysql://h/d", "mariadb://h/d", "postgres://h/d", "postgresql://h/d"}) {
    EXPECT_TRUE(is_database_url(url)) << url;
  }
  for (const char* other : {"", "sqlite:", "mysql:", "mysql://", "oracle://h", "h:3306", "a.db",
                            "MYSQL://h/d", " mysql://h/d"}) {
    EXPECT_FALSE(is_database_url(other)) << other;
  }
}

TEST(DatabaseUrl, KnowsItsPassword) {
  EXPECT_TRUE(has_password("mysql://u:p@h/d"));
  EXPECT_TRUE(has_password("mysql://u:@h/d")) << "an empty one is one";
  for (const char* url : {"mysql://u@h:3306/d", "mysql://h:3306/d?x=a:b@c", "sqlite:a:b@c",
                          "sqlite:///a:b@c", "mysql://[::1]:3306/d"}) {
    EXPECT_FALSE(has_password(url)) << url;
  }
}

TEST(DatabaseUrl, ShowsEverythingButThePassword) {
  EXPECT_EQ(redacted_url("mysql://u:p@h:3306/d"), "mysql://u:***@h:3306/d");
  for (const char* url : {"mysql://u@h:3306/d", "postgres://h:5432/d", "mysql://[::1]:3306/d",
                          "sqlite:/a:b@c.db", "mysql://h/d"}) {
    EXPECT_EQ(redacted_url(url), url);
  }
}

TEST(DatabaseUrl, RatherHidesTooMuch) {
  for (const char* url :
       {"mysql://u:sec/ret@h/d", "mysql://u:sec@ret@h/d", "mysql://u:sec?ret#@h/d", "u:secret@h",
        "mysql://u:secret", "mysql:u:secret@h", "mysql://u:secret/d", "oracle://u:secret@h"}) {
    EXPECT_THAT(redacted_url(url), ::testing::HasSubstr("***")) << url;
    EXPECT_THAT(redacted_url(url), ::testing::Not(::testing::HasSubstr("sec"))) << url;
    EXPECT_THAT(redacted_url(url), ::testing::Not(::testing::HasSubstr("ret"))) << url;
  }
}

TEST(PercentEncoded, LeavesOnlyWhatIsUnreserved) {
  EXPECT_EQ(percent_encoded("aZ9-._~"), "aZ9-._~");
  EXPECT_EQ(percent_encoded("a@b:c/d%"), "a%40b%3Ac%2Fd%25");
  EXPECT_EQ(percent_encoded("财"), "%E8%B4%A2");
}

}  // namespace
}  // namespace tidemark::config
