#include "api/load_figures.h"

#include <gtest/gtest.h>

namespace tidemark::api {
namespace {

run::RunRecord run_of(std::string command, std::string counts, int exit_code = 0) {
  return {.id = "01",
          .job = "load orders",
          .command = std::move(command),
          .process = {},
          .ended_at = WallTime(std::chrono::seconds(100)),
          .counts = std::move(counts),
          .exit_code = exit_code};
}

TEST(LoadFiguresTest, TheNewestRunOfEachModeIsTold) {
  const std::vector<LoadFigures> loads =
      load_figures({run_of("tidemark load orders --rescan 1d --json",
                           R"({"windows_failed":2,"rows_read":9})", 3),
                    run_of("tidemark load orders --rescan 15d", R"({"days_missing":1})", 3),
                    run_of("tidemark load orders --rescan 1d --json", R"({"windows_failed":7})"),
                    run_of("tidemark load orders --incremental",
                           R"({"gaps_open":1,"complete_upto_unix":1735700000})"),
                    run_of("tidemark load orders", "spoilt")});
  ASSERT_EQ(loads.size(), 4U);
  EXPECT_EQ(loads[0].mode, "rescan 1d");
  EXPECT_EQ(loads[0].exit_code, 3);
  EXPECT_EQ(loads[0].counts, (std::map<std::string, std::int64_t>{{"windows_failed", 2}}));
  EXPECT_EQ(loads[1].mode, "rescan 15d");
  EXPECT_EQ(loads[2].mode, "incremental");
  EXPECT_EQ(loads[2].watermark, 1735700000);
  EXPECT_EQ(loads[3].mode, "usual");
  EXPECT_TRUE(loads[3].counts.empty());
}

}  // namespace
}  // namespace tidemark::api
