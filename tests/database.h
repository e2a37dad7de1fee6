#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "sql/connection.h"
#include "tests/temporary_folder.h"

namespace tidemark::testing_database {

struct Server {
  std::string name;
  std::string variable;   ///< Environment variable with its URL; empty for SQLite.
  bool required = false;  ///< A test fails, and is not skipped, when the variable is not set.
};

inline void PrintTo(const Server& server, std::ostream* out) { *out << server.name; }

/// SQLite in a temporary folder, MariaDB and PostgreSQL as tests/servers.py starts them.
[[nodiscard]] inline std::vector<Server> all_servers() {
  return {{"SQLite", ""},
          {"MariaDB", "TIDEMARK_TEST_MARIADB_URL"},
          {"PostgreSQL", "TIDEMARK_TEST_POSTGRES_URL"}};
}

[[nodiscard]] inline std::string name_of(const ::testing::TestParamInfo<Server>& info) {
  return info.param.name;
}

/// An empty database of its own for each test, so that tests may run side by side, and a connection
/// to it. A test whose server is not there is skipped or fails, and says so.
class EachDatabase : public ::testing::TestWithParam<Server> {
 protected:
  void SetUp() override {
    if (GetParam().variable.empty()) {
      url_ = sql::Url::parse("sqlite:" + (folder() / "test.db").string()).value();
      open({.create = true});
      return;
    }
    const char* url = std::getenv(GetParam().variable.c_str());
    if (url == nullptr && !GetParam().required) {
      GTEST_SKIP() << GetParam().variable << " is not set: start through ./test";
    }
    ASSERT_NE(url, nullptr) << GetParam().variable << " is not set: start through ./test, or "
                            << "tests/servers.py run -- COMMAND";
    url_ = sql::Url::parse(url).value();
    static int counter = 0;
    database_ = "test_" + std::to_string(::getpid()) + "_" + std::to_string(counter++);
    open({});
    run("CREATE DATABASE " + database_ +
        (url_.dialect == sql::Dialect::mysql ? " CHARACTER SET utf8mb4" : ""));
    url_.database = database_;
    open({});
  }

  void TearDown() override {
    connection_.reset();
    if (database_.empty()) return;
    url_ = sql::Url::parse(std::getenv(GetParam().variable.c_str())).value();
    open({});
    run("DROP DATABASE " + database_ +
        (url_.dialect == sql::Dialect::postgres ? " WITH (FORCE)" : ""));
  }

  [[nodiscard]] sql::Connection& db() { return *connection_; }
  /// For further connections to the same database.
  [[nodiscard]] const sql::Url& url() const { return url_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

  /// Runs a statement that must work.
  void run(const std::string& sql, const sql::Values& params = {}) { run(db(), sql, params); }
  static void run(sql::Connection& connection, const std::string& sql,
                  const sql::Values& params = {}) {
    const Result<std::int64_t> done = connection.execute(sql, params);
    ASSERT_TRUE(done) << sql << ": " << done.error().what.en;
  }

  /// The first value as text, NULL as `NULL`.
  [[nodiscard]] std::string value(const std::string& sql, const sql::Values& params = {}) {
    return value(db(), sql, params);
  }
  [[nodiscard]] static std::string value(sql::Connection& connection, const std::string& sql,
                                         const sql::Values& params = {}) {
    const Result<std::optional<std::string>> found = sql::query_value(connection, sql, params);
    if (!found) return "error: " + found.error().what.en;
    return found->value_or("NULL");
  }

  sql::Url url_;
  std::unique_ptr<sql::Connection> connection_;

 private:
  void open(const sql::ConnectOptions& options) {
    Result<std::unique_ptr<sql::Connection>> connection = sql::connect(url_, options);
    ASSERT_TRUE(connection) << connection.error().what.en;
    connection_ = std::move(*connection);
  }

  TemporaryFolder folder_;
  std::string database_;
};

}  // namespace tidemark::testing_database
