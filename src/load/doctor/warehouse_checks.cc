#include "load/doctor/warehouse_checks.h"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/system_error.h"
#include "load/doctor/loaded_checks.h"
#include "load/doctor/mysql_grants.h"
#include "load/doctor/small_rows.h"
#include "load/schema.h"
#include "run/figures.h"

namespace tidemark::load {
namespace {

namespace fs = std::filesystem;
using run::Finding;
using run::Verdict;

constexpr std::uint64_t free_bytes_wanted = std::uint64_t{1} << 30;
constexpr std::uint64_t free_bytes_needed = std::uint64_t{16} << 20;

/// The part of a version before the second dot: 10.11 of `10.11.6-MariaDB`.
std::optional<double> leading_version(const std::string& version) {
  const std::size_t dot = version.find('.');
  const std::size_t second = dot == std::string::npos ? dot : version.find('.', dot + 1);
  const std::string_view text = std::string_view(version).substr(0, second);
  int major = 0, minor = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), major);
  if (error != std::errc{}) return std::nullopt;
  if (dot != std::string::npos && dot < text.size())
    std::from_chars(text.data() + dot + 1, text.data() + text.size(), minor);
  return major + minor / 100.0;
}

Finding check_version(const WarehousePatient& patient) {
  const Result<sql::ServerInfo> server = patient.connection.server();
  if (!server) return run::unchecked("version", server.error(), Verdict::failure);
  Finding finding{.check = "version",
                  .what = say({"{} {}", "{} {}"}, server->product, server->version)};
  // The oldest on which the warehouse's statements are known to run.
  const std::optional<double> version = leading_version(server->version);
  const double oldest = server->product == "MySQL"        ? 5.07
                        : server->product == "MariaDB"    ? 10.03
                        : server->product == "PostgreSQL" ? 12.0
                                                          : 0.0;
  if (version && *version < oldest) {
    finding.verdict = Verdict::failure;
    finding.mend = say({"use MySQL 5.7, MariaDB 10.3, PostgreSQL 12, or later",
                        "请使用 MySQL 5.7、MariaDB 10.3、PostgreSQL 12 或更高版本"});
  }
  return finding;
}

Finding check_charset(const WarehousePatient& patient, bool has_tables) {
  std::string query = "PRAGMA encoding";
  std::string_view wanted = "UTF-8";
  switch (patient.connection.dialect()) {
    case sql::Dialect::sqlite:
      break;
    case sql::Dialect::mysql:
      // Tidemark's tables bring their own; those that others made or converted may not.
      query = has_tables ? "SELECT character_set_name FROM information_schema.columns WHERE "
                           "table_schema=DATABASE() AND table_name='orders' AND "
                           "column_name='title'"
                         : "SELECT 'utf8mb4'";
      wanted = "utf8mb4";
      break;
    case sql::Dialect::postgres:
      query = "SELECT current_setting('server_encoding')";
      wanted = "UTF8";
      break;
  }
  const Result<std::optional<std::string>> charset = sql::query_value(patient.connection, query);
  if (!charset) return run::unchecked("charset", charset.error());
  const std::string found = charset->value_or("");
  if (found == wanted) return {.check = "charset", .what = say({"{}", "{}"}, found)};
  Finding finding{.check = "charset",
                  .verdict = Verdict::failure,
                  .what = say({"{}: names with emoji and rare characters cannot be stored",
                               "{}：无法保存含表情符号和生僻字的名称"},
                              found)};
  if (patient.connection.dialect() == sql::Dialect::mysql) {
    finding.mend = say({"convert the tables", "请转换数据表"});
    finding.statement = "ALTER TABLE orders CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
  } else {
    finding.mend = say({"make the database with the encoding UTF8", "请以 UTF8 编码创建数据库"});
  }
  return finding;
}

Finding lacks_grant(const Error& error) {
  Finding finding = run::unchecked("grants", error, Verdict::failure);
  finding.mend = say(
      {"grant the user SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES "
       "and CREATE VIEW on the warehouse's database (PostgreSQL: CREATE on the schema and "
       "TEMPORARY on the database)",
       "请授予该账号在数仓库上的 SELECT、INSERT、UPDATE、DELETE、CREATE、ALTER、DROP、"
       "INDEX、REFERENCES、CREATE VIEW 权限（PostgreSQL：模式的 CREATE 与数据库的 TEMPORARY）"});
  return finding;
}

/// Statements that need the grants of a load and touch no row.
Result<void> try_to_write(sql::Connection& connection) {
  for (const char* statement :
       {"UPDATE orders SET title=title WHERE 1=0",
        "INSERT INTO load_streams (platform, stream) SELECT platform, stream FROM load_streams "
        "WHERE 1=0",
        "DELETE FROM load_rejects WHERE 1=0"})
    if (const auto done = connection.execute(statement); !done) return fail(done.error());
  return {};
}

/// A privilege that this user lacks.
struct MissingGrant {
  std::string privilege;
  bool stops_writing = false;  ///< Also of rows into tables that are there.
};

/// Privileges on the database. Whether rows can be written, try_to_write() has found out.
Result<std::vector<MissingGrant>> missing_in_mysql(sql::Connection& connection) {
  const Result<Rows> lines = rows_of(connection, "SHOW GRANTS");
  if (!lines) return fail(lines.error());
  std::vector<std::string> grants;
  for (const std::vector<std::string>& line : *lines) grants.push_back(line.front());
  std::optional<Error> failure;
  const std::set<std::string> granted = granted_privileges(grants, [&](const std::string& pattern) {
    const auto named =
        sql::query_value(connection, "SELECT DATABASE() LIKE ?", sql::Values{pattern});
    if (!named) failure = named.error();
    return named && *named == "1";
  });
  if (failure) return fail(std::move(*failure));
  std::vector<MissingGrant> missing;
  if (granted.contains("ALL PRIVILEGES")) return missing;
  for (const char* needed : {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP",
                             "INDEX", "REFERENCES", "CREATE VIEW"})
    if (!granted.contains(needed)) missing.push_back({.privilege = needed});
  return missing;
}

/// Tables are their maker's. Larger batches of rows go through a temporary table, and only small
/// ones do without.
Result<std::vector<MissingGrant>> missing_in_postgres(sql::Connection& connection) {
  struct Wanted {
    std::string_view condition;
    MissingGrant otherwise;
  };
  const Wanted all[] = {
      {.condition = "has_schema_privilege(current_schema(), 'CREATE')",
       .otherwise = {.privilege = "CREATE on the schema"}},
      {.condition = "has_database_privilege(current_database(), 'TEMPORARY')",
       .otherwise = {.privilege = "TEMPORARY on the database", .stops_writing = true}}};
  std::vector<MissingGrant> missing;
  for (const Wanted& wanted : all) {
    const auto may = sql::query_value(
        connection, fmt::format("SELECT CASE WHEN {} THEN 1 END", wanted.condition));
    if (!may) return fail(may.error());
    if (!*may) missing.push_back(wanted.otherwise);
  }
  return missing;
}

Finding check_grants(const WarehousePatient& patient, bool has_tables) {
  sql::Connection& connection = patient.connection;
  if (connection.dialect() == sql::Dialect::sqlite) {
    const std::string folder = fs::absolute(patient.path).parent_path().string();
    if (::access(patient.path.c_str(), W_OK) == 0 && ::access(folder.c_str(), W_OK | X_OK) == 0)
      return {.check = "grants", .what = say({"the file may be written", "文件可写"})};
    return {.check = "grants",
            .verdict = Verdict::failure,
            .what = say({"{}: {}", "{}：{}"}, patient.path, errno_text(errno)),
            .mend = say({"let the user of the load own the file and its folder",
                         "请让加载用户拥有该文件及其目录"})};
  }
  if (has_tables)
    if (const Result<void> written = try_to_write(connection); !written)
      return lacks_grant(written.error());
  const Result<std::vector<MissingGrant>> missing = connection.dialect() == sql::Dialect::mysql
                                                        ? missing_in_mysql(connection)
                                                        : missing_in_postgres(connection);
  if (!missing) return run::unchecked("grants", missing.error());
  if (missing->empty())
    return {.check = "grants",
            .what = say({"tables may be made and written", "可创建并写入数据表"})};
  std::vector<std::string_view> privileges;
  for (const MissingGrant& grant : *missing) privileges.push_back(grant.privilege);
  Finding finding =
      lacks_grant(make_error(ErrorKind::unauthorized, {"this user lacks {}", "该账号缺少 {}"},
                             fmt::join(privileges, ", ")));
  // Tables and views of the next version, or of another stream, cannot be made; what is there can
  // be filled.
  if (has_tables && std::ranges::none_of(*missing, &MissingGrant::stops_writing))
    finding.verdict = Verdict::warning;
  return finding;
}

Finding check_zone(const WarehousePatient& patient) {
  const Result<sql::ServerInfo> server = patient.connection.server();
  if (!server) return run::unchecked("zone", server.error());
  return {.check = "zone",
          .what = say({"times are stored as the shop's clock shows them (column time_zone); NOW() "
                       "of this server is in {}",
                       "各时间按店铺时钟保存（见 time_zone 列）；该服务器的 NOW() 为 {}"},
                      server->zone)};
}

/// Reads the whole file, but not each key of an index against its row, and ends at the first page
/// that is none.
Finding check_integrity(const WarehousePatient& patient) {
  const Result<std::optional<std::string>> found =
      sql::query_value(patient.connection, "PRAGMA quick_check(1)");
  if (found && *found == "ok")
    return {.check = "integrity", .what = say({"the file is whole", "文件完好"})};
  // A page that is broken is told below the line `*** in database main ***`.
  std::string trouble = found ? found->value_or("") : std::string();
  trouble.erase(0, trouble.starts_with("***") ? trouble.find('\n') + 1 : 0);
  const Message what = found ? Message{printable(trouble), printable(trouble)} : found.error().what;
  return {.check = "integrity",
          .verdict = Verdict::failure,
          .what = {"the file is damaged: " + what.en, "文件已损坏：" + what.zh},
          .mend = mend_of_damaged_file()};
}

}  // namespace

Message mend_of_damaged_file() {
  return say(
      {"stop the loads and put the newest copy of `tidemark load backup` in the place of the file "
       "(keep that one, and take its -wal and -shm away with it); then `tidemark load orders` goes "
       "on where the copy ends. Without a copy load the history into a new file. `tidemark load "
       "rederive` mends tables, not files",
       "请停止加载，用 `tidemark load backup` 的最新备份替换该文件（请保留原文件，并将其 "
       "-wal、-shm 一同移走），之后 `tidemark load orders` 从备份处继续。没有备份时，请将历史数据"
       "加载到新文件。`tidemark load rederive` 只能修正数据表，不能修复文件"});
}

Finding check_warehouse_disk(const std::string& path) {
  std::error_code code;
  fs::path folder = fs::absolute(path, code).parent_path();
  while (!fs::exists(folder, code) && folder.has_relative_path()) folder = folder.parent_path();
  struct statvfs info{};
  if (::statvfs(folder.c_str(), &info) != 0)
    return {.check = "disk",
            .verdict = Verdict::warning,
            .what = say({"unknown: {}", "未知：{}"}, errno_text(errno))};
  const std::uint64_t free = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  const std::uint64_t size = fs::file_size(path, code);
  Finding finding{.check = "disk",
                  .what = say({"{} free; the warehouse has {}", "可用空间 {}；数仓已占 {}"},
                              run::bytes_text(free), run::bytes_text(code ? 0 : size))};
  if (free < free_bytes_wanted) {
    finding.verdict = free < free_bytes_needed ? Verdict::failure : Verdict::warning;
    finding.mend =
        say({"make room: a full disk stops a load (nothing is lost, the next run goes "
             "on)",
             "请清理空间：磁盘写满会中断加载（不会丢数据，下次运行会继续）"});
  }
  return finding;
}

std::vector<Finding> examine_warehouse(const WarehousePatient& patient) {
  std::vector<Finding> findings{check_version(patient)};
  const Result<sql::Table> orders = patient.connection.describe(orders_table().name);
  const bool has_tables = orders || orders.error().kind != ErrorKind::not_found;
  findings.push_back(check_charset(patient, has_tables));
  findings.push_back(check_grants(patient, has_tables));
  findings.push_back(check_zone(patient));
  if (patient.connection.dialect() == sql::Dialect::sqlite) {
    findings.push_back(check_warehouse_disk(patient.path));
    findings.push_back(check_integrity(patient));
  }
  if (!orders && has_tables) {
    findings.push_back(run::unchecked("tables", orders.error(), Verdict::failure));
    return findings;
  }
  if (!has_tables) {
    findings.push_back(
        {.check = "tables",
         .what = say({"none yet; the first load makes them", "尚无；首次加载时创建"})});
    return findings;
  }
  std::ranges::move(examine_loads(patient), std::back_inserter(findings));
  return findings;
}

}  // namespace tidemark::load
