#include "load/page_batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/record_writer.h"

namespace tidemark::load {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Le;

class PageBatchesTest : public ::testing::Test {
 protected:
  static Page page(std::size_t rows, std::size_t bytes) {
    Page page;
    for (std::size_t i = 0; i < rows; ++i)
      page.records.push_back({.id = std::to_string(i), .payload = std::string(bytes, 'x')});
    return page;
  }
  Result<void> give(const std::vector<Observed>& batch) {
    std::size_t bytes = 0;
    for (const Observed& row : batch) bytes += row.payload.size();
    rows_.push_back(batch.size());
    bytes_.push_back(bytes);
    if (refuses_) return fail(ErrorKind::no_space, {"full", "已满"});
    return {};
  }

  ManualClock clock_{WallTime{}};
  StageClock stages_{clock_};
  std::atomic<std::uint64_t> read_ = 0;
  std::vector<std::size_t> rows_, bytes_;  ///< Of each batch.
  bool refuses_ = false;
  PageBatches batches_{[this](const std::vector<Observed>& batch) { return give(batch); }, stages_,
                       read_};
};

TEST_F(PageBatchesTest, SmallRowsAreCountedOff) {
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(batches_.take(page(200, 10)));
  ASSERT_TRUE(batches_.flush());
  EXPECT_THAT(rows_, ElementsAre(batch_rows_max, batch_rows_max, 1000U));
  EXPECT_EQ(read_, 5000U);
}

TEST_F(PageBatchesTest, LargeRowsDoNotPileUp) {
  constexpr std::size_t row_bytes = 1 << 20, page_rows = 4;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(batches_.take(page(page_rows, row_bytes)));
  ASSERT_TRUE(batches_.flush());
  EXPECT_THAT(bytes_, Each(Le(batch_bytes_max + page_rows * row_bytes)));
  EXPECT_THAT(rows_, ElementsAre(32U, 32U, 16U));
}

TEST_F(PageBatchesTest, AfterAFailureNothingIsHandedOn) {
  refuses_ = true;
  ASSERT_TRUE(batches_.take(page(200, 10)));
  EXPECT_FALSE(batches_.flush());
  EXPECT_TRUE(batches_.failed());
  ASSERT_TRUE(batches_.take(page(200, 10)));
  EXPECT_TRUE(batches_.flush());
  EXPECT_EQ(rows_.size(), 1U);
}

}  // namespace
}  // namespace tidemark::load
