#include "cli/parse.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/nearest.h"
#include "config/key.h"

namespace tidemark::cli {
namespace {

class Parser {
 public:
  Parser(const Command& program, std::span<const std::string> words) : words_(words) {
    result_.path.push_back(&program);
  }

  Result<Invocation> run() {
    Result<void> read = read_words();
    for (const auto& [flag, value] : to_set_) set(*flag, value);
    if (read) read = check_positionals();
    if (!read && !result_.help) return fail(std::move(read));
    declare_all();
    return std::move(result_);
  }

 private:
  const Command& command() const { return *result_.path.back(); }

  Result<void> read_words() {
    if (!words_.empty() && words_.front() == "help" && !command().children.empty()) {
      result_.help = true;
      ++next_;
    }
    while (next_ < words_.size()) {
      const std::string_view word = words_[next_++];
      Result<void> taken;
      if (!flags_ended_ && word == "--") {
        flags_ended_ = true;
      } else if (!flags_ended_ && word.starts_with("--")) {
        taken = take_long(word);
      } else if (!flags_ended_ && word.size() > 1 && word.starts_with("-")) {
        taken = take_cluster(word);
      } else {
        taken = take_word(word);
      }
      if (!taken) return taken;
    }
    return {};
  }

  Result<void> take_word(std::string_view word) {
    if (command().children.empty()) {
      positionals_.emplace_back(word);
      return {};
    }
    const std::vector<Command>& children = command().children;
    auto child = std::ranges::find_if(children, [&](const Command& one) {
      return one.name == word && !one.stands_for_any_word();
    });
    if (child == children.end() && children.back().stands_for_any_word() &&
        config::is_table_name(word)) {
      child = std::prev(children.end());
      result_.word = word;
    }
    if (child == children.end()) return unknown_command(word);
    result_.path.push_back(&*child);
    return {};
  }

  Result<void> take_long(std::string_view word) {
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const Flag* flag = find(name);
    if (flag == nullptr) return unknown_flag(name);
    if (equals == std::string_view::npos) return take_flag(*flag, name);
    if (flag->kind == FlagKind::toggle)
      return fail(ErrorKind::usage, {"{} takes no value", "{} 不带值"}, name);
    return give(*flag, word.substr(equals + 1));
  }

  /// `-v`, `-vt4`, `-t4`, `-t=4`, `-czstd`.
  Result<void> take_cluster(std::string_view word) {
    std::string_view letters = word.substr(1);
    while (!letters.empty()) {
      const std::string name = {'-', letters.front()};
      const Flag* flag = find(name);
      if (flag == nullptr) return unknown_flag(letters.size() + 1 == word.size() ? word : name);
      letters.remove_prefix(1);
      const bool takes_rest = flag->kind == FlagKind::value || flag->kind == FlagKind::repeated;
      if (flag->kind != FlagKind::toggle && letters.starts_with("="))
        return give(*flag, letters.substr(1));
      if (takes_rest && !letters.empty()) return give(*flag, letters);
      if (flag->kind == FlagKind::optional_value && is_choice(*flag, letters))
        return give(*flag, letters);
      if (Result<void> taken = take_flag(*flag, name); !taken) return taken;
    }
    return {};
  }

  /// A flag without `=`: its value, if it needs one, is the next word.
  Result<void> take_flag(const Flag& flag, std::string_view as_given) {
    if (flag.kind == FlagKind::optional_value && next_ < words_.size()) {
      may_have_meant_.try_emplace(words_[next_], &flag);
    }
    if (flag.kind == FlagKind::toggle || flag.kind == FlagKind::optional_value)
      return give(flag, flag.bare.empty() ? "true" : flag.bare);
    if (next_ == words_.size())
      return fail(ErrorKind::usage, {"{} needs a value", "{} 需要一个值"}, as_given);
    const std::string_view value = words_[next_];
    if (value == "--" || find(value.substr(0, value.find('='))) != nullptr)
      return fail(make_error(ErrorKind::usage, {"{} needs a value", "{} 需要一个值"}, as_given)
                      .with_hint({"to give {1} as its value, write {0}={1}",
                                  "若 {1} 就是它的值，请写成 {0}={1}"},
                                 flag.long_name(), value));
    ++next_;
    return give(flag, value);
  }

  Result<void> give(const Flag& flag, std::string_view value) {
    if (Result<void> allowed = check_choice(flag.long_name(), flag.choice_list(), value); !allowed)
      return allowed;
    if (flag.long_name() == "--help") result_.help = true;
    given_[flag.long_name()].emplace_back(value);
    if (!flag.key.empty()) to_set_.emplace_back(&flag, value);
    return {};
  }

  /// What a `*` in a flag's key stands for.
  std::string_view table() const {
    if (const auto chosen = given_.find("--export"); chosen != given_.end()) {
      return chosen->second.back();
    }
    return command().table.empty() ? std::string_view(result_.word) : command().table;
  }

  void set(const Flag& flag, std::string_view value) {
    auto& settings = result_.settings;
    const std::string key = config::concrete_key(flag.key, table());
    const auto known = std::ranges::find(settings, key, [](const auto& s) { return s.first; });
    if (flag.kind == FlagKind::repeated && known != settings.end()) {
      known->second.value += "," + std::string(value);  // The text form of a list.
      return;
    }
    settings.emplace_back(key, config::Setting{.value = std::string(value),
                                               .origin = config::Origin::flag,
                                               .where = std::string(flag.long_name())});
  }

  static bool is_choice(const Flag& flag, std::string_view value) {
    const std::vector<std::string_view> allowed = split_choices(flag.choice_list());
    return std::ranges::find(allowed, value) != allowed.end();
  }

  static Result<void> check_choice(std::string_view name, std::string_view choices,
                                   std::string_view value) {
    if (choices.empty()) return {};
    const std::vector<std::string_view> allowed = split_choices(choices);
    if (std::ranges::find(allowed, value) != allowed.end()) return {};
    return fail(ErrorKind::usage, {"{} is {}, not '{}'", "{} 的取值为 {}，不能是“{}”"}, name,
                choices, printable(value));
  }

  Result<void> check_positionals() {
    const std::vector<Positional>& declared = command().positionals;
    for (std::size_t i = 0; i < declared.size(); ++i) {
      if (i >= positionals_.size()) {
        if (declared[i].required)
          return fail(see_help(
              make_error(ErrorKind::usage, {"{} is missing", "缺少 {}"}, declared[i].name)));
        continue;
      }
      if (Result<void> allowed =
              check_choice(declared[i].name, declared[i].choices, positionals_[i]);
          !allowed)
        return allowed;
    }
    if (!declared.empty() && declared.back().repeated) return {};
    if (positionals_.size() > declared.size() && command().stands_for_any_word()) {
      // `export statee show`: hardly an export.
      result_.path.pop_back();
      return unknown_command(result_.word);
    }
    if (positionals_.size() > declared.size())
      return fail(unexpected_word(positionals_[declared.size()]));
    return {};
  }

  Error unexpected_word(const std::string& word) const {
    Error error =
        make_error(ErrorKind::usage, {"unexpected word '{}'", "多余的参数“{}”"}, printable(word));
    const auto meant = may_have_meant_.find(word);
    if (meant == may_have_meant_.end()) return see_help(std::move(error));
    const Flag& flag = *meant->second;
    return std::move(error).with_hint({"a value of {0} follows a '=' and is one of {1}: {0}={2}",
                                       "{0} 的值须用“=”连接，可选 {1}：{0}={2}"},
                                      flag.long_name(), flag.choice_list(),
                                      is_choice(flag, word) ? std::string_view(word) : flag.bare);
  }

  void declare_all() {
    for (const std::vector<Flag>* flags : {&global_flags(), &command().flags})
      for (const Flag& flag : *flags)
        result_.arguments.declare(flag.long_name(), given_[flag.long_name()]);
    for (std::size_t i = 0; i < command().positionals.size(); ++i) {
      std::vector<std::string> given;
      const auto first =
          positionals_.begin() + static_cast<std::ptrdiff_t>(std::min(i, positionals_.size()));
      const bool rest = command().positionals[i].repeated;
      given.assign(first, rest || first == positionals_.end() ? positionals_.end() : first + 1);
      result_.arguments.declare(command().positionals[i].name, std::move(given));
    }
  }

  const Flag* find(std::string_view name) const {
    for (const std::vector<Flag>* flags : {&command().flags, &global_flags()})
      for (const Flag& flag : *flags)
        if (name == flag.long_name() || (!name.empty() && name == flag.short_name())) return &flag;
    return nullptr;
  }

  Result<void> unknown_flag(std::string_view name) const {
    std::vector<std::string_view> known;
    for (const std::vector<Flag>* flags : {&command().flags, &global_flags()})
      for (const Flag& flag : *flags) known.push_back(flag.long_name());
    Error error =
        make_error(ErrorKind::usage, {"unknown flag '{}'", "未知选项“{}”"}, printable(name));
    return fail(name.starts_with("--") ? suggest(std::move(error), name, known)
                                       : see_help(std::move(error)));
  }

  Result<void> unknown_command(std::string_view word) const {
    std::vector<std::string_view> known;
    for (const Command& child : command().children)
      if (!child.stands_for_any_word()) known.push_back(child.name);
    return fail(suggest(
        make_error(ErrorKind::usage, {"unknown command '{}'", "未知命令“{}”"}, printable(word)),
        word, known));
  }

  Error suggest(Error error, std::string_view word, std::span<const std::string_view> known) const {
    const std::string_view meant = nearest(word, known);
    if (meant.empty()) return see_help(std::move(error));
    return std::move(error).with_hint({"did you mean '{}'?", "是否想用“{}”？"}, meant);
  }

  Error see_help(Error error) const {
    const std::string name = result_.name();
    return std::move(error).with_hint({"'{} --help' explains", "用法见“{} --help”"}, name);
  }

  std::span<const std::string> words_;
  std::size_t next_ = 0;
  bool flags_ended_ = false;
  std::vector<std::string> positionals_;
  std::vector<std::pair<const Flag*, std::string_view>> to_set_;  ///< Once --export is known.
  std::map<std::string_view, std::vector<std::string>> given_;    ///< By long name.
  std::map<std::string, const Flag*> may_have_meant_;  ///< Word behind a flag that takes none.
  Invocation result_;
};

}  // namespace

std::string Invocation::name() const {
  std::string joined;
  for (const Command* step : path) {
    if (!joined.empty()) joined += ' ';
    joined += step->stands_for_any_word() && !word.empty() ? std::string_view(word) : step->name;
  }
  return joined;
}

Result<Invocation> parse(const Command& program, std::span<const std::string> words) {
  return Parser(program, words).run();
}

bool mentions(std::span<const std::string> words, std::string_view flag) {
  for (const std::string& word : words) {
    if (word == "--") return false;
    if (word == flag) return true;
  }
  return false;
}

}  // namespace tidemark::cli
