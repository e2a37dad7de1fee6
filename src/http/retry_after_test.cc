#include "http/retry_after.h"

#include <gtest/gtest.h>

#include "http/http_date.h"

namespace tidemark::http {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::year;

const WallTime now = sys_days(year(1994) / 11 / 6) + 8h + 49min + 37s;  // RFC 9110's example.

TEST(HttpDate, ReadsTheThreeForms) {
  for (const char* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994"})
    EXPECT_EQ(parse_http_date(text), now) << text;
  EXPECT_EQ(http_date(now), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(parse_http_date("Thursday, 01-Jan-69 00:00:00 GMT"), sys_days(year(2069) / 1 / 1));
}

TEST(HttpDate, RefusesTheRest) {
  for (const char* bad :
       {"", "Sun", "Sun,", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CST",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, +6 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"})
    EXPECT_FALSE(parse_http_date(bad)) << bad;
}

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(parse_retry_after("0", now), 0s);
  EXPECT_EQ(parse_retry_after("120", now), 120s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:51:37 GMT", now), 120s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), 0s) << "past";
}

TEST(RetryAfter, IsBounded) {
  EXPECT_EQ(parse_retry_after("99999999999999999999999", now), retry_after_seconds_max);
  EXPECT_EQ(parse_retry_after("9223372036854775807", now), retry_after_seconds_max);
  EXPECT_EQ(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", now), retry_after_seconds_max);
  for (const char* bad : {"", "-1", "+1", "1.5", "1s", " 1", "soon"})
    EXPECT_FALSE(parse_retry_after(bad, now)) << bad;
}

}  // namespace
}  // namespace tidemark::http
