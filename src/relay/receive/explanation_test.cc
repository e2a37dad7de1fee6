#include "relay/receive/explanation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relay/receive/webhook.h"

namespace tidemark::receive {
namespace {

const std::vector<std::string> secrets = {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
constexpr std::chrono::sys_seconds sent_at{std::chrono::seconds(1614265330)};
// The vector that Standard Webhooks publish.
constexpr std::string_view header_text =
    "POST /hooks HTTP/1.1\r\n"
    "Webhook-Id: msg_p5jXN8AQM9LWM0D4loKWxJek\r\n"
    "webhook-timestamp:1614265330\r\n"
    "webhook-signature: v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\r\n"
    "\r\n"
    "this is the body";
constexpr std::string_view body = R"({"test": 2432232314})";

TEST(Explanation, NamesTheStyleThatWasAccepted) {
  const Result<http::Headers> headers = parse_header_text(header_text);
  ASSERT_TRUE(headers.has_value());
  EXPECT_EQ(headers->size(), 3U);
  const Explanation explanation =
      explain_signature(received_signature(*headers), body, secrets, sent_at, {});
  EXPECT_EQ(explanation.verdict, http::SignatureStyle::standard);
  EXPECT_EQ(explanation.age, std::chrono::seconds(0));
  ASSERT_EQ(explanation.expected.size(), 3U);
  EXPECT_EQ(explanation.expected[0].value, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  EXPECT_TRUE(explanation.expected[0].sent);
  EXPECT_FALSE(explanation.expected[1].sent);
}

TEST(Explanation, TellsAChangedBodyFromALateRequest) {
  const Result<http::Headers> headers = parse_header_text(header_text);
  ASSERT_TRUE(headers.has_value());
  const http::ReceivedSignature received = received_signature(*headers);
  const Explanation changed =
      explain_signature(received, R"({"test":2432232314})", secrets, sent_at, {});
  EXPECT_EQ(changed.verdict.error(), http::SignatureFault::mismatch);
  const Explanation late =
      explain_signature(received, body, secrets, sent_at + std::chrono::seconds(301), {});
  EXPECT_EQ(late.verdict.error(), http::SignatureFault::too_old);
  EXPECT_EQ(late.age, std::chrono::seconds(301));
  EXPECT_TRUE(late.expected[0].sent);
}

TEST(HeaderText, RefusesWhatIsNoHeader) {
  EXPECT_FALSE(parse_header_text("a: 1\nnonsense\n").has_value());
  EXPECT_FALSE(parse_header_text("nonsense").has_value());
  EXPECT_FALSE(parse_header_text("a b: 1").has_value());
  EXPECT_TRUE(parse_header_text("").has_value());
}

TEST(Place, IsSubscriptionAndNumber) {
  const auto place = parse_place("sub_01JD-42");
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->subscription_id, "sub_01JD");
  EXPECT_EQ(place->sequence, 42);
  for (const char* text : {"", "-1", "7001", "sub-", "sub-0", "sub--", "sub-x", "a.b-1", "s/../-1",
                           "sub-99999999999999999999"})
    EXPECT_FALSE(parse_place(text).has_value()) << text;
}

}  // namespace
}  // namespace tidemark::receive
