#include "samples/invoice_payload.h"

#include <array>
#include <span>

#include "base/json_text.h"
#include "samples/text_buffer.h"

namespace tidemark::samples {
namespace {

constexpr int quantity_scale = 3;
constexpr int price_extra_scale = 2;  ///< Some prices are finer than the currency.

std::int64_t power_of_ten(int exponent) {
  std::int64_t power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

/// For values that are not negative.
std::int64_t divide_half_up(std::int64_t value, std::int64_t by) { return (value + by / 2) / by; }

class PayloadWriter {
 public:
  PayloadWriter(SeededRandom& random, const Country& country)
      : random_(random), country_(country), words_(*country.words) {}

  std::string_view write(const Invoice& invoice) {
    const bool credit_note = random_.below(100) < 3;
    sign_ = credit_note ? -1 : 1;
    out_ += R"({"invoice_no":)";
    std::string number;
    append_json_text(number, invoice.number);
    out_ += number;
    out_ += R"(,"invoice_type":")";
    out_ += credit_note ? "381" : "380";
    out_ += R"(","issue_date":")";
    add_date(invoice.issue_date);
    out_ += R"(","due_date":")";
    const std::chrono::hours term{24 * 15 * static_cast<std::int64_t>(random_.below(5))};
    add_date(invoice.issue_date + term);
    out_ += R"(","country":")";
    out_ += country_.code;
    out_ += R"(","currency":")";
    out_ += country_.currency;
    out_ += R"(","status":)";
    out_.add_number(static_cast<std::uint64_t>(invoice.status));
    out_ += R"(,"seller":)";
    party(false);
    out_ += R"(,"buyer":)";
    party(random_.below(100) < 15);
    lines();
    totals();
    payment();
    out_ += R"(,"remark":")";
    if (random_.below(10) < 6) out_ += pick(words_.remarks);
    out_ += R"("})";
    return out_.view();
  }

 private:
  template <class T>
  const T& pick(std::span<const T> from) {
    return from[random_.below(from.size())];
  }

  void add_date(CivilTime time) {
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time.time())};
    out_.add_number(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
    out_ += '-';
    out_.add_number(static_cast<unsigned>(date.month()), 2);
    out_ += '-';
    out_.add_number(static_cast<unsigned>(date.day()), 2);
  }

  void digits(int count) {
    out_.add_number(random_.below(static_cast<std::uint64_t>(power_of_ten(count))),
                    static_cast<std::size_t>(count));
  }

  void person() {
    const std::string_view given = pick(words_.given_names);
    if (words_.family_name_first) {
      out_ += pick(words_.family_names);
      out_ += given;
    } else {
      out_ += given;
      out_ += ' ';
      out_ += pick(words_.family_names);
    }
  }

  void party(bool is_person) {
    out_ += R"({"name":")";
    if (is_person) {
      person();
    } else {
      out_ += pick(words_.company_stems);
      if (!words_.family_name_first) out_ += ' ';
      out_ += pick(words_.company_ends);
      out_ += R"(","tax_id":")";
      out_ += country_.tax_id_front;
      digits(country_.tax_id_digits);
      out_ += R"(","contact":")";
      person();
    }
    out_ += R"(","address":")";
    out_ += pick(words_.cities);
    if (!words_.family_name_first) out_ += ", ";
    out_ += pick(words_.streets);
    if (!words_.family_name_first) out_ += ' ';
    out_.add_number(1 + random_.below(299));
    if (words_.family_name_first) out_ += "号";
    out_ += R"(","phone":"+)";
    digits(11);
    if (!is_person) {
      out_ += R"(","bank_account":")";
      out_ += country_.code;
      digits(18);
    }
    out_ += R"("})";
  }

  void lines() {
    // The square of a uniform draw: many short invoices, few long ones, 1 to 20 lines.
    const std::uint64_t draw = random_.below(1 << 16);
    const std::uint64_t count = 1 + ((draw * draw * 20) >> 32);
    out_ += R"(,"lines":[)";
    for (std::uint64_t number = 1; number <= count; ++number) {
      if (number > 1) out_ += ',';
      line(number);
    }
    out_ += ']';
  }

  void line(std::uint64_t number) {
    const Goods& goods = pick(words_.goods);
    const bool fine_price = random_.below(10) == 0;
    const int price_scale = country_.minor_units + (fine_price ? price_extra_scale : 0);
    std::int64_t price = static_cast<std::int64_t>(
        goods.price_from + random_.below(goods.price_until - goods.price_from));
    if (fine_price) {
      price = price * 100 + static_cast<std::int64_t>(random_.below(100));
    }
    // In thousandths; whole pieces unless the goods are measured.
    const std::int64_t quantity = goods.divisible
                                      ? 250 + 125 * static_cast<std::int64_t>(random_.below(400))
                                      : 1000 * (1 + static_cast<std::int64_t>(random_.below(60)));
    const std::size_t rate_at =
        random_.below(4) == 0 ? random_.below(country_.tax_rates.size()) : 0;
    const std::uint32_t rate = country_.tax_rates[rate_at];

    const std::int64_t net = divide_half_up(price * quantity, fine_price ? 100'000 : 1'000);
    const std::int64_t tax = divide_half_up(net * rate, 10'000);
    net_ += net;
    tax_ += tax;
    net_of_rate_[rate_at] += net;
    tax_of_rate_[rate_at] += tax;

    out_ += R"({"line_no":)";
    out_.add_number(number);
    out_ += R"(,"code":")";
    out_ += goods.code;
    out_ += R"(","name":")";
    out_ += goods.name;
    out_ += R"(","unit":")";
    out_ += goods.unit;
    out_ += R"(","quantity":)";
    out_.add_scaled(sign_ * (goods.divisible ? quantity : quantity / 1000),
                    goods.divisible ? quantity_scale : 0);
    out_ += R"(,"unit_price":)";
    out_.add_scaled(price, static_cast<std::size_t>(price_scale));
    out_ += R"(,"net":)";
    out_.add_scaled(sign_ * net, scale_);
    tax_part(rate, tax);
  }

  /// Category, rate and tax, and the closing brace.
  void tax_part(std::uint32_t rate, std::int64_t tax) {
    out_ += R"(,"tax_category":")";
    out_ += rate == 0 ? 'Z' : 'S';
    out_ += R"(","tax_rate":)";
    out_.add_scaled(rate, 2);
    out_ += R"(,"tax":)";
    out_.add_scaled(sign_ * tax, scale_);
    out_ += '}';
  }

  void totals() {
    out_ += R"(,"tax_breakdown":[)";
    bool first = true;
    for (std::size_t i = 0; i < country_.tax_rates.size(); ++i) {
      if (net_of_rate_[i] == 0) continue;
      out_ += first ? R"({"net":)" : R"(,{"net":)";
      first = false;
      out_.add_scaled(sign_ * net_of_rate_[i], scale_);
      tax_part(country_.tax_rates[i], tax_of_rate_[i]);
    }
    out_ += R"(],"totals":{"net":)";
    out_.add_scaled(sign_ * net_, scale_);
    out_ += R"(,"tax":)";
    out_.add_scaled(sign_ * tax_, scale_);
    out_ += R"(,"payable":)";
    out_.add_scaled(sign_ * (net_ + tax_), scale_);
    out_ += '}';
  }

  void payment() {
    static constexpr std::string_view means[] = {"30", "58", "42", "68", "48", "10"};
    out_ += R"(,"payment":{"means":")";
    out_ += pick(std::span<const std::string_view>(means));
    out_ += R"(","reference":"PO-)";
    digits(8);
    out_ += R"("})";
  }

  SeededRandom& random_;
  const Country& country_;
  const Words& words_;
  TextBuffer out_;
  const std::size_t scale_ = static_cast<std::size_t>(country_.minor_units);
  std::int64_t sign_ = 1;
  std::int64_t net_ = 0;
  std::int64_t tax_ = 0;
  std::array<std::int64_t, 8> net_of_rate_{};
  std::array<std::int64_t, 8> tax_of_rate_{};
};

}  // namespace

void write_payload(SeededRandom& random, const Country& country, Invoice& invoice) {
  invoice.payload = PayloadWriter(random, country).write(invoice);
}

}  // namespace tidemark::samples
