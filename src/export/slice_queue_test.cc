#include "export/slice_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace tidemark::exporter {
namespace {

SliceTask task(const std::string& tenant) {
  SliceTask made;
  made.slice.tenant = tenant;
  return made;
}

TEST(SliceQueue, RestsComeFirst) {
  SliceQueue queue;
  queue.put(task("a"));
  queue.put(task("b"));
  EXPECT_EQ(queue.take()->slice.tenant, "a");
  EXPECT_TRUE(queue.put_first(task("rest of a")));
  queue.done();
  EXPECT_EQ(queue.take()->slice.tenant, "rest of a");
  EXPECT_EQ(queue.take()->slice.tenant, "b");
}

TEST(SliceQueue, IsDrainedOnlyWhenNobodyIsAtWork) {
  SliceQueue queue;
  EXPECT_FALSE(queue.take());  // Nothing to do from the start.
  queue.put(task("a"));
  ASSERT_TRUE(queue.take());
  std::atomic<bool> got_rest = false;
  std::thread other([&] {
    got_rest = queue.take().has_value();  // Waits: the rest of `a` may still come.
    queue.done();
  });
  EXPECT_TRUE(queue.put_first(task("rest")));
  queue.done();
  other.join();
  EXPECT_TRUE(got_rest);
  EXPECT_FALSE(queue.take());
}

TEST(SliceQueue, ClosedItHandsNothingOutAndTakesNoRest) {
  SliceQueue queue;
  queue.put(task("a"));
  queue.put(task("b"));
  ASSERT_TRUE(queue.take());
  std::thread waiting([&] {
    if (queue.take()) queue.done();
    EXPECT_FALSE(queue.take());
  });
  const std::deque<SliceTask> left = queue.close();
  EXPECT_LE(left.size(), 1U);
  waiting.join();
  EXPECT_FALSE(queue.put_first(task("rest")));
  EXPECT_FALSE(queue.take());
  EXPECT_TRUE(queue.close().empty());
}

/// Each slice is cut into halves until it is one row: all rows are met once, and all threads end.
TEST(SliceQueue, ManyWorkersMeetEveryRowOnce) {
  constexpr std::uint64_t rows = 4096;
  SliceQueue queue;
  queue.put(task(std::to_string(rows)));
  std::atomic<std::uint64_t> met = 0;
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 8; ++worker) {
    workers.emplace_back([&] {
      while (const std::optional<SliceTask> taken = queue.take()) {
        const std::uint64_t size = std::stoull(*taken->slice.tenant);
        if (size == 1) {
          ++met;
        } else {
          EXPECT_TRUE(queue.put_first(task(std::to_string(size / 2))));
          EXPECT_TRUE(queue.put_first(task(std::to_string(size - size / 2))));
        }
        queue.done();
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(met, rows);
}

}  // namespace
}  // namespace tidemark::exporter
