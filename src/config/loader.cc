#include "config/loader.h"

#include <algorithm>
#include <utility>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/nearest.h"
#include "config/config_file.h"
#include "config/database_url.h"
#include "config/interpolate.h"
#include "config/value.h"

namespace tidemark::config {
namespace {

constexpr std::size_t file_bytes_max = 1 << 20;
/// Nobody mends more at a time; a file of rubbish must not cost minutes of guessing what was meant.
constexpr std::size_t problems_max = 100;
constexpr std::string_view file_variable_suffix = "_FILE";

/// Whether a TOML value of that kind can be an option's at all. Text can always: `"${THREADS}"`.
bool accepts(OptionType type, TomlKind kind) {
  if (kind == TomlKind::text) return true;
  switch (type) {
    case OptionType::integer:
    case OptionType::bytes:
    case OptionType::text:  // status_value = 3
      return kind == TomlKind::integer;
    case OptionType::boolean:
      return kind == TomlKind::boolean;
    case OptionType::text_list:
      return kind == TomlKind::text_list;
    case OptionType::duration:
    case OptionType::choice:
    case OptionType::url:
    case OptionType::redis_url:
      return false;
  }
  return false;
}

/// How an example stands in a file: `threads = 8`, `margin = "90s"`.
std::string example_line(std::string_view key, const Option& option) {
  const bool bare = option.type == OptionType::integer || option.type == OptionType::boolean;
  return fmt::format("{} = {}{}{}", key.substr(key.rfind('.') + 1), bare ? "" : "\"",
                     option.example, bare ? "" : "\"");
}

bool is_below(std::string_view key, std::string_view table) {
  return key.size() > table.size() && key.starts_with(table) && key[table.size()] == '.';
}

}  // namespace

void Loader::run() {
  read_file_layer();
  take_tables(entries_);
  take_defaults();
  for (const TomlEntry& entry : entries_) take_entry(entry);
  take_environment();
  find_unknown_variables();
  take_flags();
  check_levels();
}

void Loader::read_file_layer() {
  auto found = find_config_file(request_.file, request_.environment);
  if (!found) {
    problems.push_back(std::move(found).error());
    return;
  }
  if (!*found) return;
  const std::string path = **found;
  settings.file_ = path;
  file_ = printable(path);
  open_to_all_ = readable_by_others(path);
  if (const std::size_t slash = path.rfind('/'); slash != std::string::npos)
    folder_ = path.substr(0, slash + 1);
  auto content = read_file(path, file_bytes_max);
  if (!content) {
    Error error = std::move(content).error();
    error.kind = ErrorKind::invalid_config;
    problems.push_back(
        std::move(error).with_hint({"the configuration is a readable TOML file of at most 1 MiB",
                                    "配置应为可读的 TOML 文件，不超过 1 MiB"}));
    return;
  }
  auto entries = parse_toml(*content, file_);
  if (!entries) {
    problems.push_back(std::move(entries).error());
    return;
  }
  entries_ = std::move(*entries);
}

void Loader::take_tables(const std::vector<TomlEntry>& entries) {
  const TableNames before = settings.exports_;
  const std::vector<std::string_view> known{before.begin(), before.end()};
  for (const TomlEntry& entry : entries) {
    const std::string_view table = table_name_in(entry.key);
    if (entry.kind != TomlKind::table || !is_table_key(entry.key) || table.empty() ||
        !settings.exports_.emplace(table).second) {
      continue;
    }
    if (const std::string_view meant = nearest(table, known); !meant.empty()) {
      settings.warnings_.push_back(
          say({"{}:{}: [{}] is an export of its own; did you mean [export.{}]?",
               "{}:{}：[{}] 是另一个导出；是否想写 [export.{}]？"},
              file_, entry.line, entry.key, meant));
    }
  }
}

void Loader::take_defaults() {
  for (std::string& key : concrete_keys(settings.exports_)) {
    const Option* const option = option_of(key);
    settings.settings_[std::move(key)] =
        Setting{.value = std::string{option->fallback}, .where = {}};
  }
  for (const auto& [key, value] : request_.defaults) settings.settings_.at(key).value = value;
}

void Loader::take_entry(const TomlEntry& entry) {
  if (problems.size() >= problems_max) return;
  const std::string where = fmt::format("{}:{}", file_, entry.line);
  if (is_table_key(entry.key)) {
    if (entry.kind == TomlKind::table) return;
    problems.push_back(
        make_error(ErrorKind::invalid_config,
                   {"{0}: {1} must be a table, not {2}", "{0}：{1} 必须是表，不能是{3}"}, where,
                   entry.key, entry.kind_en, entry.kind_zh)
            .with_hint({"write [{}]", "请写 [{}]"}, entry.key));
    return;
  }
  const Option* const option = option_of(entry.key);
  if (option == nullptr) {
    // Of an unknown table, the table alone is reported.
    const bool reported = std::ranges::any_of(entries_, [&](const TomlEntry& table) {
      return table.kind == TomlKind::table && is_below(entry.key, table.key) &&
             !is_table_key(table.key);
    });
    if (!reported) unknown_key(entry.key, where);
    return;
  }
  auto text = text_of(entry, *option);
  if (!text) {
    problems.push_back(std::move(text).error().within({"{0}: {1}", "{0}：{1}"}, where, entry.key));
    return;
  }
  warn_of_open_secret(entry, *option);
  set(entry.key, *option, {std::move(*text), Origin::file, where});
}

Result<std::string> Loader::text_of(const TomlEntry& entry, const Option& option) const {
  if (!accepts(option.type, entry.kind)) {
    const Message wanted = expected(option);
    return fail(make_error(ErrorKind::invalid_config,
                           {"must be {0}, not {2}", "必须是{1}，不能是{3}"}, wanted.en, wanted.zh,
                           entry.kind_en, entry.kind_zh)
                    .with_hint({"for example: {}", "例如：{}"}, example_line(entry.key, option)));
  }
  std::string joined;
  for (std::size_t i = 0; i < entry.texts.size(); ++i) {
    auto text = interpolate(entry.texts[i], request_.environment, folder_);
    if (!text) return text;
    if (entry.kind == TomlKind::text_list && text->contains(','))
      return fail(ErrorKind::invalid_config,
                  {"must have no comma in an item", "的列表项中不能有逗号"});
    if (i > 0) joined += ',';
    joined += *text;
  }
  return joined;
}

void Loader::set(const std::string& key, const Option& option, Setting setting) {
  auto value = checked_value(option, setting.value);
  if (value) {
    setting.value = std::move(*value);
    settings.settings_[key] = std::move(setting);
    return;
  }
  Error error = std::move(value).error().within({"{}: {} = {}", "{}：{} = {}"}, setting.where, key,
                                                shown_value(option, setting.value));
  if (error.hint.empty() && !option.example.empty())
    error = std::move(error).with_hint({"for example: {}", "例如：{}"}, option.example);
  problems.push_back(std::move(error));
}

void Loader::take_environment() {
  for (const std::string& key : concrete_keys(settings.exports_)) {
    auto variable = read_variable(request_.environment, variable_of(key));
    if (!variable) {
      problems.push_back(std::move(variable).error());
    } else if (*variable) {
      set(key, *option_of(key),
          {std::move((*variable)->value), Origin::environment, (*variable)->where});
    }
  }
}

void Loader::find_unknown_variables() {
  for (std::string_view variable : request_.environment_names) {
    if (problems.size() >= problems_max) return;
    if (is_foreign_variable(variable)) continue;
    auto key = key_of_variable(variable);
    if (!key || settings.settings_.contains(*key)) continue;
    if (variable.ends_with(file_variable_suffix)) {
      variable.remove_suffix(file_variable_suffix.size());
      key = key_of_variable(variable);
      if (key && settings.settings_.contains(*key)) continue;
    }
    const std::string shown = printable(variable);
    if (key && option_of(*key) != nullptr) {
      no_such_table(*key, shown);
      continue;
    }
    Error error =
        make_error(ErrorKind::invalid_config, {"unknown variable {}", "未知的环境变量 {}"}, shown);
    const std::string meant = key ? suggested_key(*key, settings.exports_) : std::string{};
    if (!meant.empty() && settings.settings_.contains(meant)) {
      error = std::move(error).with_hint({"did you mean {}?", "是否想写 {}？"}, variable_of(meant));
    } else {
      error = std::move(error).with_hint({"unset it, or see the list: tidemark config show",
                                          "请去掉它，或查看列表：tidemark config show"});
    }
    problems.push_back(std::move(error));
  }
}

void Loader::take_flags() {
  for (const auto& [key, setting] : request_.flags) {
    const Option* const option = option_of(key);
    if (option == nullptr) {
      unknown_key(key, setting.where);
    } else if (!settings.settings_.contains(key)) {
      no_such_table(key, setting.where);
    } else {
      warn_of_visible_secret(key, *option, setting);
      set(key, *option, setting);
    }
  }
}

/// The range of the option is that of zstd.
void Loader::check_levels() {
  constexpr std::int64_t gzip_level_max = 12;  // Of libdeflate.
  for (const std::string& table : settings.exports_) {
    const std::string key = fmt::format("export.{}.compress_level", table);
    const std::int64_t level = settings.integer(key);
    if (settings.text(fmt::format("export.{}.compress", table)) != "gzip") continue;
    if (level <= gzip_level_max) continue;
    problems.push_back(make_error(ErrorKind::invalid_config,
                                  {"{}: {} = {}: gzip has levels from 1 to {}",
                                   "{}：{} = {}：gzip 的压缩级别为 1 到 {}"},
                                  settings.setting(key).where, key, level, gzip_level_max)
                           .with_hint({"zstd goes up to 22", "zstd 最高为 22"}));
  }
}

void Loader::unknown_key(std::string_view key, const std::string& where) {
  Error error = make_error(ErrorKind::invalid_config, {"{}: unknown key {}", "{}：未知的键 {}"},
                           where, printable(key));
  const std::string_view table = table_name_in(key);
  const std::string meant = suggested_key(key, settings.exports_);
  if (!table.empty() && !is_table_name(table)) {
    error = std::move(error).with_hint({"the name of a table is lower-case letters, digits and "
                                        "single underscores: {}",
                                        "表名只能用小写字母、数字和单个下划线：{}"},
                                       printable(table));
  } else if (!meant.empty()) {
    error = std::move(error).with_hint({"did you mean {}?", "是否想写 {}？"}, meant);
  } else {
    error = std::move(error).with_hint(
        {"see the list: tidemark config show", "查看列表：tidemark config show"});
  }
  problems.push_back(std::move(error));
}

void Loader::no_such_table(std::string_view key, const std::string& where) {
  const std::string_view table = table_name_in(key);
  const std::vector<std::string_view> known{settings.exports_.begin(), settings.exports_.end()};
  const std::string_view meant = nearest(table, known);
  Error error =
      make_error(ErrorKind::invalid_config,
                 {"there is no export \"{1}\": {0} needs [export.{1}] in the configuration file",
                  "没有名为“{1}”的导出：{0} 需要配置文件中有 [export.{1}]"},
                 where, table);
  if (!meant.empty()) {
    error = std::move(error).with_hint({"did you mean {}?", "是否想写 {}？"}, meant);
  } else {
    error = std::move(error).with_hint(
        {"add [export.{}] to the configuration file", "请在配置文件中加上 [export.{}]"}, table);
  }
  problems.push_back(std::move(error));
}

void Loader::warn_of_visible_secret(const std::string& key, const Option& option,
                                    const Setting& setting) {
  if (!is_address(option.type) || !has_password(setting.value)) return;
  const std::string password_key = key + "_password";
  const std::string place =
      option_of(password_key) == nullptr ? variable_of(key) : variable_of(password_key) + "_FILE";
  settings.warnings_.push_back(
      say({"{}: everybody on this machine can read the password in the list of processes; give it "
           "by {} or in the configuration file",
           "{}：本机所有用户都能从进程列表中读到该密码；请改用 {} 或配置文件"},
          setting.where, place));
}

void Loader::warn_of_open_secret(const TomlEntry& entry, const Option& option) {
  const bool holds_secret = std::ranges::any_of(entry.texts, [&](const std::string& text) {
    if (text.empty() || has_references(text)) return false;
    return option.secret || (is_address(option.type) && has_password(text));
  });
  if (!holds_secret || !open_to_all_) return;
  settings.warnings_.push_back(
      say({"{0}:{1}: {2} holds a secret, and everybody on this machine may read the file; "
           "chmod 600 {0}, or write ${{file:PATH}}",
           "{0}:{1}：{2} 中有密码，而本机所有用户都能读取该文件；请执行 chmod 600 {0}，或改写为 "
           "${{file:路径}}"},
          file_, entry.line, entry.key));
}

}  // namespace tidemark::config
