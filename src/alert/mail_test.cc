#include "alert/mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"

namespace tidemark::alert {
namespace {

using ::testing::HasSubstr;

MailOptions options() {
  return {.url = "smtps://smtp.example.com:465",
          .user = "alerts@example.com",
          .password = "code",
          .from = "alerts@example.com",
          .to = {"a@example.com", "b@example.com"}};
}

TEST(Mail, IsUtf8InBase64WithAnEncodedSubject) {
  const Digest digest{.id = "01ABC", .title = "告警", .text = "第一行\n第二行"};
  const std::string text = mail_text(options(), digest, WallTime{std::chrono::seconds{784111777}});
  EXPECT_THAT(text, HasSubstr("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
  EXPECT_THAT(text, HasSubstr("Subject: =?UTF-8?B?" + base64("告警") + "?=\r\n"));
  EXPECT_THAT(text, HasSubstr("Message-ID: <alert-01ABC@example.com>\r\n"));
  EXPECT_THAT(text, HasSubstr("To: a@example.com,\r\n b@example.com\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\n\r\n" + base64("第一行\r\n第二行\r\n") + "\r\n"));
}

TEST(Mail, LinesStayWithinTheLimits) {
  Digest digest{.id = "1", .title = {}, .text = {}};
  for (int i = 0; i < 100; ++i) digest.title += "很长的标题";
  digest.text = digest.title;
  const std::string text = mail_text(options(), digest, WallTime{});
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = text.find("\r\n", from);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(end - from, 85);
    from = end + 2;
  }
}

TEST(Mail, WrongSettingsAreRefused) {
  EXPECT_TRUE(check_mail(options()));
  const auto refused = [](auto change) {
    MailOptions wrong = options();
    change(wrong);
    return !check_mail(wrong);
  };
  EXPECT_TRUE(refused([](MailOptions& mail) { mail.url = "http://smtp.example.com"; }));
  EXPECT_TRUE(refused([](MailOptions& mail) { mail.url = "smtps://user:pw@smtp.example.com"; }));
  EXPECT_TRUE(refused([](MailOptions& mail) { mail.from = "alerts"; }));
  EXPECT_TRUE(refused([](MailOptions& mail) { mail.from = "a@b\r\nRCPT TO:<x@y>"; }));
  EXPECT_TRUE(refused([](MailOptions& mail) { mail.to = {}; }));
  EXPECT_TRUE(refused([](MailOptions& mail) { mail.to = {"a@b.c", "d"}; }));
  // A password never travels in the clear.
  EXPECT_TRUE(refused([](MailOptions& mail) {
    mail.url = "smtp://smtp.example.com:25";
    mail.starttls = false;
  }));
}

}  // namespace
}  // namespace tidemark::alert
