#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "sql/connection.h"
#include "tests/database.h"

/// What every database behind sql/connection.h must do alike. Each test runs against SQLite,
/// MariaDB and PostgreSQL; against MySQL too if TIDEMARK_TEST_MYSQL_URL is set.
namespace tidemark::sql::contract {

using Backend = testing_database::Server;

/// One empty database per test, and a connection to it.
class Contract : public testing_database::EachDatabase {
 protected:
  [[nodiscard]] bool is(std::string_view backend) const { return GetParam().name == backend; }
  [[nodiscard]] bool is_mysql() const { return dialect() == Dialect::mysql; }
  [[nodiscard]] bool is_postgres() const { return dialect() == Dialect::postgres; }
  [[nodiscard]] bool is_sqlite() const { return dialect() == Dialect::sqlite; }
  [[nodiscard]] Dialect dialect() const { return url_.dialect; }

  [[nodiscard]] std::unique_ptr<Connection> connect_again();

  /// The dialect's own words for these types.
  [[nodiscard]] std::string blob_type() const;
  [[nodiscard]] std::string long_text_type() const;
  [[nodiscard]] std::string datetime_type(int decimals) const;

  /// All rows as text, NULL as `NULL`.
  [[nodiscard]] std::vector<std::vector<std::string>> rows(const std::string& sql,
                                                           const Values& params = {});
  /// Creates `numbers (n, filler)` with n = 1 … count.
  void make_numbers(int count, int filler_bytes = 0);
};

/// The backends to run against. Without one of the servers its tests fail.
[[nodiscard]] std::vector<Backend> backends();
[[nodiscard]] std::vector<Backend> servers();
using testing_database::name_of;

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
