#include "relay/subscription_json.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::relay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

SubscriptionLimits limits() {
  return {.check_url = [](std::string_view url) -> Result<void> {
    if (url.starts_with("http")) return {};
    return fail(ErrorKind::rejected, {"field url: not allowed", "字段 url：不允许"});
  }};
}

std::string request(std::string_view further = "") {
  return fmt::format(R"({{{}"name":"tax","target_system":"tax","url":"http://127.0.0.1:9/hook",)"
                     R"("event_types":["l1_confirmed","invoice.*"]}})",
                     further);
}

template <class T>
std::string refusal(const Result<T>& result) {
  if (result) return {};
  EXPECT_EQ(result.error().kind, ErrorKind::rejected);
  return result.error().what.en +
         (result.error().hint.empty() ? "" : " (" + result.error().hint.en + ")");
}
std::string refused(std::string_view further) {
  return refusal(parse_subscription(request(further), limits()));
}

TEST(ParseSubscription, RefusesWhatIsNoObject) {
  for (const std::string_view text : {"", "[]", "null", "{", "{}x", "{\"name\":\"\\ud800\"}"})
    EXPECT_NE(refusal(parse_subscription(text, limits())), "") << text;
}

TEST(ParseSubscription, NamesWhatIsMissing) {
  EXPECT_EQ(refusal(parse_subscription("{}", limits())),
            "field name is missing (on the command line: --name)");
  EXPECT_EQ(refusal(parse_subscription(R"({"name":"a"})", limits())),
            "field target_system is missing (on the command line: --target)");
  EXPECT_EQ(
      refusal(parse_subscription(R"({"name":"a","target_system":"t","url":"http://h"})", limits())),
      "field event_types is missing (on the command line: --event-type)");
}

TEST(ParseSubscription, RefusesUnknownAndDoubleFields) {
  EXPECT_EQ(refused(R"("timeout_s":1,)"), "unknown field timeout_s (did you mean timeout_ms?)");
  EXPECT_EQ(refused(R"("event_type":[],)"), "unknown field event_type (did you mean event_types?)");
  EXPECT_EQ(refused(R"("id":"sub_1",)"), "unknown field id");
  EXPECT_EQ(refused(R"("name":"b",)"), "field name stands there twice");
  EXPECT_EQ(refused(R"("batch":{"sise":1},)"), "unknown field batch.sise (did you mean size?)");
  EXPECT_THAT(refused(R"("filter":{"amount":["1"]},)"), HasSubstr("unknown field filter.amount"));
}

TEST(ParseSubscription, RefusesValuesOutOfRange) {
  for (const std::string_view field : {R"("concurrency":0)",
                                       R"("concurrency":1025)",
                                       R"("concurrency":"16")",
                                       R"("concurrency":1.5)",
                                       R"("concurrency":18446744073709551615)",
                                       R"("rate_limit":-1)",
                                       R"("rate_limit":"1")",
                                       R"("connect_timeout_ms":0)",
                                       R"("timeout_ms":300001)",
                                       R"("timeout_ms":-1)",
                                       R"("retry_schedule_s":1)",
                                       R"("retry_schedule_s":[0])",
                                       R"("retry_schedule_s":[604801])",
                                       R"("mode":"Batch")",
                                       R"("mode":1)",
                                       R"("signature_style":"sorted_json")",
                                       R"("ordering":"key")",
                                       R"("after_parked":true)",
                                       R"("filter":[])",
                                       R"("filter":{"company_id":[]})",
                                       R"("filter":{"company_id":[7]})",
                                       R"("batch":1)",
                                       R"("batch":{"size":0})",
                                       R"("batch":{"size":101})",
                                       R"("batch":{"at":"2:00"})",
                                       R"("batch":{"zone":"Asia/Beijing"})",
                                       R"("batch":{"zone":""})",
                                       R"("tls_key":"/k")",
                                       R"("tls_ca":"a\n")",
                                       R"("active":"yes")",
                                       R"("secret":"")",
                                       R"("secret":1)",
                                       R"("secret":"a\nb")"}) {
    EXPECT_NE(refused(fmt::format("{},", field)), "") << field;
  }
}

TEST(ParseSubscription, RefusesEventTypesThatNothingMatches) {
  const auto types = [](std::string_view text) {
    return refusal(parse_subscription(
        fmt::format(R"({{"name":"a","target_system":"t","url":"http://h","event_types":{}}})",
                    text),
        limits()));
  };
  EXPECT_EQ(types(R"(["*"])"), "");
  for (const std::string_view text : {"[]", "\"*\"", "[1]", R"([""])", R"(["a*"])", R"(["*.a"])",
                                      R"([".*"])", R"(["a b"])", R"(["**"])"}) {
    EXPECT_NE(types(text), "") << text;
  }
}

TEST(ParseSubscription, AsksWhoJudgesUrls) {
  EXPECT_EQ(
      refusal(parse_subscription(
          R"({"name":"a","target_system":"t","url":"file:///x","event_types":["*"]})", limits())),
      "field url: not allowed");
}

TEST(ParseSubscription, ReadsEverything) {
  const auto parsed = parse_subscription(
      request(
          R"("secret":"s3cret","active":false,"mode":"batch","signature_style":"sorted-json",)"
          R"("ordering":"source","after_parked":"skip","concurrency":4,"rate_limit":2.5,)"
          R"("connect_timeout_ms":100,"timeout_ms":2000,"fast_timeout_ms":1000,)"
          R"("retry_schedule_s":[1,2,4],"filter":{"company_id":["7"]},)"
          R"("batch":{"size":10,"at":"","interval_s":60},"tls_certificate":"/c","tls_key":"/k",)"),
      limits());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->name, "tax");
  EXPECT_THAT(parsed->event_types, ElementsAre("l1_confirmed", "invoice.*"));
  ASSERT_EQ(parsed->secrets.size(), 1U);
  EXPECT_EQ(parsed->secrets[0].text, "s3cret");
  EXPECT_EQ(parsed->state, SubscriptionState::paused);
  EXPECT_EQ(parsed->state_reason, "operator");
  const SubscriptionSettings& settings = parsed->settings;
  EXPECT_EQ(settings.mode, Mode::batch);
  EXPECT_EQ(settings.signature_style, http::BodyStyle::sorted_json);
  EXPECT_EQ(settings.ordering, Ordering::source);
  EXPECT_EQ(settings.after_parked, AfterParked::skip);
  EXPECT_EQ(settings.concurrency, 4);
  EXPECT_EQ(settings.rate_limit, 2.5);
  EXPECT_EQ(settings.fast_timeout, std::chrono::seconds{1});
  EXPECT_EQ(settings.retry_schedule.size(), 3U);
  EXPECT_EQ(settings.batch.size, 10);
  EXPECT_EQ(settings.batch.at, "");
  EXPECT_EQ(settings.batch.zone, "Asia/Shanghai");
  EXPECT_EQ(settings.batch.interval, std::chrono::seconds{60});
}

TEST(PatchSubscription, ChangesWhatItNamesOrNothing) {
  Subscription subscription =
      parse_subscription(request(R"("secret":"s","concurrency":4,)"), limits()).value();
  EXPECT_TRUE(patch_subscription(subscription, R"({"batch":{"size":7},"name":"b"})", limits()));
  EXPECT_EQ(subscription.name, "b");
  EXPECT_EQ(subscription.settings.batch.size, 7);
  EXPECT_EQ(subscription.settings.concurrency, 4);
  EXPECT_FALSE(patch_subscription(subscription, R"({"name":"c","concurrency":0})", limits()));
  EXPECT_EQ(subscription.name, "b");
  EXPECT_THAT(refusal(patch_subscription(subscription, R"({"secret":"x"})", limits())),
              HasSubstr("rotate-secret"));
  EXPECT_THAT(refusal(patch_subscription(subscription, R"({"active":true})", limits())),
              HasSubstr("resume"));
  EXPECT_NE(refusal(patch_subscription(subscription, R"({"url":"file:///"})", limits())), "");
}

TEST(Settings, ReadBackWhatWasStored) {
  SubscriptionSettings settings;
  settings.mode = Mode::batch;
  settings.rate_limit = 0.5;
  settings.retry_schedule = {std::chrono::seconds{1}, std::chrono::seconds{2}};
  settings.filter = {{"company_id", {"7", "上海"}}};
  settings.batch.at = "";
  settings.tls_ca = "/etc/ca.pem";
  const std::string stored = settings_json(settings);
  const auto read = parse_settings(stored);
  ASSERT_TRUE(read);
  EXPECT_EQ(settings_json(*read), stored);
  EXPECT_TRUE(parse_settings(R"({"of_a_newer_version":1})"));
  EXPECT_EQ(parse_settings("").error().kind, ErrorKind::corrupt);
  EXPECT_EQ(parse_settings("[]").error().kind, ErrorKind::corrupt);
  EXPECT_EQ(parse_settings(R"({"concurrency":0})").error().kind, ErrorKind::corrupt);
}

TEST(SubscriptionJson, ShowsTheSecretOnlyWhenAsked) {
  Subscription subscription =
      parse_subscription(request(R"("secret":"s3cret",)"), limits()).value();
  subscription.id = "sub_1";
  subscription.next_sequence = 43;
  const std::string shown = subscription_json(subscription, false);
  EXPECT_THAT(shown, Not(HasSubstr("s3cret")));
  EXPECT_THAT(shown, HasSubstr(R"("id":"sub_1")"));
  EXPECT_THAT(shown, HasSubstr(R"("active":true)"));
  EXPECT_THAT(shown, HasSubstr(R"("last_sequence":42)"));
  EXPECT_THAT(shown, HasSubstr(R"("created_at":"1970-01-01T00:00:00.000000Z")"));
  EXPECT_THAT(shown, HasSubstr(R"("timeout_ms":30000)"));
  EXPECT_THAT(subscription_json(subscription, true), HasSubstr(R"("secret":"s3cret")"));
  subscription.state = SubscriptionState::disabled;
  EXPECT_THAT(subscription_json(subscription, false), HasSubstr(R"("active":false)"));
}

}  // namespace
}  // namespace tidemark::relay
