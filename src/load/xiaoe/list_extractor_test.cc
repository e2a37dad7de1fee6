#include "load/xiaoe/list_extractor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "load/xiaoe/testing_shop.h"

namespace tidemark::load::xiaoe {
namespace {

using testing::ScriptedShop;

/// Keeps of each record the form that was seen last, as the warehouse does.
class LastSeen final : public PageSink {
 public:
  Result<void> take(Page page) override {
    seen_at.push_back(page.observed_at);
    for (const RawRecord& record : page.records) {
      const auto [known, fresh] = forms.try_emplace(record.id, page.observed_at, record.payload);
      if (!fresh && known->second.first <= page.observed_at)
        known->second = {page.observed_at, record.payload};
    }
    return {};
  }
  std::vector<WallTime> seen_at;
  std::map<std::string, std::pair<WallTime, std::string>> forms;
};

/// The rows `first` to `last`; that with the number `changed` in a form of its own.
std::string rows(int first, int last, int changed = -1) {
  std::string list;
  for (int i = first; i <= last; ++i)
    list += fmt::format(R"({}{{"order_id":"{}","user_id":"{}","es_skip":{},"form":"{}"}})",
                        i == first ? "" : ",", i, i, i, i == changed ? "new" : "old");
  return list;
}

http::Response page(int total, const std::string& list) {
  return ScriptedShop::enveloped(0, fmt::format(R"({{"total":{},"list":[{}]}})", total, list));
}

/// The pages of two readings of the list of orders: what they say, and that in the first reading
/// page 3 is answered before page 2.
class TwoReadings {
 public:
  TwoReadings(std::map<int, http::Response> first, std::map<int, http::Response> second)
      : readings_{std::move(first), std::move(second)} {}

  void answer(const http::Request& request, http::Respond respond) {
    const std::lock_guard lock(mutex_);
    int number = 1;
    while (!request.body.contains(fmt::format(R"("page_index":{},)", number))) ++number;
    if (number == 1) ++reading_;
    const http::Response& said = readings_.at(reading_ > 1 ? 1 : 0)[number];
    if (reading_ == 1 && number == 2 && !third_answered_) {
      second_ = std::move(respond);
      return;
    }
    respond(said);
    if (reading_ != 1 || number != 3) return;
    third_answered_ = true;
    if (second_) second_(readings_.at(0)[2]);
  }

 private:
  std::mutex mutex_;
  std::vector<std::map<int, http::Response>> readings_;
  int reading_ = 0;
  bool third_answered_ = false;
  http::Respond second_;
};

class ReadList : public ::testing::Test {
 protected:
  Result<WindowReading> read(const ListApi& api, ScriptedShop::Answer answer) {
    const ScriptedShop shop(std::move(answer));
    auto client = Client::create(shop.client_options(), clock, random, pause, stop);
    if (!client) return fail(std::move(client).error());
    ListExtractor extractor(**client, api);
    return extractor.read(
        TimeWindow{*CivilTime::parse("2025-01-01"), *CivilTime::parse("2025-01-02")}, sink);
  }
  Result<WindowReading> read(TwoReadings& readings) {
    return read(order_list(), [&](const http::Request& request, http::Respond respond) {
      readings.answer(request, std::move(respond));
    });
  }

  ManualClock clock{
      WallTime(std::chrono::hours(1))};  // Stands still: it tells no page from another.
  SeededRandom random{1};
  testing::NoPause pause;
  Stop stop;
  LastSeen sink;
};

TEST_F(ReadList, OfTwoFormsThatWereReadAtOnceTheLaterWins) {
  // While page 3 is answered and page 2 is not, the order 400 changes and moves forward.
  TwoReadings readings({{1, page(600, rows(0, 199))},
                        {2, page(600, rows(201, 400, 400))},
                        {3, page(600, rows(400, 599))}},
                       {{1, page(600, rows(1, 200))},
                        {2, page(600, rows(201, 400, 400))},
                        {3, page(600, rows(401, 600))},
                        {4, page(600, "")}});
  const Result<WindowReading> read = this->read(readings);
  ASSERT_TRUE(read) << read.error().what.en;
  EXPECT_EQ(read->rereads, 1U);
  EXPECT_THAT(sink.forms["400"].second, ::testing::HasSubstr(R"("form":"new")"));
  EXPECT_EQ(sink.forms.size(), 601U);
}

TEST_F(ReadList, ATotalThatFallsBetweenPagesReadAtOnceHasTheSliceReadAgain) {
  // The order 0 is gone when page 2 is answered: 200 stands on page 1 now, which was read before.
  TwoReadings readings({{1, page(600, rows(0, 199))},
                        {2, page(599, rows(201, 400))},
                        {3, page(600, rows(400, 599))}},
                       {{1, page(599, rows(1, 200))},
                        {2, page(599, rows(201, 400))},
                        {3, page(599, rows(401, 599))}});
  const Result<WindowReading> read = this->read(readings);
  ASSERT_TRUE(read) << read.error().what.en;
  EXPECT_EQ(read->rereads, 1U);
  EXPECT_EQ(read->records, 599U);
  EXPECT_TRUE(sink.forms.contains("200"));
}

/// Unix seconds behind `name` in the question.
std::int64_t seconds_in(const std::string& body, std::string_view name) {
  const std::size_t at = body.find(name);
  return at == std::string::npos ? 0 : std::stoll(body.substr(at + name.size()));
}

/// A list of orders by the seconds in which they were created. Its total counts one more, that no
/// page has, for each of `bad` seconds in what is asked for.
class DisputedList {
 public:
  DisputedList(std::vector<std::int64_t> orders, std::vector<std::int64_t> bad)
      : orders_(std::move(orders)), bad_(std::move(bad)) {}

  void answer(const http::Request& request, http::Respond respond) const {
    const std::int64_t from = seconds_in(request.body, R"("begin_time":)");
    const std::int64_t upto = seconds_in(request.body, R"("end_time":)");
    const auto inside = [&](std::int64_t second) { return from <= second && second < upto; };
    int total = 0;
    std::string list;
    for (const std::int64_t order : orders_)
      if (inside(order)) {
        ++total;
        list += fmt::format(R"({}{{"order_id":"{}"}})", list.empty() ? "" : ",", order);
      }
    total += static_cast<int>(std::ranges::count_if(bad_, inside));
    respond(page(total, request.body.contains(R"("page_index":1,)") ? list : ""));
  }

 private:
  const std::vector<std::int64_t> orders_;
  const std::vector<std::int64_t> bad_;
};

constexpr std::int64_t new_year = 1'735'660'800;  ///< 2025-01-01 00:00:00 in China.

TEST_F(ReadList, ASecondThatNeverAgreesKeepsNoOtherFromBeingRead) {
  const DisputedList list({new_year, new_year + 30'000, new_year + 60'001, new_year + 80'000},
                          {new_year + 30'000, new_year + 60'000});
  const Result<WindowReading> read =
      this->read(order_list(), [&](const http::Request& request, http::Respond respond) {
        list.answer(request, std::move(respond));
      });
  ASSERT_TRUE(read) << read.error().what.en;
  const CivilTime first = *CivilTime::parse("2025-01-01 08:20:00");
  const CivilTime second = *CivilTime::parse("2025-01-01 16:40:00");
  EXPECT_THAT(read->unproven,
              ::testing::ElementsAre(TimeWindow{first, first}, TimeWindow{second, second}));
  EXPECT_EQ(sink.forms.size(), 4U);
  EXPECT_EQ(read->records, 3U);
}

TEST_F(ReadList, AListThatHardlyEverAgreesIsNotAskedForEachSecond) {
  std::vector<std::int64_t> bad(86'400);
  for (std::size_t i = 0; i < bad.size(); ++i) bad[i] = new_year + static_cast<std::int64_t>(i);
  const DisputedList list({new_year}, bad);
  const Result<WindowReading> read =
      this->read(order_list(), [&](const http::Request& request, http::Respond respond) {
        list.answer(request, std::move(respond));
      });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(read.error().what.en, ::testing::HasSubstr("2025-01-01 00:00:00"));
}

TEST_F(ReadList, AListThatAlwaysHasAnotherPageIsNoList) {
  int next = 0;
  const Result<WindowReading> read =
      this->read(user_list(), [&](const http::Request& /*request*/, http::Respond respond) {
        next += 50;
        respond(page(60, rows(next, next + 49)));
      });
  ASSERT_TRUE(read) << read.error().what.en;
  EXPECT_FALSE(read->unproven.empty());
  EXPECT_LT(read->pages, 1000U);
}

/// Orders, one an hour, whose rows are long; answers pages as they are asked for.
class LongRows {
 public:
  LongRows(int count, std::size_t row_bytes) {
    for (int i = 0; i < count; ++i)
      rows_.push_back({.second = new_year + i * 3600, .bytes = row_bytes});
  }
  void lengthen(std::size_t row, std::size_t bytes) { rows_[row].bytes = bytes; }
  /// A further order in the second of `row`, behind it.
  void add_beside(std::size_t row) {
    rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(row) + 1,
                 {.second = rows_[row].second, .bytes = 10});
  }

  void answer(const http::Request& request, http::Respond& respond) const {
    const std::int64_t from = seconds_in(request.body, R"("begin_time":)");
    const std::int64_t upto = seconds_in(request.body, R"("end_time":)");
    std::vector<std::size_t> inside;
    for (std::size_t i = 0; i < rows_.size(); ++i)
      if (from <= rows_[i].second && rows_[i].second < upto) inside.push_back(i);
    const auto number = static_cast<std::size_t>(seconds_in(request.body, R"("page_index":)"));
    const auto size = static_cast<std::size_t>(seconds_in(request.body, R"("page_size":)"));
    std::string list;
    for (std::size_t i = (number - 1) * size; i < std::min(number * size, inside.size()); ++i)
      list += fmt::format(R"({}{{"order_id":"{}","title":"{}"}})", list.empty() ? "" : ",",
                          inside[i], std::string(rows_[inside[i]].bytes, 'x'));
    respond(page(static_cast<int>(inside.size()), list));
  }

 private:
  struct Row {
    std::int64_t second;
    std::size_t bytes;
  };
  std::vector<Row> rows_;
};

/// A shop with LongRows, whose answers may have 10,000 bytes.
class ReadLongRows : public ReadList {
 protected:
  /// Reads with `use(extractor, window)`: the first two weeks of the year.
  void with_rows(const LongRows& orders,
                 const std::function<void(ListExtractor&, TimeWindow)>& use) {
    const ScriptedShop shop([&](const http::Request& request, http::Respond respond) {
      orders.answer(request, respond);
    });
    ClientOptions options = shop.client_options();
    options.answer_bytes_max = 10'000;
    auto client = Client::create(options, clock, random, pause, stop);
    ASSERT_TRUE(client);
    ListExtractor extractor(**client, order_list());
    const TimeWindow window{*CivilTime::parse("2025-01-01"), *CivilTime::parse("2025-01-15")};
    use(extractor, window);
  }
};

TEST_F(ReadLongRows, SmallerPagesAreAskedFor) {
  with_rows(LongRows(250, 1000), [&](ListExtractor& extractor, TimeWindow window) {
    for (int time = 0; time < 2; ++time) {  // The second window finds its way likewise.
      const Result<WindowReading> reading = extractor.read(window, sink);
      ASSERT_TRUE(reading) << reading.error().what.en;
      EXPECT_EQ(reading->records, 250U);
      EXPECT_EQ(sink.forms.size(), 250U);
      EXPECT_TRUE(reading->unproven.empty());
    }
  });
}

TEST_F(ReadLongRows, ARowThatFitsIntoNoAnswerLeavesOutItsSecondAlone) {
  LongRows orders(250, 100);
  orders.lengthen(100, 20'000);
  with_rows(orders, [&](ListExtractor& extractor, TimeWindow window) {
    const Result<WindowReading> reading = extractor.read(window, sink);
    ASSERT_TRUE(reading) << reading.error().what.en;
    const CivilTime second = *CivilTime::parse("2025-01-05 04:00:00");
    EXPECT_THAT(reading->unproven, ::testing::ElementsAre(TimeWindow{second, second}));
    EXPECT_EQ(reading->records, 249U);
    EXPECT_EQ(sink.forms.size(), 249U);
    EXPECT_LT(reading->pages, 300U);
  });
}

TEST_F(ReadLongRows, WhatStandsBesideARowThatFitsIntoNoAnswerIsRead) {
  LongRows orders(10, 100);
  orders.lengthen(5, 20'000);
  orders.add_beside(5);
  orders.add_beside(4);  // Which is long soon.
  orders.lengthen(4, 20'000);
  with_rows(orders, [&](ListExtractor& extractor, TimeWindow window) {
    const Result<WindowReading> reading = extractor.read(window, sink);
    ASSERT_TRUE(reading) << reading.error().what.en;
    const CivilTime four = *CivilTime::parse("2025-01-01 04:00:00");
    const CivilTime five = *CivilTime::parse("2025-01-01 05:00:00");
    EXPECT_THAT(reading->unproven,
                ::testing::ElementsAre(TimeWindow{four, four}, TimeWindow{five, five}));
    EXPECT_EQ(sink.forms.size(), 10U);
  });
}

/// Four rows, the second of which is longer than an answer may be, whatever days are asked for.
class ReadDaysWithALongRow : public ReadList {
 protected:
  Result<WindowReading> read_day(const ListApi& api) {
    const ScriptedShop shop([](const http::Request& request, http::Respond respond) {
      const std::int64_t size = seconds_in(request.body, R"("page_size":)");
      const std::int64_t page_asked = seconds_in(request.body, R"("page_index":)");
      const std::int64_t skipped = seconds_in(request.body, R"("es_skip":)");
      const std::int64_t first = page_asked > 0 ? (page_asked - 1) * size : skipped;
      std::string list;
      for (std::int64_t i = first; i < std::min<std::int64_t>(first + size, 4); ++i)
        list += fmt::format(R"({}{{"aftersale_id":"{}","user_id":"{}","es_skip":{},"title":"{}"}})",
                            list.empty() ? "" : ",", i, i, i + 1,
                            std::string(i == 1 ? 20'000 : 10, 'x'));
      respond(ScriptedShop::enveloped(
          0, fmt::format(R"({{"total":4,"row_count":4,"list":[{}]}})", list)));
    });
    ClientOptions options = shop.client_options();
    options.answer_bytes_max = 10'000;
    auto client = Client::create(options, clock, random, pause, stop);
    EXPECT_TRUE(client);
    ListExtractor extractor(**client, api);
    return extractor.read(day_, sink);
  }

  const TimeWindow day_{*CivilTime::parse("2025-01-01"), *CivilTime::parse("2025-01-01 23:59:59")};
};

TEST_F(ReadDaysWithALongRow, WherePagesAreNumberedTheOthersAreRead) {
  const Result<WindowReading> reading = read_day(aftersale_list());
  ASSERT_TRUE(reading) << reading.error().what.en;
  EXPECT_THAT(reading->unproven, ::testing::ElementsAre(day_));
  EXPECT_EQ(sink.forms.size(), 3U);
}

TEST_F(ReadDaysWithALongRow, WhereARowSaysHowToGoOnThoseBeforeItAreRead) {
  const Result<WindowReading> reading = read_day(user_list());
  ASSERT_TRUE(reading) << reading.error().what.en;
  EXPECT_THAT(reading->unproven, ::testing::ElementsAre(day_));
  EXPECT_EQ(sink.forms.size(), 1U);
}

TEST_F(ReadLongRows, WhereNoRowFitsIntoAnAnswerTheWindowFails) {
  with_rows(LongRows(50, 20'000), [&](ListExtractor& extractor, TimeWindow window) {
    EXPECT_EQ(extractor.read(window, sink).error().kind, ErrorKind::corrupt);
    const Error error = extractor.count(window).error();
    EXPECT_EQ(error.kind, ErrorKind::corrupt);
    EXPECT_THAT(error.what.en, ::testing::HasSubstr("a single row is too long"));
  });
}

/// How a shop takes the last day of a span.
enum class LastDay { whole, its_first_moment, not_at_all, refused };

class CountDays : public ReadList, public ::testing::WithParamInterface<LastDay> {
 protected:
  /// Of a shop with so many records at the first moment of the day `2025-01-DD`, and later on it.
  struct Day {
    int at_midnight, later;
  };
  static constexpr std::array days = {Day{0, 0}, Day{1, 4}, Day{2, 3}, Day{0, 0}, Day{1, 0}};

  int come_ = 0;  ///< So many records come on the last day of a span, one before each answer.
  int come_already_ = 0;

  static Day of(int day) { return days.at(static_cast<std::size_t>(day)); }
  [[nodiscard]] int of_span(int first, int last) const {
    if (first == last && GetParam() == LastDay::refused) return -1;
    int total = 0;
    for (int day = first; day < last; ++day) total += of(day).at_midnight + of(day).later;
    if (GetParam() == LastDay::not_at_all || GetParam() == LastDay::refused) return total;
    return total + of(last).at_midnight +
           (GetParam() == LastDay::whole ? of(last).later + come_already_ : 0);
  }

  /// The days that stand behind `before` in a question: `2025-01-0D`.
  static int day_in(const std::string& question, const std::string& before) {
    return question[question.find(before) + before.size() + std::string_view("2025-01-0").size()] -
           '0';
  }

  std::optional<std::uint64_t> count(const ListApi& api, const std::string& from,
                                     const std::string& upto) {
    const bool users = api.total_member == "total";
    const ScriptedShop shop([users, this](const http::Request& request, http::Respond respond) {
      const std::string& asked = request.body;
      if (come_ > 0) --come_, ++come_already_;
      EXPECT_EQ(asked.contains(R"("date_type":"created_at")"), !users);
      const int total = users ? of_span(day_in(asked, R"("user_created_start":")"),
                                        day_in(asked, R"("user_created_end":")"))
                              : of_span(day_in(asked, R"("created_at":")"), day_in(asked, "||"));
      if (total < 0)
        respond(ScriptedShop::enveloped(40004, "null"));
      else
        respond(ScriptedShop::enveloped(
            0, fmt::format(R"({{"{}":{},"list":[]}})", users ? "total" : "row_count", total)));
    });
    auto client = Client::create(shop.client_options(), clock, random, pause, stop);
    EXPECT_TRUE(client);
    ListExtractor extractor(**client, api);
    const auto counted =
        extractor.count({CivilTime::parse(from).value(), CivilTime::parse(upto).value()});
    EXPECT_TRUE(counted) << counted.error().what.en;
    return counted.value_or(std::nullopt);
  }
};

TEST_P(CountDays, ByCreationHoweverTheShopTakesTheLastOne) {
  for (const ListApi* api : {&aftersale_list(), &user_list()}) {
    EXPECT_EQ(count(*api, "2025-01-01 00:00:00", "2025-01-01 23:59:59"), 5U);
    EXPECT_EQ(count(*api, "2025-01-02 00:00:00", "2025-01-02 23:59:59"), 5U);
    EXPECT_EQ(count(*api, "2025-01-01 00:00:00", "2025-01-03 23:59:59"), 10U);
    EXPECT_EQ(count(*api, "2025-01-03 00:00:00", "2025-01-03 23:59:59"), 0U);
    EXPECT_EQ(count(*api, "2025-01-01 00:00:00", "2025-01-01 12:00:00"), std::nullopt);
  }
}

TEST_P(CountDays, WhatComesWhileADayIsCountedIsNotTakenFromTheOneBefore) {
  come_ = 3;
  EXPECT_EQ(count(user_list(), "2025-01-01 00:00:00", "2025-01-01 23:59:59"), 5U);
  come_ = 1000;
  const auto never_still = count(user_list(), "2025-01-01 00:00:00", "2025-01-01 23:59:59");
  // Who does not count the last day of a span is not disturbed.
  const bool counts_end = GetParam() == LastDay::whole;
  EXPECT_EQ(never_still, counts_end ? std::nullopt : std::optional<std::uint64_t>(5U));
}

INSTANTIATE_TEST_SUITE_P(Shops, CountDays,
                         ::testing::Values(LastDay::whole, LastDay::its_first_moment,
                                           LastDay::not_at_all, LastDay::refused));

TEST_F(ReadList, PagesThatAreReadOneByOneWereSeenOneAfterAnother) {
  const Result<WindowReading> read =
      this->read(user_list(), [](const http::Request& request, http::Respond respond) {
        if (!request.body.contains("es_skip"))
          respond(page(99, rows(0, 49)));
        else if (request.body.contains(R"("es_skip":49)"))
          respond(page(99, rows(49, 98, 49)));
        else
          respond(page(99, ""));
      });
  ASSERT_TRUE(read) << read.error().what.en;
  EXPECT_EQ(sink.seen_at.size(), 3U);
  EXPECT_EQ(std::ranges::adjacent_find(sink.seen_at, std::ranges::greater_equal{}),
            sink.seen_at.end());
  EXPECT_THAT(sink.forms["49"].second, ::testing::HasSubstr(R"("form":"new")"));
}

}  // namespace
}  // namespace tidemark::load::xiaoe
