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

LoadSummary with_sums() {
  LoadSummary summary{.platform = "xiaoe", .mode = "range", .windows = 1, .windows_finished = 1};
  summary.days_checked = 2;
  summary.amounts_compared = 1234;
  summary.sums = {{"price", 123'456}, {"coupon_price", 0}, {"refund_money", 5}, {"net_amount", -3}};
  return summary;
}

TEST(LoadSummary, TellsSums) {
  const LoadSummary summary = with_sums();
  EXPECT_THAT(
      summary_text(summary, Language::english, ""),
      HasSubstr("  sums:          price 1234.56, coupon_price 0.00, refund_money 0.05, net_amount "
                "-0.03; the same in the warehouse for each of 1,234 orders\n"));
  EXPECT_THAT(summary_text(summary, Language::chinese, ""),
              HasSubstr("  金额：        price 1234.56, coupon_price 0.00, refund_money 0.05, "
                        "net_amount -0.03；1,234 笔订单在数仓中逐笔一致\n"));
  const auto line = nlohmann::ordered_json::parse(summary_json(summary, ExitCode::done));
  EXPECT_EQ(
      line["sums"].dump(),
      R"({"price":"1234.56","coupon_price":"0.00","refund_money":"0.05","net_amount":"-0.03"})");
  EXPECT_EQ(line["amounts_of"], "all");
  EXPECT_EQ(line["amounts_compared"], 1234);
  EXPECT_EQ(line["days_off"], 0);
}

TEST(LoadSummary, TellsSumsThatAreOff) {
  LoadSummary summary = with_sums();
  summary.days_off = 1;
  summary.day_differences = {{"2025-01-01: price sums up to 1 (o_1)", "2025-01-01：price 合计 1"}};
  const std::string english = summary_text(summary, Language::english, "");
  EXPECT_THAT(english, HasSubstr("net_amount -0.03 of 1,234 orders; on 1 days the warehouse has "
                                 "other amounts\n                 2025-01-01: price sums up to"));
  EXPECT_THAT(english, Not(HasSubstr("the same")));
  EXPECT_THAT(summary_text(summary, Language::chinese, ""),
              HasSubstr("net_amount -0.03（1,234 笔订单）；数仓有 1 天的金额不同\n                "
                        "2025-01-01：price 合计 1\n"));
  const auto line = nlohmann::json::parse(summary_json(summary, ExitCode::partial));
  EXPECT_EQ(line["days_off"], 1);
  EXPECT_EQ(line["day_differences"],
            nlohmann::json::array({"2025-01-01: price sums up to 1 (o_1)"}));
  EXPECT_EQ(line["error"], "2025-01-01: price sums up to 1 (o_1)");
}

TEST(LoadSummary, TellsOfWhichOrdersTheSumsAre) {
  LoadSummary summary = with_sums();
  summary.amounts_of_news = true;
  EXPECT_THAT(summary_text(summary, Language::english, ""),
              HasSubstr("for each of 1,234 orders that were new or different\n"));
  EXPECT_THAT(summary_text(summary, Language::chinese, ""),
              HasSubstr("；1,234 笔新增或变化的订单在数仓中逐笔一致\n"));
  EXPECT_EQ(nlohmann::json::parse(summary_json(summary, ExitCode::done))["amounts_of"], "news");
  summary.amounts_compared = 0;
  EXPECT_THAT(summary_text(summary, Language::english, ""), Not(HasSubstr("sums:")));
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
