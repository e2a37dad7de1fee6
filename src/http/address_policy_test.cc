#include "http/address_policy.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>

namespace tidemark::http {
namespace {

using ::testing::HasSubstr;

std::string refusal(const AddressPolicy& policy, std::string_view text) {
  const auto address = IpAddress::parse(text);
  EXPECT_TRUE(address) << text;
  return std::string(policy.refusal(*address).value_or("none"));
}

TEST(IpAddress, ReadsOnlyTheUsualForms) {
  EXPECT_EQ(IpAddress::parse("192.0.2.1")->text(), "192.0.2.1");
  EXPECT_EQ(IpAddress::parse("2001:DB8:0::1")->text(), "2001:db8::1");
  EXPECT_EQ(IpAddress::parse("::ffff:10.0.0.1")->text(), "10.0.0.1") << "mapped is IPv4";
  EXPECT_EQ(IpAddress::parse("::ffff:a00:1")->text(), "10.0.0.1");
  EXPECT_EQ(IpAddress::parse("::10.0.0.1")->text(), "::10.0.0.1");
  for (const char* bad : {"", "127.1", "0x7f.0.0.1", "2130706433", "127.0.0.01", "127.0.0.1 ",
                          "[::1]", "fe80::1%eth0", "::g", "1.2.3.4.5", "localhost"})
    EXPECT_FALSE(IpAddress::parse(bad)) << bad;
  EXPECT_FALSE(IpAddress::parse(std::string_view("127.0.0.1\0x", 11)));
}

TEST(IpAddress, ReadsSockets) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(0x7f000001);
  const auto* plain = reinterpret_cast<const sockaddr*>(&v4);
  EXPECT_EQ(IpAddress::of(plain, sizeof(v4))->text(), "127.0.0.1");
  EXPECT_FALSE(IpAddress::of(plain, sizeof(v4) - 1));
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  ASSERT_EQ(::inet_pton(AF_INET6, "::ffff:127.0.0.1", &v6.sin6_addr), 1);
  const auto* mapped = reinterpret_cast<const sockaddr*>(&v6);
  EXPECT_EQ(IpAddress::of(mapped, sizeof(v6))->text(), "127.0.0.1");
  EXPECT_FALSE(IpAddress::of(mapped, sizeof(v4)));
  v4.sin_family = AF_UNIX;
  EXPECT_FALSE(IpAddress::of(plain, sizeof(v4)));
}

TEST(Cidr, ReadsRanges) {
  EXPECT_EQ(Cidr::parse("10.0.0.0/8")->text(), "10.0.0.0/8");
  EXPECT_EQ(Cidr::parse("10.0.0.7")->text(), "10.0.0.7/32");
  EXPECT_EQ(Cidr::parse("fd00::/8")->text(), "fd00::/8");
  EXPECT_EQ(Cidr::parse("::ffff:10.0.0.0/104")->text(), "10.0.0.0/8");
  EXPECT_EQ(Cidr::parse("::ffff:10.0.0.1")->text(), "10.0.0.1/32");
  EXPECT_EQ(Cidr::parse("0.0.0.0/0")->text(), "0.0.0.0/0");
  EXPECT_TRUE(Cidr::parse("10.1.2.128/25")->contains(*IpAddress::parse("10.1.2.200")));
  EXPECT_FALSE(Cidr::parse("10.1.2.128/25")->contains(*IpAddress::parse("10.1.2.127")));
  EXPECT_FALSE(Cidr::parse("0.0.0.0/0")->contains(*IpAddress::parse("::1")));
}

TEST(Cidr, SaysWhatIsWrong) {
  for (const char* bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ",
                          "10.0.0.0/8/8", "fd00::/129", "::ffff:10.0.0.0/95", "host/8", "10/8"})
    EXPECT_FALSE(Cidr::parse(bad)) << bad;
  const auto slip = Cidr::parse("10.1.2.3/8");
  ASSERT_FALSE(slip);
  EXPECT_EQ(slip.error().kind, ErrorKind::invalid_config);
  EXPECT_THAT(slip.error().what.en, HasSubstr("10.0.0.0/8 was meant"));
  EXPECT_THAT(slip.error().what.zh, HasSubstr("10.0.0.0/8"));
}

TEST(AddressPolicy, RefusesAllThatIsSpecial) {
  const AddressPolicy policy;
  for (const char* bad : {"0.0.0.0",
                          "0.1.2.3",
                          "10.0.0.1",
                          "10.255.255.255",
                          "100.64.0.1",
                          "100.127.255.255",
                          "127.0.0.1",
                          "127.255.255.255",
                          "169.254.0.1",
                          "169.254.169.254",
                          "172.16.0.1",
                          "172.31.255.255",
                          "192.0.0.1",
                          "192.0.0.192",
                          "192.0.2.1",
                          "192.88.99.1",
                          "192.168.0.1",
                          "198.18.0.1",
                          "198.19.255.255",
                          "198.51.100.1",
                          "203.0.113.1",
                          "224.0.0.1",
                          "239.255.255.255",
                          "240.0.0.1",
                          "255.255.255.255",
                          "100.100.100.200",
                          "168.63.129.16",
                          "::",
                          "::1",
                          "::7f00:1",
                          "::10.0.0.1",
                          "::ffff:127.0.0.1",
                          "::ffff:0:10.0.0.1",
                          "64:ff9b::a00:1",
                          "64:ff9b:1::1",
                          "100::1",
                          "2001::1",
                          "2001:20::1",
                          "2001:db8::1",
                          "2002:7f00:1::1",
                          "3fff::1",
                          "5f00::1",
                          "fc00::1",
                          "fd00:ec2::254",
                          "fdff::1",
                          "fe80::1",
                          "febf::1",
                          "fec0::1",
                          "ff02::1",
                          "4000::1",
                          "e000::1",
                          "1::1"})
    EXPECT_NE(refusal(policy, bad), "none") << bad;
  EXPECT_EQ(refusal(policy, "::ffff:127.0.0.1"), "loopback") << "judged as IPv4";
  EXPECT_EQ(refusal(policy, "169.254.169.254"), "cloud metadata service");
  EXPECT_EQ(refusal(policy, "2001::1"), "Teredo");
}

TEST(AddressPolicy, LetsTheInternetThrough) {
  const AddressPolicy policy;
  for (const char* good :
       {"1.1.1.1",      "8.8.8.8",         "9.255.255.255", "11.0.0.0",        "100.63.255.255",
        "100.128.0.0",  "172.15.255.255",  "172.32.0.0",    "192.0.1.1",       "192.167.255.255",
        "192.169.0.0",  "198.17.255.255",  "198.20.0.0",    "223.255.255.255", "::ffff:8.8.8.8",
        "2400:3200::1", "2606:4700::1111", "2001:200::1",   "2003::1",         "3ffe::1"})
    EXPECT_EQ(refusal(policy, good), "none") << good;
}

TEST(AddressPolicy, TheOperatorComesFirst) {
  const auto policy = AddressPolicy::allowing({"127.0.0.1", "10.8.0.0/16", "fd12::/16"});
  ASSERT_TRUE(policy);
  EXPECT_EQ(refusal(*policy, "127.0.0.1"), "none");
  EXPECT_EQ(refusal(*policy, "::ffff:10.8.1.1"), "none");
  EXPECT_EQ(refusal(*policy, "fd12::1"), "none");
  EXPECT_EQ(refusal(*policy, "127.0.0.2"), "loopback");
  EXPECT_EQ(refusal(*policy, "10.9.0.1"), "private network");
  EXPECT_EQ(refusal(*policy, "::1"), "loopback");
  EXPECT_FALSE(AddressPolicy::allowing({"10.0.0.0/8", "nonsense"}));
}

}  // namespace
}  // namespace tidemark::http
