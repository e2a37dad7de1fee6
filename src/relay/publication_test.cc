#include "relay/publication.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/json_check.h"

namespace tidemark::relay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A voucher with what is required, and `further` in front of it.
std::string voucher(std::string_view further = "") {
  return fmt::format(
      R"({{{}"event_type":"l1_confirmed","source_system":"settlement",)"
      R"("source_type":"purchase_goods","source_id":12345,"business_data":{{"n":1.00}}}})",
      further);
}

std::string event(std::string_view further = "") {
  return fmt::format(
      R"({{{}"event":"supplier.changed","source_system":"settlement","source_id":"88",)"
      R"("data":{{"name":"上海示例公司"}}}})",
      further);
}

/// Why it is refused; empty if it is taken.
std::string refusal(const Result<Publication>& parsed) {
  if (parsed) return {};
  EXPECT_EQ(parsed.error().kind, ErrorKind::rejected);
  EXPECT_FALSE(parsed.error().what.zh.empty());
  return parsed.error().what.en +
         (parsed.error().hint.empty() ? "" : " (" + parsed.error().hint.en + ")");
}
std::string refused_voucher(std::string_view further) {
  return refusal(parse_voucher(voucher(further)));
}
std::string refused_event(std::string_view further) { return refusal(parse_event(event(further))); }

std::string example(std::string_view name) {
  return read_file(fmt::format("{}/examples/{}", TIDEMARK_WIRE_FOLDER, name), 1 << 20).value();
}

constexpr WallTime accepted_at{std::chrono::sys_days{std::chrono::January / 15 / 2026} +
                               std::chrono::hours{8} + std::chrono::minutes{30}};

TEST(ParseVoucher, RefusesWhatIsNoJsonObject) {
  EXPECT_THAT(refusal(parse_voucher("")), HasSubstr("not JSON"));
  EXPECT_THAT(refusal(parse_voucher("{")), HasSubstr("at byte 1"));
  EXPECT_THAT(refusal(parse_voucher(voucher() + "}")), HasSubstr("not JSON"));
  EXPECT_THAT(refusal(parse_voucher(voucher("\"summary\":\"\xff\","))), HasSubstr("not JSON"));
  EXPECT_EQ(refusal(parse_voucher("[]")), "must be a JSON object");
  EXPECT_EQ(refusal(parse_voucher("null")), "must be a JSON object");
  EXPECT_EQ(refusal(parse_voucher("\"{}\"")), "must be a JSON object");
}

TEST(ParseVoucher, RefusesWhatIsNestedTooDeepForABatch) {
  const auto nested = [](std::size_t depth) {
    return fmt::format(R"({{"event_type":"a","source_system":"s","source_type":"t","source_id":1,)"
                       R"("business_data":{{"a":"[[[\"","b":{}{}}}}})",
                       std::string(depth - 2, '['), std::string(depth - 2, ']'));
  };
  EXPECT_EQ(refusal(parse_voucher(nested(publication_depth_max))), "");
  EXPECT_EQ(refusal(parse_voucher(nested(publication_depth_max + 1))),
            "nested deeper than 990 levels");
  EXPECT_THAT(refusal(parse_voucher(std::string(100'000, '['))), HasSubstr("not JSON"));
}

TEST(ParseVoucher, NamesWhatIsMissing) {
  EXPECT_EQ(refusal(parse_voucher("{}")), "field event_type is missing");
  EXPECT_EQ(refusal(parse_voucher(R"({"event_type":"a"})")), "field source_system is missing");
  EXPECT_EQ(refusal(parse_voucher(R"({"event_type":"a","source_system":"s"})")),
            "field source_type is missing");
  EXPECT_EQ(refusal(parse_voucher(R"({"event_type":"a","source_system":"s","source_type":"t"})")),
            "field source_id is missing");
  EXPECT_EQ(refusal(parse_voucher(
                R"({"event_type":"a","source_system":"s","source_type":"t","source_id":1})")),
            "field business_data is missing");
}

TEST(ParseVoucher, RefusesUnknownFieldsWithASuggestion) {
  EXPECT_EQ(refused_voucher(R"("ammount":1,)"), "unknown field ammount (did you mean amount?)");
  EXPECT_EQ(refused_voucher(R"("sync_target_system":["tax"],)"),
            "unknown field sync_target_system (did you mean sync_target_systems?)");
  EXPECT_EQ(refused_voucher(R"("zzzzzzzzzzzz":1,)"), "unknown field zzzzzzzzzzzz");
  EXPECT_EQ(refused_voucher(R"("":1,)"), "unknown field ");
  EXPECT_EQ(refused_voucher(R"("a\u0000\nb":1,)"), R"(unknown field a\x00\x0ab)");
}

TEST(ParseVoucher, RefusesAFieldTwiceHoweverItIsWritten) {
  EXPECT_EQ(refused_voucher(R"("amount":1,"amount":1,)"), "field amount stands there twice");
  EXPECT_EQ(refused_voucher(R"("source\u005fid":1,)"), "field source_id stands there twice");
}

TEST(ParseVoucher, RefusesWrongTypes) {
  EXPECT_EQ(refused_voucher(R"("voucher_date":20260115,)"),
            "field voucher_date: must be a date such as \"2026-01-15\"");
  EXPECT_EQ(refused_voucher(R"("summary":1,)"), "field summary: must be a text");
  EXPECT_EQ(refused_voucher(R"("company_id":1.5,)"),
            "field company_id: must be an integer or a text");
  for (const std::string_view id : {"1e3", "-", "true", "{}", "[1]"})
    EXPECT_NE(refused_voucher(fmt::format(R"("created_by":{},)", id)), "") << id;
  EXPECT_EQ(refused_voucher(R"("sync_target_systems":"tax",)"),
            "field sync_target_systems: must be an array of texts");
  EXPECT_EQ(refused_voucher(R"("sync_target_systems":[1],)"),
            "field sync_target_systems: must be a text");
  EXPECT_EQ(refused_voucher(R"("sync_target_systems":["tax", "tax"],)"),
            "field sync_target_systems: names tax twice");
  EXPECT_EQ(refusal(parse_voucher(R"({"business_data":[]})")),
            "field business_data: must be an object");
  EXPECT_THAT(refused_voucher(R"("amount":null,)"), HasSubstr("must not be null"));
}

TEST(ParseVoucher, RefusesNumbersThatDoNotFit) {
  for (const std::string_view number :
       {"0", "-1", "1.0", "1e3", "\"1\"", "9223372036854775808", "99999999999999999999"}) {
    EXPECT_THAT(refused_voucher(fmt::format(R"("voucher_id":{},)", number)),
                HasSubstr("field voucher_id: must be an integer from 1"));
    EXPECT_THAT(refused_voucher(fmt::format(R"("source_version":{},)", number)),
                HasSubstr("field source_version: must be an integer from 1"));
  }
  const auto largest = parse_voucher(voucher(R"("voucher_id":9223372036854775807,)"));
  ASSERT_TRUE(largest);
  EXPECT_EQ(largest->voucher_id, 9223372036854775807);
}

TEST(ParseVoucher, TakesAmountsAsTheyAreWritten) {
  for (const std::string_view amount :
       {"100000.00", "0", "-0.10", "1e5", "12345678901234567890123456789012345.10", "\"1024.50\"",
        "\"-7\"", "\"00001.10\""}) {
    const auto parsed = parse_voucher(voucher(fmt::format(R"("amount": {} ,)", amount)));
    ASSERT_TRUE(parsed) << amount;
    EXPECT_THAT(parsed->fields, HasSubstr(fmt::format(R"("amount":{},)", amount)));
  }
  for (const std::string_view amount :
       {R"("")", R"("1,024.50")", R"("1.")", R"(".5")", R"("1e5")", R"("+1")", R"("--1")",
        R"("１")", R"("1 ")", R"("NaN")", R"("¥1")", "true", "[]",
        R"("123456789012345678901234567")", R"("0.1234567890123")"}) {
    EXPECT_THAT(refused_voucher(fmt::format(R"("amount":{},)", amount)),
                HasSubstr("field amount: must be a JSON number"))
        << amount;
  }
}

TEST(ParseVoucher, KnowsTheCalendarAndTheCurrencies) {
  EXPECT_EQ(refused_voucher(R"("voucher_date":"2024-02-29",)"), "");
  for (const std::string_view date : {"2023-02-29", "2026-13-01", "0000-00-00", "2026-1-5",
                                      "2026-01-15 ", "2026-01-15T00:00:00", "15.01.2026", ""}) {
    EXPECT_NE(refused_voucher(fmt::format(R"("voucher_date":"{}",)", date)), "") << date;
  }
  EXPECT_EQ(refused_voucher(R"("currency":"CNY",)"), "");
  for (const std::string_view currency : {"cny", "RMB¥", "CN", "人民币", ""})
    EXPECT_NE(refused_voucher(fmt::format(R"("currency":"{}",)", currency)), "") << currency;
}

TEST(ParseVoucher, RefusesTextsThatCannotBeKeys) {
  const auto module = [](std::string_view text) {
    return refused_voucher(fmt::format(R"("source_module":"{}",)", text));
  };
  EXPECT_EQ(module("l1_contract"), "");
  EXPECT_EQ(module("合同 模块"), "");
  EXPECT_EQ(module(""), "field source_module: must not be empty");
  EXPECT_EQ(module(R"(a\nb)"), "field source_module: must not hold control characters");
  EXPECT_EQ(module(R"(a\u007f)"), "field source_module: must not hold control characters");
  EXPECT_EQ(module(R"(\u0085)"), "field source_module: must not hold control characters");
  EXPECT_EQ(module(R"(a\u0000)"), "field source_module: must not hold NUL");
  EXPECT_EQ(module(R"(a\ud800)"), "field source_module: holds a lone surrogate, half a character");
  EXPECT_EQ(module("a "), "field source_module: must not begin or end with a blank");
  EXPECT_EQ(module(std::string(191, 'a')), "");
  EXPECT_EQ(module(std::string(192, 'a')), "field source_module: is longer than 191 bytes");
  EXPECT_EQ(refused_voucher(R"("summary":"line\nline",)"), "");
  EXPECT_EQ(refused_voucher(R"("summary":"\u0000",)"), "field summary: must not hold NUL");
}

TEST(ParseVoucher, CountsLettersWhereItIsNoKey) {
  std::string name;
  for (int i = 0; i < 255; ++i) name += "示";
  EXPECT_EQ(refused_voucher(fmt::format(R"("counterparty_name":"{}",)", name)), "");
  EXPECT_EQ(refused_voucher(fmt::format(R"("counterparty_name":"{}示",)", name)),
            "field counterparty_name: is longer than 255 characters");
}

TEST(ParseVoucher, RefusesWhatIsNoEventType) {
  const auto of_type = [](std::string_view type) {
    return refusal(parse_event(
        fmt::format(R"({{"event":"{}","source_system":"s","source_id":1,"data":{{}}}})", type)));
  };
  EXPECT_EQ(of_type("invoice.recorded"), "");
  EXPECT_EQ(of_type("l1:confirmed-2_b"), "");
  for (const std::string_view type : {"", "a b", "*", "invoice.*", "事件", R"(a\"b)", "a/b"})
    EXPECT_NE(of_type(type), "") << type;
  EXPECT_NE(of_type(std::string(129, 'a')), "");
}

TEST(ParseVoucher, ReadsWhatIdentifiesAndRoutes) {
  const auto parsed = parse_voucher(
      voucher(R"("voucher_no":"V1","source_module":null,"company_id":7,"source_version":3,)"
              R"("sync_target_systems":["tax","warehouse"],)"));
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->is_voucher);
  EXPECT_EQ(parsed->event_type, "l1_confirmed");
  EXPECT_EQ(parsed->source_system, "settlement");
  EXPECT_EQ(parsed->source_type, "purchase_goods");
  EXPECT_EQ(parsed->source_id, "12345");
  EXPECT_EQ(parsed->source_version, 3);
  EXPECT_EQ(parsed->voucher_id, std::nullopt);
  EXPECT_EQ(parsed->voucher_no, "V1");
  EXPECT_EQ(parsed->company_id, "7");
  EXPECT_EQ(parsed->source_module, "");
  EXPECT_THAT(parsed->target_systems, ElementsAre("tax", "warehouse"));
  EXPECT_EQ(parsed->data, R"({"n":1.00})");
}

TEST(ParseVoucher, KeepsTheDigitsOfALongId) {
  const auto parsed =
      parse_voucher(R"({"event_type":"a","source_system":"s","source_type":"t",)"
                    R"("source_id":12345678901234567890123456789,"business_data":{}})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->source_id, "12345678901234567890123456789");
}

TEST(ParseVoucher, WithoutTargetSystemsItIsForAll) {
  for (const std::string_view none :
       {"", R"("sync_target_systems":null,)", R"("sync_target_systems":[ ],)"}) {
    const auto parsed = parse_voucher(voucher(none));
    ASSERT_TRUE(parsed);
    EXPECT_THAT(parsed->target_systems, IsEmpty());
  }
}

TEST(ContentHash, ChangesWithTheContentAlone) {
  const auto hash = [](std::string_view json) { return parse_voucher(json)->content_hash; };
  const std::string original = hash(voucher(R"("amount":1.00,"summary":"a b",)"));
  EXPECT_EQ(original.size(), 64U);
  EXPECT_EQ(hash(voucher(R"( "amount" : 1.00 ,"summary":"a b",)")), original);
  EXPECT_EQ(hash(voucher(R"("summary":"a b","amount":1.00,)")), original);
  EXPECT_EQ(hash(voucher(R"("amount":1.00,"summary":"a b","source_version":7,)")), original);
  EXPECT_NE(hash(voucher(R"("amount":1.0,"summary":"a b",)")), original);
  EXPECT_NE(hash(voucher(R"("amount":1.00,"summary":"ab",)")), original);
  EXPECT_NE(hash(voucher(R"("amount":1.00,"summary":"a b","status":"x",)")), original);
}

TEST(ContentHash, TakesBothNamesOfTheEventForOne) {
  const std::string under_event = event();
  std::string under_event_type = under_event;
  under_event_type.replace(under_event_type.find("event"), 5, "event_type");
  EXPECT_EQ(parse_event(under_event)->content_hash, parse_event(under_event_type)->content_hash);
}

TEST(ParseEvent, NamesWhatIsMissing) {
  EXPECT_EQ(refusal(parse_event("{}")), "field event is missing");
  EXPECT_EQ(refusal(parse_event(R"({"event":"a"})")), "field source_system is missing");
  EXPECT_EQ(refusal(parse_event(R"({"event":"a","source_system":"s"})")),
            "field source_id is missing");
  EXPECT_EQ(refusal(parse_event(R"({"event":"a","source_system":"s","source_id":1})")),
            "field data is missing");
}

TEST(ParseEvent, RefusesTwoNames) {
  EXPECT_EQ(refused_event(R"("event_type":"b",)"), "field event_type stands there twice");
  EXPECT_EQ(refused_event(R"("event":"b",)"), "field event stands there twice");
}

TEST(ParseEvent, RefusesWhatWouldGetLostAmongTheOthers) {
  EXPECT_EQ(refused_event(R"("source_verison":1,)"),
            "unknown field source_verison (did you mean source_version?)");
  EXPECT_EQ(refused_event(R"("target_systems":["tax"],)"),
            "unknown field target_systems (did you mean sync_target_systems?)");
  EXPECT_EQ(refused_event(R"("business_data":{},)"),
            "unknown field business_data (did you mean data?)");
  EXPECT_EQ(refused_event(R"("voucher_id":1,)"), "unknown field voucher_id");
  EXPECT_EQ(refused_event(R"("lines":[1],)"), "field lines: objects and arrays belong into data");
  EXPECT_THAT(refused_event(R"("a\"b":1,)"), HasSubstr("letters, digits and underscores"));
  EXPECT_THAT(refused_event(R"("":1,)"), HasSubstr("letters, digits and underscores"));
  EXPECT_EQ(refused_event(R"("source_version":0,)"),
            "field source_version: must be an integer from 1 to 9223372036854775807");
}

TEST(ParseEvent, CarriesFurtherMembersBesideTheSource) {
  const auto parsed = parse_event(event(R"("company_id":7,"region":"华东","urgent": true ,)"));
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->is_voucher);
  EXPECT_EQ(parsed->company_id, "7");
  EXPECT_EQ(event_body(*parsed, {.source_version = 2}, accepted_at),
            R"({"event":"supplier.changed","data":{"name":"上海示例公司"},"source":)"
            R"({"company_id":7,"region":"华东","urgent":true,"source_system":"settlement",)"
            R"("source_id":"88","source_type":"supplier.changed"},"type":"supplier.changed",)"
            R"("timestamp":"2026-01-15T08:30:00.000000Z","source_version":2})");
}

TEST(ParseEvent, NeedsASourceTypeBesideALongName) {
  const std::string name(65, 'a');
  const auto json = [&](std::string_view further) {
    return fmt::format(R"({{{}"event":"{}","source_system":"s","source_id":1,"data":{{}}}})",
                       further, name);
  };
  EXPECT_THAT(refusal(parse_event(json(""))), HasSubstr("source_type is missing"));
  EXPECT_EQ(refusal(parse_event(json(R"("source_type":"t",)"))), "");
}

TEST(EventBody, IsTheGoldenOneToTheByte) {
  const auto parsed = parse_voucher(example("voucher.json"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(event_body(*parsed, {.source_version = 1, .voucher_id = 1001}, accepted_at),
            example("event.json"));
}

TEST(EventBody, OfAnEventWithoutVoucherIsTheGoldenOneToo) {
  const auto parsed = parse_event(
      R"({"event":"supplier.changed","source_system":"settlement","source_type":"supplier",)"
      R"("source_id":88,"data":{"supplier_id":88,"name":"上海示例公司"}})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(event_body(*parsed, {.source_version = 2}, accepted_at + std::chrono::minutes{1}),
            example("event-without-voucher.json"));
}

TEST(EventBody, BringsTheGeneratedNumberAndKeepsTheDataByteForByte) {
  const auto parsed = parse_voucher(
      R"({ "event_type" : "a" , "source_system":"s","source_type":"t","source_id":"x\"y",)"
      "\n\"business_data\": {\"b\" : 1.10,\t\"a\":[ ], \"b\":\"\\u4e2d\"} }");
  ASSERT_TRUE(parsed);
  const std::string body =
      event_body(*parsed, {.source_version = 1, .voucher_id = 7, .voucher_no = "V20260115-000001"},
                 WallTime{std::chrono::microseconds{1}});
  EXPECT_EQ(body,
            "{\"event\":\"a\",\"voucher_id\":7,"
            "\"data\":{\"b\" : 1.10,\t\"a\":[ ], \"b\":\"\\u4e2d\"},"
            "\"voucher\":{\"voucher_no\":\"V20260115-000001\",\"source_system\":\"s\","
            "\"source_type\":\"t\",\"source_id\":\"x\\\"y\"},\"type\":\"a\","
            "\"timestamp\":\"1970-01-01T00:00:00.000001Z\",\"source_version\":1}");
  EXPECT_FALSE(check_json(body));
}

}  // namespace
}  // namespace tidemark::relay
