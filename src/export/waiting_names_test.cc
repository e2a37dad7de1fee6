#include "export/waiting_names.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>

namespace tidemark::exporter {
namespace {

TEST(WaitingNames, AreFoundAndGone) {
  WaitingNames names;
  EXPECT_EQ(names.find(7), std::nullopt);
  EXPECT_FALSE(names.remove(7));
  EXPECT_TRUE(names.add(7, 1));
  EXPECT_FALSE(names.add(7, 2));
  EXPECT_EQ(names.find(7), 1);
  EXPECT_TRUE(names.remove(7));
  EXPECT_FALSE(names.remove(7));
  EXPECT_EQ(names.find(7), std::nullopt);
  EXPECT_EQ(names.size(), 0U);
}

TEST(WaitingNames, AreSortedAsSignedNumbers) {
  WaitingNames names;
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::int64_t id = 0;
  for (const std::int64_t hash : {most, std::int64_t{0}, least, most - 1, std::int64_t{-1}}) {
    names.add(hash, ++id);
  }
  std::vector<std::int64_t> hashes;
  for (const WaitingNames::Name& name : names.sorted()) hashes.push_back(name.hash);
  EXPECT_EQ(hashes, (std::vector<std::int64_t>{least, -1, 0, most - 1, most}));
}

/// Against a map, with hashes that crowd in few places: at both ends, so that searches go round.
TEST(WaitingNames, BehaveAsAMap) {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}) {
    std::mt19937_64 random(seed);
    WaitingNames names;
    std::map<std::int64_t, std::int64_t> expected;
    for (std::int64_t id = 1; id <= 20'000; ++id) {
      auto hash = static_cast<std::int64_t>(random());
      if (seed % 2 == 0) {
        hash = std::numeric_limits<std::int64_t>::max() - static_cast<std::int64_t>(random() % 700);
      }
      if (random() % 3 == 0) {
        ASSERT_EQ(names.remove(hash), expected.erase(hash) == 1) << seed;
      } else {
        ASSERT_EQ(names.add(hash, id), expected.emplace(hash, id).second) << seed;
      }
      if (!expected.empty() && random() % 2 == 0) {
        const auto near = expected.lower_bound(static_cast<std::int64_t>(random()));
        const auto some = near == expected.end() ? expected.begin() : near;
        ASSERT_EQ(names.find(some->first), some->second) << seed;
        if (random() % 4 == 0) {
          ASSERT_TRUE(names.remove(some->first)) << seed;
          expected.erase(some);
        }
      }
      ASSERT_EQ(names.size(), expected.size());
    }
    const std::vector<WaitingNames::Name> sorted = names.sorted();
    ASSERT_EQ(sorted.size(), expected.size());
    auto each = expected.begin();
    for (const WaitingNames::Name& name : sorted) {
      ASSERT_EQ(name.hash, each->first);
      ASSERT_EQ(name.id, each->second);
      ASSERT_EQ(names.find(name.hash), name.id);
      ++each;
    }
  }
}

}  // namespace
}  // namespace tidemark::exporter
