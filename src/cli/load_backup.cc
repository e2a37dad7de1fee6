#include "cli/load_backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/bytes.h"
#include "base/new_file.h"
#include "base/utc_text.h"
#include "cli/context.h"
#include "cli/flag_value.h"
#include "cli/load_settings.h"
#include "cli/recording.h"
#include "config/source_url.h"
#include "run/figures.h"
#include "run/progress.h"
#include "sql/sqlite/sqlite_backup.h"

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view name_prefix = "warehouse-";
constexpr std::string_view name_suffix = ".db";
constexpr mode_t private_mode = 0600;

/// Where the warehouse is. Errors: invalid_config; unsupported: it is no file.
Result<std::string> warehouse_file(const Context& context) {
  const Result<config::DatabaseAddress> address =
      config::warehouse_database(context.settings, context.world.environment);
  if (!address) return fail(address.error());
  const Result<sql::Url> url = sql::Url::parse(address->url);
  if (!url) return fail(url.error());
  if (url->dialect == sql::Dialect::sqlite) return url->path;
  const bool mysql = url->dialect == sql::Dialect::mysql;
  return fail(make_error(ErrorKind::unsupported,
                         {"{} is a server's database, which its own tools back up",
                          "{} 是服务器上的数据库，请使用其自带工具备份"},
                         url->redacted())
                  .with_hint({"{}", "{}"},
                             mysql ? "mysqldump --single-transaction --hex-blob DATABASE | gzip > "
                                     "warehouse.sql.gz"
                                   : "pg_dump --format=custom --file=warehouse.dump DATABASE"));
}

/// `warehouse-20250131T020000Z.db`
std::string dated_name(WallTime now) {
  std::string stamp = utc_stamp(now, 0);
  std::erase_if(stamp, [](char letter) { return letter == '-' || letter == ':'; });
  return fmt::format("{}{}{}", name_prefix, stamp, name_suffix);
}

bool is_dated_name(std::string_view name) {
  constexpr std::string_view pattern = "00000000T000000Z";
  if (!name.starts_with(name_prefix) || !name.ends_with(name_suffix)) return false;
  name.remove_prefix(name_prefix.size());
  name.remove_suffix(std::min(name.size(), name_suffix.size()));
  return std::ranges::equal(name, pattern, [](char letter, char wanted) {
    return wanted == '0' ? letter >= '0' && letter <= '9' : letter == wanted;
  });
}

/// Removes all but the newest `keep` copies of our naming. Returns how many are gone.
Result<std::uint64_t> remove_older(const std::string& folder, std::uint64_t keep) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder, error);
       !error && entry != fs::directory_iterator(); entry.increment(error))
    if (is_dated_name(entry->path().filename().string())) names.push_back(entry->path().string());
  std::ranges::sort(names, std::greater());
  std::uint64_t removed = 0;
  for (std::size_t i = keep; !error && i < names.size(); ++i)
    if (fs::remove(names[i], error)) ++removed;
  if (error)
    return fail(ErrorKind::io,
                {"cannot remove older copies in {}: {}", "无法删除 {} 中的旧备份：{}"},
                printable(folder), error.message());
  return removed;
}

struct Target {
  std::string path;
  std::string folder{};  ///< Empty: a file was named.
};

Target target_of(const Context& context, const std::string& output) {
  if (std::error_code ignored; fs::is_directory(output, ignored))
    return {.path = (fs::path(output) / dated_name(context.world.clock.wall())).string(),
            .folder = output};
  return {.path = output};
}

Result<sql::BackupSummary> back_up(const Context& context, const std::string& source,
                                   const std::string& target) {
  Result<NewFile> file = NewFile::create(target, private_mode);
  if (!file) return fail(std::move(file).error());
  std::atomic<std::uint64_t> done{0}, total{0};
  run::ProgressDisplay display(progress_options(context), context.world.clock, [&] {
    return run::ProgressSnapshot{.records_done = done, .records_total = total};
  });
  Result<sql::BackupSummary> summary = sql::backup_sqlite(
      source, file->temporary_path(),
      [&](std::uint64_t pages, std::uint64_t all) {
        done = pages;
        total = all;
      },
      context.world.stop);
  display.finish();
  if (summary)
    if (Result<void> placed = file->commit(); !placed) return fail(std::move(placed).error());
  return summary;
}

void show(const Context& context, const Target& target, const sql::BackupSummary& summary,
          std::uint64_t removed) {
  if (context.json) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::object();
    for (const auto& [table, count] : summary.rows) rows[table] = count;
    context.world.out.json({{"message_type", "summary"},
                            {"command", "load backup"},
                            {"output", target.path},
                            {"bytes", summary.bytes},
                            {"rows", rows},
                            {"removed", removed},
                            {"exit_code", 0}});
    return;
  }
  const auto orders = summary.rows.find("orders");
  context.print(say({"{}: {}, {} orders; integrity, references and row counts are right",
                     "{}：{}，订单 {}；完整性、引用关系和各表行数均已核对"},
                    target.path, run::bytes_text(summary.bytes),
                    run::count_text(orders == summary.rows.end() ? 0 : orders->second)));
  if (removed > 0) context.print(say({"{} older copies removed", "已删除 {} 个旧备份"}, removed));
}

Result<ExitCode> run(Context& context) {
  const std::optional<std::string> output = context.arguments.value("--output");
  if (!output) return fail(ErrorKind::usage, {"--output is missing", "缺少 --output"});
  const Result<std::optional<std::int64_t>> keep = count_flag(context.arguments, "--keep");
  if (!keep) return fail(keep.error());
  const Result<std::string> source = warehouse_file(context);
  if (!source) return fail(source.error());
  const Target target = target_of(context, *output);
  if (*keep && (**keep == 0 || target.folder.empty()))
    return fail(ErrorKind::usage, {"--keep takes a number from 1, and goes with a folder",
                                   "--keep 需要不小于 1 的数，并且 --output 是目录"});
  std::error_code ignored;
  if (fs::equivalent(*source, target.path, ignored))
    return fail(ErrorKind::usage,
                {"the copy cannot replace the warehouse itself", "备份不能覆盖数仓本身"});
  RecordedRun recorded(context, "load backup");
  const Result<sql::BackupSummary> summary = back_up(context, *source, target.path);
  Result<std::uint64_t> removed = std::uint64_t{0};
  if (summary && *keep) removed = remove_older(target.folder, static_cast<std::uint64_t>(**keep));
  if (!summary || !removed) {
    const Error& error = summary ? removed.error() : summary.error();
    recorded.finish(failed_end(context, error));
    return fail(Error(error));
  }
  recorded.finish({.status = run_status(ExitCode::done),
                   .counts = fmt::format(R"({{"bytes":{}}})", summary->bytes),
                   .exit_code = 0});
  show(context, target, *summary, *removed);
  return ExitCode::done;
}

}  // namespace

Command load_backup_command() {
  using enum FlagKind;
  return {
      .name = "backup",
      .summary = {"Copy an SQLite warehouse while it is in use, and examine the copy",
                  "在使用中备份 SQLite 数仓并检查备份"},
      .about = {"The copy is of one moment, appears whole or not at all, and is examined first: "
                "integrity, references between tables, and the rows of each table. Loads go on "
                "meanwhile. For MySQL and PostgreSQL use mysqldump and pg_dump (see the manual).",
                "备份是同一时刻的数据，要么完整出现，要么不出现；出现之前会检查完整性、表间引用和"
                "各表行数。期间加载可以继续。MySQL 和 PostgreSQL 请使用 mysqldump 和 pg_dump"
                "（见手册）。"},
      .flags =
          {
              {.names = "-o,--output",
               .kind = value,
               .placeholder = "FILE",
               .text = {"The copy, or a folder for copies named by time",
                        "备份文件；或目录，备份按时间命名"}},
              {.names = "--keep",
               .kind = value,
               .placeholder = "N",
               .text = {"With a folder: remove all but the newest N",
                        "输出为目录时：只保留最新的 N 个"}},
              warehouse_flag(),
          },
      .examples = {{"tidemark load backup --output /var/backups/tidemark --keep 14",
                    {"Every night; two weeks are kept", "每晚一次；保留两周"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
