#include "load/old_progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::load {
namespace {

using ::testing::HasSubstr;

CivilTime at(std::string_view text) { return *CivilTime::parse(text); }

Result<CivilTime> read(std::string_view text) {
  return old_progress(text, std::chrono::hours(8), at("2016-01-01"), at("2025-06-01 12:00:00"));
}

TEST(OldProgress, ATimestampIsReadByTheShopsClock) {
  for (const std::string_view text : {"1735689600", "1735689600\n", " 1735689600.75 \r\n"}) {
    const Result<CivilTime> time = read(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(*time, at("2025-01-01 08:00:00"));
  }
}

TEST(OldProgress, ATimeIsOneOfTheShopsClock) {
  const Result<CivilTime> time = read(
      "\xEF\xBB\xBF"
      "2025-01-01 08:00:00\n\n");
  ASSERT_TRUE(time);
  EXPECT_EQ(*time, at("2025-01-01 08:00:00"));
}

TEST(OldProgress, NonsenseIsRefused) {
  for (const std::string_view text :
       {"", "\n", "now", "2025-01-01", "-1735689600", "1735689600000", "1e9", "0x10", ".5",
        "1735689600\n1735689601", "1735689600.5.5", "0", "1", "9999999999", "2025-06-01 12:00:01",
        "2015-12-31 23:59:59", "2025-13-01 00:00:00", "99999999999999999999999999"}) {
    const Result<CivilTime> time = read(text);
    EXPECT_FALSE(time) << text;
    if (!time) EXPECT_EQ(time.error().kind, ErrorKind::rejected);
  }
}

}  // namespace
}  // namespace tidemark::load
