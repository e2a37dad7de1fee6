// What loads of after-sales, users and goods hold against the shop's counts in the end.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "load/product.h"
#include "load/refund.h"
#include "load/row_tables.h"
#include "load/user.h"
#include "load/xiaoe/product_transform.h"
#include "load/xiaoe/refund_transform.h"
#include "load/xiaoe/testing_order_loads.h"
#include "load/xiaoe/user_transform.h"

namespace tidemark::load::xiaoe {
namespace {

using testing::at;
using testing::EachOrderLoad;
using ::testing::HasSubstr;
using testing::utc;

/// A list of which the first record changes while it is read: it is in none of the windows, since
/// it was to come in a later one each time, but still among those of its day of creation.
class Moving final : public Extractor {
 public:
  explicit Moving(Extractor& real) : real_(real) {}
  [[nodiscard]] Reach reach() const override { return real_.reach(); }
  [[nodiscard]] std::chrono::minutes utc_offset() const override { return real_.utc_offset(); }
  [[nodiscard]] Result<WindowReading> read(const std::optional<TimeWindow>& window,
                                           PageSink& sink) override {
    Holding holding(moved_, sink);
    return real_.read(window, holding);
  }
  [[nodiscard]] Result<WindowReading> read_created(const TimeWindow& window,
                                                   PageSink& sink) override {
    return real_.read_created(window, sink);
  }
  [[nodiscard]] Result<std::optional<std::uint64_t>> count(const TimeWindow& window) override {
    return real_.count(window);
  }
  [[nodiscard]] bool has_moved() const { return !moved_.empty(); }

 private:
  class Holding final : public PageSink {
   public:
    Holding(std::string& moved, PageSink& sink) : moved_(moved), sink_(sink) {}
    Result<void> take(Page page) override {
      if (moved_.empty() && !page.records.empty()) moved_ = page.records.front().id;
      std::erase_if(page.records, [this](const RawRecord& record) { return record.id == moved_; });
      return sink_.take(std::move(page));
    }

   private:
    std::string& moved_;
    PageSink& sink_;
  };

  Extractor& real_;
  std::string moved_;
};

class CountLoads : public EachOrderLoad {
 protected:
  LoadSummary loaded_from(const ListApi& api, const StreamTables& tables, LoadOptions options,
                          bool moves = false) {
    clock_.advance(std::chrono::minutes(1));
    Result<std::unique_ptr<Client>> client =
        Client::create(client_options(), clock_, random_, pause_, stop_);
    EXPECT_TRUE(client);
    ListExtractor list(**client, api);
    Moving moving(list);
    Extractor& extractor = moves ? static_cast<Extractor&>(moving) : list;
    options.usual_rescan = std::chrono::days(15);
    options.history_start = at("2025-01-01");
    Result<LoadSummary> summary = LoadRun({.extractor = extractor,
                                           .tables = tables,
                                           .connect = [this] { return sql::connect(url()); },
                                           .clock = clock_,
                                           .random = random_,
                                           .stop = stop_,
                                           .pause = pause_},
                                          options)
                                      .run();
    EXPECT_TRUE(summary) << summary.error().what.en;
    EXPECT_EQ(moving.has_moved(), moves);
    if (!summary) return {};
    for (const Error& error : summary->errors) ADD_FAILURE() << error.what.en;
    return std::move(*summary);
  }
  LoadSummary aftersales(LoadOptions options = {.mode = LoadMode::incremental},
                         bool moves = false) {
    return loaded_from(aftersale_list(), refunds_, options, moves);
  }
  LoadSummary users(LoadOptions options) { return loaded_from(user_list(), users_, options); }
  LoadSummary products() { return loaded_from(goods_list(), products_, {.mode = LoadMode::full}); }

  void set_clocks(const std::string& china) {
    ask("POST", "/sandbox/clock", fmt::format(R"({{"now":"{}"}})", china));
    clock_.set_wall(utc(china));
  }

  RecordTables<Refund> refunds_{"xiaoe", china_offset, std::make_unique<RefundTransform>()};
  RecordTables<load::User> users_{"xiaoe", china_offset, std::make_unique<UserTransform>()};
  RecordTables<Product> products_{"xiaoe", china_offset,
                                  std::make_unique<ProductTransform>(CodeTexts::usual)};
};

TEST_P(CountLoads, AfterSalesOfEachDayThatHasEnded) {
  open_shop();
  set_clocks("2025-02-20 12:00:00");
  const LoadSummary first = aftersales();
  EXPECT_EQ(first.days_checked, 50U);  // All of January, and 19 days of February.
  EXPECT_EQ(first.days_missing + first.days_surplus + first.days_off, 0U);
  EXPECT_EQ(std::to_string(first.amounts_compared), value("SELECT COUNT(*) FROM refunds"));
  EXPECT_EQ(first.exit_code(stop_), ExitCode::done);
  // Whichever load comes next looks after the last days once more.
  set_clocks("2025-02-20 13:00:00");
  const LoadSummary next = aftersales();
  EXPECT_EQ(next.days_checked, 15U);
  EXPECT_EQ(next.days_missing, 0U);
}

TEST_P(CountLoads, AnAfterSaleThatSomebodyTookOutIsMissedUntilItIsBack) {
  open_shop();
  set_clocks("2025-02-20 12:00:00");
  aftersales();
  run("DELETE FROM refunds WHERE created_at=(SELECT c FROM (SELECT MAX(created_at) AS c FROM "
      "refunds WHERE created_at<'2025-02-20') AS newest)");
  for (int time = 0; time < 2; ++time) {
    const LoadSummary next = aftersales();
    EXPECT_EQ(next.days_missing, 1U);
    EXPECT_EQ(next.exit_code(stop_), ExitCode::partial);
    EXPECT_THAT(next.trouble(), HasSubstr("the shop counts"));
    EXPECT_THAT(summary_text(next, Language::english, ""),
                HasSubstr("tidemark load rederive aftersales"));
  }
}

TEST_P(CountLoads, AnAfterSaleOfAnOldWindowIsMissedToo) {
  open_shop();
  set_clocks("2025-02-20 12:00:00");
  aftersales();
  run("DELETE FROM refunds WHERE created_at=(SELECT c FROM (SELECT MIN(created_at) AS c FROM "
      "refunds) AS oldest)");
  EXPECT_EQ(aftersales().days_missing, 0U);  // Too old for what each load looks after.
  const LoadSummary whole =
      aftersales({.mode = LoadMode::range, .range = {at("2025-01-01"), at("2025-12-31")}});
  EXPECT_EQ(whole.days_missing, 1U);
  EXPECT_EQ(whole.days_checked, 50U);
}

TEST_P(CountLoads, AmountsOfAfterSalesThatSomebodyChangedAreTold) {
  open_shop();
  set_clocks("2025-02-20 12:00:00");
  aftersales();
  run("UPDATE refunds SET refund_money_fen=refund_money_fen+1");
  const LoadSummary whole =
      aftersales({.mode = LoadMode::range, .range = {at("2025-01-01"), at("2025-12-31")}});
  EXPECT_GT(whole.days_off, 5U);
  EXPECT_EQ(whole.exit_code(stop_), ExitCode::partial);
  EXPECT_THAT(whole.trouble(), HasSubstr("refund_money_fen sums up to"));
}

TEST_P(CountLoads, WhatChangesWhileItIsReadIsReadByItsDayOfCreation) {
  open_shop();
  set_clocks("2025-02-20 12:00:00");
  const LoadSummary first = aftersales({.mode = LoadMode::incremental}, true);
  EXPECT_EQ(first.days_checked, 50U);
  EXPECT_EQ(first.days_missing, 0U) << first.trouble();
  EXPECT_EQ(first.exit_code(stop_), ExitCode::done);
  // What came meanwhile is still the next load's.
  const LoadSummary next = aftersales();
  EXPECT_EQ(next.range.from, at("2025-02-20 11:56:01"));
  EXPECT_EQ(next.inserted, 0U);
}

TEST_P(CountLoads, ARangeThatReachesTheWatermarkIsComparedAsAWhole) {
  open_shop();
  set_clocks("2025-02-20 12:00:00");
  aftersales({.mode = LoadMode::range, .range = {at("2025-02-15"), at("2025-12-31")}});
  const LoadSummary whole =
      aftersales({.mode = LoadMode::range, .range = {at("2025-01-01"), at("2025-12-31")}});
  EXPECT_EQ(whole.complete->from, at("2025-01-01"));
  EXPECT_EQ(whole.days_checked, 50U);
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_unchecked"), "0");
}

TEST_P(CountLoads, WhatNoWindowBroughtIsReadByItsDayOfCreation) {
  open_shop();
  set_clocks("2025-02-20 12:00:00");
  aftersales();
  const std::string lost = "created_at>='2025-02-12' AND created_at<'2025-02-20'";
  const std::string before = value("SELECT COUNT(*) FROM refunds WHERE " + lost);
  ASSERT_NE(before, "0");
  run("DELETE FROM raw_seen WHERE record_id IN (SELECT aftersale_id FROM refunds WHERE " + lost +
      ")");
  run("DELETE FROM refunds WHERE " + lost);
  const LoadSummary next = aftersales();
  EXPECT_EQ(std::to_string(next.inserted), before);
  EXPECT_EQ(next.days_checked, 15U);
  EXPECT_EQ(next.exit_code(stop_), ExitCode::done) << next.trouble();
}

TEST_P(CountLoads, RowsThatWereSetAsideEarlierExcuseNothing) {
  open_shop();
  set_clocks("2025-02-20 12:00:00");
  aftersales();
  run("INSERT INTO load_rejects (platform, stream, record_id, content_hash, reason, reason_zh, "
      "scan_id, rejected_at) SELECT s.platform, s.stream, s.record_id, s.content_hash, 'r', 'r', "
      "s.scan_id, s.observed_at FROM raw_seen s JOIN refunds t ON t.aftersale_id=s.record_id WHERE "
      "s.stream='aftersales' AND t.created_at<'2025-01-20'");
  run("DELETE FROM refunds WHERE created_at<'2025-01-20'");
  run("DELETE FROM refunds WHERE created_at>='2025-02-12' AND created_at<'2025-02-20'");
  const LoadSummary next = aftersales();
  EXPECT_GT(next.days_missing, 0U);
  EXPECT_EQ(next.exit_code(stop_), ExitCode::partial);
}

TEST_P(CountLoads, AProductWhoseStampWentBackIsNotMissed) {
  open_shop();
  products();
  const std::string one =
      value("SELECT MIN(product_id) FROM products WHERE source_updated_at IS NOT NULL");
  // As if the shop had shown a later state of it.
  run(
      fmt::format("UPDATE raw_records SET payload=REPLACE(payload, '\"updated_at\":\"20', "
                  "'\"updated_at\":\"21') WHERE stream='products' AND record_id='{}'",
                  one));
  run(fmt::format("UPDATE raw_seen SET content_hash='x' WHERE stream='products' AND record_id='{}'",
                  one));
  const LoadSummary again = products();
  EXPECT_EQ(again.older, 1U);
  EXPECT_EQ(again.total->missing + again.total->surplus, 0U);
  EXPECT_EQ(again.exit_code(stop_), ExitCode::done);
}

TEST_P(CountLoads, OfATimeInThePastAloneAfterSalesCannotBeCounted) {
  open_shop();
  set_clocks("2025-02-20 12:00:00");
  const LoadOptions past{.mode = LoadMode::range, .range = {at("2025-01-01"), at("2025-01-15")}};
  EXPECT_EQ(aftersales(past).days_checked, 0U);
  // Those windows are compared by the load that reads up to the present.
  EXPECT_EQ(aftersales().days_checked, 50U);
}

TEST_P(CountLoads, UsersOfEachDayThatHasEnded) {
  open_shop();
  set_clocks("2025-02-20 12:00:00");
  const LoadOptions range{.mode = LoadMode::range, .range = {at("2024-06-01"), at("2025-12-31")}};
  const LoadSummary first = users(range);
  EXPECT_EQ(first.days_checked, 264U);  // From the 1st of June to the 19th of February.
  EXPECT_EQ(first.days_missing + first.days_surplus, 0U);
  run("DELETE FROM users WHERE user_id=(SELECT u FROM (SELECT MIN(user_id) AS u FROM users WHERE "
      "created_at<'2025-02-01') AS one)");
  const LoadSummary again = users(range);
  EXPECT_EQ(again.days_missing, 1U);
  EXPECT_EQ(again.days_checked, 264U);
  EXPECT_EQ(again.exit_code(stop_), ExitCode::partial);
  run("INSERT INTO users (platform, user_id, created_at, time_zone, updated_at) VALUES "
      "('xiaoe', 'u_gone', '2025-01-15 08:00:00', '+08:00', '2025-01-15 08:00:00')");
  const LoadSummary dropped = users(range);
  EXPECT_EQ(dropped.days_missing, 1U);
  EXPECT_EQ(dropped.days_surplus, 1U);
}

TEST_P(CountLoads, GoodsAltogether) {
  open_shop();
  const LoadSummary first = products();
  ASSERT_TRUE(first.total);
  EXPECT_EQ(std::to_string(first.total->listed), value("SELECT COUNT(*) FROM products"));
  EXPECT_EQ(first.total->missing + first.total->surplus, 0U);
  run("DELETE FROM products WHERE product_id=(SELECT p FROM (SELECT MIN(product_id) AS p FROM "
      "products) AS one)");
  run("INSERT INTO products (platform, product_id, time_zone, updated_at) VALUES "
      "('xiaoe', 'p_gone', '+08:00', '2025-01-15 08:00:00')");
  const LoadSummary again = products();
  EXPECT_EQ(again.total->missing, 1U);
  EXPECT_EQ(again.total->surplus, 1U);
  EXPECT_EQ(again.exit_code(stop_), ExitCode::partial);
  EXPECT_THAT(again.trouble(), HasSubstr("of which the warehouse misses 1"));
}

INSTANTIATE_TEST_SUITE_P(Servers, CountLoads, ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load::xiaoe
