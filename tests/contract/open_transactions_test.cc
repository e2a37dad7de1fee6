#include <thread>

#include "tests/contract/contract.h"

namespace tidemark::sql::contract {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

/// What holds the boundary back. These tests want the server for themselves.
class QuietServer : public Contract {
 protected:
  void SetUp() override {
    Contract::SetUp();
    if (HasFatalFailure()) return;
    run("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, v VARCHAR(20))");
    run("INSERT INTO t VALUES (1, 'old')");
    other_ = connect_again();
    ASSERT_NE(other_, nullptr);
  }
  void TearDown() override {
    other_.reset();
    Contract::TearDown();
  }

  OpenTransactions open() { return open(db()); }
  static OpenTransactions open(Connection& connection) {
    Result<OpenTransactions> found = connection.open_transactions();
    EXPECT_TRUE(found) << found.error().what.en;
    return found ? *found : OpenTransactions{};
  }
  /// Waits until something is open.
  OpenTransactions wait_for_open() {
    for (int i = 0; i < 60; ++i) {
      OpenTransactions found = open();
      if (found.oldest) return found;
      let_lists_catch_up();
    }
    ADD_FAILURE() << "nothing was seen open";
    OpenTransactions nothing;
    nothing.oldest = OpenTransaction{};
    return nothing;
  }
  bool soon_nothing_is_open() {
    for (int i = 0; i < 60; ++i) {
      if (!open().oldest) return true;
      let_lists_catch_up();
    }
    return false;
  }
  /// InnoDB makes its list anew only when nobody has read it for 0.1 s.
  static void let_lists_catch_up() { std::this_thread::sleep_for(milliseconds{200}); }

  std::unique_ptr<Connection> other_;
};

class ContractOpen : public QuietServer {};
INSTANTIATE_TEST_SUITE_P(Databases, ContractOpen, ::testing::ValuesIn(backends()), name_of);

TEST_P(ContractOpen, NothingIsOpenOnAQuietServer) {
  EXPECT_TRUE(soon_nothing_is_open());
  EXPECT_TRUE(open().complete);
  EXPECT_EQ(open().missing_grant, "");
}

class ContractOpenOnServers : public QuietServer {};
INSTANTIATE_TEST_SUITE_P(Databases, ContractOpenOnServers, ::testing::ValuesIn(servers()), name_of);

TEST_P(ContractOpenOnServers, AWriterThatHasNotCommittedCounts) {
  ASSERT_TRUE(soon_nothing_is_open());
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(other_->begin(Isolation::write));
  run(*other_, "UPDATE t SET v = 'new'");
  std::this_thread::sleep_for(milliseconds{1100});
  const OpenTransaction oldest = *wait_for_open().oldest;
  const auto lasted = std::chrono::steady_clock::now() - begun;
  EXPECT_GE(oldest.age, seconds{1});
  EXPECT_LT(oldest.age, lasted + seconds{3});
  EXPECT_FALSE(oldest.start_unknown);
  EXPECT_THAT(oldest.who.en, HasSubstr(url_.user));
  ASSERT_TRUE(other_->commit());
  EXPECT_TRUE(soon_nothing_is_open());
}

TEST_P(ContractOpenOnServers, AgesDoNotDependOnTheSessionsZone) {
  ASSERT_TRUE(other_->begin(Isolation::write));
  run(*other_, "UPDATE t SET v = 'new'");
  for (const char* zone : {"+13:00", "-11:00"}) {
    ASSERT_TRUE(db().set_zone(zone));
    const CivilTime before = *db().now();
    EXPECT_LT(wait_for_open().oldest->age, minutes{1}) << zone;
    EXPECT_LT(*db().now() - before, minutes{1}) << "the zone must be as it was";
  }
  other_->rollback();
}

TEST_P(ContractOpenOnServers, ARunningStatementThatCouldWriteCounts) {
  ASSERT_TRUE(soon_nothing_is_open());
  std::thread writer([this] {
    const std::string slow = is_mysql() ? "SLEEP(2) = 0" : "pg_sleep(2) IS NOT NULL";
    EXPECT_TRUE(other_->execute("UPDATE t SET v = 'new' WHERE id = 1 AND " + slow));
  });
  EXPECT_THAT(wait_for_open().oldest->who.en, HasSubstr("UPDATE t"));
  writer.join();
  EXPECT_TRUE(soon_nothing_is_open());
}

TEST_P(ContractOpenOnServers, WithoutTheGrantItSaysSo) {
  const std::string account = is_mysql() ? "contract_reader@'%'" : "contract_reader";
  if (is_mysql()) {
    run("CREATE OR REPLACE USER " + account + " IDENTIFIED BY 'pw'");
    run("GRANT SELECT ON " + url_.database + ".* TO " + account);
  } else {
    run("CREATE ROLE contract_reader LOGIN PASSWORD 'pw'");
  }
  Url url = url_;
  url.user = "contract_reader";
  url.password = "pw";
  {
    const Result<std::unique_ptr<Connection>> reader = connect(url);
    ASSERT_TRUE(reader) << reader.error().what.en;
    const OpenTransactions seen = open(**reader);
    EXPECT_FALSE(seen.complete);
    EXPECT_EQ(seen.missing_grant, is_mysql() ? "PROCESS" : "pg_read_all_stats");
  }
  run(is_mysql() ? "GRANT PROCESS ON *.* TO " + account
                 : "GRANT pg_read_all_stats TO contract_reader");
  {
    const Result<std::unique_ptr<Connection>> reader = connect(url);
    ASSERT_TRUE(reader);
    ASSERT_TRUE(other_->begin(Isolation::write));
    run(*other_, "UPDATE t SET v = 'new'");
    let_lists_catch_up();
    const OpenTransactions seen = open(**reader);
    EXPECT_TRUE(seen.complete);
    EXPECT_TRUE(seen.oldest);
    other_->rollback();
  }
  run(is_mysql() ? "DROP USER " + account : "DROP ROLE contract_reader");
}

TEST_P(ContractOpenOnServers, APreparedTransactionCountsWithoutItsSession) {
  if (is_mysql()) {
    run(*other_, "XA START 'tidemark'");
    run(*other_, "UPDATE t SET v = 'new'");
    run(*other_, "XA END 'tidemark'");
    run(*other_, "XA PREPARE 'tidemark'");
  } else {
    ASSERT_TRUE(other_->begin(Isolation::write));
    run(*other_, "UPDATE t SET v = 'new'");
    run(*other_, "PREPARE TRANSACTION 'tidemark'");
  }
  other_.reset();
  let_lists_catch_up();
  const OpenTransaction oldest = *wait_for_open().oldest;
  EXPECT_TRUE(oldest.start_unknown);
  EXPECT_THAT(oldest.who.en, HasSubstr("prepared"));
  run(is_mysql() ? "XA ROLLBACK 'tidemark'" : "ROLLBACK PREPARED 'tidemark'");
  EXPECT_TRUE(soon_nothing_is_open());
}

class MysqlOpen : public QuietServer {};
INSTANTIATE_TEST_SUITE_P(Databases, MysqlOpen, ::testing::ValuesIn([] {
                           auto all = servers();
                           std::erase_if(all,
                                         [](const Backend& b) { return b.name == "PostgreSQL"; });
                           return all;
                         }()),
                         name_of);

TEST_P(MysqlOpen, ReadersDoNotCount) {
  ASSERT_TRUE(soon_nothing_is_open());
  // As a dump does it, and as a reader that locks does it.
  run(*other_, "START TRANSACTION WITH CONSISTENT SNAPSHOT");
  EXPECT_EQ(value(*other_, "SELECT v FROM t"), "old");
  const auto third = connect_again();
  ASSERT_TRUE(third->begin(Isolation::write));
  EXPECT_EQ(value(*third, "SELECT v FROM t FOR UPDATE"), "old");
  std::thread reader([this] { EXPECT_EQ(value(*other_, "/* dump */ SELECT SLEEP(1)"), "0"); });
  let_lists_catch_up();
  EXPECT_FALSE(open().oldest) << open().oldest->who.en;
  reader.join();
  other_->rollback();
  third->rollback();
}

TEST_P(MysqlOpen, AStatementThatWaitsForATableLockCounts) {
  ASSERT_TRUE(soon_nothing_is_open());
  const auto locker = connect_again();
  run(*locker, "LOCK TABLES t WRITE");
  std::thread writer([this] { EXPECT_TRUE(other_->execute("UPDATE t SET v = 'new'")); });
  const OpenTransaction oldest = *wait_for_open().oldest;
  EXPECT_THAT(oldest.who.en, HasSubstr("UPDATE t"));
  run(*locker, "UNLOCK TABLES");
  writer.join();
  EXPECT_TRUE(soon_nothing_is_open());
}

TEST_P(MysqlOpen, AManyRowStatementThatWaitsForATableLockCounts) {
  class OneRow final : public RowSource {
   public:
    Result<bool> next(Values& row) override {
      row = {Value(std::int64_t{7}), Value("new")};
      return !std::exchange(given_, true);
    }

   private:
    bool given_ = false;
  };
  ASSERT_TRUE(soon_nothing_is_open());
  const auto locker = connect_again();
  run(*locker, "LOCK TABLES t WRITE");
  std::thread writer([this] {
    OneRow rows;
    const std::array<std::string, 2> columns = {"id", "v"};
    EXPECT_TRUE(other_->bulk_insert("t", columns, rows));
  });
  EXPECT_THAT(wait_for_open().oldest->who.en, HasSubstr("INSERT"));
  run(*locker, "UNLOCK TABLES");
  writer.join();
  EXPECT_TRUE(soon_nothing_is_open());
}

TEST_P(MysqlOpen, AListThatWasReadJustBeforeIsReadAnew) {
  ASSERT_TRUE(soon_nothing_is_open());
  const auto monitor = connect_again();
  const auto asking = connect_again();
  (void)value(*monitor, "SELECT COUNT(*) FROM information_schema.INNODB_TRX");
  ASSERT_TRUE(other_->begin(Isolation::write));
  run(*other_, "UPDATE t SET v = 'new'");
  EXPECT_TRUE(open(*asking).oldest) << "it is in no list that is older than it";
  other_->rollback();
}

class PostgresOpen : public QuietServer {};
INSTANTIATE_TEST_SUITE_P(Databases, PostgresOpen,
                         ::testing::Values(Backend{"PostgreSQL", "TIDEMARK_TEST_POSTGRES_URL",
                                                   true}),
                         name_of);

TEST_P(PostgresOpen, AnIdleTransactionCountsBeforeItWrites) {
  ASSERT_TRUE(soon_nothing_is_open());
  run(*other_, "BEGIN");
  EXPECT_THAT(wait_for_open().oldest->who.en, HasSubstr("idle in transaction"));
  run(*other_, "ROLLBACK");
}

TEST_P(PostgresOpen, AnotherDatabaseDoesNotCount) {
  ASSERT_TRUE(soon_nothing_is_open());
  const auto elsewhere = connect(*Url::parse(std::getenv("TIDEMARK_TEST_POSTGRES_URL")));
  ASSERT_TRUE(elsewhere);
  ASSERT_TRUE((*elsewhere)->begin(Isolation::write));
  let_lists_catch_up();
  EXPECT_FALSE(open().oldest);
  (*elsewhere)->rollback();
}

}  // namespace
}  // namespace tidemark::sql::contract
