#include "config/reference.h"

#include <fmt/format.h>

#include <string_view>

#include "config/key.h"
#include "config/option.h"
#include "config/value.h"

namespace tidemark::config {
namespace {

constexpr std::string_view intro_en =
    R"(<!-- Written by `tidemark config reference`; the source is src/config/*_options.cc and src/load/*/options.cc. -->
# Configuration

[中文](configuration.zh-CN.md)

Every setting has one key. Its value comes from the first of these that has it:

1. a flag of the command line;
2. an environment variable: `TIDEMARK_` and the key in capitals, `__` for each dot;
   `export.invoices.table` is `TIDEMARK_EXPORT__INVOICES__TABLE`;
3. the configuration file, in [TOML](https://toml.io);
4. the default.

`tidemark config show` prints every value and where it came from, `tidemark config check` finds
mistakes. Unknown keys and unknown `TIDEMARK_…` variables are errors.

**The file** is the one given by `--config`, else by `TIDEMARK_CONFIG`, else the first that exists of
`./tidemark.toml`, `${XDG_CONFIG_HOME:-~/.config}/tidemark/tidemark.toml` and
`/etc/tidemark/tidemark.toml`. At most 1 MiB.

**References** in the values of the file: `${VAR}` is the environment variable, an error if it is not
set; `${VAR:-default}` has a default; `${file:PATH}` is the content of a file without its last
newline, a relative path starting at the configuration file's folder; `$${` is a literal `${`.

**Secrets** print as `***`. Every variable has a companion `…_FILE` that names a file holding the
value (`TIDEMARK_SOURCE_PASSWORD_FILE=/run/secrets/db`), as Docker and systemd hand them over.

**Values**: durations are `250ms`, `90s`, `5m`, `1h`, `2d`; lists are TOML arrays, or separated by
commas in a variable; in a variable, yes and no are `true` and `false`. An empty text counts where the
table says what empty means.
)";

constexpr std::string_view intro_zh =
    R"(<!-- 由 `tidemark config reference` 生成；来源是 src/config/*_options.cc 和 src/load/*/options.cc。 -->
# 配置

[English](configuration.md)

每项设置对应一个键，取值依次来自：

1. 命令行参数；
2. 环境变量：`TIDEMARK_` 加大写的键，每个点写成 `__`；
   `export.invoices.table` 对应 `TIDEMARK_EXPORT__INVOICES__TABLE`；
3. 配置文件，[TOML](https://toml.io/cn/) 格式；
4. 默认值。

`tidemark config show` 列出每项的值及其来源，`tidemark config check` 检查错误。未知的键和未知的
`TIDEMARK_…` 变量都会报错。

**配置文件**由 `--config` 指定，否则由 `TIDEMARK_CONFIG` 指定，否则取下列中第一个存在的：
`./tidemark.toml`、`${XDG_CONFIG_HOME:-~/.config}/tidemark/tidemark.toml`、
`/etc/tidemark/tidemark.toml`。不超过 1 MiB。

**引用**（用于配置文件中的值）：`${VAR}` 是环境变量，未设置则报错；`${VAR:-默认值}` 带默认值；
`${file:路径}` 是文件内容（去掉末尾换行），相对路径从配置文件所在目录算起；`$${` 表示字面的 `${`。

**密码**显示为 `***`。每个变量都可改用 `…_FILE`，指向存放该值的文件
（`TIDEMARK_SOURCE_PASSWORD_FILE=/run/secrets/db`），与 Docker、systemd 的做法一致。

**取值**：时长写作 `250ms`、`90s`、`5m`、`1h`、`2d`；列表用 TOML 数组，在变量中用逗号分隔；布尔值为
`true` 或 `false`。空文本的含义见下表。
)";

std::string_view pick(Language language, std::string_view en, std::string_view zh) {
  return language == Language::chinese ? zh : en;
}

/// A `|` would end the cell.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string code(std::string_view text) {
  return text.empty() ? std::string{} : fmt::format("`{}`", cell(text));
}

/// What stands in the column of values: `1..256`, `off`, `gzip`, text.
std::string value_words(const Option& option, Language language) {
  const auto with_range = [&](std::string_view en, std::string_view zh) {
    const std::string_view word = pick(language, en, zh);
    return option.range.empty() ? std::string{word} : fmt::format("{} {}", word, option.range);
  };
  switch (option.type) {
    case OptionType::text:
      return std::string{option.secret ? pick(language, "secret", "密码")
                                       : pick(language, "text", "文本")};
    case OptionType::integer:
      return with_range("number", "整数");
    case OptionType::boolean:
      return "`true`, `false`";
    case OptionType::duration:
      return with_range("duration", "时长");
    case OptionType::bytes:
      return with_range("size", "大小");
    case OptionType::choice: {
      std::string words;
      for (const std::string_view choice : split(option.choices, '|'))
        words += fmt::format("{}`{}`", words.empty() ? "" : ", ", choice);
      return words;
    }
    case OptionType::url:
      return std::string{pick(language, "database URL", "数据库 URL")};
    case OptionType::redis_url:
      return std::string{pick(language, "URL of Redis", "Redis URL")};
    case OptionType::text_list:
      return std::string{pick(language, "list", "列表")};
  }
  return {};
}

std::string row(const Option& option, Language language) {
  return fmt::format(
      "| `{}` | {} | {} | {}{} |\n", option.key, value_words(option, language),
      code(option.fallback), cell(pick(language, option.en, option.zh)),
      fmt::format(fmt::runtime(pick(language, " (e.g. {})", "（例如 {}）")), code(option.example)));
}

/// A value as TOML writes it. No fallback or example has a quote or a backslash.
std::string toml_value(const Option& option, std::string_view value) {
  switch (option.type) {
    case OptionType::integer:
    case OptionType::boolean:
      return std::string{value};
    case OptionType::text_list: {
      std::string items;
      for (const std::string& item : split_list(value))
        items += fmt::format("{}\"{}\"", items.empty() ? "" : ", ", item);
      return "[" + items + "]";
    }
    default:
      return fmt::format("\"{}\"", value);
  }
}

/// The table that a key stands in, as TOML heads it; empty for the top.
std::string_view table_of(std::string_view key) {
  const std::size_t dot = key.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : key.substr(0, dot);
}

std::string example_entry(const Option& option, Language language) {
  // A value that is empty by default shows its example instead, or the line would say nothing.
  const std::string_view value = option.fallback.empty() ? option.example : option.fallback;
  const std::string_view key = option.key.substr(option.key.rfind('.') + 1);
  return fmt::format("# {}{}\n#{} = {}\n", pick(language, option.en, option.zh),
                     option.fallback.empty() ? pick(language, " (not set)", "（未设置）") : "", key,
                     toml_value(option, value));
}

}  // namespace

std::string reference_page(Language language) {
  std::string page{pick(language, intro_en, intro_zh)};
  for (const OptionGroup& group : option_groups()) {
    page += fmt::format(
        "\n## {}\n\n{}\n\n{}\n|---|---|---|---|\n", pick(language, group.title_en, group.title_zh),
        pick(language, group.about_en, group.about_zh),
        pick(language, "| key | value | default | meaning |", "| 键 | 取值 | 默认值 | 含义 |"));
    for (const Option& option : group.options) page += row(option, language);
  }
  return page;
}

std::string example_toml(Language language) {
  std::string text{pick(language,
                        "# Settings of Tidemark. All lines are at their defaults or show an "
                        "example: take away the # to change one.\n",
                        "# Tidemark 的设置。各行为默认值或示例：去掉 # 即可修改。\n")};
  for (const OptionGroup& group : option_groups()) {
    text += fmt::format("\n# --- {}\n", pick(language, group.title_en, group.title_zh));
    std::string table;
    for (const Option& option : group.options) {
      const std::string wanted = concrete_key(table_of(option.key), "invoices");
      if (wanted != table) text += fmt::format("\n[{}]\n", wanted);
      table = wanted;
      text += example_entry(option, language);
    }
  }
  return text;
}

}  // namespace tidemark::config
