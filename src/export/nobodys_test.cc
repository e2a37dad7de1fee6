#include "export/nobodys.h"

#include <gtest/gtest.h>

#include "export/newest_lines.h"
#include "export/state_directory.h"
#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

const std::string part = "t/CN/20251203T120000-000000-0001.ndjson";

/// A run that moves a part into the tree, after another has opened the index.
class NobodysTest : public testing::Test {
 protected:
  NobodysTest() { folder_.write(std::string(state_directory_name) + "/.export.lock", ""); }

  Result<TreeIndex> index(IndexDb::Mode mode) {
    return TreeIndex::open(state_directory_of(folder_.text()), mode);
  }
  void move_part(TreeIndex& writer) {
    ASSERT_TRUE(writer.begin());
    ASSERT_TRUE(writer.add_removal(part));
    ASSERT_TRUE(writer.commit());
    folder_.write(part, "");
  }

  TemporaryFolder folder_;
};

TEST_F(NobodysTest, ADryRunKnowsWhatARunBesideItHasMovedSince) {
  Result<TreeIndex> writer = index(IndexDb::Mode::read_write);
  Result<TreeIndex> copy = index(IndexDb::Mode::scratch);
  const Nobodys nobodys = Nobodys::of(*copy, folder_.text(), /*dry_run=*/true).value();
  move_part(*writer);
  EXPECT_TRUE(nobodys.paths.empty());
  EXPECT_EQ(nobodys.again(), PathSet{part});
  EXPECT_TRUE(NewestLines::open(folder_.text(), nobodys));
  EXPECT_FALSE(NewestLines::open(folder_.text(), {}));
  EXPECT_EQ(Nobodys::read(folder_.text()).paths, PathSet{part});
}

TEST_F(NobodysTest, WhoHasTheLockReadsThemOnce) {
  Result<TreeIndex> writer = index(IndexDb::Mode::read_write);
  move_part(*writer);
  const Nobodys nobodys = Nobodys::of(*writer, folder_.text(), /*dry_run=*/false).value();
  EXPECT_EQ(nobodys.paths, PathSet{part});
  EXPECT_FALSE(nobodys.again);
}

TEST_F(NobodysTest, AnIndexThatCannotBeReadNotesNothing) {
  folder_.write(std::string(state_directory_name) + "/index.db", "no index");
  const Nobodys nobodys = Nobodys::read(folder_.text());
  EXPECT_TRUE(nobodys.paths.empty());
  EXPECT_TRUE(nobodys.again().empty());
}

}  // namespace
}  // namespace tidemark::exporter
