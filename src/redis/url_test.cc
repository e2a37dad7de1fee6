#include "redis/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::redis {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(RedisUrl, HasHostPortAndDatabase) {
  const auto url = Url::parse("redis://cache.example.com:6380/3");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "cache.example.com");
  EXPECT_EQ(url->port, 6380);
  EXPECT_EQ(url->database, 3);
  EXPECT_FALSE(url->password);
  EXPECT_EQ(url->redacted(), "redis://cache.example.com:6380/3");
}

TEST(RedisUrl, HasDefaults) {
  for (const char* text : {"redis://h", "redis://h/", "redis://h:6379", "redis://h:6379/0"}) {
    const auto url = Url::parse(text);
    ASSERT_TRUE(url) << text;
    EXPECT_EQ(url->redacted(), "redis://h:6379/0") << text;
  }
}

TEST(RedisUrl, HidesThePassword) {
  const auto url = Url::parse("redis://:p%40ss@word@h/0");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->password, "p@ss@word");
  EXPECT_EQ(url->user, "");
  EXPECT_EQ(url->redacted(), "redis://:***@h:6379/0");
  EXPECT_EQ(Url::parse("redis://me:@h")->password, "");
  EXPECT_EQ(Url::parse("redis://me:x@h")->redacted(), "redis://me:***@h:6379/0");
}

TEST(RedisUrl, KnowsIPv6AndSockets) {
  EXPECT_EQ(Url::parse("redis://[::1]:7000/1")->host, "::1");
  EXPECT_EQ(Url::parse("redis://[::1]")->redacted(), "redis://[::1]:6379/0");
  const auto socket = Url::parse("unix://:x@/run/redis/s%20k.sock?db=2");
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->socket, "/run/redis/s k.sock");
  EXPECT_EQ(socket->database, 2);
  EXPECT_EQ(socket->redacted(), "unix://:***@/run/redis/s k.sock?db=2");
}

TEST(RedisUrl, KnowsTls) {
  const auto url = Url::parse("rediss://me:x@cache.example.com:6380/3");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "cache.example.com");
  EXPECT_EQ(url->redacted(), "rediss://me:***@cache.example.com:6380/3");
  EXPECT_EQ(Url::parse("rediss://[::1]")->redacted(), "rediss://[::1]:6379/0");
  EXPECT_FALSE(Url::parse("redis://h")->tls);
}

TEST(RedisUrl, RefusesWhatIsWrongAndNeverShowsThePassword) {
  for (const char* text :
       {"", "redis:", "redis://", "redis://:hunter2@", "redis://h:0", "redis://h:70000",
        "redis://h:x", "redis://h/x", "redis://h/-1", "redis://[::1", "redis://[::1]x",
        "rediss://:hunter2@", "http://:hunter2@h", "unix://run/s", "unix:///s?x=1",
        "redis://:hunter2%@h", "redis://:hunter2%00@h", "redis://:hunter2%zz@h"}) {
    const auto url = Url::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().kind, ErrorKind::invalid_config);
    EXPECT_THAT(url.error().what.en, Not(HasSubstr("hunter2"))) << text;
  }
}

}  // namespace
}  // namespace tidemark::redis
