#include "config/config_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "config/testing_request.h"

namespace tidemark::config {
namespace {

namespace fs = std::filesystem;
using testing::environment_of;

class ConfigFileTest : public ::testing::Test {
 protected:
  ConfigFileTest() : before_(fs::current_path()) {
    std::string pattern = ::testing::TempDir() + "tidemark-find-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    fs::current_path(folder_);
  }
  ~ConfigFileTest() override {
    fs::current_path(before_);
    fs::remove_all(folder_);
  }
  void put(const std::string& path) {
    fs::create_directories(fs::path{folder_ + "/" + path}.parent_path());
    ASSERT_TRUE(write_file_atomically(folder_ + "/" + path, ""));
  }

  fs::path before_;
  std::string folder_;
};

TEST_F(ConfigFileTest, SearchesFromNearToFar) {
  const auto environment =
      environment_of({{"HOME", folder_ + "/home"}, {"XDG_CONFIG_HOME", folder_ + "/xdg"}});
  const auto home_alone = environment_of({{"HOME", folder_ + "/home"}});
  put("home/.config/tidemark/tidemark.toml");
  EXPECT_EQ(find_config_file({}, home_alone), folder_ + "/home/.config/tidemark/tidemark.toml");
  put("xdg/tidemark/tidemark.toml");
  EXPECT_EQ(find_config_file({}, environment), folder_ + "/xdg/tidemark/tidemark.toml");
  put("tidemark.toml");
  EXPECT_EQ(find_config_file({}, environment), "tidemark.toml");
  put("named.toml");
  EXPECT_EQ(find_config_file({}, environment_of({{"TIDEMARK_CONFIG", "named.toml"}})),
            "named.toml");
  put("given.toml");
  EXPECT_EQ(find_config_file("given.toml", environment_of({{"TIDEMARK_CONFIG", "named.toml"}})),
            "given.toml");
}

TEST_F(ConfigFileTest, ANamedFileMustExist) {
  put("tidemark.toml");
  const auto failed = find_config_file("missing.toml", environment_of({}));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::invalid_config);
  EXPECT_FALSE(find_config_file({}, environment_of({{"TIDEMARK_CONFIG", "missing.toml"}})));
  EXPECT_EQ(find_config_file({}, environment_of({{"TIDEMARK_CONFIG", ""}})), "tidemark.toml");
}

TEST_F(ConfigFileTest, KnowsWhoMayRead) {
  put("tidemark.toml");
  fs::permissions("tidemark.toml", fs::perms{0640});
  EXPECT_FALSE(readable_by_others("tidemark.toml"));
  fs::permissions("tidemark.toml", fs::perms{0644});
  EXPECT_TRUE(readable_by_others("tidemark.toml"));
  EXPECT_FALSE(readable_by_others("missing"));
}

}  // namespace
}  // namespace tidemark::config
