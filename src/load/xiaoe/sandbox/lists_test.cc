// What the lists say of one book, put beside each other.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/json_check.h"
#include "base/json_object.h"
#include "load/xiaoe/loose_number.h"
#include "load/xiaoe/sandbox/after_sale_list.h"
#include "load/xiaoe/sandbox/goods_list.h"
#include "load/xiaoe/sandbox/live_list.h"
#include "load/xiaoe/sandbox/seeded_book.h"
#include "load/xiaoe/sandbox/truth.h"
#include "load/xiaoe/sandbox/user_list.h"

namespace tidemark::load::xiaoe {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr Moment jan{std::chrono::local_days(std::chrono::year(2025) / 1 / 1)};
constexpr Moment apr{std::chrono::local_days(std::chrono::year(2025) / 4 / 1)};
constexpr Moment end_of_all{std::chrono::local_days(std::chrono::year(2025) / 7 / 1)};

using Row = std::map<std::string, std::string>;  ///< Members, JSON as written.

Row row_of(std::string_view json) {
  EXPECT_FALSE(check_json(json)) << json;
  Row row;
  for (const JsonMember& member : json_members(json).value_or(std::vector<JsonMember>()))
    row[member.name] = std::string(member.value);
  return row;
}

std::vector<Row> rows_of(const std::string& data) {
  std::vector<Row> rows;
  Row answer = row_of(data);
  for (const std::string_view row :
       json_elements(answer["list"]).value_or(std::vector<std::string_view>()))
    rows.push_back(row_of(row));
  return rows;
}

std::string text(const Row& row, const std::string& name) {
  return json_text(row.at(name)).value_or("");
}
std::int64_t number(const Row& row, const std::string& name) {
  return loose_integer(row.at(name)).value_or(0);
}

template <class Query>
Query read(Query (*reader)(RequestFields&), const std::string& body) {
  RequestFields fields(body);
  const Query query = reader(fields);
  EXPECT_THAT(fields.wrong(), IsEmpty()) << body;
  return query;
}
template <class Query>
std::string wrong(Query (*reader)(RequestFields&), const std::string& body) {
  RequestFields fields(body);
  static_cast<void>(reader(fields));
  return fields.wrong();
}

class Lists : public ::testing::Test {
 protected:
  std::vector<Row> cases(const std::string& range, const std::string& more, Moment now) {
    AfterSaleList list(book_);
    std::vector<Row> all;
    for (int page = 1;; ++page) {
      const std::string data =
          list.page(read(read_after_sale_query,
                         fmt::format(R"({{"page_index":{},"page_size":50,"created_at":"{}"{}}})",
                                     page, range, more)),
                    now, false);
      const std::vector<Row> rows = rows_of(data);
      all.insert(all.end(), rows.begin(), rows.end());
      if (rows.size() == 50) continue;
      EXPECT_EQ(number(row_of(data), "row_count"), static_cast<std::int64_t>(all.size()));
      return all;
    }
  }

  SeededBook book_{{.orders = 4000, .seed = 7, .from = jan, .until = apr}};
};

TEST_F(Lists, RefundsOfAnOrderAddUpToWhatTheOrderSays) {
  for (const Moment now : {jan + std::chrono::days(40), end_of_all}) {
    std::map<std::string, std::int64_t> paid_out;
    std::set<std::string> ids;
    for (const Row& row : cases("2024-12-01||2025-12-31", "", now)) {
      paid_out[text(row, "order_id")] += number(row, "refund_money");
      EXPECT_TRUE(ids.insert(text(row, "aftersale_id")).second);
    }
    for (std::uint64_t i = 0; i < book_.placed_before(now); ++i) {
      const OrderFate fate = book_.fate(i);
      EXPECT_EQ(paid_out[book_.order_id(fate)], view_at(fate, now).refund);
    }
  }
}

TEST_F(Lists, EveryKindOfCaseIsThere) {
  std::set<std::int64_t> missing = {1, 2, 4, 6, 8, 11, 13, 14};
  for (int hour = 1; hour < 150 * 24 && !missing.empty(); hour += 37)
    for (const Row& row : cases("2024-12-01||2025-12-31", "", jan + std::chrono::hours(hour)))
      missing.erase(number(row, "state"));
  EXPECT_THAT(missing, ::testing::IsEmpty());
  int twice = 0, again = 0;
  for (std::uint64_t i = 0; i < book_.size(); ++i) {
    const OrderFate fate = book_.fate(i);
    if (fate.after_sales.size() < 2) continue;
    if (fate.after_sales.front().end == CaseEnd::refused)
      ++again;
    else
      ++twice;
    EXPECT_GT(fate.after_sales[1].asked, fate.after_sales[0].ended);
  }
  EXPECT_GT(twice, 10);
  EXPECT_GT(again, 10);
}

TEST_F(Lists, ARangeIsAboutTheTimeThatIsNamed) {
  const Moment now = end_of_all;
  const auto in_february = [](const std::string& time) { return time.starts_with("2025-02"); };
  const auto created = cases("2025-02-01||2025-02-28", R"(,"date_type":"created_at")", now);
  EXPECT_GT(created.size(), 50U);
  std::string before = "9";
  for (const Row& row : created) {
    EXPECT_TRUE(in_february(text(row, "created_at")));
    EXPECT_LE(text(row, "created_at"), before);
    before = text(row, "created_at");
  }
  std::int64_t refunds = 0;
  const auto refunded = cases("2025-02-01||2025-02-28", R"(,"date_type":"refund_time")", now);
  for (const Row& row : refunded) {
    EXPECT_TRUE(in_february(text(row, "updated_at")));
    refunds += number(row, "refund_money");
  }
  std::int64_t truth = 0;
  const std::string told = truth_of("aftersales", book_, jan + std::chrono::days(31),
                                    jan + std::chrono::days(59) - std::chrono::seconds(1), now);
  for (const auto& [day, sums] : row_of(told)) truth += number(row_of(sums), "refund");
  EXPECT_EQ(refunds, truth);
  EXPECT_GT(cases("2025-02-01 08:00:00||2025-02-01 20:00:00", "", now).size(), 0U);
  for (const Row& row : cases("2025-02-01||2025-02-28", R"(,"sales_state":2)", now))
    EXPECT_GT(number(row, "refund_money"), 0);
}

TEST_F(Lists, UsersAreTheBuyersAndSomeMore) {
  const Moment now = end_of_all;
  std::map<std::string, std::int64_t> paid;
  for (std::uint64_t i = 0; i < book_.size(); ++i) {
    const OrderFate fate = book_.fate(i);
    if (fate.paid) paid[book_.user_id(fate.buyer)] += fate.price;
    EXPECT_LE(book_.user(fate.buyer).registered, fate.created);
  }
  std::string skip;
  std::map<std::string, std::int64_t> listed;
  std::string before = "9";
  for (int page = 0; page < 500; ++page) {
    const std::string data = list_users(
        book_, read(read_user_query, fmt::format(R"({{"page_size":50{}}})", skip)), now, false);
    EXPECT_EQ(number(row_of(data), "total"), static_cast<std::int64_t>(book_.users()));
    const std::vector<Row> rows = rows_of(data);
    for (const Row& row : rows) {
      EXPECT_TRUE(listed.emplace(text(row, "user_id"), number(row, "pay_sum")).second);
      EXPECT_LE(text(row, "user_created_at"), before);
      before = text(row, "user_created_at");
      skip = ",\"es_skip\":" + row.at("es_skip");
    }
    if (rows.size() < 50) break;
  }
  EXPECT_EQ(listed.size(), book_.users());
  for (const auto& [id, sum] : paid) EXPECT_EQ(listed[id], sum) << id;
  EXPECT_GT(listed.size(), paid.size());
}

TEST_F(Lists, UsersOfARangeAndOneByTelephone) {
  const std::string range =
      R"({"user_created_start":"2025-02-01","user_created_end":"2025-02-02"})";
  const std::string data = list_users(book_, read(read_user_query, range), end_of_all, false);
  const std::vector<Row> rows = rows_of(data);
  ASSERT_FALSE(rows.empty());
  for (const Row& row : rows)
    EXPECT_THAT(text(row, "user_created_at"), ::testing::StartsWith("2025-02-0"));
  const std::string phone = fmt::format(R"({{"phone":"{}"}})", book_.user(10).phone);
  ASSERT_FALSE(book_.user(10).phone.empty());
  const auto one = rows_of(list_users(book_, read(read_user_query, phone), end_of_all, false));
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(text(one.front(), "user_id"), book_.user_id(10));
  EXPECT_EQ(rows_of(list_users(book_, {}, jan - std::chrono::days(600), false)).size(), 0U);
}

TEST_F(Lists, GoodsAreWhatOrdersAreAbout) {
  std::map<std::string, Row> goods;
  for (int page = 1;; ++page) {
    const std::string body = fmt::format(R"({{"page":{},"page_size":1000}})", page);
    const auto rows =
        rows_of(list_goods(book_.catalogue(), read(read_goods_query, body), end_of_all, false));
    for (const Row& row : rows) goods[text(row, "resource_id")] = row;
    if (rows.size() < 100) break;
  }
  EXPECT_EQ(goods.size(), book_.catalogue().articles().size());
  for (std::uint64_t i = 0; i < book_.size(); ++i) {
    const OrderFate fate = book_.fate(i);
    const Article& article = book_.article(fate);
    EXPECT_TRUE(article.sold_at(fate.created)) << article.id;
    ASSERT_TRUE(goods.contains(article.id));
    EXPECT_EQ(number(goods[article.id], "resource_type"), fate.resource_type);
    EXPECT_GT(fate.price, 0);
    EXPECT_LE(fate.price + fate.coupon, article.price_at(fate.created) * fate.quantity);
  }
}

TEST_F(Lists, GoodsAreEditedAndTakenOff) {
  int edited = 0, off = 0, deleted = 0;
  for (const Article& article : book_.catalogue().articles()) {
    if (article.updated_at(end_of_all)) ++edited;
    if (sale_status_of(article, end_of_all) == 0) ++off;
    if (article.deleted) ++deleted;
  }
  EXPECT_GT(edited, 20);
  EXPECT_GT(off, 5);
  EXPECT_GT(deleted, 0);
  const auto listed = [&](const std::string& body) {
    return number(
        row_of(list_goods(book_.catalogue(), read(read_goods_query, body), end_of_all, false)),
        "total");
  };
  EXPECT_EQ(listed(R"({"sale_status":0})"), off);
  EXPECT_EQ(listed(R"({"sale_status":1})") + off, listed("{}"));
  EXPECT_EQ(listed(R"({"sale_status":3})"), listed(R"({"sale_status":1})"));
  EXPECT_GT(listed(R"({"start_time":"2025-02-01","end_time":"2025-02-14"})"), 0);
}

TEST_F(Lists, LiveSessionsAreWatchedAndBought) {
  const Moment now = apr + std::chrono::days(1);
  std::vector<std::string> ids;
  for (int page = 1;; ++page) {
    const std::string body = fmt::format(R"({{"page":{},"page_size":50}})", page);
    const auto rows = rows_of(list_lives(book_, read(read_live_page, body), now, false));
    for (const Row& row : rows) ids.push_back(text(row, "id"));
    if (rows.size() < 50) break;
  }
  std::map<std::string, std::int64_t> bought;
  for (std::uint64_t i = 0; i < book_.size(); ++i) {
    const OrderFate fate = book_.fate(i);
    if (fate.resource_type == live_type && fate.paid && *fate.paid <= now)
      ++bought[book_.article(fate).id];
  }
  std::set<std::int64_t> states;
  std::int64_t purchases = 0;
  for (const std::string& id : ids) {
    const Row detail = row_of(live_detail(book_, id, now, false));
    states.insert(number(detail, "alive_state"));
    purchases += number(detail, "purchase_count");
    EXPECT_EQ(number(detail, "purchase_count"), bought[id]) << id;
    const Row later = row_of(live_detail(book_, id, now + std::chrono::days(3), false));
    EXPECT_GE(number(later, "view_count"), number(detail, "view_count"));
    const auto listed = rows_of(lives_by_ids(book_, {id}, now, false));
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed.front().at("view_count"), detail.at("view_count"));
  }
  EXPECT_GT(purchases, 100);
  EXPECT_THAT(states, ::testing::IsSupersetOf({0, 2}));
  EXPECT_THAT(live_detail(book_, "l_none", now, false), IsEmpty());
}

TEST_F(Lists, NumbersMayAllComeAsText) {
  AfterSaleList list(book_);
  const AfterSaleQuery query =
      read(read_after_sale_query,
           R"({"page_index":"1","page_size":"5","created_at":"2025-01-01||2025-06-30"})");
  const std::string data = list.page(query, end_of_all, true);
  EXPECT_THAT(data, HasSubstr(R"("state":")"));
  EXPECT_THAT(data, Not(HasSubstr(R"("refund_money":0)")));
  EXPECT_THAT(list_users(book_, {}, end_of_all, true), HasSubstr(R"("pay_sum":")"));
  EXPECT_THAT(list_goods(book_.catalogue(), {.page = {.page = 1, .size = 3}}, end_of_all, true),
              HasSubstr(R"("price_low":")"));
}

TEST(ListRequests, WhatIsWrongIsNamed) {
  for (const char* body :
       {"{}", R"({"page_index":1,"page_size":51,"created_at":"2025-01-01||2025-01-02"})",
        R"({"page_index":0,"page_size":50,"created_at":"2025-01-01||2025-01-02"})",
        R"({"page_index":1,"page_size":50,"created_at":"2025-01-01"})",
        R"({"page_index":1,"page_size":50,"created_at":"2025-01-02||2025-01-01"})",
        R"({"page_index":1,"page_size":50,"created_at":"2025-01-01||2025-01-02","date_type":"x"})"})
    EXPECT_THAT(wrong(read_after_sale_query, body), Not(IsEmpty())) << body;
  for (const char* body : {R"({"page_size":51})", R"({"es_skip":{"id":1}})", R"({"name":"x"})",
                           R"({"user_created_start":"x"})"})
    EXPECT_THAT(wrong(read_user_query, body), Not(IsEmpty())) << body;
  for (const char* body : {R"({"page":0})", R"({"start_time":"2025-01-01"})",
                           R"({"start_time":"2025-01-01","end_time":"2025-01-17"})"})
    EXPECT_THAT(wrong(read_goods_query, body), Not(IsEmpty())) << body;
  EXPECT_THAT(wrong(read_live_page, R"({"page_size":51})"), Not(IsEmpty()));
  EXPECT_THAT(wrong(read_live_ids, R"({"ids":[]})"), Not(IsEmpty()));
}

TEST_F(Lists, TruthIsToldOfEveryStream) {
  for (const char* stream : {"orders", "aftersales", "users", "goods", "live"}) {
    const std::string truth = truth_of(stream, book_, jan, end_of_all, apr);
    EXPECT_FALSE(check_json(truth)) << truth;
    EXPECT_GT(truth.size(), 100U) << stream;
  }
  EXPECT_THAT(truth_of("others", book_, jan, apr, apr), IsEmpty());
}

}  // namespace
}  // namespace tidemark::load::xiaoe
