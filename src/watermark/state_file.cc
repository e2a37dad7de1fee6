#include "watermark/state_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/shell_word.h"

namespace tidemark::watermark {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view backup_prefix = ".last_export_time.backup.";
constexpr std::size_t kept_backups = 10;
constexpr std::chrono::days kept_days{30};
/// Far above anything real (a line of 100 bytes for each of 600,000 tenants).
constexpr std::uint64_t state_bytes_max = 64 << 20;

std::optional<TenantStatus> parse_status(std::string_view text) {
  if (text == "SUCCESS") return TenantStatus::success;
  if (text == "PARTIAL") return TenantStatus::partial;
  if (text == "FAILED") return TenantStatus::failed;
  return std::nullopt;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

Result<std::pair<std::string, TenantState>> parse_line(std::string_view line, std::size_t number) {
  const auto damaged = [&](std::string_view en, std::string_view zh) {
    return fail(
        Error{ErrorKind::corrupt,
              {fmt::format("line {} of the state file: {}: \"{}\"", number, en, printable(line)),
               fmt::format("状态文件第 {} 行：{}：“{}”", number, zh, printable(line))}});
  };
  std::vector<std::string_view> fields;
  for (std::size_t start = 0;;) {
    const std::size_t bar = line.find('|', start);
    fields.push_back(line.substr(start, bar - start));
    if (bar == std::string_view::npos) break;
    start = bar + 1;
  }
  if (fields.size() != 4) return damaged("not four fields", "不是四个字段");
  const std::optional<std::string> tenant = decode_tenant(fields[0]);
  if (!tenant) return damaged("bad percent-encoding", "百分号编码有误");
  const std::optional<CivilTime> mark = CivilTime::parse(fields[1]);
  if (!mark || fields[1].size() < 19) return damaged("not a time", "时间格式有误");
  TenantState state{.mark = *mark};
  const char* end = fields[2].data() + fields[2].size();
  if (const auto [stop, code] = std::from_chars(fields[2].data(), end, state.records);
      code != std::errc{} || stop != end) {
    return damaged("not a count", "记录数有误");
  }
  const std::optional<TenantStatus> status = parse_status(fields[3]);
  if (!status) return damaged("not a status", "状态有误");
  state.status = *status;
  return std::pair{*tenant, state};
}

/// Under a name of its own if another state was backed up in the same second. Nothing to do if this
/// one was.
Result<void> write_backup(const std::string& directory, const std::string& stamp,
                          std::string_view text) {
  const std::string plain = fmt::format("{}/{}{}", directory, backup_prefix, stamp);
  std::string path = plain;
  for (int number = 2;; ++number) {
    const Result<std::string> there = read_file(path, state_bytes_max);
    if (!there && there.error().kind == ErrorKind::not_found) break;
    if (!there) return std::unexpected(there.error());
    if (*there == text) return {};
    path = fmt::format("{}-{:02}", plain, number);
  }
  return write_file_atomically(path, text);
}

}  // namespace

std::string_view name(TenantStatus status) {
  switch (status) {
    case TenantStatus::success:
      return "SUCCESS";
    case TenantStatus::partial:
      return "PARTIAL";
    case TenantStatus::failed:
      return "FAILED";
  }
  return "FAILED";
}

std::string encode_tenant(std::string_view tenant) {
  std::string text;
  while (!tenant.empty()) {
    const std::size_t length = utf8_length(tenant);
    const auto first = static_cast<unsigned char>(tenant.front());
    const bool plain = length > 0 && first >= 0x20 && first != 0x7f && first != '|' && first != '%';
    // A `#` or a byte order mark at the front would read as a comment or vanish.
    const bool misread = text.empty() && (first == '#' || tenant.starts_with("\xEF\xBB\xBF"));
    if (plain && !misread) {
      text += tenant.substr(0, length);
      tenant.remove_prefix(length);
    } else {
      text += fmt::format("%{:02X}", first);
      tenant.remove_prefix(1);
    }
  }
  return text;
}

std::optional<std::string> decode_tenant(std::string_view text) {
  std::string tenant;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      tenant += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    tenant += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return tenant;
}

Result<State> parse_state(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  State state;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos || line.starts_with('#')) continue;
    Result<std::pair<std::string, TenantState>> entry = parse_line(line, number);
    if (!entry) return fail(std::move(entry));
    if (!state.insert(std::move(*entry)).second) {
      return fail(ErrorKind::corrupt,
                  {"line {} of the state file: a second line for the tenant of \"{}\"",
                   "状态文件第 {} 行：同一租户出现第二行：“{}”"},
                  number, printable(line));
    }
  }
  return state;
}

std::string format_state(const State& state) {
  std::string text;
  for (const auto& [tenant, entry] : state) {
    text += fmt::format("{}|{}|{}|{}\n", encode_tenant(tenant), entry.mark.text(), entry.records,
                        name(entry.status));
  }
  return text;
}

std::string StateFile::path() const { return fmt::format("{}/{}", directory_, file_name); }

Result<State> StateFile::load() const {
  Result<std::string> text = read_file(path(), state_bytes_max);
  if (!text) {
    if (text.error().kind == ErrorKind::not_found) return State{};
    return fail(std::move(text));
  }
  Result<State> state = parse_state(*text);
  if (state) return state;
  const std::vector<std::string> copies = backups();
  for (auto copy = copies.rbegin(); copy != copies.rend(); ++copy) {
    if (load_backup(*copy)) {
      return fail(
          std::move(state.error())
              .within({"{}", "{}"}, path())
              .with_hint({"mend the line, or put the backup in place: tidemark export "
                          "state restore -o {} {}",
                          "请改正该行，或恢复备份：tidemark export state restore -o {} {}"},
                         shell_quoted(std::filesystem::path(directory_).parent_path().string()),
                         *copy));
    }
  }
  return fail(std::move(state.error())
                  .within({"{}", "{}"}, path())
                  .with_hint({"mend the line, or delete it: the tenant is then exported from the "
                              "beginning, and unchanged files stay as they are",
                              "请改正该行，或删除该行：该租户将从头导出，未变化的文件保持不动"}));
}

Result<void> StateFile::save(const State& state) const {
  return write_file_atomically(path(), format_state(state));
}

std::vector<std::string> StateFile::backups() const {
  std::vector<std::string> names;
  std::error_code code;
  for (fs::directory_iterator entry{directory_, code}, end; !code && entry != end;
       entry.increment(code)) {
    std::string file = entry->path().filename().string();
    if (file.starts_with(backup_prefix)) names.push_back(std::move(file));
  }
  std::ranges::sort(names);
  return names;
}

Result<void> StateFile::back_up(CivilTime now) const {
  const Result<std::string> text = read_file(path(), state_bytes_max);
  if (!text) {
    if (text.error().kind == ErrorKind::not_found) return {};
    return std::unexpected(text.error());
  }
  std::string stamp = now.text();  // yyyy-mm-dd hh:mm:ss
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  std::ranges::replace(stamp, ' ', '-');
  if (Result<void> written = write_backup(directory_, stamp, *text); !written) return written;

  // Newest first: the first ten stay, then the first seen of each younger day.
  std::string oldest_day = (now - kept_days).text().substr(0, 10);
  std::erase(oldest_day, '-');
  std::set<std::string> days;
  const std::vector<std::string> names = backups();
  std::size_t seen = 0;
  for (auto file = names.rbegin(); file != names.rend(); ++file) {
    const std::string day = file->substr(backup_prefix.size(), 8);
    const bool newest_of_day = days.insert(day).second;
    if (seen++ < kept_backups || (newest_of_day && day >= oldest_day)) continue;
    std::error_code ignored;  // A backup too many does no harm; the next run tries again.
    fs::remove(directory_ + "/" + *file, ignored);
  }
  return {};
}

Result<State> StateFile::load_backup(std::string_view backup) const {
  if (!backup.starts_with(backup_prefix) || backup.contains('/')) {
    return fail(ErrorKind::not_found,
                {"{} is not a backup of the state file", "{} 不是状态文件的备份"},
                printable(backup));
  }
  Result<std::string> text = read_file(fmt::format("{}/{}", directory_, backup), state_bytes_max);
  if (!text) return fail(std::move(text));
  Result<State> state = parse_state(*text);
  if (!state) return fail(std::move(state.error()).within({"{}", "{}"}, backup));
  return state;
}

Result<void> StateFile::restore(std::string_view backup, CivilTime now) const {
  const Result<State> state = load_backup(backup);
  if (!state) return std::unexpected(state.error());
  if (Result<void> kept = back_up(now); !kept) return kept;
  return save(*state);
}

}  // namespace tidemark::watermark
