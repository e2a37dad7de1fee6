#include "tests/contract/contract.h"

#include <unistd.h>

namespace tidemark::sql::contract {

std::vector<Backend> servers() {
  std::vector<Backend> all = {{"MariaDB", "TIDEMARK_TEST_MARIADB_URL"},
                              {"PostgreSQL", "TIDEMARK_TEST_POSTGRES_URL"}};
  if (std::getenv("TIDEMARK_TEST_MYSQL_URL") != nullptr) {
    all.push_back({"MySQL", "TIDEMARK_TEST_MYSQL_URL"});
  }
  return all;
}

std::vector<Backend> backends() {
  std::vector<Backend> all = servers();
  all.insert(all.begin(), Backend{"SQLite", ""});
  return all;
}

std::string name_of(const ::testing::TestParamInfo<Backend>& info) { return info.param.name; }

void Contract::SetUp() {
  if (GetParam().variable.empty()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    url_ = *Url::parse("sqlite:" + (folder_ / "test.db").string());
    Result<std::unique_ptr<Connection>> connection = connect(url_, {.create = true});
    ASSERT_TRUE(connection) << connection.error().what.en;
    connection_ = std::move(*connection);
    return;
  }
  const char* url = std::getenv(GetParam().variable.c_str());
  ASSERT_NE(url, nullptr) << GetParam().variable << " is not set: start this through ./test, or "
                          << "tests/servers.py run -- COMMAND";
  url_ = *Url::parse(url);
  // A database of its own for each test, so that tests may run side by side.
  static int counter = 0;
  database_ = "contract_" + std::to_string(::getpid()) + "_" + std::to_string(counter++);
  {
    Result<std::unique_ptr<Connection>> outside = connect(url_);
    ASSERT_TRUE(outside) << outside.error().what.en;
    run(**outside, "CREATE DATABASE " + database_ +
                       (url_.dialect == Dialect::mysql ? " CHARACTER SET utf8mb4" : ""));
  }
  url_.database = database_;
  connection_ = connect_again();
}

void Contract::TearDown() {
  connection_.reset();
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
  if (database_.empty()) return;
  Url outside_url = *Url::parse(std::getenv(GetParam().variable.c_str()));
  Result<std::unique_ptr<Connection>> outside = connect(outside_url);
  ASSERT_TRUE(outside) << outside.error().what.en;
  run(**outside, "DROP DATABASE " + database_ + (is_postgres() ? " WITH (FORCE)" : ""));
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

void Contract::run(const std::string& sql, const Values& params) { run(db(), sql, params); }

void Contract::run(Connection& connection, const std::string& sql, const Values& params) {
  const Result<std::int64_t> done = connection.execute(sql, params);
  ASSERT_TRUE(done) << sql << ": " << done.error().what.en;
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

std::string Contract::value(const std::string& sql, const Values& params) {
  return value(db(), sql, params);
}

std::string Contract::value(Connection& connection, const std::string& sql, const Values& params) {
  const Result<std::optional<std::string>> found = query_value(connection, sql, params);
  EXPECT_TRUE(found) << sql << ": " << found.error().what.en;
  return found ? found->value_or("NULL") : "";
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
