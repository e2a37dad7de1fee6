#include "load/xiaoe/live_extractor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "load/xiaoe/testing_shop.h"

namespace tidemark::load::xiaoe {
namespace {

using ::testing::HasSubstr;
using testing::ScriptedShop;

class Kept final : public PageSink {
 public:
  Result<void> take(Page page) override {
    for (RawRecord& record : page.records) records.push_back(std::move(record));
    return {};
  }
  std::vector<RawRecord> records;
};

/// A shop with two live streams that answers the question for details with `code`.
class LiveExtractorTest : public ::testing::Test {
 protected:
  Result<WindowReading> read(int code) {
    ScriptedShop shop([&, code](const http::Request& request, http::Respond respond) {
      const bool details = request.capture("name") == "xe.alive.detail.get";
      if (details) ++details_asked;
      respond(details ? ScriptedShop::enveloped(code, "{}")
                      : ScriptedShop::enveloped(
                            0, R"({"total":2,"list":[{"id":"l_1"},{"id":"l_2"}]})"));
    });
    const auto client = Client::create(shop.client_options(), clock, random, pause, stop);
    EXPECT_TRUE(client);
    LiveExtractor extractor(**client, {});
    return extractor.read(std::nullopt, kept);
  }

  std::atomic<int> details_asked = 0;
  Kept kept;
  SystemClock clock;
  SeededRandom random{1};
  testing::NoPause pause;
  Stop stop;
};

TEST_F(LiveExtractorTest, ARefusalOfOneIsKeptInItsPlace) {
  EXPECT_TRUE(read(404404));
  EXPECT_EQ(details_asked, 2);
  ASSERT_EQ(kept.records.size(), 2U);
  EXPECT_THAT(kept.records[0].payload, HasSubstr("404404"));
}

TEST_F(LiveExtractorTest, WhatConcernsAllEndsTheReading) {
  const Result<WindowReading> refused = read(2052);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
  EXPECT_THAT(refused.error().hint.en, HasSubstr("xe.alive.detail.get/1.0.0"));
  EXPECT_EQ(details_asked, 1);
  EXPECT_TRUE(kept.records.empty());
}

}  // namespace
}  // namespace tidemark::load::xiaoe
