#include "export/chunk_length.h"

#include <gtest/gtest.h>

#include <limits>

namespace tidemark::exporter {
namespace {

constexpr std::uint64_t rows_max = 1024;
constexpr std::uint64_t bytes_max = 1 << 20;

TEST(ChunkLength, BeginsBelowTheMaximum) {
  EXPECT_EQ(ChunkLength(rows_max, bytes_max).rows(), 512U);
  EXPECT_EQ(ChunkLength(100, bytes_max).rows(), 100U);
}

TEST(ChunkLength, GrowsWithSmallRows) {
  ChunkLength length(rows_max, bytes_max);
  length.learn(512, std::uint64_t{512} * 10);
  EXPECT_EQ(length.rows(), rows_max);
}

TEST(ChunkLength, LeavesAnEighthOfTheBytes) {
  ChunkLength length(rows_max, bytes_max);
  length.learn(512, std::uint64_t{512} * 2048);
  EXPECT_EQ(length.rows(), bytes_max / 8 * 7 / 2048);
}

TEST(ChunkLength, ShrinksWithLargeRowsButNotToNothing) {
  ChunkLength length(rows_max, bytes_max);
  length.learn(1, 1 << 30);
  EXPECT_EQ(length.rows(), ChunkLength::rows_min);
  length.learn(1, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(length.rows(), ChunkLength::rows_min);
}

TEST(ChunkLength, GrowsAgainAfterAChunkOfItsLength) {
  ChunkLength length(rows_max, bytes_max);
  length.learn(3, std::uint64_t{3} << 20);
  ASSERT_EQ(length.rows(), ChunkLength::rows_min);
  length.learn(ChunkLength::rows_min, ChunkLength::rows_min * 100);
  EXPECT_EQ(length.rows(), rows_max);
}

TEST(ChunkLength, AFewSmallRowsDoNotMakeItGrow) {
  ChunkLength length(rows_max, bytes_max);
  length.learn(511, 511);
  EXPECT_EQ(length.rows(), 512U);
  length.learn(10, std::uint64_t{10} * (1 << 15));
  const std::uint64_t shrunk = length.rows();
  EXPECT_LT(shrunk, 512U);  // Large ones make it shrink.
  length.learn(shrunk - 1, shrunk - 1);
  EXPECT_EQ(length.rows(), shrunk);
}

TEST(ChunkLength, NoRowsSayNothing) {
  ChunkLength length(rows_max, bytes_max);
  length.learn(0, 0);
  EXPECT_EQ(length.rows(), 512U);
}

TEST(ChunkLength, EmptyPayloadsHaveAByte) {
  ChunkLength length(rows_max, bytes_max);
  length.learn(512, 0);
  EXPECT_EQ(length.rows(), rows_max);
}

TEST(ChunkLength, AMaximumBelowTheMinimumStands) {
  ChunkLength length(4, bytes_max);
  length.learn(4, 1 << 30);
  EXPECT_EQ(length.rows(), 4U);
}

}  // namespace
}  // namespace tidemark::exporter
