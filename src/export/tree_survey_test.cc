#include "export/tree_survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

class TreeSurveyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "tidemark-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    tree_ = pattern;
  }
  void TearDown() override { fs::remove_all(tree_); }

  void add(const std::string& path) {
    fs::create_directories((tree_ / path).parent_path());
    std::ofstream(tree_ / path) << "{}";
  }

  fs::path tree_;
  Stop stop_;
};

TEST_F(TreeSurveyTest, CountsByEndingAndNamesTheRest) {
  add("1/DE/20250101+a.json");
  add("1/FR/20250101+b.json.gz");
  add("1/DE/20250101+c.json.zst");
  add("2/UNKNOWN/00000000+d.json");
  add("1/notes.txt");
  add("2/DE/deep/20250101+e.json");
  add("3/DE/no plus.json");
  add(".export_state/.last_export_time");
  fs::create_directory_symlink(tree_ / "1", tree_ / "4");
  const Result<TreeSurvey> survey = survey_tree(tree_.string(), stop_);
  ASSERT_TRUE(survey);
  EXPECT_EQ(survey->total(), 4);
  EXPECT_EQ(survey->files.at(".json"), 2);
  EXPECT_EQ(survey->files.at(".json.gz"), 1);
  EXPECT_EQ(survey->files.at(".json.zst"), 1);
  EXPECT_EQ(survey->tenants, 2);
  EXPECT_THAT(survey->unknown_examples,
              testing::UnorderedElementsAre("1/notes.txt", "2/DE/deep/20250101+e.json",
                                            "3/DE/no plus.json"));
}

TEST_F(TreeSurveyTest, AMissingTreeIsNotFound) {
  EXPECT_EQ(survey_tree((tree_ / "none").string(), stop_).error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace tidemark::exporter
