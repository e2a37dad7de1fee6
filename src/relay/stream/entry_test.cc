#include "relay/stream/entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::relay {
namespace {

using redis::StreamEntry;
using testing::HasSubstr;

constexpr std::size_t bytes_max = 4096;
const std::string voucher =
    R"({"event_type":"l1_confirmed","source_system":"s","source_type":"t","source_id":1,)"
    R"("amount":"100000.00","business_data":{}})";
const std::string event =
    R"({"event":"a.b","source_system":"erp","source_id":1,"data":{"price":1.10}})";

TEST(StreamEntry, HoldsAVoucherOrAnEvent) {
  const auto first = parse_entry({"1-0", {{"voucher", voucher}}}, bytes_max);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->is_voucher);
  const auto second = parse_entry({"1-1", {{"traceparent", "00-x"}, {"event", event}}}, bytes_max);
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->is_voucher);
  EXPECT_EQ(second->event_type, "a.b");
}

TEST(StreamEntry, MayBeTooOldToBeKnown) {
  using namespace std::chrono_literals;
  const WallTime now{1'768'435'200'000ms};
  const StreamEntry day_old{"1768348800000-7", {{"voucher", voucher}}};
  EXPECT_TRUE(check_age(day_old, now, 25h));
  const auto refused = check_age(day_old, now, 24h);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::rejected);
  EXPECT_TRUE(check_age(day_old, now, 0h)) << "nothing is forgotten";
  EXPECT_TRUE(check_age({"17-0", {}}, now, 24h)) << "an id that is no time";
  EXPECT_TRUE(check_age({"1768435300000-0", {}}, now, 24h)) << "a clock that is ahead";
}

TEST(StreamEntry, RefusesWhatIsNeitherOrBoth) {
  for (const StreamEntry& entry :
       {StreamEntry{"1-0", {}}, StreamEntry{"1-0", {{"Voucher", voucher}}},
        StreamEntry{"1-0", {{"voucher", voucher}, {"event", event}}},
        StreamEntry{"1-0", {{"voucher", voucher}, {"voucher", voucher}}},
        StreamEntry{"1-0", {{"voucher", ""}}}, StreamEntry{"1-0", {{"voucher", "{"}}},
        StreamEntry{"1-0", {{"voucher", std::string("\0\xff", 2)}}},
        StreamEntry{"1-0", {{"event", voucher}}}}) {
    const auto parsed = parse_entry(entry, bytes_max);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().kind, ErrorKind::rejected);
  }
  const auto large = parse_entry({"1-0", {{"voucher", voucher}}}, 10);
  ASSERT_FALSE(large);
  EXPECT_THAT(large.error().what.en, HasSubstr("larger than 10 bytes"));
}

TEST(StreamEntry, HasAKeyOfItsOwn) {
  const StreamEntry entry{"1-0", {{"voucher", "ab"}}};
  const std::string key = entry_key("s", entry);
  EXPECT_EQ(key.size(), 69U);
  EXPECT_EQ(key, entry_key("s", entry));
  EXPECT_NE(key, entry_key("t", entry));
  EXPECT_NE(key, entry_key("s", {"1-1", {{"voucher", "ab"}}}));
  EXPECT_NE(key, entry_key("s", {"1-0", {{"vouchera", "b"}}}));
  EXPECT_NE(key, entry_key("s", {"1-0", {{"voucher", "ab"}, {"", ""}}}));
}

}  // namespace
}  // namespace tidemark::relay
