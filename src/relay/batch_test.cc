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

TEST(BatchCodes, AreNoneInAnyOtherAnswer) {
  for (const std::string_view answer :
       {"", "OK", "{\"code\":0,\"message\":\"success\"}", "<html>", "[]", "null",
        "{\"results\":[]}", "{\"results\":null}", "{\"results\":[", "\xff", "{\"results\":{}}",
        "{\"results\":\"ok\"}"}) {
    EXPECT_TRUE(batch_codes(answer).empty()) << answer;
  }
}

TEST(BatchCodes, NameWhatFailed) {
  const auto codes = batch_codes(
      R"({"results":[{"id":"msg_1","code":0},{"id":"msg_2","code":422,"message":"金额不符"},)"
      R"({"id":"msg_3","code":-1,"further":[]}]})");
  EXPECT_THAT(codes, testing::ElementsAre(testing::Pair("msg_1", 0), testing::Pair("msg_2", 422),
                                          testing::Pair("msg_3", -1)));
}

TEST(BatchCodes, LeaveOutResultsThatMakeNoSense) {
  for (const std::string_view result :
       {"1", "[]", "{}", R"({"id":"a"})", R"({"code":0})", R"({"id":1,"code":0})",
        R"({"id":"a","code":"0"})", R"({"id":"a","code":0.0})",
        R"({"id":"a","code":99999999999999999999})", R"({"id":"\ud800","code":0})"}) {
    EXPECT_TRUE(batch_codes(fmt::format(R"({{"results":[{}]}})", result)).empty()) << result;
  }
}

}  // namespace
}  // namespace tidemark::relay
