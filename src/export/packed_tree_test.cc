#include "export/packed_tree.h"

#include <gtest/gtest.h>

#include "export/packed_run.h"
#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{std::chrono::sys_days{std::chrono::year{2025} / 12 / 3} + 12h};

bool everybody(const std::string& /*tenant*/) { return true; }
watermark::Window no_window(const std::string& /*tenant*/) { return {}; }

class PackedTreeCommit : public testing::Test {
 protected:
  PackedTreeCommit() : state_(folder_.text() + "/.export_state") {
    std::filesystem::create_directories(state_);
    index_ = TreeIndex::open(state_, IndexDb::Mode::read_write).value();
  }
  [[nodiscard]] std::string next_run(WallTime now) {
    return next_packed_run(*index_, folder_.text(), now).value();
  }
  /// One row of t/CN, as a run at `now` exports it.
  Result<PackedTree::Commit> export_row(WallTime now, PackedTree::OldParts old_parts) {
    run_ = next_run(now);
    PackedTree tree({.run = run_, .output = folder_.text()}, state_);
    EXPECT_TRUE(tree.append("t", "CN", {.rows = 1, .bytes = "{}\n"}));
    return tree.commit(*index_, old_parts, everybody, no_window);
  }
  [[nodiscard]] std::vector<std::string> parts() {
    Result<TreeFolder> tree = TreeFolder::open(folder_.text(), false);
    std::vector<std::string> files;
    for (const PackedPart& part : PackedManifest::load(*tree, "t/CN").value()->parts) {
      EXPECT_TRUE(folder_.has("t/CN/" + part.file));
      files.push_back(part.file);
    }
    return files;
  }

  TemporaryFolder folder_;
  std::string state_;
  std::optional<TreeIndex> index_;
  std::string run_;
};

TEST_F(PackedTreeCommit, ReplacesOldPartsOrAddsToThem) {
  ASSERT_TRUE(export_row(noon, PackedTree::OldParts::replaced));
  const std::vector<std::string> first = parts();
  ASSERT_EQ(first.size(), 1U);
  ASSERT_TRUE(export_row(noon + 1s, PackedTree::OldParts::kept));
  ASSERT_EQ(parts().size(), 2U);
  EXPECT_EQ(parts()[0], first[0]);
  const Result<PackedTree::Commit> third = export_row(noon + 2s, PackedTree::OldParts::replaced);
  ASSERT_TRUE(third);
  EXPECT_EQ(third->parts_removed, 2U);
  EXPECT_EQ(parts().size(), 1U);
  EXPECT_FALSE(folder_.has("t/CN/" + first[0]));
  EXPECT_TRUE(index_->removals().value().empty());
}

TEST_F(PackedTreeCommit, ARunThatEndsInTheMiddleStillCountsAsTheNewest) {
  // Something in the way of the manifests: the parts have their names, and nothing lists them.
  folder_.write(".export_state/staging/manifests", "not a folder");
  ASSERT_FALSE(export_row(noon, PackedTree::OldParts::kept));
  EXPECT_GT(next_run(noon - 24h), run_);
}

TEST_F(PackedTreeCommit, ADamagedManifestIsNoReasonForARunToBeginEarlier) {
  ASSERT_TRUE(export_row(noon, PackedTree::OldParts::kept));
  folder_.write("t/CN/" + std::string(PackedManifest::file_name), "{");
  ASSERT_TRUE(index_->set_meta("packed_run", ""));
  EXPECT_GT(next_run(noon - 24h), run_);
}

TEST_F(PackedTreeCommit, WhereAGroupHasNoPlaceTheOthersKeepTheirOldParts) {
  ASSERT_TRUE(export_row(noon, PackedTree::OldParts::kept));
  folder_.write("u/CN/" + std::string(PackedManifest::file_name), "{");
  PackedTree tree({.run = next_run(noon + 1s), .output = folder_.text()}, state_);
  ASSERT_TRUE(tree.append("t", "CN", {.rows = 1, .bytes = "{}\n"}));
  ASSERT_TRUE(tree.append("u", "CN", {.rows = 1, .bytes = "{}\n"}));
  const Result<PackedTree::Commit> done =
      tree.commit(*index_, PackedTree::OldParts::replaced, everybody, no_window);
  ASSERT_TRUE(done);
  ASSERT_EQ(done->unplaced.size(), 1U);
  EXPECT_EQ(done->unplaced[0].tenant, "u");
  EXPECT_EQ(done->parts_removed, 0U);
  EXPECT_EQ(parts().size(), 2U);
}

TEST_F(PackedTreeCommit, DropsWhatIsNotPublished) {
  PackedTree tree({.run = next_run(noon), .output = folder_.text()}, state_);
  ASSERT_TRUE(tree.append("t", "CN", {.rows = 1, .bytes = "{}\n"}));
  ASSERT_TRUE(tree.append("u", "", {.rows = 2, .bytes = "{}\n{}\n"}));
  const auto only_u = [](const std::string& tenant) { return tenant == "u"; };
  const Result<PackedTree::Commit> done =
      tree.commit(*index_, PackedTree::OldParts::replaced, only_u, no_window);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->folders, std::set<std::string>{"u/UNKNOWN"});
  EXPECT_EQ(done->bytes_written, 6U);
  EXPECT_FALSE(folder_.has("t"));
}

TEST_F(PackedTreeCommit, ADryRunCountsAndWritesNothing) {
  const std::string nowhere = folder_.text() + "/none";
  PackedTree tree({.dry_run = true, .run = "run", .output = nowhere}, nowhere + "/.export_state");
  ASSERT_TRUE(tree.append("t", "CN", {.rows = 1, .bytes = "{}\n"}));
  const Result<PackedTree::Commit> done =
      tree.commit(*index_, PackedTree::OldParts::replaced, everybody, no_window);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->parts_written, 1U);
  EXPECT_EQ(done->bytes_written, 3U);
  EXPECT_FALSE(folder_.has("none"));
}

}  // namespace
}  // namespace tidemark::exporter
