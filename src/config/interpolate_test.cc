#include "config/interpolate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "config/testing_request.h"

namespace tidemark::config {
namespace {

using ::testing::HasSubstr;

const Environment environment = testing::environment_of(
    {{"A", "1"}, {"EMPTY", ""}, {"NESTED", "${A}"}, {"FOLDER", "/nonexistent"}});

Result<std::string> fill(std::string_view text) { return interpolate(text, environment, ""); }
std::string reason(std::string_view text) {
  const auto filled = fill(text);
  return filled ? "(none)" : filled.error().what.en;
}

TEST(Interpolate, LeavesPlainTextAlone) {
  for (const char* text : {"", "a", "$", "$$", "{A}", "$A", "}", "a$b{c}", "\xff"})
    EXPECT_EQ(fill(text), text);
}

TEST(Interpolate, FillsInVariables) {
  EXPECT_EQ(fill("${A}"), "1");
  EXPECT_EQ(fill("x${A}y${A}z"), "x1y1z");
  EXPECT_EQ(fill("${EMPTY}"), "");
  EXPECT_EQ(fill("${NESTED}"), "${A}") << "what was filled in is not read again";
}

TEST(Interpolate, FillsInDefaults) {
  EXPECT_EQ(fill("${NO:-d}"), "d");
  EXPECT_EQ(fill("${NO:-}"), "");
  EXPECT_EQ(fill("${EMPTY:-d}"), "d");
  EXPECT_EQ(fill("${A:-d}"), "1");
  EXPECT_EQ(fill("${NO:-${A}}"), "1");
  EXPECT_EQ(fill("${NO:-a:-b}"), "a:-b");
}

TEST(Interpolate, HasALiteralForm) {
  EXPECT_EQ(fill("$${A}"), "${A}");
  EXPECT_EQ(fill("$${A}${A}"), "${A}1");
  EXPECT_FALSE(has_references("a$${b}"));
  EXPECT_TRUE(has_references("a$${b}${A}"));
  EXPECT_FALSE(has_references("a$b}"));
}

TEST(Interpolate, SaysWhatIsWrong) {
  EXPECT_EQ(reason("${NO}"), "the variable NO is not set");
  EXPECT_THAT(reason("${A"), HasSubstr("${ without }"));
  EXPECT_THAT(reason("${NO:-${A}"), HasSubstr("${ without }"));
  for (const char* bad : {"${}", "${1A}", "${A-B}", "${A }", "${:-d}", "${${A}}", "${a.b}"})
    EXPECT_THAT(reason(bad), HasSubstr("names no variable")) << bad;
  EXPECT_THAT(reason("${file:}"), HasSubstr("without a path"));
  EXPECT_THAT(reason("${file:${FOLDER}/x}"), HasSubstr("cannot open /nonexistent/x"));
}

TEST(Interpolate, DoesNotFollowReferencesWithoutEnd) {
  std::string text = "x";
  for (int i = 0; i < 1000; ++i) text = "${NO:-" + text + "}";
  EXPECT_THAT(reason(text), HasSubstr("too deeply"));
}

TEST(Interpolate, ReadsFilesBesideTheConfiguration) {
  std::string folder = ::testing::TempDir() + "tidemark-interpolate-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  ASSERT_TRUE(write_file_atomically(folder + "/secret", "p${A}\n\n"));
  EXPECT_EQ(interpolate("<${file:secret}>", environment, folder + "/"), "<p${A}\n>");
  EXPECT_EQ(interpolate("${file:" + folder + "/secret}", environment, ""), "p${A}\n");
  EXPECT_THAT(interpolate("${file:.}", environment, folder + "/").error().what.en,
              HasSubstr("Is a directory"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tidemark::config
