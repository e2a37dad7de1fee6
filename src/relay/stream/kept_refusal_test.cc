#include "relay/stream/kept_refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relay/stream/refusals.h"
#include "sql/url.h"
#include "tests/temporary_folder.h"

namespace tidemark::relay {
namespace {

using namespace std::chrono_literals;
using redis::StreamEntry;
using testing::ElementsAre;

const WallTime noon{1'768'478'400s};

/// A state with the table and nothing else.
class KeptRefusals : public testing::Test {
 protected:
  void SetUp() override {
    sql::Url url;
    url.path = (folder_.path() / "state.db").string();
    auto opened = sql::connect(url, {.create = true});
    ASSERT_TRUE(opened) << opened.error().what.en;
    connection_ = std::move(*opened);
    ASSERT_TRUE(migrate_refusals(*connection_));
  }

  void keep(const std::string& stream, StreamEntry entry, WallTime at = noon) {
    const Refusal refusal{std::move(entry), "no JSON"};
    ASSERT_TRUE(keep_refusals(*connection_, stream, {&refusal, 1}, at));
  }

  std::vector<std::string> listed(const RefusalFilter& filter = {},
                                  const std::optional<RefusalKey>& after = std::nullopt,
                                  std::int64_t limit = 100) {
    std::vector<std::string> ids;
    const auto found = list_refusals(*connection_, filter, after, limit);
    EXPECT_TRUE(found);
    for (const KeptRefusal& refusal : found.value()) ids.push_back(refusal.key.text());
    return ids;
  }

  std::optional<StreamEntry> entry_again(const StreamEntry& entry) {
    keep("s", entry);
    const auto found = find_refusal(*connection_, {.stream = "s", .entry_id = entry.id});
    EXPECT_TRUE(found && *found);
    return entry_of(**found);
  }

  TemporaryFolder folder_;
  std::unique_ptr<sql::Connection> connection_;
};

TEST(RefusalKey, ReadsBack) {
  for (const RefusalKey& key : {RefusalKey{"tidemark:vouchers", "1-0"}, RefusalKey{"a@b", "1-0"}}) {
    const auto read = RefusalKey::parse(key.text());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->stream, key.stream);
    EXPECT_EQ(read->entry_id, key.entry_id);
  }
  for (const char* text : {"", "@", "1-0", "1-0@", "@s"}) EXPECT_FALSE(RefusalKey::parse(text));
}

TEST_F(KeptRefusals, AreListedInTheOrderOfTheirStreamPageByPage) {
  keep("t", {"1-0", {}});
  keep("s", {"1-1", {}}, noon + 1h);
  keep("s", {"1-0", {}});
  EXPECT_THAT(listed(), ElementsAre("1-0@s", "1-1@s", "1-0@t"));
  EXPECT_THAT(listed({}, RefusalKey{"s", "1-0"}, 1), ElementsAre("1-1@s"));
  EXPECT_THAT(listed({}, RefusalKey{"s", "1-1"}), ElementsAre("1-0@t"));
  EXPECT_THAT(listed({.stream = "t"}), ElementsAre("1-0@t"));
  EXPECT_THAT(listed({.since = noon + 1h}), ElementsAre("1-1@s"));
  EXPECT_THAT(listed({.before = noon + 1h}), ElementsAre("1-0@s", "1-0@t"));
}

TEST_F(KeptRefusals, AreForgottenOnce) {
  keep("s", {"1-0", {{"voucher", "{"}}});
  const RefusalKey key{"s", "1-0"};
  const auto found = find_refusal(*connection_, key);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->fields, R"({"voucher":"{"})");
  EXPECT_EQ((*found)->reason, "no JSON");
  EXPECT_EQ((*found)->refused_at, noon);
  EXPECT_TRUE(forget_refusal(*connection_, key).value());
  EXPECT_FALSE(forget_refusal(*connection_, key).value());
  EXPECT_FALSE(find_refusal(*connection_, key).value());
}

TEST_F(KeptRefusals, GiveTheEntryBackAsItWasOrNotAtAll) {
  const StreamEntry whole{
      "1-0", {{"trace", "a\nb"}, {"voucher", R"({"中文":"\u0000 C:\\temp"})"}, {"trace", ""}}};
  const auto again = entry_again(whole);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, whole.id);
  EXPECT_EQ(again->fields, whole.fields);

  const std::pair<std::string, std::string> spoilt[] = {
      {"voucher", "{\"a\":\"\xff\"}"},
      {"voucher", "{\"a\":\"\\\xff\"}"},  // Shown with `\\xff`, which is JSON again.
      {"voucher", std::string("{\0}", 3)},
      {"\xff", "{}"},
      {"voucher", "{}" + std::string(std::size_t{2} << 20, ' ')},
      {"voucher", R"({"path":"C:\\xab"})"}};  // Could have been bytes.
  int number = 0;
  for (const auto& field : spoilt)
    EXPECT_FALSE(entry_again({"2-" + std::to_string(++number), {field}})) << number;
}

TEST_F(KeptRefusals, TakeAMebibyteHoweverMuchTheEntryHolds) {
  StreamEntry many{"1-0", {}};
  for (int number = 0; number < 20; ++number)
    many.fields.emplace_back("field" + std::to_string(number), std::string(1 << 20, '"'));
  StreamEntry names{"2-0", {}};
  for (int number = 0; number < 100'000; ++number)
    names.fields.emplace_back(std::string(100, '\xff'), "");
  StreamEntry controls{"3-0", {{"voucher", std::string(500'000, '\1')}}};
  for (const StreamEntry& entry : {many, names, controls}) {
    EXPECT_FALSE(entry_again(entry));
    const auto found = find_refusal(*connection_, {.stream = "s", .entry_id = entry.id});
    ASSERT_TRUE(found && *found);
    EXPECT_LT((*found)->fields.size(), (std::size_t{1} << 20) + 10'000);
    EXPECT_GT((*found)->fields.size(), std::size_t{50'000});
  }
  const auto found = find_refusal(*connection_, {.stream = "s", .entry_id = "1-0"});
  EXPECT_NE((*found)->fields.find("field19"), std::string::npos);
}

TEST_F(KeptRefusals, EndWithTheRetention) {
  keep("s", {"1-0", {}}, noon - 1h);
  keep("s", {"2-0", {}}, noon - 1h);
  keep("s", {"3-0", {}});
  EXPECT_EQ(prune_refusals(*connection_, noon, 1), true);
  EXPECT_EQ(prune_refusals(*connection_, noon, 5), false);
  EXPECT_THAT(listed(), ElementsAre("3-0@s"));
}

TEST(KeptRefusal, OfASpoiltRowIsNoEntry) {
  for (const char* fields : {"", "[]", "{", R"({"voucher":1})"})
    EXPECT_FALSE(entry_of({.key = {"s", "1-0"}, .reason = "", .fields = fields, .refused_at = {}}));
}

}  // namespace
}  // namespace tidemark::relay
