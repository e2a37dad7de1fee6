#include "base/shell_word.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

TEST(ShellWord, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(shell_quoted("context/invoices"), "context/invoices");
  EXPECT_EQ(shell_quoted("sqlite:a.db"), "sqlite:a.db");
  EXPECT_EQ(shell_quoted(""), "''");
  EXPECT_EQ(shell_quoted("two words"), "'two words'");
  EXPECT_EQ(shell_quoted("a b's"), R"('a b'\''s')");
  EXPECT_EQ(shell_quoted("$(x);*"), "'$(x);*'");
  EXPECT_EQ(shell_quoted("发票"), "'发票'");
}

TEST(ShellWord, InsideSingleQuotesOnlyTheQuoteItselfIsSpecial) {
  EXPECT_EQ(inside_single_quotes(R"(a\ $b "c" 发票)"), R"(a\ $b "c" 发票)");
  EXPECT_EQ(inside_single_quotes("it's"), R"(it'\''s)");
}

}  // namespace
}  // namespace tidemark
