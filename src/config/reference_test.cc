#include "config/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "config/option.h"
#include "config/testing_request.h"
#include "config/value.h"

namespace tidemark::config {
namespace {

using ::testing::HasSubstr;

constexpr Language both[] = {Language::english, Language::chinese};

/// Loads `toml` from a file of its own.
Result<Settings> loaded(std::string_view toml) {
  std::string pattern = ::testing::TempDir() + "tidemark-reference-XXXXXX";
  EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
  const std::string path = pattern + "/tidemark.toml";
  EXPECT_TRUE(write_file_atomically(path, toml, 0600));
  auto settings = Settings::load(testing::request_of(path));
  std::filesystem::remove_all(pattern);
  return settings;
}

/// With every `#key = value` uncommented; sentences have a blank after the `#`.
std::string uncommented(const std::string& toml) {
  std::string text;
  for (const std::string_view line : split(toml, '\n')) {
    const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    // What refers to files and variables of another machine.
    if (setting && line.contains("${")) continue;
    text.append(setting ? line.substr(1) : line).append("\n");
  }
  return text;
}

TEST(ReferencePage, HasEveryOptionInBothLanguages) {
  for (const Language language : both) {
    const std::string page = reference_page(language);
    EXPECT_TRUE(page.ends_with("|\n"));
    for (const Option& option : all_options()) {
      EXPECT_THAT(page, HasSubstr("| `" + std::string{option.key} + "` | "));
      EXPECT_THAT(page, HasSubstr(language == Language::english ? option.en : option.zh));
    }
  }
}

TEST(ReferencePage, EveryRowHasFourCells) {
  for (const Language language : both) {
    const std::string page = reference_page(language);
    for (const std::string_view line : split(page, '\n')) {
      if (!line.starts_with("|")) continue;
      std::size_t bars = 0;
      for (std::size_t i = 0; i < line.size(); ++i)
        if (line[i] == '|' && (i == 0 || line[i - 1] != '\\')) ++bars;
      EXPECT_EQ(bars, 5U) << line;
    }
  }
}

TEST(ExampleToml, LoadsAsItIs) {
  for (const Language language : both) {
    const auto settings = loaded(example_toml(language));
    ASSERT_TRUE(settings) << settings.error().what.en;
    for (const Option& option : all_options())
      EXPECT_FALSE(settings->is_set(concrete_key(option.key, "invoices"))) << option.key;
  }
}

TEST(ExampleToml, LoadsWithEveryLineInForce) {
  for (const Language language : both) {
    const auto settings = loaded(uncommented(example_toml(language)));
    ASSERT_TRUE(settings) << settings.error().what.en;
    for (const Option& option : all_options()) {
      const std::string key = concrete_key(option.key, "invoices");
      if (option.secret || option.example.contains("${")) continue;
      EXPECT_TRUE(settings->is_set(key)) << key;
      if (!option.fallback.empty()) {
        EXPECT_EQ(settings->text(key), option.fallback) << key;
      }
    }
  }
}

}  // namespace
}  // namespace tidemark::config
