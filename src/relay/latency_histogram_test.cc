#include "relay/latency_histogram.h"

#include <gtest/gtest.h>

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

TEST(LatencyHistogram, ABucketHoldsWhatIsNotAboveItsBound) {
  LatencyHistogram histogram;
  histogram.add(5ms);
  histogram.add(5ms + 1us);
  histogram.add(-3s);
  histogram.add(100h);
  EXPECT_EQ(histogram.counts().at(0), 2U);
  EXPECT_EQ(histogram.counts().at(1), 1U);
  EXPECT_EQ(histogram.counts().back(), 1U);
  EXPECT_EQ(histogram.sum(), 100h + 10ms + 1us);
}

TEST(LatencyHistogram, AddsUp) {
  LatencyHistogram sum;
  LatencyHistogram more;
  sum.add(1ms);
  more.add(1ms);
  more.add(2s);
  sum.add(more);
  EXPECT_EQ(sum.counts().at(0), 2U);
  EXPECT_EQ(sum.counts().at(8), 1U);
  EXPECT_EQ(sum.sum(), 2s + 2ms);
}

}  // namespace
}  // namespace tidemark::relay
