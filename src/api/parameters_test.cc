#include "api/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace tidemark::api {
namespace {

using ::testing::HasSubstr;

bool refused(Parameters& parameters) { return parameters.take_fault().has_value(); }

TEST(Parameters, ReadsWhatItKnows) {
  Parameters parameters({{"id", "7"}, {"limit", "3"}}, {"id"});
  EXPECT_EQ(parameters.number("id", 1, 9), 7);
  EXPECT_EQ(parameters.limit(), 3);
  EXPECT_EQ(parameters.text("other"), "");
  EXPECT_FALSE(refused(parameters));
}

TEST(Parameters, RefusesUnknownAndRepeatedNames) {
  Parameters unknown({{"ide", "7"}}, {"id"});
  EXPECT_TRUE(refused(unknown));
  Parameters repeated({{"id", "7"}, {"id", "8"}}, {"id"});
  EXPECT_TRUE(refused(repeated));
}

TEST(Parameters, RefusesNumbersThatAreNone) {
  for (const char* text : {"", "0", "10", "7 ", "+7", "0x7", "7e0", "99999999999999999999"}) {
    Parameters parameters({{"id", text}}, {"id"});
    EXPECT_EQ(parameters.number("id", 1, 9), std::nullopt) << text;
    EXPECT_TRUE(refused(parameters)) << text;
  }
}

TEST(Parameters, SaysWhatIsWrongInBothLanguages) {
  Parameters parameters({{"id", "0"}}, {"id"});
  EXPECT_EQ(parameters.number("id", 1, 9), std::nullopt);
  const auto refusal = parameters.take_fault();
  ASSERT_TRUE(refusal);
  EXPECT_THAT(refusal->body,
              HasSubstr(R"("detail":"parameter id: must be a whole number from 1 to 9")"));
  EXPECT_THAT(refusal->body, HasSubstr(R"("detail_zh":"参数 id：必须是 1 到 9 之间的整数")"));
}

TEST(Parameters, CursorsReadBack) {
  const std::vector<std::string> parts = {"msg_01", "sub_ü-42", ""};
  Parameters parameters({{"cursor", make_cursor(parts)}}, {});
  EXPECT_EQ(parameters.cursor(3), parts);
  EXPECT_FALSE(refused(parameters));
}

TEST(Parameters, RefusesForeignCursors) {
  for (const std::string& text :
       {std::string("abc"), std::string("%%%"), std::string(1000, 'A'), make_cursor({"a"})}) {
    Parameters parameters({{"cursor", text}}, {});
    EXPECT_TRUE(parameters.cursor(2).empty());
    EXPECT_TRUE(refused(parameters)) << text;
  }
}

}  // namespace
}  // namespace tidemark::api
