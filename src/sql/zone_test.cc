#include "sql/zone.h"

#include <gtest/gtest.h>

namespace tidemark::sql {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

TEST(Zone, ReadsOffsets) {
  EXPECT_EQ(parse_offset("+08:00"), hours{8});
  EXPECT_EQ(parse_offset("-03:30"), -(hours{3} + minutes{30}));
  EXPECT_EQ(parse_offset("+5:45"), hours{5} + minutes{45});
  EXPECT_EQ(parse_offset("+14:00"), hours{14});
  EXPECT_EQ(parse_offset("-00:00"), minutes{0});
}

TEST(Zone, RefusesTheRest) {
  for (const char* text : {"", "+", "08:00", "+8", "+0800", "+08:0", "+08:000", "+15:00", "+14:01",
                           "+08:60", "+08-00", "+a8:00", "+08:00x", "UTC", "+:00", "+008:00"}) {
    EXPECT_EQ(parse_offset(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tidemark::sql
