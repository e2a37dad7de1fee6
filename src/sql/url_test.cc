#include "sql/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::sql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Error refusal(std::string_view text) {
  Result<Url> url = Url::parse(text);
  EXPECT_FALSE(url) << text;
  return url ? Error{ErrorKind::io, {}} : url.error();
}

TEST(Url, ReadsAllPartsOfAServer) {
  const Url url = *Url::parse("mysql://ann:s%40cret@db.example:3307/sales?tls=verify&tls_ca=/ca");
  EXPECT_EQ(url.dialect, Dialect::mysql);
  EXPECT_EQ(url.user, "ann");
  EXPECT_EQ(url.password, "s@cret");
  EXPECT_EQ(url.host, "db.example");
  EXPECT_EQ(url.port, 3307);
  EXPECT_EQ(url.database, "sales");
  EXPECT_EQ(url.option("tls"), "verify");
  EXPECT_EQ(url.option("tls_ca"), "/ca");
}

TEST(Url, KnowsTheOtherNamesOfTheServers) {
  EXPECT_EQ(Url::parse("mariadb://h/d")->dialect, Dialect::mysql);
  EXPECT_EQ(Url::parse("postgres://h/d")->dialect, Dialect::postgres);
  EXPECT_EQ(Url::parse("postgresql://h/d")->dialect, Dialect::postgres);
}

TEST(Url, LeavesOutWhatIsNotGiven) {
  const Url url = *Url::parse("postgres:///sales?socket=/run/postgresql");
  EXPECT_EQ(url.user, "");
  EXPECT_EQ(url.password, std::nullopt);
  EXPECT_EQ(url.host, "");
  EXPECT_EQ(url.port, 0);
  EXPECT_EQ(Url::parse("mysql://ann:@h/d")->password, "");
}

TEST(Url, ReadsIpv6InBrackets) {
  const Url url = *Url::parse("mysql://ann@[2001:db8::1]:3307/sales");
  EXPECT_EQ(url.host, "2001:db8::1");
  EXPECT_EQ(url.port, 3307);
  EXPECT_EQ(url.identity(), "mysql://[2001:db8::1]:3307/sales");
  refusal("mysql://[2001:db8::1/sales");
  refusal("mysql://[]/sales");
  refusal("mysql://[::1]x/sales");
}

TEST(Url, TheLastAtSignEndsThePassword) {
  const Url url = *Url::parse("mysql://ann:a@b:c@h/d");
  EXPECT_EQ(url.password, "a@b:c");
  EXPECT_EQ(url.host, "h");
}

TEST(Url, DecodesNamesThatLookLikeSyntax) {
  const Url url = *Url::parse("mysql://a%2Fb:%E5%AF%86%3F@h/%E9%94%80%2F%25");
  EXPECT_EQ(url.user, "a/b");
  EXPECT_EQ(url.password, "密?");
  EXPECT_EQ(url.database, "销/%");
}

TEST(Url, TakesASqlitePathAsItIs) {
  EXPECT_EQ(Url::parse("sqlite:data/a b%20?.db")->path, "data/a b%20?.db");
  EXPECT_EQ(Url::parse("sqlite:///var/x.db")->path, "/var/x.db");
  EXPECT_EQ(Url::parse("sqlite::memory:")->path, ":memory:");
  EXPECT_THAT(refusal("sqlite://x.db").hint.en, HasSubstr("sqlite:x.db"));
  refusal("sqlite:");
  refusal(std::string_view("sqlite:a\0b", 10));
}

TEST(Url, RefusesWhatIsNoUrl) {
  for (const char* text : {"",
                           "x.db",
                           "/var/x.db",
                           "mysql",
                           "mysql:",
                           "mysql:/h/d",
                           "mysql:h/d",
                           "mysql://",
                           "mysql://h",
                           "mysql://h/",
                           "mysql://h?tls=off",
                           "mysql://h:0/d",
                           "mysql://h:65536/d",
                           "mysql://h:12x/d",
                           "mysql://h:/d",
                           "mysql://h h/d",
                           "mysql://h/d#x",
                           "mysql://h/d%",
                           "mysql://h/d%4",
                           "mysql://h/d%zz",
                           "mysql://h/d%00",
                           "mysql://u%00@h/d"}) {
    EXPECT_EQ(refusal(text).kind, ErrorKind::invalid_config) << text;
  }
}

TEST(Url, SuggestsTheWordThatWasMeant) {
  EXPECT_THAT(refusal("mysqll://h/d").hint.en, HasSubstr("mysql"));
  EXPECT_THAT(refusal("postgre://h/d").hint.zh, HasSubstr("postgres"));
  EXPECT_THAT(refusal("mysql://h/d?tsl=off").hint.en, HasSubstr("tls"));
  EXPECT_THAT(refusal("mysql://h/d?charset=latin1").hint.en, HasSubstr("connect_timeout"));
  EXPECT_THAT(refusal("mysql://h/d?tls=yes").what.en, HasSubstr("require"));
}

TEST(Url, ChecksTheValuesOfOptions) {
  EXPECT_EQ(Url::parse("mysql://h/d?connect_timeout=250ms")->connect_timeout({}),
            std::chrono::milliseconds{250});
  EXPECT_EQ(Url::parse("mysql://h/d")->connect_timeout(std::chrono::seconds{3}),
            std::chrono::seconds{3});
  for (const char* text :
       {"mysql://h/d?connect_timeout=10", "mysql://h/d?connect_timeout=-1s",
        "mysql://h/d?connect_timeout=2h", "mysql://h/d?connect_timeout=99999999m",
        "mysql://h/d?socket=", "mysql://h/d?socket", "mysql://h/d?tls=off&tls=off",
        "mysql://h/d?socket=%zz"}) {
    EXPECT_EQ(refusal(text).kind, ErrorKind::invalid_config) << text;
  }
}

TEST(Url, NeverShowsThePassword) {
  const Url url = *Url::parse("mysql://ann:opensesame@h:1/d?tls=off");
  EXPECT_EQ(url.redacted(), "mysql://ann:***@h:1/d?tls=off");
  EXPECT_EQ(url.identity(), "mysql://h:1/d");
  for (const char* text : {"mysql://ann:open/sesame@h/d", "mysql://ann:open?sesame@h/d",
                           "mysql://ann:open#sesame@h/d", "mysql://ann:open%sesame@h/d",
                           "mysql://ann:opensesame@h:port/d", "mysql://ann:12/sesame=open@h/d",
                           "mysql://ann:opensesame@h", "mysql://ann:opensesame@h/d?tsl=off",
                           "mysqll://ann:opensesame@h/d", "mysql://ann:opensesame@[h/d",
                           "mysql:ann:opensesame@h/d", "ann:opensesame@h/d", "opensesame@h/d"}) {
    const Error error = refusal(text);
    for (const std::string& said : {error.what.en, error.what.zh, error.hint.en, error.hint.zh}) {
      EXPECT_THAT(said, Not(HasSubstr("sesame"))) << text;
      EXPECT_THAT(said, Not(HasSubstr("open"))) << text;
    }
  }
}

TEST(Url, IdentityIgnoresUserAndSpelling) {
  EXPECT_EQ(Url::parse("mysql://a:b@h/d")->identity(),
            Url::parse("mariadb://h:3306/d")->identity());
  EXPECT_EQ(Url::parse("postgres://a@h/d")->identity(), "postgres://h:5432/d");
  EXPECT_EQ(Url::parse("mysql:///d?socket=/s")->identity(), "mysql:///s/d");
  EXPECT_EQ(Url::parse("sqlite:/tmp/../tmp/no-such.db")->identity(), "sqlite:/tmp/no-such.db");
}

}  // namespace
}  // namespace tidemark::sql
