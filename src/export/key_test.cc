#include "export/key.h"

#include <gtest/gtest.h>

namespace tidemark::exporter {
namespace {

TEST(Key, OneIntegerStaysAnInteger) {
  const Key key = Key::from_columns({"-42"}, true);
  EXPECT_TRUE(key.is_integer());
  EXPECT_EQ(key.text(), "-42");
  EXPECT_EQ(std::get<std::int64_t>(key.values(1).at(0)), -42);
  EXPECT_LT(Key(std::int64_t{9}), Key(std::int64_t{10}));
}

TEST(Key, WhatIsNoIntegerIsText) {
  // SQLite stores anything anywhere; unsigned numbers beyond 63 bits are text too.
  for (const char* text : {"", "1x", "18446744073709551615"}) {
    EXPECT_EQ(Key::from_columns({text}, true), Key(std::string(text)));
  }
}

TEST(Key, SeveralColumnsComeBackAsTheyWere) {
  const std::vector<std::vector<std::string_view>> keys = {
      {"a", "b"}, {"", ""}, {"|", "%"}, {"a|b%", "%7C"}, {"", "%25", "|"}, {"x%", "y"}};
  for (const std::vector<std::string_view>& columns : keys) {
    const Key key = Key::from_columns(columns, false);
    std::vector<std::string> values;
    for (const sql::Value& value : key.values(columns.size())) {
      values.push_back(std::get<std::string>(value));
    }
    EXPECT_EQ(values, std::vector<std::string>(columns.begin(), columns.end())) << key.text();
    EXPECT_EQ(Key::from_text(key.text(), false), key);
  }
  EXPECT_EQ(Key::from_columns({"a|b", "7%"}, false).text(), "a%7Cb|7%25");
}

}  // namespace
}  // namespace tidemark::exporter
