#include "relay/receive/received_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::receive {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view voucher_event =
    R"({"event":"invoice.recorded","voucher_id":7,"data":{"invoice_id":5,"invoice_no":"F-1","amount":100000.00},)"
    R"("voucher":{"voucher_no":"V1","source_system":"settlement","source_type":"invoice","source_id":12345,)"
    R"("currency":"CNY","amount":"1.00","counterparty_name":"上海"},"type":"invoice.recorded",)"
    R"("timestamp":"2026-01-15T08:30:00.000000Z","source_version":3})";

std::string with(std::string_view from, std::string_view to) {
  std::string text(voucher_event);
  text.replace(text.find(from), from.size(), to);
  return text;
}

std::string refusal(std::string_view body) {
  const Result<ReceivedEvent> event = parse_event("msg_1", body);
  return event ? "accepted" : event.error().what.en;
}

TEST(ReceivedEvent, ReadsAVoucher) {
  const Result<ReceivedEvent> event = parse_event("msg_1", voucher_event);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->id, "msg_1");
  EXPECT_EQ(event->event_type, "invoice.recorded");
  EXPECT_EQ(event->source_system, "settlement");
  EXPECT_EQ(event->source_type, "invoice");
  EXPECT_EQ(event->source_id, "12345");
  EXPECT_EQ(event->source_version, 3);
  EXPECT_EQ(event->voucher_id, 7);
  EXPECT_EQ(event->body, voucher_event);
  ASSERT_TRUE(event->invoice.has_value());
  EXPECT_EQ(event->invoice->invoice_id, 5);
  EXPECT_EQ(event->invoice->amount, "100000.00");  // Of `data`, as it was written.
  EXPECT_EQ(event->invoice->currency, "CNY");      // Of `voucher`.
  EXPECT_EQ(event->invoice->counterparty_name, "上海");
  EXPECT_EQ(event->invoice->issue_date, std::nullopt);
}

TEST(ReceivedEvent, ReadsAnEventWithoutAVoucher) {
  const Result<ReceivedEvent> event = parse_event(
      "msg_2",
      R"({"event":"supplier.changed","data":{"supplier_id":88},"source":{"source_system":"s",)"
      R"("source_type":"supplier","source_id":"88"},"type":"supplier.changed","source_version":2})");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->source_id, "88");
  EXPECT_FALSE(event->invoice.has_value());
  EXPECT_EQ(event->timestamp, "");
}

TEST(ReceivedEvent, SaysWhatIsWrong) {
  EXPECT_THAT(refusal("{"), HasSubstr("no valid JSON"));
  EXPECT_THAT(refusal(""), HasSubstr("no valid JSON"));
  EXPECT_EQ(refusal("[]"), "the body must be an object");
  EXPECT_EQ(refusal("{}"), "data is missing");
  EXPECT_EQ(refusal(R"({"data":[]})"), "data must be an object");
  EXPECT_EQ(refusal(R"({"data":{}})"), "source is missing");
  EXPECT_THAT(refusal(with(R"("source_version":3)", R"("source_version":0)")),
              HasSubstr("source_version must be a whole number"));
  EXPECT_THAT(refusal(with(R"("source_version":3)", R"("source_version":3.0)")),
              HasSubstr("source_version"));
  EXPECT_THAT(refusal(with(R"("source_version":3)", R"("source_version":99999999999999999999)")),
              HasSubstr("source_version"));
  EXPECT_THAT(refusal(with(R"(,"source_version":3)", "")), HasSubstr("source_version is missing"));
  EXPECT_THAT(refusal(with(R"("source_id":12345)", R"("source_id":"")")), HasSubstr("source_id"));
  EXPECT_THAT(refusal(with(R"("source_id":12345)", R"("source_id":null)")), HasSubstr("source_id"));
  EXPECT_THAT(refusal(with(R"("source_id":12345)", R"("source_id":{"a":1})")),
              HasSubstr("source_id"));
  EXPECT_THAT(refusal(with("settlement", std::string(65, 'x'))), HasSubstr("source_system"));
  EXPECT_THAT(refusal(with("settlement", "a\\u0000b")), HasSubstr("source_system"));
  EXPECT_THAT(refusal(with("settlement", "a\\ud800b")), HasSubstr("source_system"));
  EXPECT_THAT(refusal(with("100000.00", "1e5")), HasSubstr("amount must be a decimal number"));
  EXPECT_THAT(refusal(with("100000.00", "\"1,000\"")), HasSubstr("amount"));
  EXPECT_THAT(refusal(with("\"invoice_id\":5", "\"invoice_id\":\"x\"")), HasSubstr("invoice_id"));
  EXPECT_THAT(refusal(with("2026-01-15T08:30:00.000000Z", "yesterday")), HasSubstr("timestamp"));
}

TEST(ReceivedEvent, TheLastOfRepeatedNamesCounts) {
  const Result<ReceivedEvent> event =
      parse_event("m", with(R"("source_version":3)", R"("source_version":3,"source_version":4)"));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->source_version, 4);
}

TEST(ReceivedEvent, NewerIsTheHigherVersionThenTheLaterTime) {
  ReceivedEvent older{.source_version = 9, .timestamp = "2026-01-15T08:30:00.000000Z"};
  ReceivedEvent newer{.source_version = 10, .timestamp = "2026-01-14T08:30:00.000000Z"};
  EXPECT_TRUE(newer.newer_than(older));
  EXPECT_FALSE(older.newer_than(newer));
  newer.source_version = 9;
  EXPECT_FALSE(newer.newer_than(older));
  EXPECT_TRUE(older.newer_than(newer));
  EXPECT_FALSE(older.newer_than(older));
}

TEST(Batch, GivesEachPayloadAsItStands) {
  const std::string body =
      R"({"events":[{"id":"msg_a","sequence":41,"payload":{"x": 1.00}},{"id":"msg_b","payload":{}}]})";
  const auto batch = parse_batch(body);
  ASSERT_TRUE(batch.has_value() && batch->has_value());
  ASSERT_EQ((*batch)->size(), 2U);
  EXPECT_EQ((**batch)[0].id, "msg_a");
  EXPECT_EQ((**batch)[0].sequence, 41);
  EXPECT_EQ((**batch)[0].payload, R"({"x": 1.00})");
  EXPECT_EQ((**batch)[1].sequence, std::nullopt);
}

TEST(Batch, IsToldFromASingleEvent) {
  const auto single = parse_batch(voucher_event);
  ASSERT_TRUE(single.has_value());
  EXPECT_FALSE(single->has_value());
}

TEST(Batch, RefusesWhatIsNone) {
  for (const char* body : {R"({"events":[]})", R"({"events":{}})", R"({"events":[1]})",
                           R"({"events":[{"id":"a.b","payload":{}}]})",
                           R"({"events":[{"id":"a"}]})", R"({"events":[{"payload":{}}]})"})
    EXPECT_FALSE(parse_batch(body).has_value()) << body;
  std::string many = R"({"events":[)";
  for (int i = 0; i < 101; ++i) many += R"({"id":"a","payload":{}},)";
  many.back() = ']';
  EXPECT_FALSE(parse_batch(many + "}").has_value());
}

TEST(EventOfRecord, KeepsWhatWasWritten) {
  const Result<ReceivedEvent> event = event_of_record(
      R"({"voucher_id":7,"voucher_no":"V1","event_id":"msg_9","event_type":"invoice.recorded",)"
      R"("source_system":"settlement","source_type":"invoice","source_id":"12345",)"
      R"("source_version":3,"published_at":"2026-01-15T08:30:00.000000Z","data":{"n":1.50},)"
      R"("voucher":{"voucher_no":"V1","source_system":"settlement","source_type":"invoice",)"
      R"("source_id":12345,"amount":100000.00}})");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->id, "msg_9");
  EXPECT_EQ(
      event->body,
      R"({"event":"invoice.recorded","voucher_id":7,"data":{"n":1.50},"voucher":{"voucher_no":"V1",)"
      R"("source_system":"settlement","source_type":"invoice","source_id":12345,"amount":100000.00},)"
      R"("type":"invoice.recorded","timestamp":"2026-01-15T08:30:00.000000Z","source_version":3})");
  EXPECT_FALSE(event_of_record("{}").has_value());
  EXPECT_FALSE(event_of_record("nonsense").has_value());
}

TEST(EventOfRecord, MayHaveNoVoucher) {
  const Result<ReceivedEvent> event = event_of_record(
      R"({"voucher_id":null,"voucher_no":"","event_id":"msg_9","event_type":"supplier.changed",)"
      R"("source_system":"s","source_type":"supplier","source_id":"88","source_version":1,)"
      R"("published_at":"2026-01-15T08:30:00.000000Z","data":{}})");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->voucher_id, std::nullopt);
  EXPECT_EQ(event->source_id, "88");
}

}  // namespace
}  // namespace tidemark::receive
