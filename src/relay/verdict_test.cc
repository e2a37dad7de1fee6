#include "relay/verdict.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/atomic_file.h"

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;

Outcome outcome_of(int status) { return judge(AttemptResult{.status_code = status}).outcome; }

TEST(Verdict, DeliversOn2xxAlone) {
  for (const int status : {200, 201, 202, 204, 299})
    EXPECT_EQ(outcome_of(status), Outcome::delivered) << status;
  for (const int status : {100, 101, 199, 300, 301, 302, 304, 307, 404, 405,
                           408, 409, 425, 429, 500, 502, 503, 504, 599, 999}) {
    const Verdict verdict = judge(AttemptResult{.status_code = status});
    EXPECT_EQ(verdict.outcome, Outcome::retry) << status;
    EXPECT_TRUE(verdict.endpoint_failed) << status;
    EXPECT_EQ(verdict.error_code, "HTTP_" + std::to_string(status));
  }
}

TEST(Verdict, ParksWhatIsWrongWithTheEventAndDoesNotBlameTheEndpoint) {
  for (const int status : {400, 413, 422}) {
    const Verdict verdict = judge(AttemptResult{.status_code = status, .response = "bad amount"});
    EXPECT_EQ(verdict.outcome, Outcome::park);
    EXPECT_FALSE(verdict.endpoint_failed);
    EXPECT_EQ(verdict.message, "bad amount");
  }
}

TEST(Verdict, KnowsARefusedSecretAndAReceiverThatIsGone) {
  EXPECT_EQ(outcome_of(401), Outcome::pause);
  EXPECT_EQ(outcome_of(403), Outcome::pause);
  EXPECT_EQ(outcome_of(410), Outcome::disable);
}

TEST(Verdict, SaysNothingAfterASuccess) {
  const Verdict verdict =
      judge(AttemptResult{.status_code = 200, .response = "{\"code\":0}", .retry_after = 10s});
  EXPECT_EQ(verdict.error_code, "");
  EXPECT_EQ(verdict.message, "");
  EXPECT_FALSE(verdict.endpoint_failed);
  EXPECT_EQ(verdict.retry_after, std::nullopt);
}

TEST(Verdict, RetriesWithoutAnAnswer) {
  const Verdict refused =
      judge(AttemptResult{.error_code = "ECONNREFUSED", .message = "Connection refused"});
  EXPECT_EQ(refused.outcome, Outcome::retry);
  EXPECT_EQ(refused.error_code, "ECONNREFUSED");
  EXPECT_EQ(refused.message, "Connection refused");
  EXPECT_TRUE(refused.endpoint_failed);
  EXPECT_EQ(judge(AttemptResult{}).error_code, "NETWORK_ERROR");
  EXPECT_FALSE(judge(AttemptResult{.own_fault = true}).endpoint_failed);
}

/// What the receivers in docs/wire answer, the kits in sdk/ among them, means what they intend.
TEST(Verdict, AgreesWithTheReceiversAboutEachEventOfABatch) {
  const auto text = read_file(fmt::format("{}/receiving.json", TIDEMARK_WIRE_FOLDER), 1 << 20);
  const nlohmann::json file = nlohmann::json::parse(text.value());
  std::size_t events = 0;
  for (const nlohmann::json& request : file.at("requests")) {
    if (!request.contains("outcomes")) continue;
    const BatchAnswer answer = read_batch_answer(request.at("answer").dump());
    EXPECT_EQ(answer.events.size(), request.at("outcomes").size()) << request.at("name");
    for (const auto& [id, wanted] : request.at("outcomes").items()) {
      ASSERT_TRUE(answer.events.contains(id)) << request.at("name");
      const Outcome outcome = judge_event(answer.events.at(id)).outcome;
      EXPECT_EQ(outcome == Outcome::delivered, wanted == "delivered") << request.at("name");
      EXPECT_EQ(outcome == Outcome::park, wanted == "park") << request.at("name");
      EXPECT_EQ(outcome == Outcome::retry, wanted == "retry") << request.at("name");
      ++events;
    }
  }
  EXPECT_GT(events, 0U);
}

TEST(Verdict, ObeysRetryAfterWithinLimits) {
  const auto after = [](int status, std::chrono::seconds asked) {
    return judge(AttemptResult{.status_code = status, .retry_after = asked}).retry_after;
  };
  EXPECT_EQ(after(429, 7s), 7s);
  EXPECT_EQ(after(503, 24h), retry_after_max);
  EXPECT_EQ(after(503, std::chrono::seconds::max()), retry_after_max);
  EXPECT_EQ(after(503, -5s), 0s);
  EXPECT_EQ(after(422, 7s), std::nullopt);
}

TEST(Verdict, ShowsOnlyPrintableWordsOfTheReceiver) {
  const Verdict verdict = judge(
      AttemptResult{.status_code = 500, .response = "a\x1b[31m\r\n" + std::string(10'000, 'x')});
  EXPECT_EQ(verdict.message.find('\x1b'), std::string::npos);
  EXPECT_EQ(verdict.message.find('\n'), std::string::npos);
  EXPECT_LE(verdict.message.size(), 600U);
}

}  // namespace
}  // namespace tidemark::relay
