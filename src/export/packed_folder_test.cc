#include "export/packed_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "export/packed_manifest.h"
#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

class PackedFolder : public testing::Test {
 protected:
  void take(const std::string& folder, const std::string& tenant) {
    const PackedManifest manifest{.tenant = tenant, .country = "CN"};
    folder_.write(folder + "/" + std::string(PackedManifest::file_name), manifest.text());
  }
  std::string folder_of(const std::string& tenant, const std::string& taken = "") {
    Result<TreeFolder> tree = TreeFolder::open(folder_.text(), false);
    EXPECT_TRUE(tree);
    PackedFolders folders(&*tree);
    folders.take(taken);
    const Result<PackedFolders::Given> given = folders.give(tenant, "CN");
    EXPECT_TRUE(given);
    return given ? given->folder : "";
  }

  TemporaryFolder folder_;
};

TEST_F(PackedFolder, ANewGroupGetsItsName) {
  EXPECT_EQ(folder_of("a/b"), "a_b/CN");
  EXPECT_EQ(PackedFolders(nullptr).give("a/b", "CN")->folder, "a_b/CN");
}

TEST_F(PackedFolder, PartsWithoutAManifestAreNotTakenForANewGroup) {
  const std::string part = "t/CN/20251203T120000-000000-0001.ndjson";
  folder_.write(part, "{}\n");
  Result<TreeFolder> tree = TreeFolder::open(folder_.text(), false);
  const Result<PackedFolders::Given> given = PackedFolders(&*tree).give("t", "CN");
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().kind, ErrorKind::corrupt);
  EXPECT_FALSE(given.error().hint.empty());
  // Left by a run that was killed, or nothing of ours.
  EXPECT_EQ(PackedFolders(&*tree, {{part}}).give("t", "CN")->folder, "t/CN");
  folder_.write("u/CN/notes.ndjson", "");
  EXPECT_EQ(PackedFolders(&*tree).give("u", "CN")->folder, "u/CN");
}

TEST_F(PackedFolder, AllFoldersWithAManifestOrAPartAreFound) {
  take("a/CN", "a");
  const std::string part = "b/CN/20251203T120000-000000-0001.ndjson.zst";
  folder_.write(part, "");
  folder_.write("c/CN/notes.ndjson", "");
  folder_.write(".export_state/staging/parts/20251203T120000-000000-0001.ndjson", "");
  EXPECT_EQ(packed_folders(folder_.text()).value(), (std::vector<std::string>{"a/CN", "b/CN"}));
  EXPECT_TRUE(packed_folders(folder_.text() + "/none").value().empty());
  Result<TreeFolder> tree = TreeFolder::open(folder_.text(), false);
  EXPECT_EQ(load_packed_folder(*tree, "a/CN", {}).value()->tenant, "a");
  EXPECT_EQ(load_packed_folder(*tree, "b/CN", {}).error().kind, ErrorKind::corrupt);
  EXPECT_FALSE(load_packed_folder(*tree, "b/CN", {{part}}).value());
}

/// What is found when the notes are read again, after `done` has happened.
class BesideARun : public PackedFolder {
 protected:
  Result<std::optional<PackedManifest>> after(const std::function<PathSet()>& done) {
    folder_.write(part_, "");
    Result<TreeFolder> tree = TreeFolder::open(folder_.text(), false);
    return load_packed_folder(*tree, "t/CN", {.paths = {}, .again = done});
  }
  std::string part_ = "t/CN/20251203T120000-000000-0001.ndjson";
};

TEST_F(BesideARun, APartThatIsNotedByNowLacksNoManifest) {
  EXPECT_FALSE(after([&] { return PathSet{part_}; }).value());
}

TEST_F(BesideARun, AManifestThatIsWrittenByNowIsRead) {
  const auto written = [&] {
    take("t/CN", "t");
    return PathSet();
  };
  EXPECT_EQ(after(written).value()->tenant, "t");
}

TEST_F(BesideARun, AGroupThatIsRemovedByNowIsNoneAnyMore) {
  const auto removed = [&] {
    std::filesystem::remove_all(folder_.path() / "t");
    return PathSet();
  };
  EXPECT_FALSE(after(removed).value());
}

TEST_F(BesideARun, APartThatComesWhileTheNotesAreReadIsLookedAtAgain) {
  const std::string second = "t/CN/20251203T120000-000000-0002.ndjson";
  int reads = 0;
  const auto moving = [&] {
    if (++reads == 2) return PathSet{part_, second};
    folder_.write(second, "");
    return PathSet{part_};
  };
  EXPECT_FALSE(after(moving).value());
  EXPECT_EQ(reads, 2);
}

TEST_F(BesideARun, AManifestThatNothingExplainsIsMissing) {
  int reads = 0;
  const auto nothing = [&] {
    ++reads;
    return PathSet();
  };
  EXPECT_EQ(after(nothing).error().kind, ErrorKind::corrupt);
  EXPECT_LE(reads, 2);
}

TEST_F(PackedFolder, AGroupThatIsThereComesWithItsManifest) {
  take("a_b/CN", "a/b");
  Result<TreeFolder> tree = TreeFolder::open(folder_.text(), false);
  PackedFolders folders(&*tree);
  EXPECT_EQ(folders.give("a/b", "CN")->manifest.value().tenant, "a/b");
  EXPECT_FALSE(folders.give("a:b", "CN")->manifest);
}

TEST_F(PackedFolder, GroupsOfOneRunGetDifferentFolders) {
  PackedFolders folders(nullptr);
  EXPECT_EQ(folders.give("a/b", "CN")->folder, "a_b/CN");
  EXPECT_TRUE(folders.give("a:b", "CN")->folder.starts_with("a_b/CN~"));
  EXPECT_TRUE(folders.give("A_B", "cn")->folder.starts_with("A_B/cn~"));
}

TEST_F(PackedFolder, AnotherGroupsFolderIsNotTaken) {
  take("a_b/CN", "a/b");
  EXPECT_TRUE(folder_of("a:b").starts_with("a_b/CN~"));
  EXPECT_TRUE(folder_of("A_B", "a_b/CN").starts_with("A_B/CN~"));
}

TEST_F(PackedFolder, AGroupStaysInItsFolderWhenTheNameBecomesFree) {
  take("a_b/CN", "a/b");
  const std::string marked = folder_of("a:b");
  take(marked, "a:b");
  std::filesystem::remove_all(folder_.path() / "a_b/CN");
  EXPECT_EQ(folder_of("a:b"), marked);
}

TEST_F(PackedFolder, ADamagedManifestMayBeTheGroups) {
  folder_.write("a_b/CN/" + std::string(PackedManifest::file_name), "{");
  Result<TreeFolder> tree = TreeFolder::open(folder_.text(), false);
  PackedFolders folders(&*tree);
  const Result<PackedFolders::Given> given = folders.give("a/b", "CN");
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().kind, ErrorKind::corrupt);
  EXPECT_EQ(folders.give("other", "CN")->folder, "other/CN");
}

TEST_F(PackedFolder, ADamagedManifestOfAnotherGroupIsPassedOver) {
  take("a_b/CN", "a/b");
  const std::string marked = folder_of("a:b");
  take(marked, "a:b");
  folder_.write("a_b/CN/" + std::string(PackedManifest::file_name), "{");
  EXPECT_EQ(folder_of("a:b"), marked);
}

}  // namespace
}  // namespace tidemark::exporter
