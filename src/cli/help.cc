#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "cli/wrap.h"

namespace tidemark::cli {
namespace {

constexpr std::size_t label_columns_max = 30;  // Longer labels get a line of their own.

/// A left column of labels, a right one of sentences.
using Row = std::pair<std::string, std::string>;

class HelpPage {
 public:
  HelpPage(std::span<const Command* const> path, Language language, std::size_t columns)
      : path_(path), command_(*path.back()), language_(language), columns_(columns) {}

  std::string text() {
    for (const Command* step : path_) name_ += (name_.empty() ? "" : " ") + std::string(step->name);
    page_ = wrap(fmt::format("{} – {}", name_, command_.summary.in(language_)), columns_, 0) + "\n";
    usage();
    about();
    table({"Arguments:", "参数："}, positional_rows());
    table({"Commands:", "命令："}, command_rows());
    table({"Options:", "选项："}, flag_rows(command_.flags));
    if (path_.size() == 1) table({"Global options:", "全局选项："}, flag_rows(global_flags()));
    examples();
    if (path_.size() == 1)
      table({"Exit codes:", "退出码："}, exit_code_rows());
    else
      global_flags_in_short();
    return std::move(page_);
  }

 private:
  void heading(Wording text) { page_ += fmt::format("\n{}\n", text.in(language_)); }

  void usage() {
    std::string line = name_;
    if (!command_.children.empty())
      line += (command_.run == nullptr ? Wording{" COMMAND", " 命令"}
                                       : Wording{" [COMMAND]", " [命令]"})
                  .in(language_);
    for (const Positional& positional : command_.positionals)
      line += fmt::format(fmt::runtime(positional.required ? " {}{}" : " [{}{}]"), positional.name,
                          positional.repeated ? "…" : "");
    line += Wording{" [OPTIONS]", " [选项]"}.in(language_);
    page_ += fmt::format("\n{}{}\n", Wording{"Usage: ", "用法："}.in(language_), line);
  }

  void about() {
    std::string_view rest = command_.about.in(language_);
    while (!rest.empty()) {
      const std::size_t end = rest.find("\n\n");
      page_ += "\n" + wrap(rest.substr(0, end), columns_, 0) + "\n";
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
    }
  }

  void table(Wording title, const std::vector<Row>& rows) {
    if (rows.empty()) return;
    heading(title);
    std::size_t label_columns = 0;
    for (const Row& row : rows) label_columns = std::max(label_columns, display_width(row.first));
    label_columns = std::min(label_columns, label_columns_max);
    const std::size_t indent = 2 + label_columns + 2;
    for (const Row& row : rows) {
      page_ += "  " + pad(row.first, label_columns);
      page_ += display_width(row.first) > label_columns ? "\n" + std::string(indent, ' ') : "  ";
      page_ += wrap(row.second, std::max(columns_, indent + 20), indent) + "\n";
    }
  }

  std::vector<Row> positional_rows() const {
    std::vector<Row> rows;
    for (const Positional& positional : command_.positionals)
      rows.emplace_back(positional.name, positional.text.in(language_));
    return rows;
  }

  std::vector<Row> command_rows() const {
    std::vector<Row> rows;
    for (const Command& child : command_.children)
      rows.emplace_back(child.name, child.summary.in(language_));
    return rows;
  }

  std::vector<Row> flag_rows(const std::vector<Flag>& flags) const {
    std::vector<Row> rows;
    for (const Flag& flag : flags) rows.emplace_back(flag_label(flag), flag_sentence(flag));
    return rows;
  }

  static std::string flag_label(const Flag& flag) {
    const std::string_view brief = flag.short_name();
    std::string label = brief.empty() ? "    " : fmt::format("{}, ", brief);
    label += flag.long_name();
    const std::string_view choices = flag.choice_list();
    std::string_view value = flag.placeholder;
    if (value.empty()) value = choices.empty() ? "VALUE" : choices;
    if (flag.kind == FlagKind::optional_value) label += fmt::format("[={}]", value);
    if (flag.kind == FlagKind::value || flag.kind == FlagKind::repeated)
      label += fmt::format(" {}", value);
    return label;
  }

  std::string flag_sentence(const Flag& flag) const {
    std::string sentence(flag.description().in(language_));
    if (flag.kind == FlagKind::repeated)
      sentence += Wording{" (may be given several times)", "（可多次给出）"}.in(language_);
    if (const std::string_view fallback = flag.default_text(); !fallback.empty())
      sentence += language_ == Language::chinese ? fmt::format("（默认 {}）", fallback)
                                                 : fmt::format(" (default {})", fallback);
    return sentence;
  }

  /// Below a command they would only hide the command's own.
  void global_flags_in_short() {
    std::string names;
    for (const Flag& flag : global_flags()) names += std::string(flag.long_name()) + " ";
    heading({"Options of every command:", "所有命令通用的选项："});
    page_ += "  " + wrap(names, columns_, 2) + "\n";
    page_ += language_ == Language::chinese
                 ? fmt::format("  说明见“{} --help”\n", path_.front()->name)
                 : fmt::format("  ('{} --help' explains them)\n", path_.front()->name);
  }

  void examples() {
    if (command_.examples.empty()) return;
    heading({"Examples:", "示例："});
    for (const Example& example : command_.examples)
      page_ += fmt::format("  {}\n      {}\n", example.line,
                           wrap(example.text.in(language_), columns_, 6));
  }

  std::vector<Row> exit_code_rows() const {
    static constexpr std::pair<ExitCode, Wording> meanings[] = {
        {ExitCode::done, {"everything asked for is done", "要求的全部完成"}},
        {ExitCode::failed, {"failed", "失败"}},
        {ExitCode::usage, {"wrong command line or configuration", "命令行或配置有误"}},
        {ExitCode::partial,
         {"partly done: some failed, the rest is stored", "部分完成：有失败项，其余已保存"}},
        {ExitCode::locked, {"another run has the lock", "另一个运行持有锁"}},
        {ExitCode::unauthorized, {"source or target refused the login", "来源或目标拒绝登录"}},
        {ExitCode::retry_later, {"not reachable now, try again later", "暂时无法连接，稍后重试"}},
        {ExitCode::interrupted, {"interrupted by Ctrl-C", "被 Ctrl-C 中断"}},
        {ExitCode::terminated, {"terminated by SIGTERM", "被 SIGTERM 终止"}}};
    std::vector<Row> rows;
    for (const auto& [code, meaning] : meanings)
      rows.emplace_back(fmt::format("{}", static_cast<int>(code)), meaning.in(language_));
    return rows;
  }

  std::span<const Command* const> path_;
  const Command& command_;
  Language language_;
  std::size_t columns_;
  std::string name_;
  std::string page_;
};

}  // namespace

std::string help_text(std::span<const Command* const> path, Language language,
                      std::size_t columns) {
  return HelpPage(path, language, columns).text();
}

}  // namespace tidemark::cli
