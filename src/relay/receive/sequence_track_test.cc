#include "relay/receive/sequence_track.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/random.h"

namespace tidemark::receive {
namespace {

using ::testing::IsEmpty;

WallTime at(int seconds) { return WallTime(std::chrono::seconds(seconds)); }

SequenceTrack track_of(std::initializer_list<std::int64_t> sequences) {
  SequenceTrack track;
  for (const std::int64_t sequence : sequences) track.add(sequence, at(1));
  return track;
}

TEST(SequenceTrack, InOrderThereAreNoHoles) {
  const SequenceTrack track = track_of({1, 2, 3});
  EXPECT_EQ(track.contiguous(), 3);
  EXPECT_THAT(track.holes(), IsEmpty());
  EXPECT_EQ(track.oldest_hole(), std::nullopt);
  EXPECT_EQ(track.to_text(), "3");
}

TEST(SequenceTrack, TheFirstNumberSeenShowsWhatCameBefore) {
  const SequenceTrack track = track_of({41});
  EXPECT_EQ(track.contiguous(), 0);
  EXPECT_EQ(track.missing(), 40);
}

TEST(SequenceTrack, AHoleKeepsItsTimeWhileItIsFilled) {
  SequenceTrack track = track_of({1});
  track.add(6, at(10));
  track.add(4, at(20));
  EXPECT_EQ(track.to_text(), "6;2-3@10000000,5-5@10000000");
  EXPECT_EQ(track.oldest_hole(), at(10));
  for (const std::int64_t sequence : {5, 2, 3}) track.add(sequence, at(30));
  EXPECT_EQ(track.to_text(), "6");
}

TEST(SequenceTrack, NumbersThatCameOnceChangeNothing) {
  SequenceTrack track = track_of({1, 2, 5});
  EXPECT_FALSE(track.add(2, at(9)));
  EXPECT_FALSE(track.add(5, at(9)));
  EXPECT_FALSE(track.add(0, at(9)));
  EXPECT_FALSE(track.add(-7, at(9)));
}

TEST(SequenceTrack, ReadsWhatItWrote) {
  SequenceTrack track = track_of({3, 9, 5, 12});
  const auto again = SequenceTrack::parse(track.to_text());
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->to_text(), track.to_text());
  EXPECT_EQ(again->contiguous(), 0);
}

TEST(SequenceTrack, RefusesADamagedText) {
  for (const char* text :
       {"", "x", "-1", "5;", "5;1", "5;1-2", "5;2-1@3", "5;1-5@0", "5;0-1@0", "9;1-2@0,3-4@0",
        "9;4-5@0,1-2@0", "9;1-2@0;4-5@0", "99999999999999999999", "5 ", "5;1-2@-3"})
    EXPECT_FALSE(SequenceTrack::parse(text).has_value()) << text;
}

TEST(SequenceTrack, CompleteClosesWhatTheHubAccountsFor) {
  SequenceTrack track = track_of({1, 5, 9});
  track.complete(6);
  EXPECT_EQ(track.to_text(), "9;7-8@1000000");
  track.complete(20);
  EXPECT_EQ(track.to_text(), "20");
}

TEST(SequenceTrack, AForgedNumberIsForgottenWhenTheHubHasNoSuchEvent) {
  SequenceTrack track = track_of({1, 2});
  track.add(1'000'000'000, at(5));
  track.complete(7);
  track.forget_above(7, at(6));
  EXPECT_EQ(track.to_text(), "7");
  EXPECT_TRUE(track.add(8, at(7)));
  EXPECT_EQ(track.contiguous(), 8);
}

TEST(SequenceTrack, WhatCameAfterTheQuestionIsNotForgotten) {
  SequenceTrack track = track_of({1, 2});
  track.add(9, at(8));
  track.complete(7);
  track.forget_above(7, at(6));
  EXPECT_EQ(track.to_text(), "9;8-8@8000000");
}

TEST(SequenceTrack, HasAtMostSoManyHolesAndLosesNone) {
  SequenceTrack track;
  for (std::int64_t sequence = 2; sequence < 2'000; sequence += 2) track.add(sequence, at(1));
  EXPECT_LE(track.holes().size(), SequenceTrack::holes_max);
  EXPECT_EQ(track.contiguous(), 0);
  EXPECT_EQ(track.highest(), 1'998);
  EXPECT_GE(track.missing(), 999);
}

/// Against a set of numbers, in every order that chance makes.
TEST(SequenceTrack, AgreesWithASetOfNumbers) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SeededRandom random(seed);
    SequenceTrack track;
    std::set<std::int64_t> seen;
    for (int i = 0; i < 120; ++i) {
      const auto sequence = static_cast<std::int64_t>(random.below(100)) + 1;
      track.add(sequence, at(i));
      seen.insert(sequence);
      std::int64_t contiguous = 0;
      while (seen.contains(contiguous + 1)) ++contiguous;
      ASSERT_EQ(track.contiguous(), contiguous) << "seed " << seed;
      ASSERT_EQ(track.missing(), *seen.rbegin() - static_cast<std::int64_t>(seen.size()))
          << "seed " << seed;
      ASSERT_TRUE(SequenceTrack::parse(track.to_text()).has_value()) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace tidemark::receive
