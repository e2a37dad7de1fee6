#include "export/set_back.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

CivilTime at(std::string_view text) { return *CivilTime::parse(text); }

class FindSetBack : public testing::Test {
 protected:
  /// The machine has been up for `up`, on an evenly running clock.
  static watermark::ClockReading reading(std::string_view database, std::chrono::seconds up) {
    return {.database = at(database), .boot = "boot", .since_boot = up, .wall = WallTime(up)};
  }
  /// A run at `before` left `mark`; the next one, a minute later, finds `now`.
  std::optional<SetBack> found(std::string_view mark, std::string_view before, std::string_view now,
                               bool whole_days) {
    constexpr std::chrono::minutes minute{1};
    EXPECT_TRUE(remember_clock(index_, reading(before, minute)));
    const watermark::State state = {{"t", {.mark = at(mark)}}};
    return find_set_back(index_, reading(now, 2 * minute), state, whole_days).value();
  }

  TemporaryFolder folder_;
  TreeIndex index_ = TreeIndex::open(folder_.text(), IndexDb::Mode::read_write).value();
};

TEST_F(FindSetBack, StampsThatAMarkHasPassedMayComeAgain) {
  EXPECT_FALSE(found("2025-03-10 00:00:00", "2025-03-10 00:05:00", "2025-03-10 00:06:00", false));
  const auto back =
      found("2025-03-10 00:00:00", "2025-03-10 00:05:00", "2025-03-09 23:46:00", false);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->read_from, at("2025-03-09 23:44:58"));
  // By less than the marks are behind.
  EXPECT_FALSE(found("2025-03-10 00:00:00", "2025-03-10 00:05:00", "2025-03-10 00:05:00", false));
}

TEST_F(FindSetBack, OfDatesTheDayBeforeIsInDoubtAsWell) {
  // The mark is the last whole day; the clock goes back across midnight, and the day goes on.
  const auto back =
      found("2025-03-09 00:00:00", "2025-03-10 00:10:00", "2025-03-09 23:51:00", true);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->read_from, at("2025-03-08 00:00:00"));
  EXPECT_FALSE(found("2025-03-09 00:00:00", "2025-03-10 00:10:00", "2025-03-10 00:11:00", true));
  EXPECT_FALSE(found("2025-03-09 00:00:00", "2025-03-10 12:10:00", "2025-03-10 11:00:00", true));
}

}  // namespace
}  // namespace tidemark::exporter
