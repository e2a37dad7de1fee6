#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "base/unique_fd.h"
#include "tests/contract/contract.h"

namespace tidemark::sql::contract {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// Days of work for any server.
constexpr const char* endless = "SELECT count(*) FROM numbers a, numbers b, numbers c, numbers d";

class ContractCancel : public Contract {};
INSTANTIATE_TEST_SUITE_P(Databases, ContractCancel, ::testing::ValuesIn(backends()), name_of);

TEST_P(ContractCancel, StopsARunningStatementFromAnotherThread) {
  make_numbers(2000);
  std::atomic<bool> done = false;
  Result<std::optional<std::string>> result = std::nullopt;
  std::thread worker([&] {
    result = query_value(db(), endless);
    done = true;
  });
  while (!done) {
    db().cancel();
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  worker.join();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::cancelled) << result.error().what.en;
  EXPECT_EQ(value("SELECT count(*) FROM numbers"), "2000");
}

TEST_P(ContractCancel, StopsAStream) {
  make_numbers(3000);
  Result<std::unique_ptr<Cursor>> cursor =
      db().query("SELECT a.n, b.n, c.n FROM numbers a, numbers b, numbers c");
  ASSERT_TRUE(cursor);
  ASSERT_EQ((*cursor)->next(), true);
  db().cancel();
  Result<bool> row = true;
  while (row && *row) row = (*cursor)->next();
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().kind, ErrorKind::cancelled) << row.error().what.en;
  EXPECT_EQ((*cursor)->next(), false);
  cursor->reset();
  EXPECT_EQ(value("SELECT count(*) FROM numbers"), "3000");
}

TEST_P(ContractCancel, IsHarmlessWhenNothingRuns) {
  make_numbers(10);
  db().cancel();
  db().cancel();
  EXPECT_EQ(value("SELECT count(*) FROM numbers"), "10");
}

TEST_P(ContractCancel, AnAbandonedEndlessStreamEndsSoon) {
  make_numbers(3000, 100);
  {
    Result<std::unique_ptr<Cursor>> cursor =
        db().query("SELECT a.n, b.filler FROM numbers a, numbers b, numbers c");
    ASSERT_TRUE(cursor);
    ASSERT_EQ((*cursor)->next(), true);
  }
  EXPECT_EQ(value("SELECT count(*) FROM numbers"), "3000");
}

class ContractBroken : public Contract {
 protected:
  /// Ends our session from another one, as an administrator or a restart does.
  void break_connection() {
    const std::string id = value(is_mysql() ? "SELECT CONNECTION_ID()" : "SELECT pg_backend_pid()");
    const auto other = connect_again();
    run(*other, is_mysql() ? "KILL " + id : "SELECT pg_terminate_backend(" + id + ")");
    // Until it is gone: its rows in the list of sessions.
    const std::string gone =
        is_mysql() ? "SELECT count(*) FROM information_schema.PROCESSLIST WHERE ID = " + id
                   : "SELECT count(*) FROM pg_stat_activity WHERE pid = " + id;
    while (value(*other, gone) != "0") {
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, ContractBroken, ::testing::ValuesIn(servers()), name_of);

TEST_P(ContractBroken, EveryCallSaysUnreachable) {
  make_numbers(1);
  break_connection();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(db().execute("DELETE FROM numbers").error().kind, ErrorKind::unreachable);
    EXPECT_EQ(query_value(db(), "SELECT 1").error().kind, ErrorKind::unreachable);
    EXPECT_EQ(db().begin(Isolation::write).error().kind, ErrorKind::unreachable);
    EXPECT_EQ(db().commit().error().kind, ErrorKind::unreachable);
    EXPECT_EQ(db().now().error().kind, ErrorKind::unreachable);
    EXPECT_EQ(db().describe("numbers").error().kind, ErrorKind::unreachable);
    EXPECT_EQ(db().open_transactions().error().kind, ErrorKind::unreachable);
    ListedRows source({{2, "x"}});
    const std::vector<std::string> columns = {"n", "filler"};
    EXPECT_EQ(db().bulk_insert("numbers", columns, source).error().kind, ErrorKind::unreachable);
    db().rollback();
    db().cancel();
  }
  EXPECT_EQ(value(*connect_again(), "SELECT count(*) FROM numbers"), "1");
}

TEST_P(ContractBroken, AStreamEndsWithAnErrorAndNotEarly) {
  make_numbers(20'000, 1000);  // Far more than the buffers between us and the server hold.
  const auto other = connect_again();
  const std::string id = value(is_mysql() ? "SELECT CONNECTION_ID()" : "SELECT pg_backend_pid()");
  Result<std::unique_ptr<Cursor>> cursor = db().query("SELECT n, filler FROM numbers");
  ASSERT_TRUE(cursor);
  ASSERT_EQ((*cursor)->next(), true);
  run(*other, is_mysql() ? "KILL " + id : "SELECT pg_terminate_backend(" + id + ")");
  Result<bool> row = true;
  int count = 1;
  while (row && *row) {
    row = (*cursor)->next();
    ++count;
  }
  ASSERT_FALSE(row) << "a cut stream must not look complete";
  EXPECT_EQ(row.error().kind, ErrorKind::unreachable) << row.error().what.en;
  EXPECT_LT(count, 20'000);
}

class ContractConnect : public Contract {
 protected:
  static Error refusal(const Url& url, const ConnectOptions& options = {}) {
    Result<std::unique_ptr<Connection>> connection = connect(url, options);
    EXPECT_FALSE(connection);
    return connection ? Error{ErrorKind::io, {}} : connection.error();
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, ContractConnect, ::testing::ValuesIn(servers()), name_of);

TEST_P(ContractConnect, AWrongPasswordIsUnauthorizedAndNotShown) {
  run(is_mysql() ? "CREATE OR REPLACE USER contract_locked IDENTIFIED BY 'right'"
                 : "CREATE ROLE contract_locked LOGIN PASSWORD 'right'");
  Url url = url_;
  url.user = "contract_locked";
  url.password = "opensesame";
  Result<std::unique_ptr<Connection>> connection = connect(url);
  run(is_mysql() ? "DROP USER contract_locked" : "DROP ROLE contract_locked");
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().kind, ErrorKind::unauthorized) << connection.error().what.en;
  EXPECT_THAT(connection.error().what.en, Not(HasSubstr("sesame")));
  EXPECT_THAT(connection.error().what.en, HasSubstr("contract_locked"));
}

TEST_P(ContractConnect, AnUnknownDatabaseIsNotFound) {
  Url url = url_;
  url.database = "no_such_database";
  const Error error = refusal(url);
  EXPECT_EQ(error.kind, ErrorKind::not_found) << error.what.en;
  EXPECT_THAT(error.what.en, HasSubstr("no_such_database"));
}

TEST_P(ContractConnect, AClosedPortIsUnreachable) {
  const UniqueFd unused(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(unused.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  socklen_t length = sizeof address;
  ASSERT_EQ(::getsockname(unused.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  Url url = url_;
  url.port = ntohs(address.sin_port);  // Bound, so nobody else's; not listening, so closed.
  const Error error = refusal(url);
  EXPECT_EQ(error.kind, ErrorKind::unreachable) << error.what.en;
  EXPECT_THAT(error.what.en, HasSubstr(std::to_string(url.port)));
}

TEST_P(ContractConnect, AServerThatSaysNothingIsGivenUp) {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener.get(), 5), 0);
  socklen_t length = sizeof address;
  ASSERT_EQ(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  Url url = url_;
  url.port = ntohs(address.sin_port);
  const Error error = refusal(url, {.connect_timeout = std::chrono::milliseconds{1000}});
  EXPECT_THAT(error.kind, AnyOf(ErrorKind::unreachable, ErrorKind::timeout)) << error.what.en;
}

TEST_P(ContractConnect, RequiredTlsIsNotGivenUpForAServerWithoutIt) {
  Url url = url_;
  url.options["tls"] = "off";
  EXPECT_TRUE(connect(url));
  url.options["tls"] = "prefer";
  EXPECT_TRUE(connect(url));
  for (const char* mode : {"require", "verify"}) {  // The test's own servers have no certificate.
    url.options["tls"] = mode;
    EXPECT_EQ(refusal(url).kind, ErrorKind::unreachable) << mode;
  }
}

}  // namespace
}  // namespace tidemark::sql::contract
