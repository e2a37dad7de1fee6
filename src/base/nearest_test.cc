#include "base/nearest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace tidemark {
namespace {

TEST(EditDistance, CountsLetters) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("table", "table"), 0U);
  EXPECT_EQ(edit_distance("tabel", "table"), 2U);
  EXPECT_EQ(edit_distance("tble", "table"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Nearest, FindsTheSlipOfThePen) {
  constexpr std::array<std::string_view, 3> words = {"threads", "table", "tenant_column"};
  EXPECT_EQ(nearest("tabel", words), "table");
  EXPECT_EQ(nearest("thread", words), "threads");
  EXPECT_EQ(nearest("tenent_colum", words), "tenant_column");
}

TEST(Nearest, SaysNothingRatherThanNonsense) {
  constexpr std::array<std::string_view, 2> words = {"on", "off"};
  EXPECT_EQ(nearest("maybe", words), "");
  EXPECT_EQ(nearest("xy", words), "") << "no letter in common";
  EXPECT_EQ(nearest(std::string(100'000, 'o'), words), "");
  EXPECT_EQ(nearest("on", {}), "");
}

}  // namespace
}  // namespace tidemark
