#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sql/connection.h"

namespace tidemark::testing_database {

/// The variable with a server's URL; empty for SQLite.
struct Server {
  std::string name;
  std::string variable;
};

/// SQLite in a temporary folder, MariaDB and PostgreSQL as tests/servers.py starts them.
[[nodiscard]] inline std::vector<Server> all_servers() {
  return {{"SQLite", ""},
          {"MariaDB", "TIDEMARK_TEST_MARIADB_URL"},
          {"PostgreSQL", "TIDEMARK_TEST_POSTGRES_URL"}};
}

[[nodiscard]] inline std::string name_of(const ::testing::TestParamInfo<Server>& info) {
  return info.param.name;
}

/// An empty database of its own for each test, and a connection to it. Skipped, and saying so, for
/// a server whose variable is not set.
class EachDatabase : public ::testing::TestWithParam<Server> {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    if (GetParam().variable.empty()) {
      url_ = *sql::Url::parse("sqlite:" + (folder_ / "test.db").string());
      open({.create = true});
      return;
    }
    const char* url = std::getenv(GetParam().variable.c_str());
    if (url == nullptr) GTEST_SKIP() << GetParam().variable << " is not set: start through ./test";
    url_ = *sql::Url::parse(url);
    static int counter = 0;
    database_ = "samples_" + std::to_string(::getpid()) + "_" + std::to_string(counter++);
    open({});
    run("CREATE DATABASE " + database_);
    std::swap(outside_, connection_);
    url_.database = database_;
    open({});
  }

  void TearDown() override {
    connection_.reset();
    if (outside_) {
      connection_ = std::move(outside_);
      run("DROP DATABASE " + database_);
    }
    std::filesystem::remove_all(folder_);
  }

  [[nodiscard]] sql::Connection& db() { return *connection_; }
  /// For further connections to the same database.
  [[nodiscard]] const sql::Url& url() const { return url_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

  void run(const std::string& sql, const sql::Values& params = {}) {
    const Result<std::int64_t> done = connection_->execute(sql, params);
    ASSERT_TRUE(done) << sql << ": " << done.error().what.en;
  }

  [[nodiscard]] std::string value(const std::string& sql, const sql::Values& params = {}) {
    Result<std::optional<std::string>> value = sql::query_value(*connection_, sql, params);
    if (!value) return "error: " + value.error().what.en;
    return value->value_or("NULL");
  }

 private:
  void open(const sql::ConnectOptions& options) {
    Result<std::unique_ptr<sql::Connection>> connection = sql::connect(url_, options);
    ASSERT_TRUE(connection) << connection.error().what.en;
    connection_ = std::move(*connection);
  }

  std::filesystem::path folder_;
  sql::Url url_;
  std::string database_;
  std::unique_ptr<sql::Connection> outside_;
  std::unique_ptr<sql::Connection> connection_;
};

}  // namespace tidemark::testing_database
