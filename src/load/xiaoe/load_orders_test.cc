// The whole way of orders: sandbox, client, extractor, warehouse.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <future>
#include <optional>
#include <vector>

#include "base/json_object.h"
#include "http/client.h"
#include "load/gap_store.h"
#include "load/load_run.h"
#include "load/order_tables.h"
#include "load/scan_store.h"
#include "load/schema.h"
#include "load/xiaoe/list_extractor.h"
#include "load/xiaoe/order_transform.h"
#include "load/xiaoe/sandbox/sandbox.h"
#include "tests/database.h"

namespace tidemark::load::xiaoe {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

CivilTime at(std::string_view text) { return *CivilTime::parse(text); }

Moment moment(std::string_view text) {
  return std::chrono::floor<std::chrono::seconds>(at(text).time());
}

/// UTC of a moment on a clock in China.
WallTime utc(std::string_view china) {
  return WallTime(at(china).time().time_since_epoch()) - std::chrono::hours(8);
}

/// Does not wait, but counts what it was asked to wait.
class CountedPause final : public Pause {
 public:
  bool wait(std::chrono::milliseconds duration) override {
    waited_ms += duration.count();
    return true;
  }
  std::atomic<std::int64_t> waited_ms{};
};

/// An extractor on which things go wrong.
class Troubled final : public Extractor {
 public:
  struct Troubles {
    std::vector<TimeWindow> disputed{};        ///< Never agree.
    std::optional<TimeWindow> broken{};        ///< Windows that touch it cannot be read.
    std::optional<std::size_t> stops_after{};  ///< So many windows are read, then a signal comes.
  };
  Troubled(Extractor& real, const Troubles& troubles, Stop& stop)
      : real_(real), troubles_(troubles), stop_(stop) {}

  [[nodiscard]] Reach reach() const override { return real_.reach(); }
  [[nodiscard]] std::chrono::minutes utc_offset() const override { return real_.utc_offset(); }
  [[nodiscard]] Result<WindowReading> read(const std::optional<TimeWindow>& window,
                                           PageSink& sink) override {
    if (troubles_.broken && !common(*troubles_.broken, *window).empty())
      return fail(ErrorKind::corrupt, {"no answer", "无应答"});
    Result<WindowReading> reading = real_.read(window, sink);
    if (++read_ == troubles_.stops_after) stop_.request(SIGTERM);
    if (!reading) return reading;
    for (const TimeWindow& span : troubles_.disputed)
      if (!common(span, *window).empty()) reading->unproven.push_back(span);
    return reading;
  }
  [[nodiscard]] Result<std::optional<std::uint64_t>> count(const TimeWindow& window) override {
    return real_.count(window);
  }

 private:
  Extractor& real_;
  const Troubles& troubles_;
  Stop& stop_;
  std::size_t read_ = 0;
};

SandboxOptions shop_options() {
  return {.orders = {.orders = 3000,
                     .seed = 5,
                     .from = moment("2025-01-01"),
                     .until = moment("2025-02-01")},
          .credentials = {.app_id = "app", .client_id = "client", .secret_key = "secret"},
          .stands_at = moment("2025-02-01 00:00:00")};
}

class LoadOrders : public testing_database::EachDatabase {
 protected:
  void open_shop(SandboxOptions options = shop_options()) {
    Result<std::unique_ptr<Sandbox>> sandbox = Sandbox::start(std::move(options), system_clock_);
    ASSERT_TRUE(sandbox) << sandbox.error().what.en;
    sandbox_ = std::move(*sandbox);
    http_ = std::move(*http::HttpClient::create({}));
  }

  /// Asks the sandbox for what only tests ask.
  std::string ask(std::string method, const std::string& path, std::string body = "") {
    std::promise<http::ClientResponse> answered;
    http::ClientRequest request{.method = std::move(method), .url = shop_url() + path};
    if (!body.empty()) request.body = std::make_shared<std::string>(std::move(body));
    request.response_bytes_max = std::size_t{16} << 20;
    request.policy =
        std::make_shared<http::AddressPolicy>(*http::AddressPolicy::allowing({"127.0.0.1/32"}));
    http_->send(std::move(request), [&answered](http::ClientResponse response) {
      answered.set_value(std::move(response));
    });
    const http::ClientResponse response = answered.get_future().get();
    EXPECT_EQ(response.status, 200) << response.body << response.error_text;
    return response.body;
  }
  [[nodiscard]] std::string shop_url() const {
    return fmt::format("http://127.0.0.1:{}", sandbox_->port());
  }

  ClientOptions client_options() {
    return {.url = shop_url(),
            .app_id = "app",
            .client_id = "client",
            .secret_key = "secret",
            .timeout = std::chrono::seconds(20)};
  }

  Result<LoadSummary> load(LoadOptions options, ClientOptions client_options,
                           std::uint64_t slice = 20'000) {
    clock_.advance(std::chrono::minutes(1));
    Result<std::unique_ptr<Client>> client =
        Client::create(std::move(client_options), clock_, random_, pause_, stop_);
    if (!client) return fail(std::move(client).error());
    ListExtractor extractor(**client, order_list(), slice);
    Troubled troubled(extractor, troubles_, stop_);
    LoadRun run({.extractor = troubled,
                 .tables = tables_,
                 .connect = [this] { return sql::connect(url()); },
                 .clock = clock_,
                 .random = random_,
                 .stop = stop_,
                 .pause = pause_},
                options);
    return run.run();
  }
  LoadSummary loaded(LoadOptions options, std::uint64_t slice = 20'000) {
    Result<LoadSummary> summary = load(options, client_options(), slice);
    EXPECT_TRUE(summary) << summary.error().what.en;
    if (!summary) return {};
    for (const Error& error : summary->errors) ADD_FAILURE() << error.what.en;
    return std::move(*summary);
  }
  static LoadOptions january() {
    return {.mode = LoadMode::range, .range = {at("2025-01-01"), at("2025-01-31 23:59:59")}};
  }

  /// Counts and sums in fen per day, as the sandbox tells them.
  std::string warehouse_truth() {
    const std::string day = db().dialect() == sql::Dialect::sqlite
                                ? "substr(created_at, 1, 10)"
                                : "CAST(CAST(created_at AS DATE) AS CHAR(10))";
    Result<std::unique_ptr<sql::Cursor>> rows = db().query(fmt::format(
        "SELECT {0}, COUNT(*), SUM(price_fen), SUM(COALESCE(coupon_price_fen, 0)), "
        "SUM(COALESCE(refund_money_fen, 0)), SUM(CASE WHEN refund_time IS NULL THEN 0 ELSE 1 END) "
        "FROM orders GROUP BY {0} ORDER BY {0}",
        day));
    if (!rows) return rows.error().what.en;
    std::string all = "{";
    while ((*rows)->next().value_or(false))
      all +=
          fmt::format(R"({}"{}":{{"orders":{},"price":{},"coupon":{},"refund":{},"refunded":{}}})",
                      all.size() > 1 ? "," : "", *(*rows)->at(0), *(*rows)->at(1), *(*rows)->at(2),
                      *(*rows)->at(3), *(*rows)->at(4), *(*rows)->at(5));
    return all + "}";
  }
  std::string truth() { return ask("GET", "/sandbox/truth?from=2025-01-01&to=2025-01-31"); }

  std::string business() {
    std::string all;
    for (const char* table : {"orders", "order_items", "order_history"}) {
      Result<std::unique_ptr<sql::Cursor>> rows =
          db().query(fmt::format("SELECT * FROM {} ORDER BY 1, 2, 3", table));
      if (!rows) return rows.error().what.en;
      while ((*rows)->next().value_or(false)) {
        for (std::size_t i = 0; i < (*rows)->columns(); ++i)
          all += std::string((*rows)->at(i).value_or("NULL")) + '|';
        all += '\n';
      }
    }
    return all;
  }

  SystemClock system_clock_;
  ManualClock clock_{utc("2025-02-01 00:00:00")};
  SeededRandom random_{1};
  CountedPause pause_;
  Stop stop_;
  Troubled::Troubles troubles_;
  OrderTables tables_{"xiaoe", china_offset,
                      std::make_unique<XiaoeOrderTransform>(CodeTexts::usual)};
  std::unique_ptr<Sandbox> sandbox_;
  std::unique_ptr<http::HttpClient> http_;
};

/// What has nothing to do with the kind of database.
class ReadOrders : public LoadOrders {};

TEST_P(LoadOrders, ARangeIsInTheWarehouseToTheCent) {
  open_shop();
  const LoadSummary summary = loaded(january());
  EXPECT_EQ(summary.inserted, 3000U);
  EXPECT_EQ(summary.windows_finished, 6U);  // The last minutes are one of their own.
  EXPECT_EQ(summary.exit_code(stop_), ExitCode::done);
  EXPECT_TRUE(summary.unknown_codes.empty());
  EXPECT_EQ(warehouse_truth(), truth());
  ASSERT_TRUE(summary.complete);
  EXPECT_EQ(summary.complete->from, at("2025-01-01"));
  // What is younger than five minutes may still be on its way.
  EXPECT_EQ(summary.complete->upto, at("2025-01-31 23:56:00"));
}

TEST_P(LoadOrders, TheSameAgainChangesNotOneRow) {
  open_shop();
  loaded(january());
  const std::string before = business();
  const LoadSummary again = loaded(january());
  EXPECT_EQ(again.unchanged, 3000U);
  EXPECT_EQ(again.inserted, 0U);
  EXPECT_THAT(again.changed, 0U);
  EXPECT_EQ(business(), before);
}

TEST_P(ReadOrders, FaultsOfTheShopChangeNothingOfTheTruth) {
  SandboxOptions options = shop_options();
  options.faults = *FaultRates::parse(
      "error500=0.05,truncate=0.05,repeat=0.1,total=0.2,gbk=0.05,revoke=0.03,storm=0.05,busy=0."
      "05");
  open_shop(options);
  const LoadSummary summary = loaded(january(), 300);
  EXPECT_EQ(summary.inserted, 3000U);
  EXPECT_GT(summary.rereads, 0U);
  EXPECT_EQ(warehouse_truth(), truth());
}

TEST_P(ReadOrders, SmallSlicesReadTheSame) {
  open_shop();
  const LoadSummary summary = loaded(january(), 50);
  EXPECT_EQ(summary.inserted, 3000U);
  EXPECT_EQ(warehouse_truth(), truth());
}

TEST_P(LoadOrders, LateRefundsAreFoundByReadingAgain) {
  open_shop();
  loaded(january());
  ask("POST", "/sandbox/clock", R"({"now":"2025-03-15 00:00:00"})");
  clock_.set_wall(utc("2025-03-15 00:00:00"));
  const LoadSummary usual = loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(15)});
  EXPECT_EQ(usual.changed, 0U);
  EXPECT_NE(warehouse_truth(), truth());
  const LoadSummary deep = loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(90)});
  EXPECT_GT(deep.changed, 0U);
  EXPECT_GT(deep.missed_by_rescan, 0U);
  EXPECT_THAT(deep.missed_orders, SizeIs(std::min<std::size_t>(20, deep.missed_by_rescan)));
  EXPECT_EQ(warehouse_truth(), truth());
}

TEST_P(LoadOrders, AnIncrementalLoadBeginsWithTheHistoryAndGoesOn) {
  SandboxOptions options = shop_options();
  options.stands_at = moment("2025-01-20 12:00:00");
  open_shop(options);
  clock_.set_wall(utc("2025-01-20 12:00:00"));
  const LoadOptions incremental{.mode = LoadMode::incremental, .history_start = at("2025-01-01")};
  const LoadSummary first = loaded(incremental);
  EXPECT_EQ(first.windows_finished, 4U);
  ask("POST", "/sandbox/clock", R"({"advance_seconds":1036800})");  // To the end of January.
  clock_.set_wall(utc("2025-02-01 12:00:00"));
  const LoadSummary second = loaded(incremental);
  EXPECT_EQ(second.range.from, at("2025-01-20 11:56:01"));
  EXPECT_EQ(first.inserted + second.inserted, 3000U);
  ASSERT_TRUE(second.complete);
  EXPECT_EQ(second.complete->from, at("2025-01-01"));
  // Orders of the first load have lived on meanwhile; the re-scan brings them up to date.
  loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(40)});
  EXPECT_EQ(warehouse_truth(), truth());
}

TEST_P(LoadOrders, ARangeInTheMiddleDoesNotHideWhatIsOlder) {
  open_shop();
  const LoadSummary middle =
      loaded({.mode = LoadMode::range, .range = {at("2025-01-20"), at("2025-01-22 23:59:59")}});
  EXPECT_EQ(middle.complete->from, at("2025-01-20"));
  const LoadOptions incremental{.mode = LoadMode::incremental, .history_start = at("2025-01-01")};
  const LoadSummary rest = loaded(incremental);
  EXPECT_EQ(middle.inserted + rest.inserted, 3000U);
  EXPECT_EQ(rest.range.from, at("2025-01-23"));
  ASSERT_TRUE(rest.earlier);
  EXPECT_EQ(*rest.earlier, (TimeWindow{at("2025-01-01"), at("2025-01-19 23:59:59")}));
  EXPECT_EQ(rest.complete->from, at("2025-01-01"));
  EXPECT_EQ(warehouse_truth(), truth());
  EXPECT_FALSE(loaded(incremental).earlier);
}

TEST_P(ReadOrders, AHistoryThatBeginsEarlierIsReadBackwards) {
  open_shop();
  LoadOptions incremental{.mode = LoadMode::incremental, .history_start = at("2025-01-20")};
  loaded(incremental);
  incremental.history_start = at("2025-01-01");
  // Of three windows the first is read: the watermark adjoins it, and the next run goes on there.
  run("CREATE TRIGGER no_window BEFORE INSERT ON load_windows WHEN NEW.window_from < '2025-01-12' "
      "BEGIN SELECT RAISE(ABORT, 'full'); END");
  const Result<LoadSummary> cut = load(incremental, client_options());
  ASSERT_TRUE(cut);
  EXPECT_FALSE(cut->errors.empty());
  EXPECT_EQ(cut->complete->from, at("2025-01-15"));
  run("DROP TRIGGER no_window");
  const LoadSummary rest = loaded(incremental);
  EXPECT_EQ(rest.earlier->upto, at("2025-01-14 23:59:59"));
  EXPECT_EQ(rest.complete->from, at("2025-01-01"));
  EXPECT_EQ(warehouse_truth(), truth());
}

TEST_P(ReadOrders, AWatermarkInTheFutureIsToldAndARangeSetsItRight) {
  open_shop();
  loaded(january());
  run("UPDATE load_streams SET complete_upto='2026-01-01 00:00:00'");
  const LoadOptions incremental{.mode = LoadMode::incremental, .history_start = at("2025-01-01")};
  const Result<LoadSummary> refused = load(incremental, client_options());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what.en, HasSubstr("2026-01-01 00:00:00"));
  const LoadSummary mended =
      loaded({.mode = LoadMode::range, .range = {at("2025-01-25"), at("2025-02-01 23:59:59")}});
  EXPECT_EQ(mended.complete->from, at("2025-01-01"));
  EXPECT_LT(mended.complete->upto, at("2025-02-01 01:00:00"));
  EXPECT_TRUE(load(incremental, client_options()));
}

TEST_P(ReadOrders, ClocksThatAreApartEndTheLoad) {
  open_shop();
  ClientOptions careful = client_options();
  careful.clocks_apart_max = std::chrono::minutes(5);
  const Result<LoadSummary> stopped = load(january(), careful);  // The sandbox's is the real one.
  ASSERT_TRUE(stopped);
  ASSERT_EQ(stopped->errors.size(), 1U);
  EXPECT_THAT(stopped->errors.front().what.en, HasSubstr("too far apart"));
  EXPECT_EQ(stopped->rows, 0U);
  EXPECT_EQ(stopped->exit_code(stop_), ExitCode::failed);
}

TEST_P(ReadOrders, WindowsThatWereFinishedLongAgoAreReadAgain) {
  open_shop();
  loaded(january());
  run("UPDATE load_scans SET ended_at=NULL");
  run("DELETE FROM load_windows WHERE window_from >= '2025-01-15'");
  clock_.advance(std::chrono::hours(11));
  const LoadSummary resumed = loaded(january());
  EXPECT_EQ(resumed.windows_resumed, 2U);
  EXPECT_GE(resumed.resumed_age, std::chrono::hours(11));
  run("UPDATE load_scans SET ended_at=NULL");
  clock_.advance(std::chrono::hours(13));
  EXPECT_EQ(loaded(january()).windows_resumed, 0U);
}

TEST_P(LoadOrders, ASecondThatNeverAgreesIsAGapAndHoldsUpNothing) {
  open_shop();
  const TimeWindow second{at("2025-01-10 10:00:00"), at("2025-01-10 10:00:00")};
  troubles_.disputed = {second};
  const LoadSummary first = loaded(january());
  EXPECT_EQ(first.inserted, 3000U);
  EXPECT_EQ(first.unproven, 1U);
  EXPECT_EQ(first.gaps_open, 1U);
  EXPECT_EQ(first.exit_code(stop_), ExitCode::partial);
  EXPECT_EQ(first.complete->upto, at("2025-01-31 23:56:00"));
  EXPECT_EQ(first.days_checked, 30U);  // That of the gap is known not to hold.

  // What other seconds proved is kept: only the gap is read again, and what is new.
  const LoadOptions incremental{.mode = LoadMode::incremental, .history_start = at("2025-01-01")};
  const LoadSummary again = loaded(incremental);
  EXPECT_EQ(again.unproven, 1U);
  EXPECT_EQ(again.range.from, at("2025-01-31 23:56:01"));
  EXPECT_LT(again.rows, 50U);
  EXPECT_EQ(again.exit_code(stop_), ExitCode::partial);

  ScanStore scans(db(), "xiaoe", "orders");
  EXPECT_EQ(scans.accept_gaps({at("2025-01-11"), at("2025-01-12")}, "", clock_.wall()).value_or(-1),
            0);
  EXPECT_EQ(
      scans.accept_gaps(second, "the shop counts a deleted order", clock_.wall()).value_or(-1), 1);
  EXPECT_EQ(loaded(incremental).exit_code(stop_), ExitCode::done);
  const LoadSummary rescan = loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(40)});
  EXPECT_EQ(rescan.unproven, 0U);
  EXPECT_EQ(rescan.exit_code(stop_), ExitCode::done);
  EXPECT_EQ(value("SELECT accepted_reason FROM load_gaps"), "the shop counts a deleted order");
  // Once it agrees, nothing is left of it.
  troubles_.disputed.clear();
  loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(40)});
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_gaps"), "0");
}

TEST_P(ReadOrders, AGapThatAgreesIsClosedByTheNextLoad) {
  open_shop();
  troubles_.disputed = {TimeWindow{at("2025-01-10 10:00:00"), at("2025-01-10 10:00:00")}};
  loaded(january());
  troubles_.disputed.clear();
  const LoadSummary next =
      loaded({.mode = LoadMode::incremental, .history_start = at("2025-01-01")});
  EXPECT_EQ(next.gaps_open, 0U);
  EXPECT_EQ(next.exit_code(stop_), ExitCode::done);
}

TEST_P(ReadOrders, WhatWasProvenAndDisagreesInARescanIsAGapThatCanBeAccepted) {
  open_shop();
  const LoadSummary first = loaded(january());
  troubles_.disputed = {TimeWindow{at("2025-01-30 10:00:00"), at("2025-01-30 10:00:00")}};
  const LoadOptions options{.mode = LoadMode::rescan, .rescan = std::chrono::days(15)};
  const LoadSummary rescan = loaded(options);
  EXPECT_EQ(rescan.unproven, 1U);
  EXPECT_EQ(rescan.gaps_open, 1U);
  EXPECT_EQ(rescan.exit_code(stop_), ExitCode::partial);
  ASSERT_TRUE(first.complete && rescan.complete);
  EXPECT_EQ(rescan.complete->from, first.complete->from);
  EXPECT_GE(rescan.complete->upto, first.complete->upto);  // It does not move back.
  EXPECT_EQ(GapStore(db(), "xiaoe", "orders")
                .accept({at("2025-01-30"), at("2025-01-31")}, "known", clock_.wall())
                .value_or(-1),
            1);
  EXPECT_EQ(loaded(options).exit_code(stop_), ExitCode::done);
}

TEST_P(ReadOrders, AGapThatIsReadAgainLeavesTheWindowItBeginsWithFinished) {
  open_shop();
  const TimeWindow second{at("2025-01-01"), at("2025-01-01")};
  troubles_.disputed = {second};
  troubles_.stops_after = 2;
  loaded(january());
  for (int i = 0; i < 2; ++i) {  // Stopped right after the gap was read again.
    stop_.request(0);
    troubles_.stops_after = 1;
    EXPECT_EQ(loaded(january()).windows_resumed, 2U);
  }
  stop_.request(0);
  troubles_.stops_after.reset();
  troubles_.disputed.clear();
  const LoadSummary rest = loaded(january());
  EXPECT_EQ(rest.windows_resumed, 2U);
  EXPECT_EQ(rest.days_checked, 31U);  // Also those of the windows that earlier runs had read.
  EXPECT_EQ(rest.gaps_open, 0U);
  EXPECT_EQ(warehouse_truth(), truth());
}

TEST_P(ReadOrders, TooManyGapsFailTheirWindows) {
  open_shop();
  for (int i = 0; i < 150; ++i) {
    const CivilTime second = at("2025-01-01") + std::chrono::hours(4) * i;
    troubles_.disputed.push_back({second, second});
  }
  const Result<LoadSummary> summary = load(january(), client_options());
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->windows_failed, 2U);
  EXPECT_EQ(summary->gaps_open, 84U);
  EXPECT_EQ(summary->complete->upto, at("2025-01-14 23:59:59"));
}

TEST_P(LoadOrders, WhatAStoppedRunReadIsComparedByTheNext) {
  open_shop();
  const LoadOptions incremental{.mode = LoadMode::incremental, .history_start = at("2025-01-01")};
  troubles_.stops_after = 2;
  EXPECT_EQ(loaded(incremental).days_checked, 0U);
  stop_.request(0);
  troubles_.stops_after.reset();
  const std::string lost = value("SELECT MIN(order_id) FROM orders WHERE created_at<'2025-01-05'");
  for (const char* table : {"order_history", "order_items", "orders"})
    run(fmt::format("DELETE FROM {} WHERE order_id='{}'", table, lost));
  const LoadSummary rest = loaded(incremental);
  EXPECT_EQ(rest.range.from, at("2025-01-15"));
  EXPECT_EQ(rest.days_checked, 31U);
  EXPECT_EQ(rest.days_missing, 1U);
  EXPECT_EQ(rest.exit_code(stop_), ExitCode::partial);
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_unchecked"), "0");
}

TEST_P(ReadOrders, GoodWindowsAreComparedThoughAnotherFailed) {
  open_shop();
  troubles_.broken = TimeWindow{at("2025-01-10"), at("2025-01-10")};
  const Result<LoadSummary> summary = load(january(), client_options());
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->windows_failed, 1U);
  EXPECT_EQ(summary->days_checked, 24U);
  EXPECT_EQ(summary->days_missing, 0U);
}

TEST_P(LoadOrders, WhatWasTakenOverFromAnotherProgramMayHoldNewOrders) {
  open_shop();
  ScanStore scans(db(), "xiaoe", "orders");
  ASSERT_TRUE(migrate_warehouse(db()));
  ASSERT_TRUE(scans.register_stream());
  ASSERT_TRUE(
      scans.import_complete({.from = at("2025-01-01"), .upto = at("2025-01-20")}, clock_.wall()));
  const LoadSummary summary = loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(40)});
  EXPECT_EQ(summary.inserted, 3000U);
  EXPECT_EQ(summary.missed_by_rescan, 0U);
  EXPECT_EQ(summary.gaps_open, 0U);
  // From now on a scan vouches for it.
  EXPECT_EQ(value("SELECT COUNT(*) FROM load_gaps"), "0");
}

TEST_P(LoadOrders, AnOrderThatShouldHaveBeenKnownIsReported) {
  open_shop();
  loaded(january());
  const std::string lost = value("SELECT MIN(order_id) FROM orders WHERE created_at<'2025-01-10'");
  for (const char* table : {"order_history", "order_items", "orders"})
    run(fmt::format("DELETE FROM {} WHERE order_id='{}'", table, lost));
  run(fmt::format("DELETE FROM raw_records WHERE record_id='{}'", lost));
  run(fmt::format("DELETE FROM raw_seen WHERE record_id='{}'", lost));
  const LoadSummary deep = loaded({.mode = LoadMode::rescan, .rescan = std::chrono::days(40)});
  EXPECT_EQ(deep.inserted, 1U);
  EXPECT_EQ(deep.missed_by_rescan, 1U);
  EXPECT_THAT(deep.missed_orders, ::testing::ElementsAre(lost));
}

TEST_P(LoadOrders, ALoadThatWasStoppedGoesOnWhereItWas) {
  open_shop();
  stop_.request(SIGTERM);
  const Result<LoadSummary> stopped = load(january(), client_options());
  ASSERT_TRUE(stopped);
  EXPECT_TRUE(stopped->stopped);
  EXPECT_EQ(stopped->exit_code(stop_), ExitCode::terminated);
  stop_.request(0);
  // A window whose data is there but that was not noted is read again, and changes nothing.
  const LoadSummary summary = loaded(january());
  EXPECT_EQ(summary.inserted, 3000U);
  run("UPDATE load_scans SET ended_at=NULL");
  run("DELETE FROM load_windows WHERE window_from >= '2025-01-15'");
  const std::string before = business();
  const LoadSummary resumed = loaded(january());
  EXPECT_EQ(resumed.windows_resumed, 2U);
  EXPECT_EQ(resumed.windows_finished, 4U);
  EXPECT_EQ(resumed.inserted, 0U);
  EXPECT_EQ(business(), before);
}

TEST_P(ReadOrders, TheLimitOfCallsIsWaitedFor) {
  SandboxOptions options = shop_options();
  options.calls_per_window = 0;
  open_shop(options);
  ClientOptions impatient = client_options();
  impatient.call_window = std::chrono::milliseconds(7);
  const Result<LoadSummary> limited = load(january(), impatient);
  ASSERT_TRUE(limited);
  EXPECT_EQ(limited->errors.size(), 1U);
  EXPECT_THAT(limited->errors.front().what.en, HasSubstr("2053"));
  EXPECT_GE(pause_.waited_ms, 7 * 60);
}

TEST_P(ReadOrders, WrongCredentialsAreToldAndTheSecretIsNot) {
  open_shop();
  ClientOptions wrong = client_options();
  wrong.secret_key = "not-the-secret";
  const Result<LoadSummary> refused = load(january(), wrong);
  ASSERT_TRUE(refused);
  ASSERT_EQ(refused->errors.size(), 1U);
  EXPECT_EQ(refused->errors.front().kind, ErrorKind::unauthorized);
  EXPECT_EQ(refused->exit_code(stop_), ExitCode::unauthorized);
  EXPECT_THAT(refused->errors.front().what.en, ::testing::Not(HasSubstr("not-the-secret")));
  EXPECT_THAT(refused->errors.front().hint.en, HasSubstr("TIDEMARK_XIAOE__SECRET_KEY"));
}

TEST_P(ReadOrders, AShopThatIsAwayEndsTheRun) {
  open_shop();
  ClientOptions options = client_options();
  sandbox_->stop();
  const Result<LoadSummary> away = load(january(), options);
  ASSERT_TRUE(away);
  EXPECT_EQ(away->exit_code(stop_), ExitCode::retry_later);
  EXPECT_EQ(away->windows_failed, 1U);
}

TEST_P(LoadOrders, ADryRunLeavesTheWarehouseAsItWas) {
  open_shop();
  LoadOptions options = january();
  options.dry_run = true;
  EXPECT_EQ(loaded(options).inserted, 3000U);
  EXPECT_FALSE(db().describe("orders"));
  loaded(january());
  const LoadSummary again = loaded(options);
  EXPECT_EQ(again.inserted, 0U);
  EXPECT_EQ(again.unchanged, 3000U);
}

INSTANTIATE_TEST_SUITE_P(Servers, LoadOrders, ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

INSTANTIATE_TEST_SUITE_P(Servers, ReadOrders,
                         ::testing::Values(testing_database::all_servers().front()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::load::xiaoe
