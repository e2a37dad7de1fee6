#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sql/connection.h"

/// What every database behind sql/connection.h must do alike. Each test runs against SQLite,
/// MariaDB and PostgreSQL; against MySQL too if TIDEMARK_TEST_MYSQL_URL is set.
namespace tidemark::sql::contract {

struct Backend {
  std::string name;
  std::string variable;  ///< Environment variable with the URL; empty for SQLite.
};

inline void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }

/// One empty database per test, and a connection to it.
class Contract : public ::testing::TestWithParam<Backend> {
 protected:
  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] bool is(std::string_view backend) const { return GetParam().name == backend; }
  [[nodiscard]] bool is_mysql() const { return dialect() == Dialect::mysql; }
  [[nodiscard]] bool is_postgres() const { return dialect() == Dialect::postgres; }
  [[nodiscard]] bool is_sqlite() const { return dialect() == Dialect::sqlite; }
  [[nodiscard]] Dialect dialect() const { return url_.dialect; }

  [[nodiscard]] std::unique_ptr<Connection> connect_again();
  [[nodiscard]] Connection& db() { return *connection_; }

  /// The dialect's own words for these types.
  [[nodiscard]] std::string blob_type() const;
  [[nodiscard]] std::string long_text_type() const;
  [[nodiscard]] std::string datetime_type(int decimals) const;

  /// Runs a statement that must work.
  void run(const std::string& sql, const Values& params = {});
  void run(Connection& connection, const std::string& sql, const Values& params = {});
  /// All rows as text, NULL as `NULL`.
  [[nodiscard]] std::vector<std::vector<std::string>> rows(const std::string& sql,
                                                           const Values& params = {});
  [[nodiscard]] std::string value(const std::string& sql, const Values& params = {});
  [[nodiscard]] std::string value(Connection& connection, const std::string& sql,
                                  const Values& params = {});
  /// Creates `numbers (n, filler)` with n = 1 … count.
  void make_numbers(int count, int filler_bytes = 0);

  Url url_;
  std::unique_ptr<Connection> connection_;

 private:
  std::filesystem::path folder_;
  std::string database_;
};

/// The backends to run against.
[[nodiscard]] std::vector<Backend> backends();
[[nodiscard]] std::vector<Backend> servers();
[[nodiscard]] std::string name_of(const ::testing::TestParamInfo<Backend>& info);

/// Rows from a list.
class ListedRows final : public RowSource {
 public:
  explicit ListedRows(std::vector<Values> rows) : rows_(std::move(rows)) {}
  [[nodiscard]] Result<bool> next(Values& row) override {
    if (at_ == rows_.size()) return false;
    row = rows_[at_++];
    return true;
  }

 private:
  std::vector<Values> rows_;
  std::size_t at_ = 0;
};

}  // namespace tidemark::sql::contract
