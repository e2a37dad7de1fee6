#include "bench/invoice_scan.h"

#include <fmt/format.h>
#include <mysql.h>

#include <cstdlib>
#include <string>

#include "bench/report.h"

namespace tidemark::bench {
namespace {

const char* environment(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value == nullptr ? fallback : value;
}

MYSQL* connect() {
  MYSQL* connection = mysql_init(nullptr);
  if (connection == nullptr) die("connect", "no memory");
  if (mysql_real_connect(connection, environment("DB_HOST", "127.0.0.1"),
                         environment("DB_USER", "root"), environment("DB_PASSWORD", ""),
                         environment("DB_NAME", nullptr),
                         static_cast<unsigned>(parse_count(environment("DB_PORT", "3306"), 1)),
                         nullptr, 0) == nullptr) {
    die("connect", mysql_error(connection));
  }
  return connection;
}

void query(MYSQL* connection, const std::string& sql) {
  if (mysql_real_query(connection, sql.data(), sql.size()) != 0) {
    die(sql, mysql_error(connection));
  }
}

}  // namespace

void InvoiceScan::Close::operator()(MYSQL* connection) const { mysql_close(connection); }
void InvoiceScan::Close::operator()(MYSQL_RES* result) const { mysql_free_result(result); }

InvoiceScan::InvoiceScan(KeyRange range) : connection_(connect()) {
  query(connection_.get(),
        fmt::format("SELECT fid, ftenant_id, fcountry, fissue_date, finvoice_no, fext_field, "
                    "fupdate_time FROM t_invoice WHERE fid BETWEEN {} AND {} AND fissue_status = 3 "
                    "AND fext_field IS NOT NULL AND finvoice_no IS NOT NULL AND fissue_date IS NOT "
                    "NULL ORDER BY fid",
                    range.first, range.last));
  result_.reset(mysql_use_result(connection_.get()));
  if (!result_) die("scan", mysql_error(connection_.get()));
}

bool InvoiceScan::next(InvoiceRow& row) {
  const MYSQL_ROW values = mysql_fetch_row(result_.get());
  if (values == nullptr) {
    if (mysql_errno(connection_.get()) != 0) die("scan", mysql_error(connection_.get()));
    return false;
  }
  const unsigned long* sizes = mysql_fetch_lengths(result_.get());
  const auto view = [&](std::size_t column) -> std::string_view {
    if (values[column] == nullptr) return "UNKNOWN";
    return {values[column], sizes[column]};
  };
  row = {view(1), view(2), view(3), view(4), view(5)};
  return true;
}

std::vector<KeyRange> key_ranges(int parts) {
  MYSQL* connection = connect();
  query(connection, "SELECT COALESCE(MIN(fid), 0), COALESCE(MAX(fid), 0) FROM t_invoice");
  MYSQL_RES* result = mysql_store_result(connection);
  const MYSQL_ROW values = result == nullptr ? nullptr : mysql_fetch_row(result);
  if (values == nullptr) die("key range", mysql_error(connection));
  const std::int64_t first = std::atoll(values[0]);
  const std::int64_t last = std::atoll(values[1]);
  mysql_free_result(result);
  mysql_close(connection);

  std::vector<KeyRange> ranges;
  const std::int64_t width = (last - first) / parts + 1;
  for (std::int64_t from = first; from <= last; from += width) {
    ranges.push_back({from, from + width - 1});
  }
  return ranges;
}

}  // namespace tidemark::bench
