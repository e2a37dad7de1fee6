#include "base/base64.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

TEST(Base64, GivesTheVectorsOfTheRfc) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string_view("\xfb\xff\x00", 3)), "+/8A");
}

TEST(Base64, ReadsBackEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    EXPECT_EQ(base64_decoded(base64(bytes)), bytes);
  }
}

TEST(Base64, RefusesEverythingButTheOneText) {
  for (const std::string_view text :
       {"Zg", "Zg=", "Zg===", "Z===", "=", "==", "====", "Zm9v====", "Zm9vYg=a", "Zg==Zg==", "Zm 9",
        "Zm9\n", "Zm9v\n", "-_8A", "Zh==", "Zm9=", "Zm\xc3\xa9", "Zm9v "}) {
    EXPECT_EQ(base64_decoded(text), std::nullopt) << text;
  }
  EXPECT_EQ(base64_decoded(std::string_view("Zm\0v", 4)), std::nullopt);
}

}  // namespace
}  // namespace tidemark
