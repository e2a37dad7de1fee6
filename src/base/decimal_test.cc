#include "base/decimal.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/random.h"

namespace tidemark {
namespace {

Decimal d(std::string_view text) {
  const auto value = Decimal::parse(text);
  EXPECT_TRUE(value) << text;
  return value.value_or(Decimal{});
}

const std::string nines(38, '9');

TEST(Decimal, KeepsItsTextToTheLastZero) {
  for (const char* text :
       {"0", "0.00", "-12.340", "12345678901234567890.123456789012345678", "7", "0.001", "-0.5"}) {
    EXPECT_EQ(d(text).text(), text);
  }
  EXPECT_EQ(d(nines).text(), nines);
  EXPECT_EQ(d("-" + nines).text(), "-" + nines);
  EXPECT_EQ(d("0." + nines).text(), "0." + nines);
}

TEST(Decimal, ReadsTheShortForms) {
  EXPECT_EQ(d(".5").text(), "0.5");
  EXPECT_EQ(d("-.50").text(), "-0.50");
  EXPECT_EQ(d("7.").text(), "7");
  EXPECT_EQ(d("000000000000000000000000000000000000000000001.5").text(), "1.5");
  EXPECT_EQ(d("-0").text(), "0");
}

TEST(Decimal, RefusesWhatIsNoNumberOrDoesNotFit) {
  for (const char* text : {"", "-", ".", "-.", "+1", "1e5", "1,000", " 1", "1 ", "1.2.3", "--1",
                           "0x10", "NaN", "inf", "１"}) {
    EXPECT_FALSE(Decimal::parse(text)) << text;
  }
  EXPECT_FALSE(Decimal::parse(nines + "9"));
  EXPECT_FALSE(Decimal::parse("1." + nines));
  EXPECT_FALSE(Decimal::parse("0." + nines + "0"));
  EXPECT_FALSE(Decimal::parse(std::string_view{"1\0", 2}));
}

TEST(Decimal, IsBuiltFromUnits) {
  EXPECT_EQ(Decimal(1999, 2).text(), "19.99");
  EXPECT_EQ(Decimal(-5, 3).text(), "-0.005");
  EXPECT_EQ(Decimal(std::numeric_limits<std::int64_t>::min(), 0).text(), "-9223372036854775808");
  EXPECT_EQ(Decimal().text(), "0");
}

TEST(Decimal, AddsExactly) {
  EXPECT_EQ(d("0.1").plus(d("0.2"))->text(), "0.3");
  EXPECT_EQ(d("1.005").plus(d("-1"))->text(), "0.005");
  EXPECT_EQ(d("1").plus(d("2.50"))->text(), "3.50");
  EXPECT_FALSE(d(nines).plus(d("1")));
  EXPECT_FALSE(d(nines).plus(d("0.1")));
  EXPECT_EQ(d(nines).plus(d("-" + nines))->text(), "0");
}

TEST(Decimal, MultipliesExactly) {
  EXPECT_EQ(d("19.99").times(d("3"))->text(), "59.97");
  EXPECT_EQ(d("-0.25").times(d("0.25"))->text(), "-0.0625");
  EXPECT_FALSE(d(nines).times(d("2")));
  EXPECT_FALSE(d(nines).times(d(nines)));
  EXPECT_FALSE(d("0.00000000000000000001").times(d("0.00000000000000000001")));
}

TEST(Decimal, RoundsHalfAwayFromZero) {
  EXPECT_EQ(d("2.345").rounded_to(2)->text(), "2.35");
  EXPECT_EQ(d("-2.345").rounded_to(2)->text(), "-2.35");
  EXPECT_EQ(d("2.3449999").rounded_to(2)->text(), "2.34");
  EXPECT_EQ(d("0.5").rounded_to(0)->text(), "1");
  EXPECT_EQ(d("-0.4").rounded_to(0)->text(), "0");
  EXPECT_EQ(d("9.999").rounded_to(1)->text(), "10.0");
  EXPECT_EQ(d("7").rounded_to(2)->text(), "7.00");
  EXPECT_EQ(d("0." + nines).rounded_to(0)->text(), "1");
  EXPECT_FALSE(d(nines).rounded_to(1));
  EXPECT_FALSE(d("1").rounded_to(-1));
  EXPECT_FALSE(d("0").rounded_to(39));
}

TEST(Decimal, ComparesByValue) {
  EXPECT_EQ(d("1.0"), d("1.00"));
  EXPECT_EQ(d("0"), d("-0.000"));
  EXPECT_LT(d("-1.5"), d("-0.7"));
  EXPECT_LT(d("-0.5"), d("0.3"));
  EXPECT_GT(d(nines), d("0." + nines));
  EXPECT_LT(d("-" + nines), d("-0." + nines));
  EXPECT_LT(d("0." + nines), d("1"));
  EXPECT_TRUE(d("-0.01").negative());
  EXPECT_FALSE(d("-0.00").negative());
}

TEST(Decimal, AgreesWithIntegersOnRandomNumbers) {
  SeededRandom random{42};
  for (int i = 0; i < 10'000; ++i) {
    const auto a = static_cast<std::int64_t>(random.below(2'000'000)) - 1'000'000;
    const auto b = static_cast<std::int64_t>(random.below(2'000'000)) - 1'000'000;
    const Decimal x{a, 3}, y{b, 3};
    ASSERT_EQ(x <=> y, a <=> b) << a << ' ' << b;
    ASSERT_EQ(x.plus(y)->text(), Decimal(a + b, 3).text()) << a << ' ' << b;
    ASSERT_EQ(x.times(y)->text(), Decimal(a * b, 6).text()) << a << ' ' << b;
    ASSERT_EQ(Decimal::parse(x.text()), x);
  }
}

}  // namespace
}  // namespace tidemark
