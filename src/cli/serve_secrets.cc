#include "cli/serve_secrets.h"

#include <filesystem>

#include "run/state_folder.h"

namespace tidemark::cli {

Result<relay::SecretBox> open_secret_box(const Context& context, const sql::Url& state) {
  const auto given = config::read_variable(context.world.environment, "TIDEMARK_MASTER_KEY");
  if (!given) return fail(given.error());
  if (*given) {
    auto box = relay::SecretBox::from_base64((*given)->value);
    if (!box) return fail(std::move(box).error().within({"{}", "{}"}, (*given)->where));
    return box;
  }
  if (state.dialect != sql::Dialect::sqlite)
    return fail(make_error(ErrorKind::invalid_config,
                           {"a state on a database server needs TIDEMARK_MASTER_KEY or "
                            "TIDEMARK_MASTER_KEY_FILE: 32 bytes in base64, the same for every hub",
                            "状态库在数据库服务器上时，必须提供 TIDEMARK_MASTER_KEY 或 "
                            "TIDEMARK_MASTER_KEY_FILE：base64 编码的 32 字节，各 hub 相同"})
                    .with_hint({"make one with: openssl rand -base64 32",
                                "可用此命令生成：openssl rand -base64 32"}));
  const std::filesystem::path file = key_file_of(state);
  if (Result<void> made = run::make_private_folder(file.parent_path()); !made)
    return fail(std::move(made).error());
  return relay::SecretBox::from_file(file);
}

std::string key_file_of(const sql::Url& state) { return state.path + ".key"; }

Result<std::string> given_admin_token(const Context& context) {
  auto given = config::read_variable(context.world.environment, "TIDEMARK_ADMIN_TOKEN");
  if (!given) return fail(std::move(given));
  return *given ? (*given)->value : std::string();
}

}  // namespace tidemark::cli
