#include "cli/redaction.h"

#include <gtest/gtest.h>

#include <vector>

namespace tidemark::cli {
namespace {

TEST(Redaction, HidesPasswordsInUrls) {
  EXPECT_EQ(redacted_url("mysql://root:secret@db:3306/x"), "mysql://root:***@db:3306/x");
  EXPECT_EQ(redacted_url("--source=mysql://root:a@b/c@db/x"), "--source=mysql://root:***@db/x");
  EXPECT_EQ(redacted_url("mysql://root@db:3306/x"), "mysql://root@db:3306/x");
  EXPECT_EQ(redacted_url("sqlite:/var/lib/x.db"), "sqlite:/var/lib/x.db");
}

TEST(Redaction, TheLineCanBePastedIntoAShell) {
  const std::vector<std::string> words = {"export", "invoices", "--tenant", "a b's", ""};
  EXPECT_EQ(redacted_command_line("tidemark", words),
            R"(tidemark export invoices --tenant 'a b'\''s' '')");
}

}  // namespace
}  // namespace tidemark::cli
