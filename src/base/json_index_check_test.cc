#include "base/json_index_check.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/json_check.h"

namespace tidemark {
namespace {

using namespace std::string_literals;

/// The walk of json_check over every byte: a required field that cannot be there turns the fast
/// verdict off, and is then the only fault of a valid text.
bool walk_accepts(std::string_view text) {
  static const std::array<std::string, 1> impossible = {"\x01"s};
  return !check_json(text, impossible)->field.empty();
}

TEST(JsonIndexCheck, KnowsWhatPayloadsConsistOf) {
  for (const std::string& text :
       {"{}"s, "[]"s, " {\"a\" : [1, -0.5e+10, true, false, null, \"\\u00e9\\n\"]}\n"s, "0"s,
        "\"发票\""s, "123456789012345678901234567890"s, "\"\\ud800\""s, "\"\\\\\""s,
        "{\"a\":{\"b\":[[],{}]},\"c\":\"}\"}"s, std::string(1000, '[') + std::string(1000, ']'),
        "\"" + std::string(1'000'000, 'x') + "\""}) {
    EXPECT_TRUE(is_surely_json(text)) << text.substr(0, 60);
  }
}

/// Every text of up to six of the bytes that mean something, and of longer pieces.
TEST(JsonIndexCheck, AcceptsNothingThatTheWalkRefuses) {
  constexpr std::string_view bytes = "{}[]:,\"\\ 1a0-.e\f\x01";
  std::string text;
  const auto all_texts = [&](auto& self, std::size_t left) -> void {
    if (is_surely_json(text)) {
      ASSERT_TRUE(walk_accepts(text)) << text;
    }
    if (left == 0) return;
    for (const char byte : bytes) {
      text.push_back(byte);
      self(self, left - 1);
      text.pop_back();
    }
  };
  all_texts(all_texts, 4);
}

/// Numbers of up to twenty bytes, with everything that can be wrong about one, at the end of the
/// text and before it: the short ones are looked at sixteen bytes at a time.
TEST(JsonIndexCheck, JudgesNumbersAsTheWalkDoes) {
  std::vector<std::string> numbers;
  for (std::size_t whole = 0; whole <= 20; ++whole) {
    for (const std::size_t fraction : {0U, 1U, 2U, 13U, 14U, 15U, 16U, 17U}) {
      for (const std::string& first : {""s, "0"s, "1"s, "-"s, "-0"s}) {
        const std::string digits = first + std::string(whole, '7');
        numbers.push_back(digits + std::string(fraction, '3'));
        numbers.push_back(digits + "." + std::string(fraction, '3'));
        numbers.push_back(digits + "." + std::string(fraction, '3') + ".5");
        numbers.push_back(digits + "." + std::string(fraction, '3') + "e5");
        numbers.push_back(digits + "E-" + std::string(fraction, '3'));
        numbers.push_back(digits + "x" + std::string(fraction, '3'));
        numbers.push_back(digits + "\x80" + std::string(fraction, '3'));
        numbers.push_back(digits + " " + std::string(fraction, '3'));
      }
    }
  }
  for (const std::string& number : numbers) {
    for (const std::string& text : {number, "[" + number + "]", "[" + number + " ]",
                                    "{\"a\":" + number + "}", "[" + number + ",1]", "[" + number}) {
      ASSERT_EQ(is_surely_json(text), walk_accepts(text)) << text;
    }
  }
}

TEST(JsonIndexCheck, AcceptsNothingThatTheWalkRefusesAfterChangesOfAGoodText) {
  const std::string good =
      R"( {"no":"a\"\\b\u00e9","lines":[{"n":1,"x":-0.5e+3},[true,null]],"s":"é"} )";
  ASSERT_TRUE(is_surely_json(good));
  constexpr std::string_view bytes = "{}[]:,\"\\ 1ae-.\n\f\x01\xc3\xff";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char byte : bytes) {
      std::string replaced = good;
      replaced[at] = byte;
      std::string longer = good;
      longer.insert(at, 1, byte);
      std::string shorter = good;
      shorter.erase(at, 1);
      for (const std::string& text : {replaced, longer, shorter, good.substr(0, at)}) {
        if (is_surely_json(text)) {
          ASSERT_TRUE(walk_accepts(text)) << text;
        }
      }
    }
  }
}

}  // namespace
}  // namespace tidemark
