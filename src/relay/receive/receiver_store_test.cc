#include "relay/receive/receiver_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace tidemark::receive {
namespace {

using ::testing::ElementsAre;

constexpr WallTime now{std::chrono::seconds(1'768'465'802)};

ReceivedEvent event(std::string id, std::int64_t version, std::string timestamp = "") {
  ReceivedEvent made{.id = std::move(id),
                     .event_type = "invoice.recorded",
                     .source_system = "settlement",
                     .source_type = "invoice",
                     .source_id = "5",
                     .source_version = version,
                     .timestamp = std::move(timestamp)};
  made.body = R"({"event":"invoice.recorded","data":{},"source":{"source_system":"settlement",)"
              R"("source_type":"invoice","source_id":5},"source_version":)" +
              std::to_string(version) + "}";
  made.invoice =
      ReceivedInvoice{.invoice_id = 5, .invoice_no = "F-5", .amount = std::to_string(version)};
  return made;
}

class ReceiverStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "receiver_store_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    const auto url = sql::Url::parse("sqlite:" + folder_ + "/receive.db");
    ASSERT_TRUE(url.has_value());
    Result<ReceiverStore> opened = ReceiverStore::open(*url);
    ASSERT_TRUE(opened.has_value()) << opened.error().what.en;
    store_.emplace(std::move(*opened));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::vector<Taken> take(std::vector<Arrival> arrivals) {
    Result<std::vector<Taken>> taken = store_->take(arrivals, now);
    EXPECT_TRUE(taken.has_value());
    return taken ? *taken : std::vector<Taken>();
  }
  std::int64_t latest_version() {
    const auto latest = store_->latest("settlement", "invoice", "5");
    return latest && *latest ? (*latest)->source_version : 0;
  }

  std::string folder_;
  std::optional<ReceiverStore> store_;
};

TEST_F(ReceiverStoreTest, ARepeatInOneGroupAndInTheNextIsKnown) {
  EXPECT_THAT(take({{.event = event("a", 1)}, {.event = event("b", 2)}, {.event = event("a", 1)}}),
              ElementsAre(Taken::stored, Taken::stored, Taken::repeated));
  EXPECT_THAT(take({{.event = event("b", 2)}, {.event = event("c", 3)}}),
              ElementsAre(Taken::repeated, Taken::stored));
  EXPECT_EQ(latest_version(), 3);
}

TEST_F(ReceiverStoreTest, OfAGroupTheNewestStaysWhateverTheOrder) {
  EXPECT_THAT(take({{.event = event("c", 3)}, {.event = event("a", 1)}, {.event = event("b", 2)}}),
              ElementsAre(Taken::stored, Taken::stored, Taken::stored));
  EXPECT_EQ(latest_version(), 3);
  const auto cached = store_->cached_invoice("settlement", 5);
  ASSERT_TRUE(cached && *cached);
  EXPECT_EQ((*cached)->source_version, 3);
  EXPECT_EQ((*cached)->amount, "3");
}

TEST_F(ReceiverStoreTest, OfTwoRecordsAboutAnInvoiceTheLaterCounts) {
  const auto correction = [](std::string id, std::string timestamp) {
    ReceivedEvent made = event(std::move(id), 1, std::move(timestamp));
    made.source_type = "correction";
    made.invoice->amount = "9.99";
    return made;
  };
  const auto amount = [this] { return (**store_->cached_invoice("settlement", 5)).amount; };
  take({{.event = event("a", 7, "2026-01-15T08:30:00.000000Z")}});
  take({{.event = correction("b", "2026-01-15T08:29:00.000000Z")}});
  EXPECT_EQ(amount(), "7") << "it was said before";
  take({{.event = correction("c", "2026-01-15T08:31:00.000000Z")}});
  EXPECT_EQ(amount(), "9.99") << "versions of two records do not compare";
  EXPECT_EQ((**store_->cached_invoice("settlement", 5)).source_type, "correction");
  take({{.event = event("d", 8, "2026-01-15T08:32:00.000000Z")},
        {.event = correction("e", "2026-01-15T08:30:30.000000Z")}});
  EXPECT_EQ(amount(), "8");
  take({{.event = event("f", 6, "2026-01-15T08:33:00.000000Z")}});
  EXPECT_EQ(amount(), "8") << "within a record versions decide";
}

TEST_F(ReceiverStoreTest, SequenceNumbersAreStoredWithTheirEvents) {
  take({{.event = event("a", 1), .place = Place{"sub_1", 3}}});
  EXPECT_THAT(*store_->subscriptions_with_holes(), ElementsAre("sub_1"));
  EXPECT_EQ(store_->track("sub_1")->contiguous(), 0);
  const std::vector<Arrival> pulled = {{.event = event("b", 2)}};
  ASSERT_TRUE(store_->take_pulled(pulled, "sub_1", 2, true, now, now).has_value());
  EXPECT_EQ(store_->track("sub_1")->contiguous(), 3);
  EXPECT_TRUE(store_->subscriptions_with_holes()->empty());
}

TEST_F(ReceiverStoreTest, RestoreReplacesTheSameVersionAndNothingNewer) {
  take({{.event = event("a", 2)}});
  ReceivedEvent other = event("a", 2);
  other.invoice->amount = "7.50";
  ASSERT_TRUE(store_->restore(std::vector{other}, now).has_value());
  EXPECT_EQ((**store_->cached_invoice("settlement", 5)).amount, "7.50");
  ASSERT_TRUE(store_->restore(std::vector{event("z", 1)}, now).has_value());
  EXPECT_EQ(latest_version(), 2);
}

TEST_F(ReceiverStoreTest, ForgetsOldIdsAFewAtATime) {
  take({{.event = event("a", 1)}, {.event = event("b", 2)}, {.event = event("c", 3)}});
  EXPECT_EQ(store_->forget_events(now, 10), 0);
  EXPECT_EQ(store_->forget_events(now + std::chrono::seconds(1), 2), 2);
  EXPECT_EQ(store_->forget_events(now + std::chrono::seconds(1), 2), 1);
  EXPECT_EQ(latest_version(), 3);
}

TEST_F(ReceiverStoreTest, MoreThanOneStatementHolds) {
  std::vector<Arrival> many;
  for (int i = 0; i < 333; ++i) {
    ReceivedEvent made = event("id" + std::to_string(i), i + 1);
    made.source_id = std::to_string(i);
    made.invoice->invoice_id = i + 1;
    many.push_back({.event = std::move(made), .place = Place{"sub_1", i + 1}});
  }
  EXPECT_EQ(take(many), std::vector<Taken>(333, Taken::stored));
  EXPECT_EQ(take(many), std::vector<Taken>(333, Taken::repeated));
  EXPECT_EQ(store_->track("sub_1")->contiguous(), 333);
}

}  // namespace
}  // namespace tidemark::receive
