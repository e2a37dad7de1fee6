#include "export/accepted_rejects.h"

#include <gtest/gtest.h>

#include "tests/temporary_folder.h"

namespace tidemark::exporter {
namespace {

class AcceptedRejects : public testing::Test {
 protected:
  static Reject reject(Key key, bool accepted) {
    return {.key = std::move(key),
            .tenant = "租户",
            .country = "CN",
            .number = "A/1",
            .reason = "invalid JSON",
            .hash = content_hash("{bad"),
            .first_seen = "2026-01-01T00:00:00Z",
            .last_seen = "2026-01-02T00:00:00Z",
            .accepted = accepted};
  }
  TemporaryFolder folder_;
};

TEST_F(AcceptedRejects, ComeBackAsTheyWere) {
  const std::vector<Reject> all = {
      reject(Key(std::int64_t{7}), true), reject(Key(std::string("7")), true),
      reject(Key(std::string("a|\xff\n")), true), reject(Key(std::int64_t{8}), false)};
  ASSERT_TRUE(accepted_rejects::save(folder_.text(), all));
  const std::vector<Reject> back = accepted_rejects::load(folder_.text()).value();
  ASSERT_EQ(back.size(), 3U) << "what is open is for the runs to find";
  for (std::size_t i = 0; i < back.size(); ++i) {
    EXPECT_EQ(back[i].key, all[i].key);
    EXPECT_EQ(back[i].tenant, "租户");
    EXPECT_EQ(back[i].reason, all[i].reason);
    EXPECT_EQ(back[i].hash, all[i].hash);
    EXPECT_EQ(back[i].first_seen, all[i].first_seen);
    EXPECT_TRUE(back[i].accepted);
  }
}

TEST_F(AcceptedRejects, NobodyAcceptedAny) {
  EXPECT_TRUE(accepted_rejects::load(folder_.text()).value().empty());
  ASSERT_TRUE(accepted_rejects::save(folder_.text(), {reject(Key(std::int64_t{8}), false)}));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(AcceptedRejects, TheLastOneThatIsMendedLeavesAnEmptyList) {
  ASSERT_TRUE(accepted_rejects::save(folder_.text(), {reject(Key(std::int64_t{7}), true)}));
  ASSERT_TRUE(accepted_rejects::save(folder_.text(), {}));
  EXPECT_TRUE(accepted_rejects::load(folder_.text()).value().empty());
}

TEST_F(AcceptedRejects, ADamagedFileIsAnErrorThatSaysWhatToDo) {
  for (const char* text : {"", "{}", "[1]", "[{}]", R"([{"key":1,"reason":"x"}])",
                           R"([{"key":1,"reason":"x","hash":"!"}])",
                           R"([{"key_base64":"!","reason":"x","hash":""}])", "[\xff]"}) {
    folder_.write(std::string(accepted_rejects::file_name), text);
    const auto loaded = accepted_rejects::load(folder_.text());
    ASSERT_FALSE(loaded) << text;
    EXPECT_EQ(loaded.error().kind, ErrorKind::corrupt);
    EXPECT_FALSE(loaded.error().hint.empty());
  }
}

TEST_F(AcceptedRejects, WhoeverOpensAnIndexThatDoesNotHaveThemTakesThemOverOnce) {
  ASSERT_TRUE(accepted_rejects::save(folder_.text(), {reject(Key(std::int64_t{7}), true)}));
  // Its maker did not get any further.
  ASSERT_TRUE(TreeIndex::open(folder_.text(), IndexDb::Mode::read_write));
  TreeIndex index = TreeIndex::open(folder_.text(), IndexDb::Mode::read_write).value();
  ASSERT_FALSE(index.fresh());
  ASSERT_TRUE(accepted_rejects::keep(index, folder_.text()));
  EXPECT_EQ(accepted_rejects::load(folder_.text()).value().size(), 1U) << "not taken over yet";

  EXPECT_EQ(accepted_rejects::take_over(index, folder_.text()).value().count, 1U);
  ASSERT_EQ(index.rejects().value().size(), 1U);
  EXPECT_TRUE(index.rejects().value().front().accepted);

  ASSERT_TRUE(index.erase_reject(Key(std::int64_t{7})));
  EXPECT_EQ(accepted_rejects::take_over(index, folder_.text()).value().count, 0U);
  EXPECT_TRUE(index.rejects().value().empty()) << "mended";
  ASSERT_TRUE(accepted_rejects::keep(index, folder_.text()));
  EXPECT_TRUE(accepted_rejects::load(folder_.text()).value().empty());
}

TEST_F(AcceptedRejects, AFileThatCannotBeReadIsLeftAlone) {
  const std::string name(accepted_rejects::file_name);
  folder_.write(name, "[");
  TreeIndex index = TreeIndex::open(folder_.text(), IndexDb::Mode::read_write).value();
  const auto taken = accepted_rejects::take_over(index, folder_.text()).value();
  ASSERT_TRUE(taken.unreadable);
  EXPECT_EQ(taken.unreadable->kind, ErrorKind::corrupt);
  ASSERT_TRUE(accepted_rejects::keep(index, folder_.text()));
  EXPECT_EQ(folder_.read(name), "[");

  std::filesystem::remove(folder_.path() / name);
  EXPECT_FALSE(accepted_rejects::take_over(index, folder_.text()).value().unreadable);
  ASSERT_TRUE(index.put_accepted(reject(Key(std::int64_t{8}), true)));
  ASSERT_TRUE(accepted_rejects::keep(index, folder_.text()));
  EXPECT_EQ(accepted_rejects::load(folder_.text()).value().size(), 1U);
}

}  // namespace
}  // namespace tidemark::exporter
