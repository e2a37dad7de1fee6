#include "http/sorted_json.h"

#include <gtest/gtest.h>

#include <string>

#include "http/json_tree.h"

namespace tidemark::http {
namespace {

std::string sorted(std::string_view body) {
  auto text = sorted_json(body);
  return text ? *std::move(text) : "refused: " + text.error().what.en;
}

bool refuses(std::string_view body) { return !sorted_json(body).has_value(); }

// Every expectation in this file was printed by Python 3.11. tests/sorted_json_test.py compares
// with the Python at hand, on thousands of random documents.

TEST(SortedJson, SortsNamesAtEveryDepth) {
  EXPECT_EQ(sorted(R"({"b":1,"a":{"d":[{"z":1,"y":2}],"c":null}})"),
            R"({"a": {"c": null, "d": [{"y": 2, "z": 1}]}, "b": 1})");
  EXPECT_EQ(sorted(R"({})"), "{}");
  EXPECT_EQ(sorted(R"([ ])"), "[]");
  EXPECT_EQ(sorted("\t\r\n [ true , false , null ] \n"), "[true, false, null]");
}

TEST(SortedJson, LetsTheLastOfRepeatedNamesCount) {
  EXPECT_EQ(sorted(R"({"a":1,"b":2,"a":3,"\u0061":4})"), R"({"a": 4, "b": 2})");
}

TEST(SortedJson, SortsByCodePointNotByUtf16OrByte) {
  EXPECT_EQ(sorted(R"({"😀":1,"\uE000":2,"é":3,"z":4,"":5,"Z":6,"\ud83d":7})"),
            R"({"": 5, "Z": 6, "z": 4, "\u00e9": 3, "\ud83d": 7, "\ue000": 2, "\ud83d\ude00": 1})");
}

TEST(SortedJson, EscapesAsPythonDoes) {
  EXPECT_EQ(sorted(R"("上海示例公司")"), R"("\u4e0a\u6d77\u793a\u4f8b\u516c\u53f8")");
  EXPECT_EQ(sorted(R"("\u0041\/\"\\\b\f\n\r\t\u0000\u001F\u007f~")"),
            R"("A/\"\\\b\f\n\r\t\u0000\u001f\u007f~")");
  EXPECT_EQ(sorted("\"\x7f\xc2\x80\""), R"("\u007f\u0080")");
}

TEST(SortedJson, KeepsLoneSurrogatesAndJoinsPairs) {
  EXPECT_EQ(sorted(R"("\uD83D\uDE00")"), R"("\ud83d\ude00")");
  EXPECT_EQ(sorted(R"("😀")"), R"("\ud83d\ude00")");
  EXPECT_EQ(sorted(R"("\ud83d")"), R"("\ud83d")");
  EXPECT_EQ(sorted(R"("\ude00\ud83d")"), R"("\ude00\ud83d")");
  EXPECT_EQ(sorted(R"("\ud83d\ud83d\ude00x")"), R"("\ud83d\ud83d\ude00x")");
  EXPECT_EQ(sorted(R"("\ud83d\n")"), R"("\ud83d\n")");
}

TEST(SortedJson, KeepsIntegersOfAnyLength) {
  EXPECT_EQ(sorted("[0,-0,-1,123456789012345678901234567890]"),
            "[0, 0, -1, 123456789012345678901234567890]");
  const std::string longest(python_integer_digits_max, '9');
  EXPECT_EQ(sorted(longest), longest);
  EXPECT_EQ(sorted("-" + longest), "-" + longest);
  EXPECT_TRUE(refuses(longest + "9"));
}

TEST(SortedJson, WritesFloatsAsRepr) {
  EXPECT_EQ(sorted("[100000.00,1E5,1e16,1e15,123456789012345680.0,0.0001,0.00001,1.5e300]"),
            "[100000.0, 100000.0, 1e+16, 1000000000000000.0, 1.2345678901234568e+17, 0.0001, "
            "1e-05, 1.5e+300]");
  EXPECT_EQ(sorted("[-0.0,0e99,-0e-7,1e0,0.1,1024.50,-2.50,3.141592653589793238]"),
            "[-0.0, 0.0, -0.0, 1.0, 0.1, 1024.5, -2.5, 3.141592653589793]");
  EXPECT_EQ(sorted("[5e-324,2e-324,1.7976931348623157e308,2.2250738585072014e-308]"),
            "[5e-324, 0.0, 1.7976931348623157e+308, 2.2250738585072014e-308]");
  EXPECT_EQ(sorted("[9007199254740993.0,5.684341886080802e-14,1e23,9.5e-7]"),
            "[9007199254740992.0, 5.684341886080802e-14, 1e+23, 9.5e-07]");
}

TEST(SortedJson, WritesFloatsBeyondTheRangeAsPythonDoes) {
  EXPECT_EQ(sorted("[1e999,-1e999,1e-999,-1e-999,1.8e308,1e99999999999999999999]"),
            "[Infinity, -Infinity, 0.0, -0.0, Infinity, Infinity]");
  EXPECT_EQ(sorted("[1e-99999999999999999999,0e99999999999999999999,NaN,Infinity,-Infinity]"),
            "[0.0, 0.0, NaN, Infinity, -Infinity]");
}

TEST(SortedJson, ReadsFloatsOfAnyLength) {
  EXPECT_EQ(sorted("0." + std::string(100000, '0') + "1e100001"), "1.0");
  EXPECT_EQ(sorted("1" + std::string(100000, '0') + ".0e-100000"), "1.0");
  EXPECT_EQ(sorted("1." + std::string(100000, '0') + "1"), "1.0");
}

TEST(SortedJson, RefusesWhatPythonRefuses) {
  for (const std::string_view body : {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[",
                                      "]",
                                      "[1",
                                      "[1,",
                                      "[1,]",
                                      "[,1]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1",
                                      "{\"a\":1,}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "{1:1}",
                                      "{\"a\" 1}",
                                      "1 2",
                                      "[] []",
                                      "01",
                                      "-",
                                      "-a",
                                      "+1",
                                      ".5",
                                      "1.",
                                      "1.e5",
                                      "1e",
                                      "1e+",
                                      "0x10",
                                      "tru",
                                      "True",
                                      "nan",
                                      "-NaN",
                                      "inf",
                                      "\"",
                                      "\"a",
                                      "\"\n\"",
                                      "\"\t\"",
                                      "\"\\x\"",
                                      "\"\\",
                                      "\"\\\"",
                                      "\"\\u12\"",
                                      "\"\\u12g4\"",
                                      "\"\\u\"",
                                      "// 1",
                                      "\v1",
                                      "\xc2\xa0"
                                      "1",
                                      "1\xe3\x80\x80"}) {
    EXPECT_TRUE(refuses(body)) << body << " gives " << sorted(body);
  }
  EXPECT_TRUE(refuses(std::string_view("1\0", 2)));
  EXPECT_TRUE(refuses(std::string_view("\"\0\"", 3)));
}

TEST(SortedJson, RefusesWhatIsNotUtf8) {
  EXPECT_TRUE(refuses("\"\xff\""));
  EXPECT_TRUE(refuses("\"\xc0\x80\""));
  EXPECT_TRUE(refuses("\"\xed\xa0\x80\""));
  EXPECT_TRUE(refuses("\xef\xbb\xbf{}"));
  EXPECT_TRUE(refuses(std::string_view("1\0 \0", 4)));
}

TEST(SortedJson, LimitsTheDepth) {
  const std::string deepest =
      std::string(json_nesting_max, '[') + std::string(json_nesting_max, ']');
  EXPECT_EQ(sorted(deepest), deepest);
  EXPECT_TRUE(refuses("[" + deepest + "]"));
  std::string objects;
  for (std::size_t i = 0; i < 100000; ++i) objects += "{\"a\":";
  EXPECT_EQ(sorted(objects),
            "refused: not JSON for Python, byte 5001: nested more than 1,000 deep");
}

TEST(SortedJson, NamesThePlaceOfTheFault) {
  EXPECT_EQ(sorted("{\"a\":1,\"b\":tru}"),
            "refused: not JSON for Python, byte 11: unexpected character");
}

}  // namespace
}  // namespace tidemark::http
