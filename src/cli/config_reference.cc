#include "cli/config_reference.h"

#include <fmt/format.h>

#include "cli/command.h"
#include "config/key.h"

namespace tidemark::cli {
namespace {

using config::Option;
using config::OptionType;

Wording name_of(OptionType type) {
  switch (type) {
    case OptionType::text:
      return {"text", "文本"};
    case OptionType::integer:
      return {"whole number", "整数"};
    case OptionType::boolean:
      return {"true or false", "true 或 false"};
    case OptionType::duration:
      return {"duration (90s, 5m, 1h, 2d)", "时长（90s、5m、1h、2d）"};
    case OptionType::bytes:
      return {"size (64MiB, 1GB)", "大小（64MiB、1GB）"};
    case OptionType::choice:
      return {"one of", "可选值"};
    case OptionType::url:
      return {"database URL", "数据库 URL"};
    case OptionType::redis_url:
      return {"URL of Redis", "Redis URL"};
    case OptionType::text_list:
      return {"list of texts", "文本列表"};
  }
  return {"", ""};
}

std::string entry(const Option& option, Language language) {
  const auto word = [language](Wording wording) { return wording.in(language); };
  std::string text = fmt::format("### `{}`\n\n{}\n\n", option.key,
                                 language == Language::chinese ? option.zh : option.en);
  text += fmt::format("- {}{}", word({"Type: ", "类型："}), word(name_of(option.type)));
  for (const std::string_view choice : split_choices(option.choices))
    text += fmt::format(" `{}`", choice);
  if (!option.range.empty()) text += fmt::format(", `{}`", option.range);
  if (option.secret) text += word({", secret", "，机密"});
  text += '\n';
  if (!option.fallback.empty())
    text += fmt::format("- {}`{}`\n", word({"Default: ", "默认："}), option.fallback);
  if (!option.example.empty())
    text += fmt::format("- {}`{}`\n", word({"Example: ", "示例："}), option.example);
  return text + fmt::format("- {}`{}`\n\n", word({"Variable: ", "环境变量："}),
                            config::variable_of(option.key));
}

}  // namespace

std::string config_reference(std::span<const config::OptionGroup> groups, Language language) {
  const bool chinese = language == Language::chinese;
  std::string page = chinese ? "# 配置参考\n\n优先级：命令行选项 > 环境变量 > 配置文件（TOML）> "
                               "默认值。\n\n"
                             : "# Settings\n\nA flag beats an environment variable, that beats "
                               "the file (TOML), that beats the default.\n\n";
  for (const config::OptionGroup& group : groups) {
    page += fmt::format("## {}\n\n{}\n\n", chinese ? group.title_zh : group.title_en,
                        chinese ? group.about_zh : group.about_en);
    for (const Option& option : group.options) page += entry(option, language);
  }
  page.pop_back();  // One newline is the end of the last line.
  return page;
}

}  // namespace tidemark::cli
