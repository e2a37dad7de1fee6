#include "bench/hub/voucher.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tidemark::bench {
namespace {

constexpr std::string_view id_mark = R"("source_id":")";
constexpr std::string_view event_mark = R"("bench_event":)";
constexpr std::string_view sent_mark = R"("bench_sent":)";
constexpr std::size_t event_digits = 10;
constexpr std::size_t sent_digits = 20;

template <class Number>
bool find_number(std::string_view body, std::string_view mark, Number& number) {
  const std::size_t at = body.find(mark);
  if (at == std::string_view::npos) return false;
  body.remove_prefix(at + mark.size());
  body.remove_prefix(
      std::min(body.find_first_not_of(" \""), body.size()));  // Python writes a blank.
  return std::from_chars(body.data(), body.data() + body.size(), number).ec == std::errc{};
}

}  // namespace

Voucher::Voucher(std::string_view source) {
  text_ = fmt::format(
      R"({{"event_type":"l1_confirmed","source_system":"{}","source_module":"l1_contract",)"
      R"("source_type":"purchase_goods","source_id":"{:010}","source_reference_no":"L1-20260115",)"
      R"("company_id":3,"counterparty_type":"supplier","counterparty_id":88,)"
      R"("counterparty_name":"上海示例公司","direction":"debit","amount":"100000.00",)"
      R"("currency":"CNY","summary":"采购交付合同","status":"approved",)"
      R"("business_data":{{"bench_event":"{:010}","bench_sent":"{:020}","items":[)",
      source, 0, 0, 0);
  for (int line = 0; line < 6; ++line)
    text_ += fmt::format(
        R"({}{{"sku":"SKU-{:06}","name":"示例商品","quantity":12,"unit_price":"1388.{:02}"}})",
        line == 0 ? "" : ",", line * 7919, line);
  text_ += "]}}";
  id_at_ = text_.find(id_mark) + id_mark.size();
  event_at_ = text_.find(event_mark) + event_mark.size() + 1;
  sent_at_ = text_.find(sent_mark) + sent_mark.size() + 1;
}

std::string_view Voucher::text(std::uint64_t event, std::int64_t sent_ns) {
  put(id_at_, event, event_digits);
  put(event_at_, event, event_digits);
  put(sent_at_, static_cast<std::uint64_t>(sent_ns), sent_digits);
  return text_;
}

void Voucher::put(std::size_t at, std::uint64_t number, std::size_t digits) {
  for (std::size_t i = digits; i-- > 0; number /= 10)
    text_[at + i] = static_cast<char>('0' + number % 10);
}

bool find_marks(std::string_view body, std::uint64_t& event, std::int64_t& sent_ns) {
  return find_number(body, event_mark, event) && find_number(body, sent_mark, sent_ns);
}

}  // namespace tidemark::bench
