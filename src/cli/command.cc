#include "cli/command.h"

#include "config/key.h"

namespace tidemark::cli {
namespace {

/// The option that a flag sets, whatever table a `*` in its key stands for.
const config::Option* option_behind(std::string_view key) {
  return config::option_of(config::concrete_key(key, "invoices"));
}

}  // namespace

std::string_view Flag::long_name() const { return names.substr(names.find("--")); }

std::string_view Flag::short_name() const {
  return names.starts_with("--") ? std::string_view{} : names.substr(0, names.find(','));
}

Wording Flag::description() const {
  const config::Option* option = option_behind(key);
  if (!text.empty() || option == nullptr) return text;
  return {option->en, option->zh};
}

std::string_view Flag::choice_list() const {
  const config::Option* option = option_behind(key);
  if (!choices.empty() || option == nullptr || kind == FlagKind::toggle) return choices;
  return option->choices;
}

std::string_view Flag::default_text() const {
  const config::Option* option = option_behind(key);
  if (!fallback.empty() || option == nullptr || kind == FlagKind::toggle) return fallback;
  return option->fallback;
}

bool Command::stands_for_any_word() const {
  return !name.empty() && name.front() >= 'A' && name.front() <= 'Z';
}

const std::vector<Flag>& global_flags() {
  static const std::vector<Flag> flags = {
      {.names = "-h,--help", .text = {"Show this help", "显示本帮助"}},
      {.names = "--version", .text = {"Show the version", "显示版本"}},
      {.names = "--config",
       .kind = FlagKind::value,
       .placeholder = "FILE",
       .text = {"Configuration file; without it $TIDEMARK_CONFIG, ./tidemark.toml, "
                "~/.config/tidemark/tidemark.toml, /etc/tidemark/tidemark.toml: the first that "
                "exists",
                "配置文件；未指定时依次查找 $TIDEMARK_CONFIG、./tidemark.toml、"
                "~/.config/tidemark/tidemark.toml、/etc/tidemark/tidemark.toml，取第一个存在的"}},
      {.names = "--lang",
       .kind = FlagKind::value,
       .key = "lang",
       .choices = "en|zh",
       .fallback = "auto",
       .text = {"Language; without it TIDEMARK_LANG, then the locale",
                "语言；未指定时取 TIDEMARK_LANG，再取系统区域设置"}},
      {.names = "--json",
       .text = {"Results as JSON lines on standard output", "在标准输出以 JSON 行给出结果"}},
      {.names = "-q,--quiet",
       .key = "log.level",
       .bare = "error",
       .text = {"Only results and errors; no progress", "只显示结果和错误，不显示进度"}},
      {.names = "-v,--verbose",
       .key = "log.level",
       .bare = "debug",
       .text = {"Detailed log", "详细日志"}},
      {.names = "--progress",
       .kind = FlagKind::value,
       .choices = "auto|on|off",
       .fallback = "auto",
       .text = {"Progress; auto: a bar on a terminal, else a line every 10 seconds",
                "进度显示；auto：终端上为进度条，否则每 10 秒一行"}},
      {.names = "--no-color",
       .text = {"No colours (also NO_COLOR, TERM=dumb)",
                "不使用颜色（亦可设 NO_COLOR、TERM=dumb）"}},
      {.names = "--log-level",
       .kind = FlagKind::value,
       .key = "log.level",
       .choices = "error|warning|info|debug",
       .text = {"Which log lines are shown", "显示哪些级别的日志"}},
      {.names = "--log-format",
       .kind = FlagKind::value,
       .key = "log.format",
       .choices = "text|json",
       .text = {"Form of the log lines on standard error", "标准错误上日志行的格式"}},
      {.names = "--no-input",
       .text = {"Never ask; what would need an answer is an error",
                "从不询问；需要确认时直接报错"}},
      {.names = "-y,--yes", .text = {"Answer yes to every question", "对所有询问回答“是”"}},
  };
  return flags;
}

std::vector<std::string_view> split_choices(std::string_view choices) {
  std::vector<std::string_view> parts;
  while (!choices.empty()) {
    const std::size_t bar = choices.find('|');
    parts.push_back(choices.substr(0, bar));
    choices.remove_prefix(bar == std::string_view::npos ? choices.size() : bar + 1);
  }
  return parts;
}

}  // namespace tidemark::cli
