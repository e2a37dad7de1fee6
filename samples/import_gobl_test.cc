#include "samples/import_gobl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/atomic_file.h"
#include "tests/public_data.h"

namespace tidemark::samples {
namespace {

class Gobl : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "tidemark-gobl-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void put(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }

  std::vector<Invoice> read() {
    GoblInvoices source = GoblInvoices::open(folder_, {}).value();
    std::vector<Invoice> all;
    Invoice invoice;
    while (source.next(invoice).value()) all.push_back(invoice);
    figures_ = source.figures();
    return all;
  }

  std::filesystem::path folder_;
  GoblFigures figures_;
};

TEST_F(Gobl, ReadsEnvelopesAndBareDocuments) {
  const std::string envelope =
      "{\"$schema\":\"https://gobl.org/draft-0/envelope\",\n \"doc\":{\"$schema\":"
      "\"https://gobl.org/draft-0/bill/invoice\",\"series\":\"S\",\"code\":\"001\","
      "\"issue_date\":\"2022-02-01\",\"supplier\":{\"name\":\"Müller\",\"tax_id\":{\"country\":"
      "\"de\",\"code\":\"111111125\"}}, \"total\":1.50}}\n";
  put("a/one.json", envelope);
  put("b.json", R"({"$schema":"https://gobl.org/draft-0/bill/invoice","issue_date":"2022-02-02",)"
                R"("supplier":{"name":"Müller","addresses":[{"country":"AT"}]}})");
  const std::vector<Invoice> invoices = read();
  ASSERT_EQ(invoices.size(), 2U);
  EXPECT_EQ(invoices[0].payload, envelope);
  EXPECT_EQ(invoices[0].tenant, "DE111111125");
  EXPECT_EQ(invoices[0].country, "DE");
  EXPECT_EQ(invoices[0].number, "S-001");
  EXPECT_EQ(invoices[0].issue_date.text(), "2022-02-01 00:00:00");
  EXPECT_EQ(invoices[1].tenant, "Müller");
  EXPECT_EQ(invoices[1].country, "AT");
  EXPECT_EQ(invoices[1].number, "b");
  EXPECT_EQ(figures_.without_number, 1);
}

TEST_F(Gobl, SetsAsideWhatIsNoInvoice) {
  put("1.json", "{");
  put("2.json", "[1, 2]");
  put("3.json", "\"\xFF\"");
  put("4.json", R"({"$schema":"https://gobl.org/draft-0/bill/payment"})");
  put("5.json", R"({"$schema":"https://gobl.org/draft-0/bill/invoice","issue_date":7})");
  put("6.json", R"({"$schema":"https://gobl.org/draft-0/envelope","doc":[]})");
  put("readme.txt", "not looked at");
  EXPECT_TRUE(read().empty());
  std::vector<std::string> reasons;
  for (const GoblFigures::Skipped& skipped : figures_.skipped) reasons.push_back(skipped.reason.en);
  EXPECT_THAT(reasons, testing::ElementsAre("not JSON", "not a GOBL document", "not UTF-8",
                                            "bill/payment, not an invoice", "no issue date",
                                            "not a GOBL document"));
  EXPECT_EQ(GoblInvoices::open(folder_ / "none", {}).error().kind, ErrorKind::not_found);
}

TEST_F(Gobl, ReadsThePublishedDocuments) {
  const std::string folder = public_data("e-invoices/gobl-json");
  if (folder.empty()) GTEST_SKIP() << "the public data sets are not at ../shared/data";
  GoblInvoices source = GoblInvoices::open(folder, {}).value();
  Invoice invoice;
  std::set<std::string> countries;
  while (source.next(invoice).value()) {
    countries.insert(invoice.country.value_or(""));
    EXPECT_FALSE(invoice.tenant.empty());
  }
  EXPECT_EQ(source.figures().invoices, 165);
  EXPECT_EQ(source.figures().without_number, 11);
  EXPECT_EQ(source.figures().skipped.size(), 17U);
  EXPECT_GE(countries.size(), 20U);
}

}  // namespace
}  // namespace tidemark::samples
