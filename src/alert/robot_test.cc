#include "alert/robot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tidemark::alert {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const Digest digest{.id = "1", .title = "标题 \"1\"", .text = "标题 \"1\"\n第一行"};
constexpr WallTime now{std::chrono::milliseconds{1'700'000'000'000}};

// The vectors of the vendors' rules, computed with Python.
TEST(Robot, SignsAsDingTalkAndFeishuDo) {
  EXPECT_EQ(dingtalk_signature("SECdemo0000secret", "1700000000000"),
            "r4/RO7jJ84PMAYiT38Z7NbJz98RVeh4GJMzzj56Je7g=");
  EXPECT_EQ(feishu_signature("demo0000secret", "1700000000"),
            "HKGDXhp2Rx9IIxGeTR5+QXWdVHnYPY4NlQQYNn4YOFY=");
}

TEST(Robot, DingTalkHasItsSignatureInTheUrl) {
  const RobotRequest request =
      robot_request({.kind = RobotKind::dingtalk,
                     .url = "https://oapi.dingtalk.com/robot/send?access_token=t",
                     .secret = "SECdemo0000secret"},
                    digest, now);
  EXPECT_EQ(request.url,
            "https://oapi.dingtalk.com/robot/send?access_token=t&timestamp=1700000000000&sign="
            "r4%2FRO7jJ84PMAYiT38Z7NbJz98RVeh4GJMzzj56Je7g%3D");
  EXPECT_EQ(json::parse(request.body),
            (json{{"msgtype", "text"}, {"text", {{"content", digest.text}}}}));
}

TEST(Robot, FeishuHasItsSignatureInTheBody) {
  const RobotRequest request = robot_request(
      {.kind = RobotKind::feishu, .url = "https://open.feishu.cn/x", .secret = "demo0000secret"},
      digest, now);
  EXPECT_EQ(request.url, "https://open.feishu.cn/x");
  EXPECT_EQ(json::parse(request.body),
            (json{{"msg_type", "text"},
                  {"content", {{"text", digest.text}}},
                  {"timestamp", "1700000000"},
                  {"sign", "HKGDXhp2Rx9IIxGeTR5+QXWdVHnYPY4NlQQYNn4YOFY="}}));
}

TEST(Robot, PutsTheKeywordInFrontWhereItIsMissing) {
  const auto content = [](const std::string& keyword) {
    const RobotRequest request = robot_request(
        {.kind = RobotKind::dingtalk, .url = "https://x/", .keyword = keyword}, digest, now);
    return json::parse(request.body)["text"]["content"].get<std::string>();
  };
  EXPECT_THAT(content("监控"), StartsWith("监控\n"));
  EXPECT_EQ(content("第一行"), digest.text);
}

TEST(Robot, AGatewayIsSentItsTemplateWithTheMessageEscaped) {
  const RobotOptions options{.kind = RobotKind::gateway,
                             .url = "https://gateway.example.com/send?t={title}",
                             .body = R"({"phone":"138","text":"{text}","n":{"t":"{title}"}})",
                             .authorization = "APPCODE x"};
  ASSERT_TRUE(check_robot(options));
  const RobotRequest request = robot_request(options, digest, now);
  EXPECT_EQ(request.url, "https://gateway.example.com/send?t=%E6%A0%87%E9%A2%98%20%221%22");
  const json body = json::parse(request.body);
  EXPECT_EQ(body["text"], digest.text);
  EXPECT_EQ(body["n"]["t"], digest.title);
  EXPECT_EQ(request.authorization, "APPCODE x");
  const RobotRequest usual =
      robot_request({.kind = RobotKind::gateway, .url = "https://x/"}, digest, now);
  EXPECT_EQ(json::parse(usual.body), (json{{"title", digest.title}, {"text", digest.text}}));
}

TEST(Robot, ReadsTheAnswerAndNotOnlyItsStatus) {
  const RobotOptions dingtalk{.kind = RobotKind::dingtalk};
  EXPECT_TRUE(robot_verdict(dingtalk, 200, R"({"errcode":0,"errmsg":"ok"})"));
  const auto keyword =
      robot_verdict(dingtalk, 200, R"({"errcode":310000,"errmsg":"keywords not in content"})");
  ASSERT_FALSE(keyword);
  EXPECT_EQ(keyword.error().what, "errcode 310000: keywords not in content");
  EXPECT_EQ(keyword.error().wait, std::chrono::seconds{0});
  const auto punished =
      robot_verdict(dingtalk, 200, R"({"status":1111,"wait":5,"source":"x5","punish":"deny"})");
  ASSERT_FALSE(punished);
  EXPECT_THAT(punished.error().what, HasSubstr("without a code"));
  EXPECT_FALSE(robot_verdict(dingtalk, 200, "<html>"));
  EXPECT_FALSE(robot_verdict(dingtalk, 200, ""));
}

TEST(Robot, LeavesARobotAloneThatHadEnough) {
  const auto wait = [](RobotKind kind, std::string_view body) {
    return robot_verdict({.kind = kind}, 200, body).error().wait.count();
  };
  EXPECT_EQ(wait(RobotKind::dingtalk, R"({"errcode":130101,"errmsg":"send too fast"})"), 600);
  EXPECT_EQ(wait(RobotKind::wecom, R"({"errcode":45009,"errmsg":"freq"})"), 60);
  EXPECT_EQ(wait(RobotKind::feishu, R"({"code":11232,"msg":"frequency limited"})"), 60);
}

TEST(Robot, FeishuAnswersInTwoWays) {
  const RobotOptions feishu{.kind = RobotKind::feishu};
  EXPECT_TRUE(robot_verdict(feishu, 200, R"({"code":0,"msg":"success","data":{}})"));
  EXPECT_TRUE(robot_verdict(feishu, 200, R"({"StatusCode":0,"StatusMessage":"success"})"));
  const auto refused = robot_verdict(feishu, 200, R"({"code":19021,"msg":"sign match fail"})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "code 19021: sign match fail");
}

TEST(Robot, AGatewaySucceedsAsItIsConfigured) {
  const RobotOptions any{.kind = RobotKind::gateway};
  EXPECT_TRUE(robot_verdict(any, 204, ""));
  EXPECT_FALSE(robot_verdict(any, 302, ""));
  const RobotOptions strict{.kind = RobotKind::gateway, .expect = "\"Code\":\"OK\""};
  EXPECT_TRUE(robot_verdict(strict, 200, R"({"Code":"OK"})"));
  EXPECT_FALSE(robot_verdict(strict, 200, R"({"Code":"isv.BUSINESS_LIMIT_CONTROL"})"));
}

TEST(Robot, WrongSettingsAreRefusedWithoutRepeatingTheSecret) {
  const auto refused = check_robot({.kind = RobotKind::wecom, .url = "ftp://x/?key=topsecret"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what.en.find("topsecret"), std::string::npos);
  EXPECT_FALSE(check_robot(
      {.kind = RobotKind::gateway, .url = "https://x/", .body = R"({"text": {text}})"}));
  EXPECT_FALSE(
      check_robot({.kind = RobotKind::gateway, .url = "https://x/", .body = R"({"a":"b"})"}));
  EXPECT_TRUE(check_robot({.kind = RobotKind::gateway, .url = "http://10.0.0.7:8080/{title}"}));
}

}  // namespace
}  // namespace tidemark::alert
