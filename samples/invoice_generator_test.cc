#include "samples/invoice_generator.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/bytes.h"
#include "base/decimal.h"

namespace tidemark::samples {
namespace {

TEST(InvoiceGenerator, GivesTheSameBytesForTheSameSeed) {
  const InvoiceGenerator one({.seed = 7, .count = 100});
  const InvoiceGenerator two({.seed = 7, .count = 100});
  const InvoiceGenerator other({.seed = 8, .count = 100});
  Invoice a;
  Invoice b;
  Invoice c;
  one.make(99, a);
  for (std::int64_t i = 0; i < 100; ++i) {  // Neither order nor reused memory may matter.
    one.make(i, a);
    two.make(i, b);
    other.make(i, c);
    EXPECT_EQ(a.payload, b.payload);
    EXPECT_EQ(a.number, b.number);
    EXPECT_EQ(a.update_time, b.update_time);
    EXPECT_NE(a.payload, c.payload);
  }
}

TEST(InvoiceGenerator, IsTheSameOnEveryMachine) {
  const InvoiceGenerator generator({.seed = 1, .count = 1000});
  Invoice invoice;
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (std::int64_t i = 0; i < 1000; ++i) {
    generator.make(i, invoice);
    for (const std::string& text :
         {invoice.tenant, invoice.country.value_or("-"), invoice.number, invoice.payload,
          invoice.issue_date.text(), invoice.update_time->text()}) {
      for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
      }
    }
  }
  EXPECT_EQ(hash, 822530280761966675U);
}

TEST(InvoiceGenerator, LooksLikeABusiness) {
  constexpr std::int64_t count = 20'000;
  const GeneratorOptions options{.seed = 3, .count = count};
  const InvoiceGenerator generator(options);
  std::map<std::string, int> tenants;
  std::map<std::string, int> countries;
  std::map<std::int64_t, int> statuses;
  std::set<std::string> numbers;
  std::size_t bytes = 0;
  int second_half = 0;
  Invoice invoice;
  for (std::int64_t i = 0; i < count; ++i) {
    generator.make(i, invoice);
    ++tenants[invoice.tenant];
    ++countries[invoice.country.value_or("NULL")];
    ++statuses[invoice.status];
    numbers.insert(invoice.number);
    bytes += invoice.payload.size();
    ASSERT_GE(*invoice.update_time, options.from);
    ASSERT_LE(*invoice.update_time, options.until);
    ASSERT_LE(invoice.issue_date, *invoice.update_time);
    if (*invoice.update_time > *CivilTime::parse("2025-01-01")) ++second_half;
  }
  EXPECT_EQ(tenants.size(), 20U);
  EXPECT_NEAR(tenants["1"], count / 2, count / 50);
  EXPECT_EQ(countries.size(), 16U);  // 14, empty, NULL
  EXPECT_GT(countries["NULL"], 0);
  EXPECT_GT(statuses[3], count * 85 / 100);
  EXPECT_EQ(statuses.size(), 5U);
  EXPECT_EQ(numbers.size(), static_cast<std::size_t>(count));
  EXPECT_NEAR(static_cast<double>(bytes) / count, 2100, 100);
  EXPECT_GT(second_half, count * 60 / 100);
}

/// The text of a number as it stands in the payload: nlohmann would make it a double.
Decimal amount(const std::string& payload, std::size_t from, const std::string& key) {
  const std::size_t at = payload.find("\"" + key + "\":", from) + key.size() + 3;
  return Decimal::parse(payload.substr(at, payload.find_first_of(",}", at) - at)).value();
}

TEST(InvoiceGenerator, AddsUpExactly) {
  const InvoiceGenerator generator({.seed = 5, .count = 2000});
  Invoice invoice;
  for (std::int64_t i = 0; i < 2000; ++i) {
    generator.make(i, invoice);
    const std::string& payload = invoice.payload;
    ASSERT_TRUE(is_utf8(payload));
    const nlohmann::json read = nlohmann::json::parse(payload);
    EXPECT_EQ(read["invoice_no"], invoice.number);
    EXPECT_EQ(read["issue_date"], invoice.issue_date.text().substr(0, 10));
    EXPECT_LE(read["lines"].size(), 20U);

    Decimal net;
    Decimal tax;
    std::size_t at = payload.find("\"lines\":");
    for (std::size_t line = 0; line < read["lines"].size(); ++line) {
      at = payload.find("\"line_no\":", at) + 1;
      const Decimal line_net = amount(payload, at, "net");
      const Decimal line_tax = amount(payload, at, "tax");
      const Decimal product =
          amount(payload, at, "quantity").times(amount(payload, at, "unit_price")).value();
      EXPECT_EQ(line_net, product.rounded_to(line_net.scale()).value()) << payload;
      const Decimal percent = amount(payload, at, "tax_rate").times(Decimal(1, 2)).value();
      EXPECT_EQ(line_tax, line_net.times(percent)->rounded_to(line_net.scale()).value());
      net = net.plus(line_net).value();
      tax = tax.plus(line_tax).value();
    }
    const std::size_t totals = payload.find("\"totals\":");
    EXPECT_EQ(amount(payload, totals, "net"), net);
    EXPECT_EQ(amount(payload, totals, "tax"), tax);
    EXPECT_EQ(amount(payload, totals, "payable"), net.plus(tax).value());
  }
}

TEST(InvoiceGenerator, MakesLateArrivalsAtAStamp) {
  const InvoiceGenerator generator({.seed = 5, .count = 10});
  const CivilTime stamp = *CivilTime::parse("2026-02-03 04:05:06");
  Invoice invoice;
  generator.make_at(1'000'000, stamp, invoice);
  EXPECT_EQ(invoice.id, 1'000'001);
  EXPECT_EQ(invoice.update_time, stamp);
  EXPECT_EQ(invoice.status, 3);
  EXPECT_LE(invoice.issue_date, stamp);
}

}  // namespace
}  // namespace tidemark::samples
