#include "cli/redaction.h"

#include <gtest/gtest.h>

#include <vector>

namespace tidemark::cli {
namespace {

TEST(Redaction, HidesPasswordsInUrls) {
  const std::vector<std::string> words = {"mysql://root:secret@db:3306/x",
                                          "--source=mysql://root:a@b/c@db/x",
                                          "mysql://root@db:3306/x", "sqlite:/var/lib/x.db"};
  EXPECT_EQ(redacted_command_line("tidemark", words),
            "tidemark 'mysql://root:***@db:3306/x' '--source=mysql://root:***@db/x' "
            "mysql://root@db:3306/x sqlite:/var/lib/x.db");
}

TEST(Redaction, TheLineCanBePastedIntoAShell) {
  const std::vector<std::string> words = {"export", "invoices", "--tenant", "a b's", ""};
  EXPECT_EQ(redacted_command_line("tidemark", words),
            R"(tidemark export invoices --tenant 'a b'\''s' '')");
}

}  // namespace
}  // namespace tidemark::cli
