#include "load/xiaoe/live_extractor.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <vector>

#include "base/json_check.h"
#include "load/testing_sink.h"
#include "load/xiaoe/testing_shop.h"

namespace tidemark::load::xiaoe {
namespace {

using ::testing::HasSubstr;
using testing::ScriptedShop;

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

  Result<WindowReading> read_from(const ScriptedShop& shop, std::vector<std::string> ids) {
    ClientOptions options = shop.client_options();
    options.answer_bytes_max = 10'000;
    const auto client = Client::create(options, clock, random, pause, stop);
    EXPECT_TRUE(client);
    LiveExtractor extractor(**client, std::move(ids));
    return extractor.read(std::nullopt, kept);
  }

  std::atomic<int> details_asked = 0;
  load::testing::Kept kept;
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

TEST_F(LiveExtractorTest, DetailsThatAreTooLongAreKeptAsARefusal) {
  const ScriptedShop shop([&](const http::Request& request, http::Respond respond) {
    if (request.capture("name") != "xe.alive.detail.get")
      return respond(
          ScriptedShop::enveloped(0, R"({"total":2,"list":[{"id":"l_1"},{"id":"l_2"}]})"));
    ++details_asked;
    const std::size_t bytes = request.body.contains("l_1") ? 20'000 : 10;
    respond(ScriptedShop::enveloped(0, R"({"title":")" + std::string(bytes, 'x') + R"("})"));
  });
  const Result<WindowReading> reading = read_from(shop, {});
  ASSERT_TRUE(reading) << reading.error().what.en;
  EXPECT_EQ(details_asked, 2);  // Nor is it asked for again.
  ASSERT_EQ(kept.records.size(), 2U);
  for (const RawRecord& record : kept.records)
    EXPECT_FALSE(check_json(record.payload)) << record.payload;
  EXPECT_THAT(kept.records[0].payload, HasSubstr("the answer is too long"));
  EXPECT_THAT(kept.records[1].payload, HasSubstr("xxxxxxxxxx"));
}

/// Lists what it is asked for by id, each row with `row_bytes`.
class LiveIdsTest : public LiveExtractorTest {
 protected:
  Result<WindowReading> read_ids(const std::vector<std::string>& ids, std::size_t row_bytes) {
    const ScriptedShop shop([&](const http::Request& request, http::Respond respond) {
      if (request.capture("name") == "xe.alive.detail.get")
        return respond(ScriptedShop::enveloped(0, "{}"));
      std::string rows;
      for (const std::string& id : ids)
        if (request.body.contains('"' + id + '"'))
          rows += fmt::format(R"({}{{"id":"{}","title":"{}"}})", rows.empty() ? "" : ",", id,
                              std::string(long_ids.contains(id) ? 20'000 : row_bytes, 'x'));
      respond(ScriptedShop::enveloped(
          0, fmt::format(R"({{"total":{},"list":[{}]}})", ids.size(), rows)));
    });
    return read_from(shop, ids);
  }

  std::set<std::string> long_ids;  ///< No answer can hold them.
};

TEST_F(LiveIdsTest, FewerAreAskedForWhereRowsAreLong) {
  std::vector<std::string> ids;
  for (int i = 100; i < 130; ++i) ids.push_back(fmt::format("l_{}", i));
  const Result<WindowReading> reading = read_ids(ids, 1000);
  ASSERT_TRUE(reading) << reading.error().what.en;
  EXPECT_EQ(reading->records, ids.size());
  ASSERT_EQ(kept.records.size(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(kept.records[i].id, ids[i]);
}

TEST_F(LiveIdsTest, OneThatFitsIntoNoAnswerIsToldAndTheOthersAreRead) {
  long_ids = {"l_2", "l_3"};
  const Result<WindowReading> reading = read_ids({"l_1", "l_2", "l_3", "l_4"}, 100);
  ASSERT_FALSE(reading);
  EXPECT_TRUE(is_too_long(reading.error()));
  EXPECT_THAT(reading.error().what.en, HasSubstr("live stream l_2, l_3: "));
  ASSERT_EQ(kept.records.size(), 2U);
  EXPECT_EQ(kept.records[0].id, "l_1");
  EXPECT_EQ(kept.records[1].id, "l_4");
}

}  // namespace
}  // namespace tidemark::load::xiaoe
