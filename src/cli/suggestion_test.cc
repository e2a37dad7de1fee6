#include "cli/suggestion.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace tidemark::cli {
namespace {

using namespace std::literals;

constexpr std::array commands = {"export"sv, "config"sv, "runs"sv, "completion"sv, "version"sv};

TEST(Suggestion, FindsTheSlipOfAFinger) {
  EXPECT_EQ(nearest("exprot", commands), "export");
  EXPECT_EQ(nearest("confg", commands), "config");
  EXPECT_EQ(nearest("run", commands), "runs");
  EXPECT_EQ(nearest("verison", commands), "version");
}

TEST(Suggestion, FindsTheUnfinishedWord) { EXPECT_EQ(nearest("compl", commands), "completion"); }

TEST(Suggestion, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest("download", commands), std::nullopt);
  EXPECT_EQ(nearest("", commands), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'x'), commands), std::nullopt);
}

}  // namespace
}  // namespace tidemark::cli
