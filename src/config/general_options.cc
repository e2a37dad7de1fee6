#include <array>

#include "config/option_tables.h"

namespace tidemark::config {

std::span<const Option> general_options() {
  using enum OptionType;
  static constexpr std::array table = {
      Option{.key = "lang",
             .type = choice,
             .fallback = "auto",
             .example = "zh",
             .choices = "auto|en|zh",
             .en = "Language of everything a person reads; auto follows the locale",
             .zh = "给人看的内容所用的语言；auto 表示跟随系统区域设置"},
      Option{.key = "state",
             .type = url,
             .example = "mysql://tidemark@db.example.com/tidemark",
             .en = "Tidemark's own database, which keeps the record of all runs; empty means the "
                   "SQLite file ${XDG_STATE_HOME:-~/.local/state}/tidemark/tidemark.db",
             .zh = "Tidemark 自身的数据库，保存所有运行记录；留空则使用 SQLite 文件 "
                   "${XDG_STATE_HOME:-~/.local/state}/tidemark/tidemark.db"},
      Option{.key = "state_password",
             .type = text,
             .example = "${file:/run/secrets/state_password}",
             .secret = true,
             .en = "Password of the state database, if its URL has none",
             .zh = "状态数据库的密码（URL 中没有密码时使用）"},
      Option{.key = "source",
             .type = url,
             .example = "mysql://reader@db.example.com:3306/finance",
             .en = "The source database: sqlite:PATH, mysql://user@host:port/db (MariaDB too) or "
                   "postgres://user@host:port/db; empty means DB_HOST, DB_PORT, DB_USER, "
                   "DB_PASSWORD and DB_NAME",
             .zh = "源数据库：sqlite:路径、mysql://user@host:port/db（也用于 MariaDB）或 "
                   "postgres://user@host:port/db；留空则使用 DB_HOST、DB_PORT、DB_USER、"
                   "DB_PASSWORD、DB_NAME"},
      Option{.key = "source_password",
             .type = text,
             .example = "${file:/run/secrets/source_password}",
             .secret = true,
             .en = "Password of the source database, if its URL has none",
             .zh = "源数据库的密码（URL 中没有密码时使用）"},
      Option{.key = "log.level",
             .type = choice,
             .fallback = "info",
             .example = "debug",
             .choices = "error|warning|info|debug",
             .en = "How much is logged",
             .zh = "日志详细程度"},
      Option{.key = "log.format",
             .type = choice,
             .fallback = "text",
             .example = "json",
             .choices = "text|json",
             .en = "One line an entry, as text or as JSON",
             .zh = "每条日志一行，文本或 JSON 格式"},
  };
  return table;
}

}  // namespace tidemark::config
