#include "cli/language.h"

#include <gtest/gtest.h>

#include <map>

#include "config/testing_request.h"

namespace tidemark::cli {
namespace {

Language chosen(const std::vector<std::string>& arguments,
                std::map<std::string, std::string> variables,
                std::optional<Language> preset = std::nullopt) {
  return choose_language(arguments, config::testing::environment_of(std::move(variables)), preset);
}

TEST(Language, FlagBeatsVariableBeatsPresetBeatsLocale) {
  EXPECT_EQ(chosen({}, {{"LANG", "zh_CN.UTF-8"}}), Language::chinese);
  EXPECT_EQ(chosen({}, {{"LANG", "zh_CN.UTF-8"}, {"TIDEMARK_LANG", "en"}}), Language::english);
  EXPECT_EQ(chosen({"runs", "--lang", "zh"}, {{"TIDEMARK_LANG", "en"}}), Language::chinese);
  EXPECT_EQ(chosen({"--lang=zh"}, {{"TIDEMARK_LANG", "en"}}), Language::chinese);
  EXPECT_EQ(chosen({}, {{"LANG", "en_US.UTF-8"}}, Language::chinese), Language::chinese);
  EXPECT_EQ(chosen({}, {{"TIDEMARK_LANG", "en"}}, Language::chinese), Language::english);
}

TEST(Language, TheFirstLocaleVariableThatIsSetDecides) {
  EXPECT_EQ(chosen({}, {{"LC_ALL", "C.UTF-8"}, {"LANG", "zh_CN.UTF-8"}}), Language::english);
  EXPECT_EQ(chosen({}, {{"LC_ALL", ""}, {"LC_MESSAGES", "zh_CN"}, {"LANG", "en_US"}}),
            Language::chinese);
  EXPECT_EQ(chosen({}, {}), Language::english);
}

TEST(Language, ReadsTheUsualSpellings) {
  EXPECT_EQ(parse_language("zh"), Language::chinese);
  EXPECT_EQ(parse_language("ZH-Hans-CN"), Language::chinese);
  EXPECT_EQ(parse_language("zh_TW.UTF-8"), Language::chinese);
  EXPECT_EQ(parse_language("en_GB"), Language::english);
  EXPECT_EQ(parse_language("zhx"), std::nullopt);
  EXPECT_EQ(parse_language(""), std::nullopt);
  EXPECT_EQ(parse_language("deutsch"), std::nullopt);
}

TEST(Language, NothingBehindTheDoubleDashIsAFlag) {
  EXPECT_EQ(chosen({"--", "--lang", "zh"}, {}), Language::english);
  EXPECT_EQ(chosen({"--lang"}, {}), Language::english);
  EXPECT_EQ(chosen({"--language=zh"}, {}), Language::english);
}

}  // namespace
}  // namespace tidemark::cli
