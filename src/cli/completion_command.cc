#include "cli/completion_command.h"

#include "cli/completion.h"
#include "cli/context.h"

namespace tidemark::cli {
namespace {

Result<ExitCode> run(Context& context) {
  const std::string shell = context.arguments.positional("SHELL").value_or("");
  const Shell kind = shell == "zsh" ? Shell::zsh : shell == "fish" ? Shell::fish : Shell::bash;
  context.world.out.write(completion_script(context.program, kind, context.language));
  return ExitCode::done;
}

}  // namespace

Command completion_command() {
  return {
      .name = "completion",
      .summary = {"Print a script that completes commands and flags in your shell",
                  "输出 shell 自动补全脚本"},
      .positionals = {{.name = "SHELL",
                       .choices = "bash|zsh|fish",
                       .text = {"bash, zsh or fish", "bash、zsh 或 fish"}}},
      .examples = {{"source <(tidemark completion bash)",
                    {"For this shell", "仅在当前 shell 生效"}},
                   {"tidemark completion bash > /etc/bash_completion.d/tidemark",
                    {"For everybody", "对所有用户生效"}},
                   {"tidemark completion zsh > ~/.zfunc/_tidemark",
                    {"zsh, with ~/.zfunc in fpath", "zsh，需将 ~/.zfunc 加入 fpath"}},
                   {"tidemark completion fish > ~/.config/fish/completions/tidemark.fish",
                    {"fish", "fish"}}},
      .run = run,
      .uses_settings = false,
  };
}

}  // namespace tidemark::cli
