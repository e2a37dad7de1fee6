#include "export/path_template.h"

#include <gtest/gtest.h>

#include "export/path_clean.h"

namespace tidemark::exporter {
namespace {

std::string stem(std::string_view pattern, const SourceRow& row) {
  const Result<PathTemplate> path = PathTemplate::parse(pattern);
  return path ? path->stem(row) : path.error().what.en;
}

const SourceRow ordinary{.key = Key(std::int64_t{7}),
                         .tenant = "t1",
                         .country = "CN",
                         .date = "2025-08-19 10:00:00",
                         .number = "INV-1"};

TEST(PathTemplate, FillsInTheRow) {
  EXPECT_EQ(stem("{tenant}/{country}/{date}+{number}", ordinary), "t1/CN/20250819+INV-1");
  EXPECT_EQ(stem("all/{key}", ordinary), "all/7");
  EXPECT_EQ(stem("{number}{number}", ordinary), "INV-1INV-1");
}

TEST(PathTemplate, RefusesWhatGivesNoPath) {
  for (const char* text : {"", "/{number}", "{number}/", "{tenant}//{number}", "{number",
                           "{Number}", "{}/{number}", "{tenant}/{country}", "{ number}"}) {
    const Result<PathTemplate> path = PathTemplate::parse(text);
    ASSERT_FALSE(path) << text;
    EXPECT_EQ(path.error().kind, ErrorKind::invalid_config);
    EXPECT_FALSE(path.error().hint.empty());
  }
}

TEST(PathTemplate, NeverLeavesTheTree) {
  SourceRow row = ordinary;
  row.tenant = "..";
  row.country = "../..";
  row.number = "/etc/passwd";
  EXPECT_EQ(stem("{tenant}/{country}/{number}", row), "_./_._../_etc_passwd");
  EXPECT_EQ(stem("../{number}", ordinary), "_./INV-1");
  row.tenant = ".export_state";
  EXPECT_EQ(stem("{tenant}/{key}", row), "_export_state/7");
}

TEST(PathTemplate, HasAPartForEveryRow) {
  const SourceRow empty{.key = Key(std::string())};
  EXPECT_EQ(stem("{tenant}/{country}/{date}/{number}", empty), "_/UNKNOWN/00000000/_");
  SourceRow odd = ordinary;
  odd.number = std::string_view("a\0b\n\xff 发票", 12);
  odd.key = Key(std::string("x|y%25"));
  EXPECT_EQ(stem("{number}", odd), "a_b___发票");
  EXPECT_EQ(stem("{key}", odd), "x_y%25");
}

TEST(PathTemplate, CutsWhatIsTooLong) {
  SourceRow row = ordinary;
  const std::string number(5000, 'x');
  row.number = number;
  const std::string path = stem("{date}+{number}", row);
  EXPECT_EQ(path.size(), path_part_bytes_max);
  EXPECT_EQ(path.substr(0, 10), "20250819+x");
}

TEST(CompactDate, KeepsTheDay) {
  EXPECT_EQ(compact_date("2025-08-19"), "20250819");
  EXPECT_EQ(compact_date("2025-08-19T10:00:00Z"), "20250819");
  EXPECT_EQ(compact_date("0000-00-00 00:00:00"), "00000000");
  EXPECT_EQ(compact_date(""), "00000000");
  EXPECT_EQ(compact_date("19.8.2025"), "19.8.2025");
  EXPECT_EQ(compact_date("2025-8-19"), "2025-8-19");
}

TEST(PathTemplate, KnowsWhatItCouldHaveMade) {
  const auto could = [](std::string_view text, std::string_view stem) {
    return PathTemplate::parse(text).value().could_make(stem);
  };
  constexpr std::string_view usual = "{tenant}/{country}/{date}+{number}";
  EXPECT_TRUE(could(usual, "t1/CN/20250304+INV1"));
  EXPECT_TRUE(could(usual, "t1/CN/00000000+_~0123abcd"));
  EXPECT_FALSE(could(usual, "basic-data/global/currencies"));
  EXPECT_FALSE(could(usual, "invoices/.export_state/source"));
  EXPECT_FALSE(could(usual, "t1/20250304+INV1"));
  EXPECT_FALSE(could(usual, "a/t1/CN/20250304+INV1"));
  EXPECT_FALSE(could(usual, "t1/CN/2025030+INV1"));
  EXPECT_FALSE(could(usual, "t1/CN/20250304+"));
  EXPECT_FALSE(could(usual, "t1//20250304+INV1"));
  EXPECT_TRUE(could("-a-{tenant}-b/{number}-x", "_a-1-b-b/n-x~01234567"));
  EXPECT_FALSE(could("-a-{tenant}-b/{number}-x", "_a--b/n-x"));
}

}  // namespace
}  // namespace tidemark::exporter
