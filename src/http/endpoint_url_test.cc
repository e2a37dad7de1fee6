#include "http/endpoint_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string refusal(std::string_view url) {
  const auto checked = check_endpoint_url(url, AddressPolicy());
  return checked ? "none" : checked.error().what.en;
}

TEST(EndpointUrl, IsTakenApart) {
  const auto plain = check_endpoint_url("http://tax.example/hook?a=b", AddressPolicy());
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->host, "tax.example");
  EXPECT_EQ(plain->port, 80);
  const auto tls = check_endpoint_url("HTTPS://[2400:3200::1]:8443", AddressPolicy());
  ASSERT_TRUE(tls);
  EXPECT_TRUE(tls->tls);
  EXPECT_EQ(tls->host, "2400:3200::1");
  EXPECT_EQ(tls->port, 8443);
}

TEST(EndpointUrl, RefusesOtherSchemesAndForms) {
  for (const char* bad : {"", "tax.example/hook", "ftp://a/b", "file:///etc/passwd", "gopher://a",
                          "http:/a", "http://", "https://:443/", "http://a b/", "http://a\\@b/",
                          "http://a\n/", "http://a:0/", "http://a:65536/", "http://a:x/",
                          "http://a#b", "http://[fe80::1%25eth0]/", "http://[::1", "javascript:1"})
    EXPECT_NE(refusal(bad), "none") << bad;
  EXPECT_THAT(refusal("http://a/" + std::string(3000, 'x')), HasSubstr("2048"));
}

TEST(EndpointUrl, RefusesUsersWithoutShowingThem) {
  const std::string text = refusal("http://user:geheim@tax.example/");
  EXPECT_THAT(text, HasSubstr("must not have a user"));
  EXPECT_THAT(text, Not(HasSubstr("geheim")));
}

TEST(EndpointUrl, JudgesAddressesInEveryNotation) {
  for (const char* bad :
       {"http://127.0.0.1/", "http://127.1/", "http://0x7f.1/", "http://0177.0.0.1/",
        "http://2130706433/", "http://0/", "http://[::1]/", "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/", "http://localhost/", "http://LOCALHOST./", "http://a.localhost/",
        "http://10.0.0.1:8080/", "http://169.254.169.254/latest", "http://127.0.0.1./",
        "http://[64:ff9b::7f00:1]/"})
    EXPECT_THAT(refusal(bad), HasSubstr("may not be connected to")) << bad;
  const auto told = check_endpoint_url("http://10.1.2.3/", AddressPolicy());
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().what.en, "10.1.2.3 may not be connected to (private network)");
  EXPECT_EQ(told.error().what.zh, "不允许连接 10.1.2.3（私有网络）");
  const auto allowing = AddressPolicy::allowing({"127.0.0.0/8"});
  EXPECT_TRUE(check_endpoint_url("http://localhost:8080/", *allowing));
  EXPECT_TRUE(check_endpoint_url("http://127.0.0.1:8080/", *allowing));
  EXPECT_FALSE(check_endpoint_url("http://[::1]:8080/", *allowing));
}

TEST(EndpointUrl, RefusesPortsOfOtherProtocols) {
  for (const char* bad : {"http://a:22/", "http://a:25/", "https://a:6379/"})
    EXPECT_THAT(refusal(bad), HasSubstr("not one for HTTP")) << bad;
  for (const char* good : {"http://a:81/", "http://a:8000/", "https://a:3000/"})
    EXPECT_EQ(refusal(good), "none") << good;
}

}  // namespace
}  // namespace tidemark::http
