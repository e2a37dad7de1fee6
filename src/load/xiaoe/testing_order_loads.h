#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/pause.h"
#include "base/random.h"
#include "base/stop.h"
#include "http/client.h"
#include "load/load_run.h"
#include "load/order_tables.h"
#include "load/xiaoe/list_extractor.h"
#include "load/xiaoe/order_transform.h"
#include "load/xiaoe/sandbox/sandbox.h"
#include "tests/database.h"

// For tests: the whole way of orders, from the sandbox through client and extractor into the
// warehouse.
namespace tidemark::load::xiaoe::testing {

inline CivilTime at(std::string_view text) { return *CivilTime::parse(text); }

inline Moment moment(std::string_view text) {
  return std::chrono::floor<std::chrono::seconds>(at(text).time());
}

/// UTC of a moment on a clock in China.
inline WallTime utc(std::string_view china) {
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
  [[nodiscard]] Result<WindowReading> read_created(const TimeWindow& window,
                                                   PageSink& sink) override {
    return real_.read_created(window, sink);
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

/// So many orders of January. Where pages matter a test takes more.
inline constexpr std::uint64_t placed = 600;
inline constexpr std::uint64_t many_pages = 3000;

inline SandboxOptions shop_options(std::uint64_t orders = placed) {
  return {.orders = {.orders = orders,
                     .seed = 5,
                     .from = moment("2025-01-01"),
                     .until = moment("2025-02-01")},
          .credentials = {.app_id = "app", .client_id = "client", .secret_key = "secret"},
          .stands_at = moment("2025-02-01 00:00:00")};
}

/// A shop, and on each database an empty warehouse for its orders.
class EachOrderLoad : public testing_database::EachDatabase {
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

}  // namespace tidemark::load::xiaoe::testing
