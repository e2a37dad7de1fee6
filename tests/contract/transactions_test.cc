#include "sql/rows.h"
#include "sql/testing_faults.h"
#include "sql/transaction.h"
#include "tests/contract/contract.h"

namespace tidemark::sql::contract {
namespace {

class ContractTransactions : public Contract {
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

  std::unique_ptr<Connection> other_;
};
INSTANTIATE_TEST_SUITE_P(Databases, ContractTransactions, ::testing::ValuesIn(backends()), name_of);

TEST_P(ContractTransactions, CommitMakesVisibleAndRollbackForgets) {
  ASSERT_TRUE(db().begin(Isolation::write));
  run("UPDATE t SET v = 'new'");
  EXPECT_EQ(value(*other_, "SELECT v FROM t"), "old");
  ASSERT_TRUE(db().commit());
  EXPECT_EQ(value(*other_, "SELECT v FROM t"), "new");

  ASSERT_TRUE(db().begin(Isolation::write));
  run("UPDATE t SET v = 'newest'");
  db().rollback();
  EXPECT_EQ(value("SELECT v FROM t"), "new");
  ASSERT_TRUE(db().begin(Isolation::write));  // The connection is as before.
  ASSERT_TRUE(db().commit());
}

TEST_P(ContractTransactions, RollbackWithoutTransactionIsHarmless) {
  db().rollback();
  db().rollback();
  EXPECT_EQ(value("SELECT v FROM t"), "old");
}

TEST_P(ContractTransactions, ASnapshotIsFixedWhenBeginReturns) {
  ASSERT_TRUE(db().begin(Isolation::snapshot));
  run(*other_, "UPDATE t SET v = 'new'");
  run(*other_, "INSERT INTO t VALUES (2, 'more')");
  EXPECT_EQ(value("SELECT v FROM t WHERE id = 1"), "old");
  EXPECT_EQ(value("SELECT count(*) FROM t"), "1");
  ASSERT_TRUE(db().commit());
  EXPECT_EQ(value("SELECT count(*) FROM t"), "2");
}

TEST_P(ContractTransactions, ASnapshotRefusesWrites) {
  ASSERT_TRUE(db().begin(Isolation::snapshot));
  EXPECT_FALSE(db().execute("UPDATE t SET v = 'new'"));
  db().rollback();
  EXPECT_EQ(value("SELECT v FROM t"), "old");
  EXPECT_EQ(db().execute("UPDATE t SET v = 'new'"), 1);
}

TEST_P(ContractTransactions, WritesOutsideATransactionAreCommittedAtOnce) {
  run("UPDATE t SET v = 'new'");
  EXPECT_EQ(value(*other_, "SELECT v FROM t"), "new");
}

TEST_P(ContractTransactions, AnUnfinishedTransactionEndsWithItsConnection) {
  ASSERT_TRUE(other_->begin(Isolation::write));
  run(*other_, "UPDATE t SET v = 'new'");
  other_.reset();
  EXPECT_EQ(value("SELECT v FROM t"), "old");
  EXPECT_EQ(db().execute("UPDATE t SET v = 'mine'"), 1);
}

TEST_P(ContractTransactions, AFailureIsNotCommittedInSilence) {
  ASSERT_TRUE(db().begin(Isolation::write));
  run("INSERT INTO t VALUES (2, 'two')");
  EXPECT_FALSE(db().execute("INSERT INTO t VALUES (1, 'twice')"));
  const Result<void> committed = db().commit();
  // PostgreSQL gives up the whole transaction, the others only the statement.
  EXPECT_EQ(committed.has_value(), !is_postgres());
  EXPECT_EQ(value("SELECT count(*) FROM t"), is_postgres() ? "1" : "2");
}

TEST_P(ContractTransactions, WorkIsThereAsAWhole) {
  const Result<std::int64_t> done = in_transaction(db(), [&] {
    Result<std::int64_t> written = db().execute("UPDATE t SET v = 'new'");
    EXPECT_EQ(value(*other_, "SELECT v FROM t"), "old");
    return written;
  });
  EXPECT_EQ(done, 1);
  EXPECT_EQ(value(*other_, "SELECT v FROM t"), "new");
}

TEST_P(ContractTransactions, NothingIsThereOfWorkThatFails) {
  const auto refused = in_transaction(db(), [&]() -> Result<void> {
    if (Result<void> written = write(db(), "UPDATE t SET v = 'new'"); !written) return written;
    return write(db(), "INSERT INTO t VALUES (1, 'twice')");
  });
  EXPECT_FALSE(refused);
  EXPECT_EQ(value(*other_, "SELECT v FROM t"), "old");
  const auto in_words = in_transaction(db(), [&]() -> Result<void> {
    run("UPDATE t SET v = 'new'");
    return fail(ErrorKind::usage, {"not so", "不行"});
  });
  ASSERT_FALSE(in_words);
  EXPECT_EQ(in_words.error().kind, ErrorKind::usage);
  EXPECT_EQ(value(*other_, "SELECT v FROM t"), "old");
  // The connection is as before.
  EXPECT_TRUE(in_transaction(db(), [&] { return write(db(), "UPDATE t SET v = 'newest'"); }));
  EXPECT_EQ(value(*other_, "SELECT v FROM t"), "newest");
}

TEST_P(ContractTransactions, ACommitThatFailsIsTheErrorOfTheWork) {
  int deadlocks = 1;
  testing::VictimConnection victim(connect_again(), deadlocks);
  const auto change = [&] { return write(victim, "UPDATE t SET v = 'new'"); };
  const Result<void> done = in_transaction(victim, change);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::timeout);
  EXPECT_EQ(value("SELECT v FROM t"), "old");
  EXPECT_TRUE(in_transaction(victim, change));
  EXPECT_EQ(value("SELECT v FROM t"), "new");
}

class ContractBulk : public Contract {
 protected:
  static std::vector<std::string> columns() { return {"id", "txt", "bin"}; }
  void make_table() {
    run("CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, txt " + long_text_type() + ", bin " +
        blob_type() + ")");
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, ContractBulk, ::testing::ValuesIn(backends()), name_of);

TEST_P(ContractBulk, WritesEveryKindOfValue) {
  make_table();
  const std::string nasty = "\\ \\N \\. ' \" \t \n \r \x01 中文 😀 ), (";
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  ListedRows source({{INT64_MAX, nasty, Blob{bytes}},
                     {INT64_MIN, std::string(), Blob{}},
                     {0, std::monostate{}, std::monostate{}},
                     {1, "\\.", Blob{"\\."}}});
  const Result<std::int64_t> written = db().bulk_insert("t", columns(), source);
  ASSERT_TRUE(written) << written.error().what.en;
  EXPECT_EQ(*written, 4);
  const auto all = rows("SELECT id, txt, bin FROM t ORDER BY id");
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0], (std::vector<std::string>{std::to_string(INT64_MIN), "", ""}));
  EXPECT_EQ(all[1], (std::vector<std::string>{"0", "NULL", "NULL"}));
  EXPECT_EQ(all[2], (std::vector<std::string>{"1", "\\.", "\\."}));
  EXPECT_EQ(all[3], (std::vector<std::string>{std::to_string(INT64_MAX), nasty, bytes}));
}

TEST_P(ContractBulk, WritesMoreThanOnePacket) {
  make_table();
  std::vector<Values> list;
  for (int id = 0; id < 5000; ++id) {
    list.push_back({id, std::string(2000 + static_cast<std::size_t>(id % 7), 'x'), Blob{"y"}});
  }
  list.push_back({5000, std::string(6 << 20, 'z'), Blob{}});
  ListedRows source(std::move(list));
  EXPECT_EQ(db().bulk_insert("t", columns(), source), 5001);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "5001");
  EXPECT_EQ(value("SELECT length(txt) FROM t WHERE id = 5000"), std::to_string(6 << 20));
}

TEST_P(ContractBulk, NoRowsAreNoError) {
  make_table();
  ListedRows none({});
  EXPECT_EQ(db().bulk_insert("t", columns(), none), 0);
}

TEST_P(ContractBulk, ByItselfItIsAllOrNothing) {
  make_table();
  ListedRows twice({{1, "a", Blob{}}, {2, "b", Blob{}}, {1, "c", Blob{}}});
  const Result<std::int64_t> written = db().bulk_insert("t", columns(), twice);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::query);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
}

TEST_P(ContractBulk, AFailingSourceWritesNothingAndItsErrorComesBack) {
  class Failing final : public RowSource {
   public:
    Result<bool> next(Values& row) override {
      if (++count_ > 100) return fail(ErrorKind::corrupt, {"line 101", "第 101 行"});
      row = {count_, "x", Blob{}};
      return true;
    }

   private:
    std::int64_t count_ = 0;
  };
  make_table();
  Failing source;
  const Result<std::int64_t> written = db().bulk_insert("t", columns(), source);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::corrupt);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
}

TEST_P(ContractBulk, BelongsToTheCallersTransaction) {
  make_table();
  ASSERT_TRUE(db().begin(Isolation::write));
  ListedRows source({{1, "a", Blob{}}});
  EXPECT_EQ(db().bulk_insert("t", columns(), source), 1);
  db().rollback();
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
}

TEST_P(ContractBulk, RefusesAnUnknownTable) {
  ListedRows source({{1, "a", Blob{}}});
  const Result<std::int64_t> written = db().bulk_insert("no_such_table", columns(), source);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::query);
  EXPECT_EQ(value("SELECT 1"), "1");
}

}  // namespace
}  // namespace tidemark::sql::contract
