#include "http/hmac.h"

#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

// RFC 4231, test cases 1, 2, 3 and 6.
TEST(Hmac, GivesTheVectorsOfTheRfc) {
  EXPECT_EQ(mac_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(mac_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(mac_hex(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(mac_hex(hmac_sha256(std::string(131, '\xaa'),
                                "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, TakesAnEmptyKeyAndAnEmptyMessage) {
  EXPECT_EQ(mac_hex(hmac_sha256({}, {})),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hmac, ReadsItsTextsBack) {
  const Mac mac = hmac_sha256("key", "message");
  EXPECT_EQ(mac_from_hex(mac_hex(mac)), mac);
  EXPECT_EQ(mac_from_base64(mac_base64(mac)), mac);
  EXPECT_EQ(mac_from_hex(std::string(64, 'A')), mac_from_hex(std::string(64, 'a')));
}

TEST(Hmac, RefusesTextsOfAnotherLengthOrAlphabet) {
  EXPECT_FALSE(mac_from_hex(""));
  EXPECT_FALSE(mac_from_hex(std::string(63, 'a')));
  EXPECT_FALSE(mac_from_hex(std::string(66, 'a')));
  EXPECT_FALSE(mac_from_hex(std::string(63, 'a') + "g"));
  EXPECT_FALSE(mac_from_hex(std::string(63, 'a') + std::string(1, '\0')));
  EXPECT_FALSE(mac_from_base64(""));
  EXPECT_FALSE(mac_from_base64(std::string(43, 'A')));
  EXPECT_FALSE(mac_from_base64(std::string(44, 'A')));  // 33 bytes.
  EXPECT_TRUE(mac_from_base64(std::string(43, 'A') + "="));
}

TEST(Hmac, ComparesEveryByte) {
  const Mac mac = hmac_sha256("key", "message");
  EXPECT_TRUE(equal_in_constant_time(mac, mac));
  for (std::size_t i = 0; i < mac.size(); ++i) {
    Mac other = mac;
    other[i] ^= 1;
    EXPECT_FALSE(equal_in_constant_time(mac, other));
  }
}

}  // namespace
}  // namespace tidemark::http
