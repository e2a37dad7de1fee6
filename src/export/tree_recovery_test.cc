#include "export/tree_recovery.h"

#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "export/packed_manifest.h"
#include "export/tree_folder.h"
#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

/// Where the tests run as root, whom no mode keeps from anything: this thread is nobody for the
/// file system, and the tree is nobody's. Then its folders may be removed again.
class AsOrdinaryUser {
 public:
  explicit AsOrdinaryUser(std::filesystem::path tree) : tree_(std::move(tree)) {
    if (::geteuid() != 0) return;
    std::vector<std::filesystem::path> paths = {tree_};
    for (const auto& entry : std::filesystem::recursive_directory_iterator(tree_)) {
      paths.push_back(entry.path());
    }
    for (const auto& path : paths) EXPECT_EQ(::lchown(path.c_str(), nobody, nobody), 0) << path;
    ::setfsuid(nobody);
  }
  ~AsOrdinaryUser() {
    ::setfsuid(::geteuid());
    for (const auto& entry : std::filesystem::recursive_directory_iterator(tree_)) {
      if (entry.is_directory()) ::chmod(entry.path().c_str(), 0755);
    }
  }
  AsOrdinaryUser(const AsOrdinaryUser&) = delete;
  AsOrdinaryUser& operator=(const AsOrdinaryUser&) = delete;

 private:
  static constexpr ::uid_t nobody = 65534;
  std::filesystem::path tree_;
};

class TreeRecovery : public testing::Test {
 protected:
  TreeRecovery()
      : index_(TreeIndex::open(folder_.text(), IndexDb::Mode::read_write).value()),
        journal_(RoundJournal::open(folder_.text()).value()),
        tree_(TreeFolder::open(folder_.text(), false).value()) {}

  void recover() {
    const Result<StaleFiles> done =
        recover_tree(folder_.text(), index_, journal_, "2026-01-02T00:00:00Z");
    ASSERT_TRUE(done) << done.error().what.en;
    EXPECT_TRUE(done->failures.empty());
    EXPECT_TRUE(index_.removals().value().empty());
    EXPECT_TRUE(journal_.names().value().empty());
  }
  /// A row with its file, as a run left it.
  void commit_row(std::int64_t key, const std::string& stem) {
    folder_.write(stem + ".json", "{}");
    const FileStamp stamp = tree_.stamp({.stem = stem}).value();
    TreeFile file{.path = {.stem = stem}, .size = stamp.size, .mtime = stamp.mtime};
    ASSERT_TRUE(index_.insert(Key(key), file).value());
  }

  TemporaryFolder folder_;
  TreeIndex index_;
  RoundJournal journal_;
  TreeFolder tree_;
};

TEST_F(TreeRecovery, CarriesOutRemovalsThatWereCommitted) {
  folder_.write("t/CN/old.json", "{}");
  folder_.write("t/CN/kept.json", "{}");
  ASSERT_TRUE(index_.add_removal("t/CN/old.json"));
  ASSERT_TRUE(index_.add_removal("gone/already.json"));
  recover();
  EXPECT_FALSE(folder_.has("t/CN/old.json"));
  EXPECT_TRUE(folder_.has("t/CN/kept.json"));
}

TEST_F(TreeRecovery, AFileThatIsARowsAgainStays) {
  commit_row(1, "t/CN/back");
  ASSERT_TRUE(index_.add_removal("t/CN/back.json"));
  ASSERT_TRUE(index_.add_removal("t/CN/back.json.gz"));
  folder_.write("t/CN/back.json.gz", "x");
  recover();
  EXPECT_TRUE(folder_.has("t/CN/back.json"));
  EXPECT_FALSE(folder_.has("t/CN/back.json.gz")) << "of the same name, but not its file";
}

TEST_F(TreeRecovery, OneThatCannotBeRemovedStaysOnTheList) {
  folder_.write("t/CN/old.json/in the way", "a folder cannot be unlinked");
  folder_.write("t/CN/other.json", "{}");
  ASSERT_TRUE(index_.add_removal("t/CN/old.json"));
  ASSERT_TRUE(index_.add_removal("t/CN/other.json"));
  const Result<StaleFiles> stale = recover_tree(folder_.text(), index_, journal_, "now");
  ASSERT_TRUE(stale) << stale.error().what.en;
  ASSERT_EQ(stale->failures.size(), 1U);
  EXPECT_NE(stale->failures.front().what.en.find("t/CN/old.json"), std::string::npos);
  EXPECT_FALSE(stale->failures.front().hint.empty());
  EXPECT_EQ(stale->removed, 1U);
  EXPECT_FALSE(folder_.has("t/CN/other.json"));
  EXPECT_EQ(index_.removals().value(), PathSet{"t/CN/old.json"});
}

TEST_F(TreeRecovery, PartsThatAManifestListsStay) {
  PackedManifest manifest{.tenant = "t", .country = "CN"};
  manifest.parts.push_back({.file = "old-0001.ndjson", .run = "old", .mode = "full"});
  folder_.write("t/CN/" + std::string(PackedManifest::file_name), manifest.text());
  folder_.write("t/CN/old-0001.ndjson", "{}\n");
  folder_.write("t/CN/new-0001.ndjson", "{}\n");
  folder_.write("u/CN/new-0001.ndjson", "{}\n");
  // As PackedTree::commit() notes them before it moves anything.
  for (const char* part :
       {"t/CN/old-0001.ndjson", "t/CN/new-0001.ndjson", "u/CN/new-0001.ndjson"}) {
    ASSERT_TRUE(index_.add_removal(part));
  }
  recover();
  EXPECT_TRUE(folder_.has("t/CN/old-0001.ndjson"));
  EXPECT_FALSE(folder_.has("t/CN/new-0001.ndjson"));
  EXPECT_FALSE(folder_.has("u/CN/new-0001.ndjson"));
}

TEST_F(TreeRecovery, PartsThatADamagedManifestMayListStay) {
  folder_.write("t/CN/" + std::string(PackedManifest::file_name), "{");
  for (const char* part : {"t/CN/a-0001.ndjson", "t/CN/b-0001.ndjson", "u/CN/a-0001.ndjson"}) {
    folder_.write(part, "{}\n");
    ASSERT_TRUE(index_.add_removal(part));
  }
  const Result<StaleFiles> stale = recover_tree(folder_.text(), index_, journal_, "now");
  ASSERT_TRUE(stale) << stale.error().what.en;
  ASSERT_EQ(stale->failures.size(), 1U);
  EXPECT_NE(stale->failures.front().what.en.find("t/CN/_manifest.json"), std::string::npos);
  EXPECT_TRUE(folder_.has("t/CN/a-0001.ndjson"));
  EXPECT_TRUE(folder_.has("t/CN/b-0001.ndjson"));
  EXPECT_FALSE(folder_.has("u/CN/a-0001.ndjson"));
  EXPECT_EQ(index_.removals()->size(), 2U);
}

TEST_F(TreeRecovery, PartsThatALostManifestMayHaveListedStay) {
  const std::string older = "t/CN/20251203T120000-000000-0001.ndjson";
  const std::string newer = "t/CN/20251204T120000-000000-0001.ndjson";
  folder_.write(older, "{}\n");
  folder_.write(newer, "{}\n");
  // A run that was killed noted the new part alone, since it adds to the others.
  ASSERT_TRUE(index_.add_removal(newer));
  const Result<StaleFiles> stale = recover_tree(folder_.text(), index_, journal_, "now");
  ASSERT_TRUE(stale) << stale.error().what.en;
  ASSERT_EQ(stale->failures.size(), 1U);
  EXPECT_NE(stale->failures.front().what.en.find("t/CN/_manifest.json is missing"),
            std::string::npos);
  EXPECT_TRUE(folder_.has(newer));
  EXPECT_EQ(index_.removals().value(), PathSet{newer});
}

TEST_F(TreeRecovery, PartsThatWereToBeReplacedStayWhereTheManifestIsLost) {
  const std::string older = "t/CN/20251203T120000-000000-0001.ndjson";
  const std::string newer = "t/CN/20251204T120000-000000-0001.ndjson";
  folder_.write(older, "{}\n");
  folder_.write(newer, "{}\n");
  // A full export was killed before it switched the manifest, which then was lost.
  ASSERT_TRUE(index_.add_replaced_part(older));
  ASSERT_TRUE(index_.add_removal(newer));
  for (int run = 0; run < 2; ++run) {
    const Result<StaleFiles> stale = recover_tree(folder_.text(), index_, journal_, "now");
    ASSERT_TRUE(stale) << stale.error().what.en;
    EXPECT_EQ(stale->failures.size(), 1U);
    EXPECT_TRUE(folder_.has(older));
    EXPECT_TRUE(folder_.has(newer));
    EXPECT_EQ(index_.removals().value(), (PathSet{older, newer}));
    EXPECT_EQ(index_.nobodys_removals().value(), PathSet{newer});
  }
}

TEST_F(TreeRecovery, FilesOfARoundThatWasNotCommittedGo) {
  commit_row(1, "t/CN/known");
  folder_.write("t/CN/unknown.json", "{}");
  for (const char* stem : {"t/CN/known", "t/CN/unknown", "t/CN/never"}) {
    journal_.add({.stem = stem}, Key(std::int64_t{2}));
  }
  ASSERT_TRUE(journal_.write());
  recover();
  EXPECT_TRUE(folder_.has("t/CN/known.json"));
  EXPECT_FALSE(folder_.has("t/CN/unknown.json"));
  EXPECT_TRUE(index_.rejects().value().empty());
}

TEST_F(TreeRecovery, AFileOfSuchARoundThatCannotBeRemovedStopsNobody) {
  folder_.write("t/CN/unknown.json", "{}");
  folder_.write("t/DE/other.json", "{}");
  for (const char* stem : {"t/CN/unknown", "t/DE/other"}) {
    journal_.add({.stem = stem}, Key(std::int64_t{2}));
  }
  ASSERT_TRUE(journal_.write());
  ::chmod((folder_.path() / "t/CN").c_str(), 0555);
  const AsOrdinaryUser user(folder_.path());
  for (const std::uint64_t removed : {1U, 0U}) {
    const Result<StaleFiles> stale = recover_tree(folder_.text(), index_, journal_, "now");
    ASSERT_TRUE(stale) << stale.error().what.en;
    EXPECT_EQ(stale->removed, removed);
    ASSERT_EQ(stale->failures.size(), 1U);
    EXPECT_NE(stale->failures.front().what.en.find("t/CN/unknown.json"), std::string::npos);
    EXPECT_EQ(index_.removals().value(), PathSet{"t/CN/unknown.json"});
    EXPECT_TRUE(journal_.names().value().empty());
  }
  EXPECT_FALSE(folder_.has("t/DE/other.json"));
  EXPECT_TRUE(folder_.has("t/CN/unknown.json"));
}

TEST_F(TreeRecovery, ARowWhoseFileWasWrittenOverIsTriedAgain) {
  commit_row(1, "t/CN/known");
  folder_.write("t/CN/known.json", R"({"newer":true})");
  journal_.add({.stem = "t/CN/known"}, Key(std::int64_t{1}));
  ASSERT_TRUE(journal_.write());
  recover();
  EXPECT_TRUE(folder_.has("t/CN/known.json"));
  const std::vector<Reject> rejects = index_.rejects().value();
  ASSERT_EQ(rejects.size(), 1U);
  EXPECT_EQ(rejects[0].key, Key(std::int64_t{1}));
}

TEST_F(TreeRecovery, OnlyOurTemporaryFilesAreRemoved) {
  folder_.write(".tidemark-17-0.tmp", "half");
  folder_.write("notes.tmp", "an operator's");
  remove_temporary_files(folder_.text());
  remove_temporary_files(folder_.text() + "/none");
  EXPECT_FALSE(folder_.has(".tidemark-17-0.tmp"));
  EXPECT_TRUE(folder_.has("notes.tmp"));
}

TEST_F(TreeRecovery, WhatOthersAreWritingNowStays) {
  folder_.write(".tidemark-17-0.tmp", "half");
  folder_.write(".tidemark-18-0.tmp", "half");
  const std::filesystem::path left = folder_.text() + "/.tidemark-17-0.tmp";
  std::filesystem::last_write_time(
      left, std::filesystem::file_time_type::clock::now() - std::chrono::hours{25});
  remove_temporary_files(folder_.text(), std::chrono::hours{24});
  EXPECT_FALSE(folder_.has(".tidemark-17-0.tmp"));
  EXPECT_TRUE(folder_.has(".tidemark-18-0.tmp"));
}

}  // namespace
}  // namespace tidemark::exporter
