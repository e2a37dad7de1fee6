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

/// A list of which the first record changes while it is read: it is in none of the windows that are
/// read before the last hour's, since it was to come in a later one each time.
class Moving final : public Extractor {
 public:
  Moving(Extractor& real, const CivilTime& moved_at) : real_(real), moved_at_(moved_at) {}
  [[nodiscard]] Reach reach() const override { return real_.reach(); }
  [[nodiscard]] std::chrono::minutes utc_offset() const override { return real_.utc_offset(); }
  [[nodiscard]] Result<WindowReading> read(const std::optional<TimeWindow>& window,
                                           PageSink& sink) override {
    if (window && window->from >= moved_at_ && moved_)
      if (Result<void> taken = sink.take(*moved_); !taken) return fail(std::move(taken).error());
    Holding holding(*this, sink);
    return real_.read(window, holding);
  }
  [[nodiscard]] Result<std::optional<std::uint64_t>> count(const TimeWindow& window) override {
    return real_.count(window);
  }
  [[nodiscard]] bool has_moved() const { return moved_.has_value(); }

 private:
  class Holding final : public PageSink {
   public:
    Holding(Moving& list, PageSink& sink) : list_(list), sink_(sink) {}
    Result<void> take(Page page) override {
      if (!list_.moved_ && !page.records.empty())
        list_.moved_.emplace(
            Page{.observed_at = page.observed_at, .records = {page.records.front()}});
      std::erase_if(page.records, [this](const RawRecord& record) {
        return list_.moved_ && record.id == list_.moved_->records.front().id;
      });
      return sink_.take(std::move(page));
    }

   private:
    Moving& list_;
    PageSink& sink_;
  };

  Extractor& real_;
  const CivilTime moved_at_;
  std::optional<Page> moved_;
};

class CountLoads : public EachOrderLoad {
 protected:
  LoadSummary loaded_from(const ListApi& api, const StreamTables& tables, LoadOptions options,
                          const std::optional<CivilTime>& moved_at = {}) {
    clock_.advance(std::chrono::minutes(1));
    Result<std::unique_ptr<Client>> client =
        Client::create(client_options(), clock_, random_, pause_, stop_);
    EXPECT_TRUE(client);
    ListExtractor list(**client, api);
    Moving moving(list, moved_at.value_or(CivilTime()));
    Extractor& extractor = moved_at ? static_cast<Extractor&>(moving) : list;
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
    EXPECT_EQ(moving.has_moved(), moved_at.has_value());
    if (!summary) return {};
    for (const Error& error : summary->errors) ADD_FAILURE() << error.what.en;
    return std::move(*summary);
  }
  LoadSummary aftersales(LoadOptions options = {.mode = LoadMode::incremental},
                         const std::optional<CivilTime>& moved_at = {}) {
    return loaded_from(aftersale_list(), refunds_, options, moved_at);
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

TEST_P(CountLoads, WhatChangesWhileItIsReadIsNotMissed) {
  open_shop();
  set_clocks("2025-02-20 12:00:00");
  const LoadSummary first = aftersales({.mode = LoadMode::incremental}, at("2025-02-20 11:56:00"));
  EXPECT_EQ(first.days_checked, 50U);
  EXPECT_EQ(first.days_missing, 0U) << first.trouble();
  EXPECT_EQ(first.exit_code(stop_), ExitCode::done);
  // What came meanwhile is still the next load's.
  EXPECT_EQ(aftersales().range.from, at("2025-02-20 11:56:01"));
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
  EXPECT_EQ(std::to_string(first.total->counted), value("SELECT COUNT(*) FROM products"));
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
