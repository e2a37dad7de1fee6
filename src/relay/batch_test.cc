#include "relay/batch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "base/atomic_file.h"

namespace tidemark::relay {
namespace {

std::string example(std::string_view name) {
  return read_file(fmt::format("{}/examples/{}", TIDEMARK_WIRE_FOLDER, name), 1 << 20).value();
}

DueDelivery delivery(std::string event_id, std::int64_t sequence, std::string body) {
  auto event = std::make_shared<Event>();
  event->id = std::move(event_id);
  event->body = std::make_shared<const std::string>(std::move(body));
  return DueDelivery{.sequence = sequence, .event = std::move(event)};
}

TEST(BatchBody, IsTheGoldenOneToTheByte) {
  const std::vector<DueDelivery> deliveries = {
      delivery("msg_01JHZK7T0V8Q6W3E5R2Y9A4B1C", 41, example("event.json")),
      delivery("msg_01JHZK8R4M2N7P9S3T5V6W8X0Y", 42, example("event-without-voucher.json"))};
  EXPECT_EQ(batch_body(deliveries), example("batch.json"));
}

TEST(BatchAnswer, IsEmptyForAnyOtherAnswer) {
  for (const std::string_view answer :
       {"", "OK", "{\"code\":0,\"message\":\"success\"}", "<html>", "[]", "null",
        "{\"results\":[]}", "{\"results\":null}", "{\"results\":[", "\xff", "{\"results\":{}}",
        "{\"results\":\"ok\"}"}) {
    EXPECT_TRUE(read_batch_answer(answer).events.empty()) << answer;
    EXPECT_FALSE(read_batch_answer(answer).too_many) << answer;
  }
}

TEST(BatchAnswer, NamesWhatFailedAndWhy) {
  const auto events =
      read_batch_answer(
          R"({"results":[{"id":"msg_1","code":0},{"id":"msg_2","code":422,"message":"金额不符"},)"
          R"({"id":"msg_3","code":-1,"further":[]},{"id":"msg_4","code":"500"},)"
          R"({"id":"msg_5","code":422.0,"message":7}]})")
          .events;
  ASSERT_EQ(events.size(), 5U);
  EXPECT_EQ(events.at("msg_1").code, 0);
  EXPECT_EQ(events.at("msg_2").code, 422);
  EXPECT_EQ(events.at("msg_2").message, "金额不符");
  EXPECT_EQ(events.at("msg_3").code, -1);
  EXPECT_EQ(events.at("msg_4").code, 500) << "some languages write numbers as texts";
  EXPECT_EQ(events.at("msg_5").code, 422);
  EXPECT_EQ(events.at("msg_5").message, "");
}

TEST(BatchAnswer, KeepsTheEventWhoseCodeMakesNoSense) {
  for (const std::string_view result :
       {R"({"id":"a"})", R"({"id":"a","code":"no"})", R"({"id":"a","code":0.5})",
        R"({"id":"a","code":null})", R"({"id":"a","code":true})", R"({"id":"a","code":""})",
        R"({"id":"a","code":99999999999999999999})"}) {
    const auto events = read_batch_answer(fmt::format(R"({{"results":[{}]}})", result)).events;
    ASSERT_TRUE(events.contains("a")) << result;
    EXPECT_EQ(events.at("a").code, std::nullopt) << result;
    EXPECT_EQ(events.at("a").message, result);
  }
}

TEST(BatchAnswer, LeavesOutResultsThatNameNoEvent) {
  for (const std::string_view result :
       {"1", "[]", "{}", R"({"code":0})", R"({"id":1,"code":0})", R"({"id":"\ud800","code":0})"})
    EXPECT_TRUE(read_batch_answer(fmt::format(R"({{"results":[{}]}})", result)).events.empty())
        << result;
}

TEST(BatchAnswer, MayNameTooMany) {
  std::string results = R"({"id":"msg_0","code":500})";
  for (int i = 1; i <= 1000; ++i) results += fmt::format(R"(,{{"id":"msg_{}","code":500}})", i);
  EXPECT_TRUE(read_batch_answer("{\"results\":[" + results + "]}").too_many);
}

}  // namespace
}  // namespace tidemark::relay
