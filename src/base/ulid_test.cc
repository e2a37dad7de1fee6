#include "base/ulid.h"

#include <gtest/gtest.h>

#include <set>

namespace tidemark {
namespace {

using std::chrono::milliseconds;

TEST(Ulid, StartsWithTheTime) {
  // The example of the specification: 1469918176385 ms.
  SeededRandom random{1};
  const std::string id = make_ulid(WallTime{milliseconds{1'469'918'176'385}}, random);
  EXPECT_EQ(id.size(), 26U);
  EXPECT_EQ(id.substr(0, 10), "01ARYZ6S41");
  EXPECT_EQ(id.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), std::string::npos);
}

TEST(Ulid, SortsByTime) {
  SeededRandom random{2};
  std::string before;
  for (std::int64_t ms = 1; ms < (std::int64_t{1} << 47); ms *= 2) {
    const std::string id = make_ulid(WallTime{milliseconds{ms}}, random);
    EXPECT_LT(before, id);
    before = id;
  }
}

TEST(Ulid, DiffersWithinAMillisecond) {
  SeededRandom random{3};
  std::set<std::string> ids;
  for (int i = 0; i < 10'000; ++i) ids.insert(make_ulid(WallTime{}, random));
  EXPECT_EQ(ids.size(), 10'000U);
}

TEST(UlidSequence, SortsWithinAMillisecondAndDiffers) {
  SeededRandom random{4};
  UlidSequence sequence;
  std::string before;
  for (int i = 0; i < 10'000; ++i) {
    const std::string id = sequence.next(WallTime{milliseconds{1 + i / 5'000}}, random);
    EXPECT_LT(before, id);
    before = id;
  }
  EXPECT_LT(sequence.next(WallTime{}, random), before) << "the clock is believed";
}

/// Its chance is all ones, so that the last ULID of the millisecond comes first.
class Highest : public Random {
 public:
  std::uint64_t next() override { return ~std::uint64_t{0}; }
};

TEST(UlidSequence, NeverLeavesItsMillisecond) {
  Highest random;
  UlidSequence sequence;
  const std::string last = sequence.next(WallTime{}, random);
  EXPECT_EQ(last, "0000000000ZZZZZZZZZZZZZZZZ");
  EXPECT_EQ(sequence.next(WallTime{}, random), last) << "by chance, not by carrying over";
}

}  // namespace
}  // namespace tidemark
