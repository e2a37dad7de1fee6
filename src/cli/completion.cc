#include "cli/completion.h"

#include <fmt/format.h>

#include <functional>

#include "base/shell_word.h"

namespace tidemark::cli {
namespace {

/// What may stand at one place of the command line.
struct Candidate {
  std::string word;
  std::string description;
};

/// What follows a flag as its value.
enum class ValueKind { choice, directory, file, anything };

ValueKind value_kind(const Flag& flag) {
  if (!flag.choice_list().empty()) return ValueKind::choice;
  if (flag.placeholder == "DIR") return ValueKind::directory;
  if (flag.placeholder == "FILE") return ValueKind::file;
  return ValueKind::anything;
}

std::string joined_choices(std::string_view choices) {
  return fmt::format("{}", fmt::join(split_choices(choices), " "));
}

/// Calls `visit` for every command with its place in the tree: `tidemark/config/check`.
using Visit = std::function<void(const std::string& place, const Command&)>;
void each_command(const Command& command, const std::string& place, const Visit& visit) {
  visit(place, command);
  // Which words are exports, only the configuration knows.
  for (const Command& child : command.children)
    if (!child.stands_for_any_word())
      each_command(child, place + "/" + std::string(child.name), visit);
}

/// Places of all commands but the program, as alternatives of a shell's `case`.
std::vector<std::string> places_below(const Command& program) {
  std::vector<std::string> places;
  each_command(program, std::string(program.name), [&](const std::string& place, const Command& c) {
    if (&c != &program) places.push_back(place);
  });
  return places;
}

/// A pattern for a shell's `case "$place|$flag"`, and what its value may be. With `--flag=` as
/// flag, the value stands in the same word.
struct ValueRule {
  std::string pattern;
  bool only_joined;  ///< Never `--flag value`, whose value would be a word of its own.
  ValueKind kind;
  std::string choices;
};

void add_value_rules(std::vector<ValueRule>& rules, const std::string& place,
                     const std::vector<Flag>& flags) {
  for (const Flag& flag : flags) {
    if (flag.kind == FlagKind::toggle) continue;
    const bool only_joined = flag.kind == FlagKind::optional_value;
    std::string pattern = fmt::format("{}\"|{}=\"", place, flag.long_name());
    if (!only_joined) {
      pattern += fmt::format("|{}\"|{}\"", place, flag.long_name());
      if (const auto brief = flag.short_name(); !brief.empty())
        pattern += fmt::format("|{}\"|{}\"", place, brief);
    }
    rules.push_back({pattern, only_joined, value_kind(flag), joined_choices(flag.choice_list())});
  }
}

std::vector<ValueRule> value_rules(const Command& program) {
  std::vector<ValueRule> rules;
  each_command(program, std::string(program.name),
               [&](const std::string& place, const Command& command) {
                 add_value_rules(rules, fmt::format("\"{}\"", place), command.flags);
               });
  add_value_rules(rules, "*", global_flags());
  return rules;
}

std::vector<Candidate> words_at(const Command& command, Language language) {
  std::vector<Candidate> words;
  for (const Command& child : command.children)
    if (!child.stands_for_any_word())
      words.push_back({std::string(child.name), std::string(child.summary.in(language))});
  for (const Positional& positional : command.positionals)
    for (const std::string_view choice : split_choices(positional.choices))
      words.push_back({std::string(choice), std::string(positional.text.in(language))});
  return words;
}

std::vector<Candidate> flags_at(const Command& command, Language language) {
  std::vector<Candidate> words;
  for (const std::vector<Flag>* flags : {&command.flags, &global_flags()})
    for (const Flag& flag : *flags)
      words.push_back(
          {std::string(flag.long_name()), std::string(flag.description().in(language))});
  return words;
}

std::string only_words(const std::vector<Candidate>& candidates) {
  std::string words;
  for (const Candidate& candidate : candidates)
    words += (words.empty() ? "" : " ") + candidate.word;
  return words;
}

/// `tidemark` → `_tidemark`; function names take no dashes or dots in every shell.
std::string function_name(std::string_view program) {
  std::string name = "_";
  for (const char letter : program) name += letter == '-' || letter == '.' ? '_' : letter;
  return name;
}

/// The alternatives of the `case` that follows the words down the tree.
std::string place_pattern(const Command& program) {
  return fmt::format("{}", fmt::join(places_below(program), "|"));
}

/// The patterns of the flags whose value is a word of its own: it leads nowhere in the tree.
std::string separate_value_pattern(const std::vector<ValueRule>& rules) {
  std::string pattern;
  for (const ValueRule& rule : rules)
    if (!rule.only_joined) pattern += (pattern.empty() ? "" : "|") + rule.pattern;
  return pattern;
}

std::string bash_script(const Command& program) {
  const std::string function = function_name(program.name);
  const std::vector<ValueRule> rules = value_rules(program);
  std::string script =
      fmt::format(R"(# bash completion for {0}; made by '{0} completion bash'
{1}() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" before="" place="{0}" i
  if ((COMP_CWORD > 0)); then before="${{COMP_WORDS[COMP_CWORD - 1]}}"; fi
  # bash takes --flag=value for three words.
  if [[ "$current" == "=" ]]; then
    current="" before+="="
  elif [[ "$before" == "=" ]] && ((COMP_CWORD > 1)); then
    before="${{COMP_WORDS[COMP_CWORD - 2]}}="
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ "${{COMP_WORDS[i]}}" == "=" ]]; then ((++i)); continue; fi
    case "$place|${{COMP_WORDS[i - 1]}}" in
      {3}) continue ;;
    esac
    case "$place/${{COMP_WORDS[i]}}" in
      {2}) place+="/${{COMP_WORDS[i]}}" ;;
    esac
  done
  COMPREPLY=()
  case "$place|$before" in
)",
                  program.name, function, place_pattern(program), separate_value_pattern(rules));
  for (const ValueRule& rule : rules) {
    std::string reply = ":";
    if (rule.kind == ValueKind::choice)
      reply =
          fmt::format(R"(mapfile -t COMPREPLY < <(compgen -W '{}' -- "$current"))", rule.choices);
    else if (rule.kind == ValueKind::directory)
      reply = R"(compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$current"))";
    else if (rule.kind == ValueKind::file)
      reply = R"(compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"))";
    script += fmt::format("    {}) {}; return ;;\n", rule.pattern, reply);
  }
  script += "  esac\n  local words=\"\" flags=\"\"\n  case \"$place\" in\n";
  each_command(program, std::string(program.name),
               [&](const std::string& place, const Command& command) {
                 script += fmt::format("    {}) words='{}'; flags='{}' ;;\n", place,
                                       only_words(words_at(command, Language::english)),
                                       only_words(flags_at(command, Language::english)));
               });
  script += fmt::format(R"(  esac
  if [[ "$current" == -* || -z "$words" ]]; then words="$flags"; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -F {} {}
)",
                        function, program.name);
  return script;
}

/// `'word:description'` items of zsh's _describe.
std::string described(const std::vector<Candidate>& candidates) {
  std::string items;
  for (const Candidate& candidate : candidates)
    items += fmt::format(" '{}:{}'", candidate.word, inside_single_quotes(candidate.description));
  return items;
}

std::string zsh_script(const Command& program, Language language) {
  const std::string function = function_name(program.name);
  const std::vector<ValueRule> rules = value_rules(program);
  std::string script =
      fmt::format(R"(#compdef {0}
# zsh completion for {0}; made by '{0} completion zsh'
{1}() {{
  local place="{0}" before="${{words[CURRENT - 1]}}" i
  local -a candidates
  if [[ "$PREFIX" == --*=* ]]; then
    before="${{PREFIX%%=*}}="
    compset -P '*='
  fi
  for ((i = 2; i < CURRENT; i++)); do
    case "$place|${{words[i - 1]}}" in
      ({3}) continue ;;
    esac
    case "$place/${{words[i]}}" in
      ({2}) place+="/${{words[i]}}" ;;
    esac
  done
  case "$place|$before" in
)",
                  program.name, function, place_pattern(program), separate_value_pattern(rules));
  for (const ValueRule& rule : rules) {
    std::string reply = "_message value";
    if (rule.kind == ValueKind::choice) reply = fmt::format("compadd -- {}", rule.choices);
    if (rule.kind == ValueKind::directory) reply = "_files -/";
    if (rule.kind == ValueKind::file) reply = "_files";
    script += fmt::format("    ({}) {}; return ;;\n", rule.pattern, reply);
  }
  script += "  esac\n  if [[ \"$PREFIX\" != -* ]]; then\n    case \"$place\" in\n";
  each_command(
      program, std::string(program.name), [&](const std::string& place, const Command& command) {
        if (const auto words = words_at(command, language); !words.empty())
          script += fmt::format("      ({}) candidates=({} ) ;;\n", place, described(words));
      });
  script +=
      "    esac\n    if ((${#candidates})); then _describe command candidates; return; fi\n"
      "  fi\n  case \"$place\" in\n";
  each_command(program, std::string(program.name),
               [&](const std::string& place, const Command& command) {
                 script += fmt::format("    ({}) candidates=({} ) ;;\n", place,
                                       described(flags_at(command, language)));
               });
  script += fmt::format(R"(  esac
  _describe option candidates
}}
if [[ "${{funcstack[1]}}" == "{0}" ]]; then {0} "$@"; else compdef {0} {1}; fi
)",
                        function, program.name);
  return script;
}

/// Inside single quotes of fish.
std::string fish_quoted(std::string_view text) {
  std::string quoted;
  for (const char letter : text) {
    if (letter == '\'' || letter == '\\') quoted += '\\';
    quoted += letter;
  }
  return quoted;
}

std::string fish_flag(const Command& program, const std::string& condition, const Flag& flag,
                      Language language) {
  std::string line =
      fmt::format("complete -c {}{} -l {}", program.name, condition, flag.long_name().substr(2));
  if (const auto brief = flag.short_name(); !brief.empty())
    line += fmt::format(" -s {}", brief.substr(1));
  if (flag.kind == FlagKind::value || flag.kind == FlagKind::repeated) {
    const ValueKind kind = value_kind(flag);
    if (kind == ValueKind::choice)
      line += fmt::format(" -x -a '{}'", joined_choices(flag.choice_list()));
    else if (kind == ValueKind::directory)
      line += " -x -a '(__fish_complete_directories)'";
    else
      line += kind == ValueKind::file ? " -r -F" : " -x";
  } else if (flag.kind == FlagKind::optional_value) {
    // Without -r, fish offers them behind `--flag=` only.
    line += fmt::format(" -a '{}'", joined_choices(flag.choice_list()));
  }
  return line + fmt::format(" -d '{}'\n", fish_quoted(flag.description().in(language)));
}

/// Alternatives of fish's `case "$place|$flag"` where the next word is the flag's value.
std::string fish_separate_values(const Command& program) {
  std::string patterns;
  const auto add = [&patterns](const std::string& place, const std::vector<Flag>& flags) {
    for (const Flag& flag : flags) {
      if (flag.kind != FlagKind::value && flag.kind != FlagKind::repeated) continue;
      patterns += fmt::format(" '{}|{}'", place, flag.long_name());
      if (const auto brief = flag.short_name(); !brief.empty())
        patterns += fmt::format(" '{}|{}'", place, brief);
    }
  };
  each_command(program, std::string(program.name),
               [&](const std::string& place, const Command& c) { add(place, c.flags); });
  add("*", global_flags());
  return patterns;
}

std::string fish_script(const Command& program, Language language) {
  const std::string function = "_" + function_name(program.name) + "_place";
  std::string script = fmt::format(R"(# fish completion for {0}; made by '{0} completion fish'
function {1}
    set -l place {0}
    set -l before ''
    for word in (commandline -opc)[2..-1]
        switch "$place|$before"
            case{3}
            case '*'
                switch "$place/$word"
                    case {2}
                        set place "$place/$word"
                end
        end
        set before $word
    end
    echo $place
end
complete -c {0} -f
)",
                                   program.name, function, fmt::join(places_below(program), " "),
                                   fish_separate_values(program));
  each_command(program, std::string(program.name),
               [&](const std::string& place, const Command& command) {
                 const std::string condition = fmt::format(" -n 'test ({}) = {}'", function, place);
                 for (const Candidate& word : words_at(command, language))
                   script += fmt::format("complete -c {}{} -a '{}' -d '{}'\n", program.name,
                                         condition, word.word, fish_quoted(word.description));
                 for (const Flag& flag : command.flags)
                   script += fish_flag(program, condition, flag, language);
               });
  for (const Flag& flag : global_flags()) script += fish_flag(program, "", flag, language);
  return script;
}

}  // namespace

std::string completion_script(const Command& program, Shell shell, Language language) {
  switch (shell) {
    case Shell::bash:
      return bash_script(program);
    case Shell::zsh:
      return zsh_script(program, language);
    case Shell::fish:
      return fish_script(program, language);
  }
  return {};
}

}  // namespace tidemark::cli
