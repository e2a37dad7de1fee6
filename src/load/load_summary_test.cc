#include "load/load_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tidemark::load {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

LoadSummary in_trouble() {
  LoadSummary summary{.platform = "xiaoe", .mode = "range", .windows = 3, .windows_finished = 2};
  summary.windows_failed = 1;
  summary.rejected = 2;
  summary.rejects = {{"o_1: price is missing", "o_1：缺少 price"}};
  summary.errors.push_back(
      make_error(ErrorKind::unauthorized, {"the shop answers 2051", "店铺返回 2051"})
          .with_hint({"add this machine's address", "请加入本机地址"}));
  return summary;
}

TEST(LoadSummary, TellsTroubleInTheLanguageThatIsAskedFor) {
  const std::string english = summary_text(in_trouble(), Language::english, "tidemark load orders");
  EXPECT_THAT(english, HasSubstr("o_1: price is missing\n"));
  EXPECT_THAT(english, HasSubstr("the shop answers 2051\n"));
  EXPECT_THAT(english, HasSubstr("add this machine's address\n"));
  EXPECT_THAT(english, HasSubstr("tidemark load orders\n"));
  const std::string chinese = summary_text(in_trouble(), Language::chinese, "tidemark load orders");
  EXPECT_THAT(chinese, HasSubstr("o_1：缺少 price\n"));
  EXPECT_THAT(chinese, HasSubstr("店铺返回 2051\n"));
  EXPECT_THAT(chinese, HasSubstr("请加入本机地址\n"));
  EXPECT_THAT(chinese, Not(HasSubstr("the shop")));
}

TEST(LoadSummary, ProgramsReadEnglishAndTheNextStep) {
  const auto line = nlohmann::json::parse(summary_json(in_trouble(), ExitCode::partial));
  EXPECT_EQ(line["rejects"], nlohmann::json::array({"o_1: price is missing"}));
  EXPECT_EQ(line["errors"][0]["message"], "the shop answers 2051");
  EXPECT_EQ(line["errors"][0]["hint"], "add this machine's address");
  EXPECT_EQ(line["exit_code"], 3);
}

}  // namespace
}  // namespace tidemark::load
