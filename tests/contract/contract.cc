#include "tests/contract/contract.h"

#include <cstdlib>

namespace tidemark::sql::contract {

std::vector<Backend> servers() {
  std::vector<Backend> all = {{"MariaDB", "TIDEMARK_TEST_MARIADB_URL", true},
                              {"PostgreSQL", "TIDEMARK_TEST_POSTGRES_URL", true}};
  if (std::getenv("TIDEMARK_TEST_MYSQL_URL") != nullptr) {
    all.push_back({"MySQL", "TIDEMARK_TEST_MYSQL_URL", true});
  }
  return all;
}

std::vector<Backend> backends() {
  std::vector<Backend> all = servers();
  all.insert(all.begin(), Backend{"SQLite", ""});
  return all;
}

std::unique_ptr<Connection> Contract::connect_again() {
  Result<std::unique_ptr<Connection>> connection = connect(url_);
  EXPECT_TRUE(connection) << connection.error().what.en;
  return connection ? std::move(*connection) : nullptr;
}

std::string Contract::blob_type() const {
  return is_mysql() ? "LONGBLOB" : is_postgres() ? "bytea" : "BLOB";
}

std::string Contract::long_text_type() const { return is_mysql() ? "LONGTEXT" : "TEXT"; }

std::string Contract::datetime_type(int decimals) const {
  return (is_postgres() ? "timestamp(" : "DATETIME(") + std::to_string(decimals) + ")";
}

std::vector<std::vector<std::string>> Contract::rows(const std::string& sql, const Values& params) {
  std::vector<std::vector<std::string>> all;
  Result<std::unique_ptr<Cursor>> cursor = db().query(sql, params);
  EXPECT_TRUE(cursor) << sql << ": " << cursor.error().what.en;
  if (!cursor) return all;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    EXPECT_TRUE(row) << sql << ": " << row.error().what.en;
    if (!row || !*row) return all;
    std::vector<std::string> values;
    for (std::size_t i = 0; i < (*cursor)->columns(); ++i) {
      values.emplace_back((*cursor)->at(i).value_or("NULL"));
    }
    all.push_back(std::move(values));
  }
}

void Contract::make_numbers(int count, int filler_bytes) {
  run("CREATE TABLE numbers (n INTEGER NOT NULL PRIMARY KEY, filler " + long_text_type() + ")");
  std::vector<Values> list;
  for (int n = 1; n <= count; ++n) {
    list.push_back({n, std::string(static_cast<std::size_t>(filler_bytes), 'x')});
  }
  ListedRows source(std::move(list));
  const std::vector<std::string> columns = {"n", "filler"};
  const Result<std::int64_t> written = db().bulk_insert("numbers", columns, source);
  ASSERT_TRUE(written) << written.error().what.en;
  ASSERT_EQ(*written, count);
}

}  // namespace tidemark::sql::contract
