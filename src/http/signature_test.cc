#include "http/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/base64.h"

namespace tidemark::http {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;
using testing::ElementsAre;
using testing::Pair;

constexpr std::int64_t sent_s = 1768465802;
const std::string secret_new = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
const std::string secret_old = "whsec_ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A=";
constexpr std::string_view event_id = "msg_01JHZK7T0V8Q6W3E5R2Y9A4B1C";
constexpr std::string_view invoice =
    R"({"type":"invoice.recorded","timestamp":"2026-01-15T08:30:00.000000Z",)"
    R"("data":{"voucher_id":"V-000123","source_version":7,"amount":"1024.50","currency":"CNY"}})";

sys_seconds at(std::int64_t unix_s) { return sys_seconds{seconds{unix_s}}; }

/// A request that can be tampered with.
struct Received {
  std::map<std::string, std::string> headers;
  std::string body{invoice};

  Received(const std::vector<std::string>& secrets, BodyStyle style = BodyStyle::raw) {
    const auto made = signature_headers({.id = event_id,
                                         .timestamp = at(sent_s),
                                         .body = body,
                                         .secrets = secrets,
                                         .style = style});
    EXPECT_TRUE(made.has_value());
    headers.insert(made->begin(), made->end());
  }
  [[nodiscard]] std::optional<std::string_view> header(const std::string& name) const {
    const auto found = headers.find(name);
    if (found == headers.end()) return std::nullopt;
    return found->second;
  }
  /// `standard`, `raw`, `sorted-json` or the name of the fault.
  [[nodiscard]] std::string verdict(const std::vector<std::string>& secrets,
                                    std::int64_t now_s = sent_s,
                                    const SignaturePolicy& policy = {}) const {
    const auto verdict = verify_signature({.webhook_id = header("webhook-id"),
                                           .webhook_timestamp = header("webhook-timestamp"),
                                           .webhook_signature = header("webhook-signature"),
                                           .x_signature = header("x-signature"),
                                           .x_timestamp = header("x-timestamp")},
                                          body, secrets, at(now_s), policy);
    return std::string(verdict ? name(*verdict) : name(verdict.error()));
  }
  /// Without Standard Webhooks.
  Received&& text_only() && {
    std::erase_if(headers, [](const auto& header) { return header.first.starts_with("webhook-"); });
    return std::move(*this);
  }
};

TEST(WebhookKey, TakesTwentyFourToSixtyFourBytesOfBase64) {
  const auto of = [](std::size_t bytes) { return base64(std::string(bytes, '\x01')); };
  EXPECT_EQ(webhook_key("whsec_" + of(24)), std::string(24, '\x01'));
  EXPECT_EQ(webhook_key(of(24)), std::string(24, '\x01'));
  EXPECT_EQ(webhook_key("whsec_" + of(64)), std::string(64, '\x01'));
  EXPECT_EQ(webhook_key("whsec_" + of(23)), std::nullopt);
  EXPECT_EQ(webhook_key("whsec_" + of(65)), std::nullopt);
  EXPECT_EQ(webhook_key("whsec_"), std::nullopt);
  EXPECT_EQ(webhook_key(""), std::nullopt);
  EXPECT_EQ(webhook_key("a secret of people"), std::nullopt);
  EXPECT_EQ(webhook_key("whsec_whsec_" + of(24)), std::nullopt);
  EXPECT_EQ(webhook_key("whsec_" + of(25).substr(0, 34)), std::nullopt) << "no padding";
}

TEST(Signing, GivesTheOfficialVector) {
  const auto key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(key);
  EXPECT_EQ(webhook_signature("msg_p5jXN8AQM9LWM0D4loKWxJek", at(1614265330),
                              R"({"test": 2432232314})", *key),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Signing, SignsWithEachSecretDuringARotation) {
  const std::vector<std::string> secrets = {secret_new, secret_old};
  const auto headers = signature_headers(
      {.id = event_id, .timestamp = at(sent_s), .body = invoice, .secrets = secrets});
  ASSERT_TRUE(headers);
  // The text style: printed by Python's hmac, keyed with the text of the newest secret.
  EXPECT_THAT(*headers, ElementsAre(Pair("x-signature", testing::StartsWith("sha256:")),
                                    Pair("x-timestamp", "1768465802"),
                                    Pair("webhook-id", "msg_01JHZK7T0V8Q6W3E5R2Y9A4B1C"),
                                    Pair("webhook-timestamp", "1768465802"),
                                    Pair("webhook-signature",
                                         "v1,4MQWQP7xBd8oqts44w64wCBno/ExnEOPhyHWab8cuKo= "
                                         "v1,HxE4TEmN9ItElmvFwVpN89eaBXrJ0r0zwURuyzur4CI=")));
}

TEST(Signing, SignsBytesNotCharacters) {
  EXPECT_EQ(webhook_signature(event_id, at(sent_s), R"({"buyer":"上海示例公司"})",
                              *webhook_key(secret_new)),
            "v1,IEEi+p1jkN2n8TpgxESWsNeP/OMEyhDCwNJBbib9Q/k=");
}

TEST(Signing, SignsSortedJsonWhereReceiversComputeThat) {
  const auto raw = text_signature(R"({"b":1,"a":2})", "secret", BodyStyle::raw);
  const auto sorted = text_signature(R"({"b":1,"a":2})", "secret", BodyStyle::sorted_json);
  const auto already = text_signature(R"({"a": 2, "b": 1})", "secret", BodyStyle::raw);
  ASSERT_TRUE(raw && sorted && already);
  EXPECT_NE(*raw, *sorted);
  EXPECT_EQ(*sorted, *already);
  EXPECT_FALSE(text_signature("no json", "secret", BodyStyle::sorted_json));
}

TEST(Signing, LeavesStandardWebhooksOutForSecretsOfAnotherForm) {
  const std::vector<std::string> secrets = {"a secret of people"};
  const auto headers = signature_headers(
      {.id = event_id, .timestamp = at(sent_s), .body = "{}", .secrets = secrets});
  ASSERT_TRUE(headers);
  EXPECT_THAT(*headers,
              ElementsAre(Pair("x-signature", testing::_), Pair("x-timestamp", "1768465802")));
}

TEST(Signing, NeverGoesWithoutASecret) {
  const std::vector<std::string> empty = {""};
  const std::vector<std::string> one_empty = {secret_new, ""};
  for (const auto& secrets : {std::vector<std::string>{}, empty, one_empty}) {
    const auto headers = signature_headers(
        {.id = event_id, .timestamp = at(sent_s), .body = "{}", .secrets = secrets});
    ASSERT_FALSE(headers);
    EXPECT_EQ(headers.error().kind, ErrorKind::invalid_config);
  }
}

TEST(Signing, RefusesIdsThatWouldBeAmbiguous) {
  const std::vector<std::string> secrets = {secret_new};
  for (const std::string& id :
       {std::string(), std::string("a.b"), std::string("a b"), std::string("a\r\nx: y"),
        std::string("é"), std::string("a\0", 2), std::string(256, 'a')}) {
    EXPECT_FALSE(
        signature_headers({.id = id, .timestamp = at(sent_s), .body = "{}", .secrets = secrets}))
        << id;
  }
}

TEST(Verifying, AcceptsEachStyle) {
  EXPECT_EQ(Received({secret_new}).verdict({secret_new}), "standard");
  EXPECT_EQ(Received({"plain"}).verdict({"plain"}), "raw");
  EXPECT_EQ(Received({"plain"}, BodyStyle::sorted_json).verdict({"plain"}), "sorted-json");
  EXPECT_EQ(Received({secret_new}).text_only().verdict({secret_new}), "raw");
}

TEST(Verifying, AcceptsOldAndNewSecretOnBothSidesOfARotation) {
  const Received both({secret_new, secret_old});
  EXPECT_EQ(both.verdict({secret_old}), "standard");
  EXPECT_EQ(both.verdict({secret_new}), "standard");
  EXPECT_EQ(Received({secret_old}).verdict({secret_new, secret_old}), "standard");
  EXPECT_EQ(Received({"old"}).verdict({"new", "old"}), "raw");
  EXPECT_EQ(Received({"old"}).verdict({"new"}), "mismatch");
  EXPECT_EQ(Received({secret_old}).verdict({secret_new}), "mismatch");
}

TEST(Verifying, AcceptsNobodyWithoutASecret) {
  EXPECT_EQ(Received({secret_new}).verdict({}), "mismatch");
  Received forged = Received({"plain"});
  forged.headers["x-signature"] = *text_signature(forged.body, "", BodyStyle::raw);
  EXPECT_EQ(forged.verdict({""}), "mismatch");
}

TEST(Verifying, MissesEachHeader) {
  for (const std::string name : {"webhook-id", "webhook-timestamp", "webhook-signature"}) {
    Received received({secret_new});
    received.headers.erase(name);
    EXPECT_EQ(received.verdict({secret_new}), "missing_header") << name;
  }
  for (const std::string name : {"x-signature", "x-timestamp"}) {
    Received received({"plain"});
    received.headers.erase(name);
    EXPECT_EQ(received.verdict({"plain"}), "missing_header") << name;
  }
  Received bare({secret_new});
  bare.headers.clear();
  EXPECT_EQ(bare.verdict({secret_new}), "missing_header");
}

TEST(Verifying, HoldsTheToleranceToEitherSide) {
  for (const auto& received : {Received({secret_new}), Received({"plain"})}) {
    const std::vector<std::string> secrets = {secret_new, "plain"};
    EXPECT_NE(received.verdict(secrets, sent_s + 300), "too_old");
    EXPECT_EQ(received.verdict(secrets, sent_s + 301), "too_old");
    EXPECT_NE(received.verdict(secrets, sent_s - 300), "too_new");
    EXPECT_EQ(received.verdict(secrets, sent_s - 301), "too_new");
    EXPECT_EQ(received.verdict(secrets, sent_s + 61, {.tolerance = seconds{60}}), "too_old");
  }
}

TEST(Verifying, ReadsTimestampsStrictly) {
  for (const std::string text :
       {"", " 1768465802", "1768465802 ", "+1768465802", "-1768465802", "01768465802",
        "1768465802.0", "1.8e9", "0x696", "abc", "9999999999999", "18446744073709551616"}) {
    Received standard({secret_new});
    standard.headers["webhook-timestamp"] = text;
    EXPECT_EQ(standard.verdict({secret_new}), "malformed") << text;
    Received old({"plain"});
    old.headers["x-timestamp"] = text;
    EXPECT_EQ(old.verdict({"plain"}), "malformed") << text;
  }
}

TEST(Verifying, SeesEachChangeOnTheWay) {
  const auto tampered = [](const std::string& name, const std::string& value) {
    Received received({secret_new});
    received.headers[name] = value;
    return received.verdict({secret_new});
  };
  EXPECT_EQ(tampered("webhook-id", "msg_another"), "mismatch");
  EXPECT_EQ(tampered("webhook-timestamp", "1768465803"), "mismatch");
  EXPECT_EQ(tampered("webhook-id", "msg.1"), "malformed");
  EXPECT_EQ(tampered("webhook-id", ""), "malformed");
  Received body({secret_new});
  body.body.back() = ' ';
  EXPECT_EQ(body.verdict({secret_new}), "mismatch");
  Received old({"plain"});
  old.body += ' ';
  EXPECT_EQ(old.verdict({"plain"}), "mismatch");
}

TEST(Verifying, FindsTheRightOneInAList) {
  Received received({secret_new});
  const std::string good = received.headers["webhook-signature"];
  const std::string wrong = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  const auto with = [&](const std::string& list) {
    received.headers["webhook-signature"] = list;
    return received.verdict({secret_new});
  };
  EXPECT_EQ(with(wrong + " v2,abc " + good + " " + wrong), "standard");
  EXPECT_EQ(with(wrong + " " + good), "standard") << "also as the last";
  EXPECT_EQ(with("  " + good + "  "), "standard");
  EXPECT_EQ(with("v1 v1, v1,% ,,, " + good), "standard");
  for (const std::string& list :
       {std::string(), std::string(" "), std::string("v1"), std::string("v1,"), std::string(","),
        good.substr(3), "v2," + good.substr(3), "v1a," + good.substr(3), "V1," + good.substr(3),
        good.substr(0, good.size() - 1), good + "=", good + "\t"}) {
    EXPECT_EQ(with(list), "mismatch") << list;
  }
}

TEST(Verifying, ComparesEightSignaturesAndNoMore) {
  Received received({secret_new});
  const std::string good = received.headers["webhook-signature"];
  std::string list;
  for (int i = 0; i < 7; ++i) list += "v1,AAAA ";
  received.headers["webhook-signature"] = list + good;
  EXPECT_EQ(received.verdict({secret_new}), "standard");
  received.headers["webhook-signature"] = list + "v1,AAAA " + good;
  EXPECT_EQ(received.verdict({secret_new}), "mismatch");
}

TEST(Verifying, ReadsXSignatureStrictly) {
  Received received({"plain"});
  const std::string digits = received.headers["x-signature"].substr(7);
  for (const std::string& value :
       {std::string(), std::string("sha256:"), digits, "sha256=" + digits, "SHA256:" + digits,
        "sha256: " + digits, "sha256:" + digits + "00", "sha256:" + digits.substr(2),
        "sha256:" + std::string(64, 'g')}) {
    received.headers["x-signature"] = value;
    EXPECT_EQ(received.verdict({"plain"}), "malformed") << value;
  }
  received.headers["x-signature"] = "sha256:" + std::string(64, '0');
  EXPECT_EQ(received.verdict({"plain"}), "mismatch");
}

TEST(Verifying, LetsStandardWebhooksAloneDecideWhereTheyCan) {
  Received received({secret_new});
  received.headers["webhook-signature"] = "v1,AAAA";
  EXPECT_EQ(received.verdict({secret_new}), "mismatch") << "although X-Signature fits";
  received.headers["x-timestamp"] = std::to_string(sent_s + 9000);
  received.headers["webhook-signature"] = Received({secret_new}).headers["webhook-signature"];
  EXPECT_EQ(received.verdict({secret_new}, sent_s + 9000), "too_old")
      << "although X-Timestamp fits";
  // A receiver whose secret has another form cannot use them.
  Received foreign({"plain"});
  foreign.headers["webhook-signature"] = "v1,AAAA";
  EXPECT_EQ(foreign.verdict({"plain"}), "raw");
}

TEST(Verifying, TakesOnlyWhatThePolicyAccepts) {
  const SignaturePolicy standard_only = {.raw = false, .sorted_json = false};
  EXPECT_EQ(Received({secret_new}).verdict({secret_new}, sent_s, standard_only), "standard");
  EXPECT_EQ(Received({secret_new}).text_only().verdict({secret_new}, sent_s, standard_only),
            "missing_header");
  EXPECT_EQ(Received({secret_new}).verdict({secret_new}, sent_s, {.standard = false}), "raw");
  EXPECT_EQ(Received({"plain"}).verdict({"plain"}, sent_s, {.raw = false}), "mismatch");
  EXPECT_EQ(Received({"plain"}, BodyStyle::sorted_json)
                .verdict({"plain"}, sent_s, {.sorted_json = false}),
            "mismatch");
}

}  // namespace
}  // namespace tidemark::http
