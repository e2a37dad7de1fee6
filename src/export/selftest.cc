#include "export/selftest.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/system_error.h"
#include "export/export_run.h"
#include "export/state_admin.h"
#include "export/state_directory.h"
#include "export/tenants.h"
#include "export/tree_survey.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

/// A new folder that goes with the object.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make() {
    std::error_code code;
    const fs::path parent = fs::temp_directory_path(code);
    if (code) return fail_errno(code.value(), {"no temporary folder", "没有临时目录"});
    std::string path = (parent / "tidemark-selftest-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) {
      return fail_errno(errno, {"cannot make a folder in {}", "无法在 {} 中创建目录"},
                        parent.string());
    }
    return TemporaryFolder(std::move(path));
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// A run that stored all it read; rejected rows are the source's fault, not the export's.
Result<ExportSummary> must_be_clean(Result<ExportSummary> summary) {
  if (!summary) return summary;
  if (!summary->errors.empty()) return fail(summary->errors.front());
  if (summary->stopped_by != 0) return fail(ErrorKind::cancelled, {"stopped", "已中止"});
  for (const TenantReport& tenant : summary->tenants) {
    if (tenant.error) return fail(*tenant.error);
  }
  const std::uint64_t kept = summary->files_written + summary->files_unchanged + summary->rejected;
  if (summary->files_failed == 0 && kept == summary->rows_read) return summary;
  return fail(ErrorKind::corrupt,
              {"{} rows were read, but {} written, unchanged or rejected",
               "读取了 {} 行，但写入、未变和被拒绝的合计为 {} 行"},
              summary->rows_read, kept);
}

Message rows_and_files(const ExportSummary& summary) {
  return say({"{0} {4}, {1} {5} written, {2} unchanged, {3} rejected",
              "{0} 行，写入 {1} 个文件，{2} 个未变，{3} 行被拒绝"},
             summary.rows_read, summary.files_written, summary.files_unchanged, summary.rejected,
             plural(summary.rows_read, "row", "rows"),
             plural(summary.files_written, "file", "files"));
}

}  // namespace

Selftest::Selftest(Environment environment, TableSpec spec, ExportOptions options)
    : environment_(std::move(environment)), spec_(std::move(spec)), options_(std::move(options)) {}

Result<int> Selftest::run() {
  Result<TemporaryFolder> folder = TemporaryFolder::make();
  if (!folder) return fail(std::move(folder).error());
  folder_ = folder->path();
  options_.output = folder_ + "/tree";
  options_.layout = Layout::files;  // Whatever is configured: its files can be counted.
  options_.prune = false;

  struct Step {
    Message name;
    Result<Message> (Selftest::*play)();
    bool needed;  ///< Without it the others make no sense.
  };
  const Step all[steps] = {
      {{"configuration and connection", "配置与连接"}, &Selftest::configuration, true},
      {{"first incremental run", "首次增量运行"}, &Selftest::first_incremental, true},
      {{"state file and its form", "状态文件创建和格式验证"}, &Selftest::state_form, false},
      {{"run without news", "无新数据处理"}, &Selftest::without_news, false},
      {{"dry run", "DRY_RUN 模式"}, &Selftest::dry_run, false},
      {{"lock against a second export", "并发控制"}, &Selftest::locking, false},
      {{"full run", "全量导出模式"}, &Selftest::full_run, false},
      {{"backup of the state", "状态文件备份"}, &Selftest::backup, false}};
  int passed = 0;
  for (int number = 1; number <= steps; ++number) {
    const Step& step = all[number - 1];
    if (environment_.stop.requested()) break;
    environment_.on_begin(number, step.name);
    const Result<Message> result = (this->*step.play)();
    environment_.on_end(number, step.name, result);
    if (result) ++passed;
    if (!result && step.needed) break;
  }
  return passed;
}

Result<ExportSummary> Selftest::export_once(const ExportOptions& options) const {
  ExportRun run({.connect = environment_.connect,
                 .clock = environment_.clock,
                 .stop = environment_.stop,
                 .source = environment_.source},
                spec_, options);
  return run.run();
}

Result<Message> Selftest::configuration() {
  if (spec_.update_time.empty()) {
    return fail(ErrorKind::invalid_config,
                {"export.{}.update_time_column is empty: only full exports are possible",
                 "export.{}.update_time_column 为空：只能全量导出"},
                spec_.name);
  }
  if (Result<void> chosen = choose_rows(); !chosen) return fail(chosen.error());
  const Message tenants = tenants_text(options_.tenants.size());
  const std::string since = options_.since ? " > " + options_.since->text() : "";
  return Message{.en = fmt::format("table {}, {}{}", spec_.table, tenants.en, since),
                 .zh = fmt::format("表 {}，{}{}", spec_.table, tenants.zh, since)};
}

Result<void> Selftest::choose_rows() {
  Result<std::unique_ptr<sql::Connection>> connection = environment_.connect();
  if (!connection) return fail(connection.error());
  sql::Connection& db = **connection;
  if (Result<void> set = db.set_zone(options_.zone); !set) return set;
  Result<SourceTable> table = SourceTable::open(db, spec_, {});
  if (!table) return fail(table.error());
  if (const Result<std::vector<std::string>> bytes = table->look_for_bytes(db); !bytes) {
    return std::unexpected(bytes.error());
  }
  if (Result<void> usable = table->check_update_time(db); !usable) return usable;
  // `since` is a time as the runs read it.
  if (Result<void> set = db.set_zone(table->run_zone(options_.zone)); !set) return set;
  const Statement query = table->tenants();
  {
    Result<std::unique_ptr<sql::Cursor>> cursor = db.query(query.sql, query.params);
    if (!cursor) return fail(cursor.error());
    while (options_.tenants.size() < environment_.tenants_max) {
      const Result<bool> row = (*cursor)->next();
      if (!row) return fail(row.error());
      if (!*row) break;
      options_.tenants.emplace_back((*cursor)->at(0).value_or(""));
    }
  }
  for (const std::string& tenant : options_.tenants) {
    const Statement rows = table->of_status(tenant);
    const std::string newest =
        fmt::format("SELECT {0}{1} AND {0} IS NOT NULL ORDER BY {0} DESC LIMIT 1 OFFSET {2}",
                    db.quoted(spec_.update_time), rows.sql, rows_per_tenant);
    const Result<std::optional<std::string>> stamp = sql::query_value(db, newest, rows.params);
    if (!stamp) return fail(stamp.error());
    if (!*stamp) continue;
    constexpr std::size_t whole_seconds = 19;  // Decimals and a zone follow.
    const std::optional<CivilTime> time = CivilTime::parse((*stamp)->substr(0, whole_seconds));
    if (time) options_.since = std::max(options_.since.value_or(*time), *time);
  }
  return {};
}

Result<Message> Selftest::first_incremental() {
  options_.mode = Mode::incremental;
  const Result<ExportSummary> summary = must_be_clean(export_once(options_));
  if (!summary) return fail(summary.error());
  const Result<TreeSurvey> survey = survey_tree(options_.output, environment_.stop);
  if (!survey) return fail(survey.error());
  const std::uint64_t found = survey->total() + survey->unknown;
  if (found != summary->files_written) {
    return fail(ErrorKind::corrupt,
                {"{} files were written, {} are there", "写入了 {} 个文件，实际有 {} 个"},
                summary->files_written, found);
  }
  return rows_and_files(*summary);
}

Result<Message> Selftest::state_form() {
  const watermark::StateFile file(state_directory_of(options_.output));
  const Result<watermark::State> state = file.load();
  if (!state) return fail(state.error());
  for (const std::string& tenant : options_.tenants) {
    if (!state->contains(tenant)) {
      return fail(ErrorKind::corrupt, {"no line for the tenant {}", "没有租户 {} 的记录"},
                  watermark::encode_tenant(tenant));
    }
  }
  return say({"{0} {1}", "{0} 行"}, state->size(), plural(state->size(), "line", "lines"));
}

Result<Message> Selftest::without_news() {
  const watermark::StateFile file(state_directory_of(options_.output));
  const Result<watermark::State> before = file.load();
  const Result<ExportSummary> summary = must_be_clean(export_once(options_));
  if (!summary) return fail(summary.error());
  const Result<watermark::State> after = file.load();
  if (!before || !after) return fail(before ? after.error() : before.error());
  for (const auto& [tenant, entry] : *before) {
    const auto now = after->find(tenant);
    if (now == after->end() || now->second.mark < entry.mark) {
      return fail(ErrorKind::corrupt, {"the watermark of {} moved back", "租户 {} 的水位倒退"},
                  watermark::encode_tenant(tenant));
    }
  }
  return rows_and_files(*summary);
}

Result<Message> Selftest::dry_run() {
  ExportOptions options = options_;
  options.output = folder_ + "/dry";
  options.dry_run = true;
  const Result<ExportSummary> summary = must_be_clean(export_once(options));
  if (!summary) return fail(summary.error());
  std::error_code code;
  if (fs::exists(options.output, code)) {
    return fail(ErrorKind::corrupt, {"a dry run has written", "试运行写入了内容"});
  }
  return rows_and_files(*summary);
}

Result<Message> Selftest::locking() {
  const Result<TreeLock> lock =
      TreeLock::acquire(state_directory_of(options_.output), environment_.clock);
  if (!lock) return fail(lock.error());
  const Result<ExportSummary> second = export_once(options_);
  if (second) return fail(ErrorKind::corrupt, {"a second export ran", "第二个导出得以运行"});
  if (second.error().kind != ErrorKind::locked) return fail(second.error());
  return say({"a second export was refused", "第二个导出被拒绝"});
}

Result<Message> Selftest::full_run() {
  ExportOptions options = options_;
  options.mode = Mode::full;
  const Result<ExportSummary> summary = must_be_clean(export_once(options));
  if (!summary) return fail(summary.error());
  return rows_and_files(*summary);
}

Result<Message> Selftest::backup() {
  const Result<std::string> newest = newest_whole_backup(options_.output);
  if (!newest) return fail(newest.error());
  const Result<void> restored = restore_state(options_.output, *newest, environment_.clock);
  if (!restored) return fail(restored.error());
  const Result<watermark::State> state =
      watermark::StateFile(state_directory_of(options_.output)).load();
  if (!state) return fail(state.error());
  return say({"{} restored", "已恢复 {}"}, *newest);
}

}  // namespace tidemark::exporter
