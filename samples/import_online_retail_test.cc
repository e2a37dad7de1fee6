#include "samples/import_online_retail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "samples/country_names.h"
#include "samples/text_file.h"
#include "tests/public_data.h"

namespace tidemark::samples {
namespace {

constexpr std::string_view header =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

Result<std::vector<Invoice>> import(const std::string& lines) {
  const std::string text = std::string(header) + lines;
  OnlineRetailInvoices source(text_source(text), {.tenant = "shop"});
  std::vector<Invoice> invoices;
  Invoice invoice;
  while (true) {
    Result<bool> more = source.next(invoice);
    if (!more) return fail(std::move(more));
    if (!*more) return invoices;
    invoices.push_back(invoice);
  }
}

TEST(OnlineRetail, MakesOneDocumentOfAnInvoice) {
  const std::vector<Invoice> invoices =
      import(
          "1,85123A,\"HEART, \"\"red\"\"\",6,2010-12-01 08:26:00,2.55,17850,EIRE\n"
          "C2,M,,-1,2010-12-01 08:27:00,0.001,,Unspecified\n"
          "1,POST,POSTAGE ,1,2010-12-01 08:28:00,18.0,17850,EIRE\n")
          .value();
  ASSERT_EQ(invoices.size(), 2U);
  EXPECT_EQ(
      invoices[0].payload,
      R"({"invoice_no":"1","invoice_type":"380","invoice_date":"2010-12-01 08:26:00",)"
      R"("customer_id":"17850","country":"EIRE","country_code":"IE","currency":"GBP",)"
      R"("lines":[{"stock_code":"85123A","description":"HEART, \"red\"","quantity":6,)"
      R"("unit_price":2.55,"amount":15.30},{"stock_code":"POST","description":"POSTAGE ",)"
      R"("quantity":1,"unit_price":18.0,"amount":18.0,"invoice_date":"2010-12-01 08:28:00"}],)"
      R"("totals":{"lines":2,"quantity":7,"amount":33.30}})");
  EXPECT_EQ(invoices[0].tenant, "shop");
  EXPECT_EQ(invoices[0].country, "IE");
  EXPECT_EQ(invoices[0].issue_date.text(), "2010-12-01 08:26:00");
  EXPECT_EQ(invoices[0].update_time->text(), "2010-12-01 08:28:00");
  EXPECT_EQ(invoices[1].number, "C2");
  EXPECT_EQ(invoices[1].country, std::nullopt);
  EXPECT_THAT(invoices[1].payload, testing::HasSubstr(R"("amount":-0.001}})"));
  EXPECT_THAT(invoices[1].payload, testing::HasSubstr(R"("invoice_type":"381")"));
}

TEST(OnlineRetail, RefusesToGuess) {
  for (const char* line :
       {"1,a,b,x,2010-12-01 08:26:00,1,1,EIRE", "1,a,b,1,01/12/2010,1,1,EIRE",
        "1,a,b,1,2010-12-01 08:26:00,1e3,1,EIRE", "1,a,b,1", ",a,b,1,2010-12-01 08:26:00,1,1,EIRE",
        "1,a,\xA3,1,2010-12-01 08:26:00,1,1,EIRE", "1,a,\"b,1"}) {
    const Result<std::vector<Invoice>> invoices = import(std::string(line) + "\n");
    ASSERT_FALSE(invoices) << line;
    EXPECT_EQ(invoices.error().kind, ErrorKind::corrupt);
    EXPECT_THAT(invoices.error().what.en, testing::StartsWith("line 2: "));
  }
  EXPECT_FALSE(
      import("1,a,b,1,2010-12-01 08:26:00,1,1,EIRE\n1,a,b,1,2010-12-01 08:26:00,1,2,EIRE\n"));
  OnlineRetailInvoices none(text_source("a,b\n"), {});
  Invoice invoice;
  EXPECT_THAT(none.next(invoice).error().what.en, testing::HasSubstr("InvoiceNo"));
}

TEST(OnlineRetail, RefusesAnInvoiceThatBeginsAnew) {
  std::string lines;
  const auto line = [](int number) {
    return std::to_string(number) + ",a,b,1,2010-12-01 08:26:00,1,1,EIRE\n";
  };
  for (int i = 0; i < 50; ++i) lines += line(i);
  EXPECT_EQ(import(lines + line(0))->size(), 50U);
  for (int i = 50; i < 200; ++i) lines += line(i);
  EXPECT_FALSE(import(lines + line(0)));
}

TEST(OnlineRetail, KeepsCountriesItDoesNotKnow) {
  const std::string text = std::string(header) + "1,a,b,1,2010-12-01 08:26:00,1,1,Atlantis\n";
  OnlineRetailInvoices source(text_source(text), {});
  Invoice invoice;
  ASSERT_TRUE(source.next(invoice).value());
  EXPECT_EQ(invoice.country, std::nullopt);
  EXPECT_THAT(source.figures().unknown_countries, testing::ElementsAre("Atlantis"));
}

TEST(OnlineRetail, ReadsTheWholeSetExactly) {
  const std::string path = public_data("online-retail/online_retail.csv.gz");
  if (path.empty()) GTEST_SKIP() << "the public data sets are not at ../shared/data";
  OnlineRetailInvoices source(open_text_file(path).value(), {});
  Invoice invoice;
  std::int64_t count = 0;
  while (true) {
    const Result<bool> more = source.next(invoice);
    ASSERT_TRUE(more) << more.error().what.en;
    if (!*more) break;
    EXPECT_EQ(invoice.id, ++count);
  }
  const OnlineRetailFigures& figures = source.figures();
  EXPECT_EQ(figures.invoices, 25'900);
  EXPECT_EQ(figures.lines, 541'909);
  EXPECT_EQ(figures.cancellations, 3'836);
  EXPECT_EQ(figures.amount.text(), "9747747.934");
  EXPECT_EQ(figures.countries.size(), 38U);
  EXPECT_TRUE(figures.unknown_countries.empty());
  for (const auto& [name, invoices] : figures.countries) {
    EXPECT_TRUE(country_code(name)->size() == 2 || name == "Unspecified") << name;
  }
}

TEST(TextFile, UnpacksGzipAndSeesWhenItIsTorn) {
  const std::string path = testing::TempDir() + "tidemark_text_file_test.gz";
  const std::string text(100'000, 'x');
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  const auto read_all = [&]() -> Result<std::size_t> {
    ByteSource source = open_text_file(path).value();
    std::vector<char> buffer(4096);
    std::size_t total = 0;
    while (true) {
      Result<std::size_t> read = source(buffer.data(), buffer.size());
      if (!read) return read;
      if (*read == 0) return total;
      total += *read;
    }
  };
  EXPECT_EQ(read_all().value(), text.size());
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  EXPECT_EQ(read_all().error().kind, ErrorKind::corrupt);
  std::ofstream(path) << "plain";
  EXPECT_EQ(read_all().value(), 5U);
  std::filesystem::remove(path);
  EXPECT_EQ(open_text_file(path).error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace tidemark::samples
