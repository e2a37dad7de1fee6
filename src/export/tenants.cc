#include "export/tenants.h"

#include <set>

#include "sql/rows.h"

namespace tidemark::exporter {
namespace {

Result<std::vector<std::string>> column_of(sql::Connection& connection, const Statement& query) {
  return sql::all_rows(connection.query(query.sql, query.params),
                       [](const sql::Cursor& row) { return std::string(row.at(0).value_or("")); });
}

}  // namespace

Result<std::vector<std::string>> find_tenants(sql::Connection& connection, const SourceTable& table,
                                              const std::vector<std::string>& known,
                                              const watermark::Window& recent) {
  std::set<std::string> tenants(known.begin(), known.end());
  if (const std::vector<std::string>& only = table.filter().tenants; !only.empty()) {
    const std::set<std::string> once(only.begin(), only.end());
    return std::vector<std::string>(once.begin(), once.end());
  }
  Result<std::vector<std::string>> distinct = column_of(connection, table.tenants());
  if (!distinct) return distinct;
  if (!table.tenants_need_bytes()) {
    tenants.insert(distinct->begin(), distinct->end());
  } else if (!recent.empty()) {
    for (const std::string& spelling : *distinct) {
      Result<std::vector<std::string>> spellings =
          column_of(connection, table.tenant_bytes(spelling, recent));
      if (!spellings) return spellings;
      tenants.insert(spellings->begin(), spellings->end());
    }
    // NULL is equal to nothing, so no spelling stands for it.
    tenants.insert(distinct->begin(), distinct->end());
  }
  return std::vector<std::string>(tenants.begin(), tenants.end());
}

Message tenants_text(std::uint64_t count) {
  if (count == 1) return say({"1 tenant", "1 个租户"});
  return say({"{} tenants", "{} 个租户"}, count);
}

}  // namespace tidemark::exporter
