#include "samples/import_code_lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "samples/code_lists.h"
#include "samples/reference_data.h"
#include "tests/database.h"
#include "tests/public_data.h"

namespace tidemark::samples {
namespace {

TEST(CodeLists, ReadsTheCurrenciesOfIso4217) {
  const auto list =
      read_iso4217_xml(
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ISO_4217 Pblshd=\"2024\"><CcyTbl>"
          "<CcyNtry><CtryNm>ÅLAND</CtryNm><CcyNm>Euro</CcyNm><Ccy>EUR</Ccy><CcyNbr>978</CcyNbr>"
          "<CcyMnrUnts>2</CcyMnrUnts></CcyNtry>"
          "<CcyNtry><CtryNm>ANTARCTICA</CtryNm><CcyNm>No universal currency</CcyNm></CcyNtry>"
          "<CcyNtry><CcyNm IsFund=\"true\">Gold &amp; more</CcyNm><Ccy>XAU</Ccy><CcyNbr>959"
          "</CcyNbr><CcyMnrUnts>N.A.</CcyMnrUnts></CcyNtry>"
          "<CcyNtry><CcyNm>Euro</CcyNm><Ccy>EUR</Ccy><CcyMnrUnts>2</CcyMnrUnts></CcyNtry>"
          "</CcyTbl></ISO_4217>")
          .value();
  ASSERT_EQ(list.codes.size(), 2U);
  EXPECT_EQ(list.codes[0].code, "EUR");
  EXPECT_EQ(list.codes[0].numeric, "978");
  EXPECT_EQ(list.codes[0].minor_units, 2);
  EXPECT_EQ(list.codes[1].name, "Gold & more");
  EXPECT_EQ(list.codes[1].minor_units, std::nullopt);
}

TEST(CodeLists, RefusesOtherXml) {
  for (const char* xml :
       {"", "<a/>", "<ISO_4217>", "<ISO_4217></b>",
        "<ISO_4217><CcyNtry><Ccy>X</Ccy><CcyMnrUnts>two</CcyMnrUnts></CcyNtry></ISO_4217>",
        "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><ISO_4217>&b;</ISO_4217>"}) {
    EXPECT_EQ(read_iso4217_xml(xml).error().kind, ErrorKind::corrupt) << xml;
  }
}

TEST(CodeLists, ReadsCsvByItsHeader) {
  const auto currencies =
      read_iso4217_csv(text_source("Entity,Currency,AlphabeticCode,NumericCode,MinorUnit,"
                                   "WithdrawalDate\nA,Euro,EUR,978,2,\nB,Euro,EUR,978,2,\n"
                                   "C,Gold,XAU,959,-,\nD,Old,OLD,1,,1999-12\nE,None,,,,\n"))
          .value();
  ASSERT_EQ(currencies.codes.size(), 2U);
  EXPECT_EQ(currencies.withdrawn, 1);
  EXPECT_EQ(currencies.codes[1].minor_units, std::nullopt);
  const auto units = read_rec20_csv(text_source("Status,CommonCode,Name,Symbol\n,KGM,kilogram,kg\n"
                                                "X,05,lift,\nD,14,shot,\n|,C62,one,\n"))
                         .value();
  ASSERT_EQ(units.codes.size(), 2U);
  EXPECT_EQ(units.withdrawn, 2);
  EXPECT_EQ(units.codes[0].symbol, "kg");
  EXPECT_EQ(read_rec21_csv(text_source("Status,Code,Name\n,BX,Box\n"))->codes[0].code, "XBX");
  EXPECT_FALSE(read_rec20_csv(text_source("Status,Name\n")));
  EXPECT_FALSE(read_rec20_csv(text_source("Status,CommonCode,Name,Symbol\n,KGM\n")));
  EXPECT_FALSE(read_rec20_csv(text_source("")));
}

TEST(CodeLists, ReadsJson) {
  const auto types = read_untdid(R"({"extensions":[{"key":"a","values":[{"code":"380","name":)"
                                 R"({"en":"Invoice"}}]}]})",
                                 "a")
                         .value();
  EXPECT_EQ(types.codes[0].name, "Invoice");
  EXPECT_EQ(read_gobl_currencies(R"([{"iso_code":"EUR","symbol":"€","subunits":2}])")
                ->codes[0]
                .minor_units,
            2);
  for (const char* json :
       {"", "{", "[]", R"({"extensions":[{"key":"a","values":[{}]}]})", "\xFF"}) {
    EXPECT_FALSE(read_untdid(json, "a")) << json;
  }
  EXPECT_FALSE(read_gobl_currencies("{}"));
  EXPECT_FALSE(read_gobl_currencies("[1]"));
}

class ImportCodeLists : public testing_database::EachDatabase {};

TEST_P(ImportCodeLists, FillsWhatItFinds) {
  std::ofstream(folder() / "units-of-measure.csv")
      << "Status,CommonCode,Name,Symbol\n,KGM,kilogram,kg\n,C62,one,\n";
  const Result<CodeListFigures> read =
      import_code_lists(db(), folder(), {.countries = {"CN", "DE"}});
  ASSERT_TRUE(read) << read.error().what.en;
  EXPECT_EQ(read->rows, 4);
  EXPECT_EQ(read->codes.at("t_uom_code"), 2);
  EXPECT_EQ(value("SELECT name_zh FROM t_uom_code WHERE code = 'KGM' AND country_code = 'DE'"),
            "千克");
  const Result<CodeListFigures> again = import_code_lists(db(), folder(), {});
  EXPECT_EQ(again.error().kind, ErrorKind::usage);
  EXPECT_TRUE(import_code_lists(db(), folder(), {.if_not_empty = IfNotEmpty::replace}));
  EXPECT_EQ(value("SELECT COUNT(*) FROM t_uom_code WHERE country_code IS NULL"), "2");
}

TEST_P(ImportCodeLists, NamesTheFileThatIsBroken) {
  EXPECT_EQ(import_code_lists(db(), folder() / "none", {}).error().kind, ErrorKind::not_found);
  EXPECT_EQ(import_code_lists(db(), folder(), {}).error().kind, ErrorKind::not_found);
  std::ofstream(folder() / "untdid.json") << "{}";
  const Result<CodeListFigures> read = import_code_lists(db(), folder(), {});
  EXPECT_EQ(read.error().kind, ErrorKind::corrupt);
  EXPECT_THAT(read.error().what.en, testing::HasSubstr("untdid.json: "));
}

TEST_P(ImportCodeLists, ReadsThePublishedLists) {
  const std::string lists = public_data("code-lists");
  if (lists.empty()) GTEST_SKIP() << "the public data sets are not at ../shared/data";
  ASSERT_GT(create_reference_data(db(), false).value(), 0);
  const Result<CodeListFigures> read =
      import_code_lists(db(), lists, {.if_not_empty = IfNotEmpty::replace});
  ASSERT_TRUE(read) << read.error().what.en;
  EXPECT_EQ(read->codes, (std::map<std::string, std::int64_t>{{"t_currency", 179},
                                                              {"t_invoice_type", 61},
                                                              {"t_payment_means", 84},
                                                              {"t_tax_category_code", 21},
                                                              {"t_uom_code", 2161}}));
  EXPECT_EQ(read->withdrawn, 381);  // 380 units, and the package SX.
  EXPECT_EQ(value("SELECT minor_units FROM t_currency WHERE code = 'CLF'"), "4");
  EXPECT_EQ(value("SELECT minor_units FROM t_currency WHERE code = 'XAU'"), "NULL");
  EXPECT_EQ(value("SELECT symbol FROM t_currency WHERE code = 'EUR'"), "€");
}

INSTANTIATE_TEST_SUITE_P(Databases, ImportCodeLists,
                         ::testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::samples
