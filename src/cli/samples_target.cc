#include "cli/samples_target.h"

#include "config/source_url.h"

namespace tidemark::cli {

Flag to_flag() {
  // As a setting it is checked like every other database, and finds its password the same way.
  return {.names = "--to",
          .kind = FlagKind::value,
          .key = "source",
          .placeholder = "URL",
          .text = {"The database to write to: sqlite:PATH, mysql://user@host/db or "
                   "postgres://user@host/db",
                   "要写入的数据库：sqlite:路径、mysql://user@host/db 或 "
                   "postgres://user@host/db"}};
}

std::vector<Flag> table_flags() {
  using enum FlagKind;
  return {
      {.names = "--table",
       .kind = value,
       .placeholder = "NAME",
       .fallback = "t_invoice",
       .text = {"The invoice table", "发票表"}},
      {.names = "--replace",
       .text = {"Drop a table that has rows, and make it anew", "表中已有数据时，删除后重建"}},
      {.names = "--append", .text = {"Add to a table that has rows", "表中已有数据时，追加"}},
      {.names = "--decimals",
       .kind = value,
       .choices = "0|3|6",
       .fallback = "0",
       .text = {"Digits after the second of the update time", "更新时间的小数位数"}},
      {.names = "--no-index",
       .text = {"Without the index that incremental exports want", "不创建增量导出所需的索引"}}};
}

Result<SamplesTarget> samples_target(const Context& context, bool create) {
  if (!context.arguments.has("--to"))
    return fail(make_error(ErrorKind::usage, {"--to is missing", "缺少 --to"})
                    .with_hint({"say which database to write to, for example --to sqlite:sample.db",
                                "请指定要写入的数据库，例如 --to sqlite:sample.db"}));
  Result<config::DatabaseAddress> address =
      config::common_source(context.settings, context.world.environment);
  if (!address) return fail(std::move(address));
  Result<sql::Url> url = sql::Url::parse(address->url);
  if (!url) return fail(std::move(url));
  if (!url->password) url->password = address->password;
  Result<std::unique_ptr<sql::Connection>> connection = sql::connect(*url, {.create = create});
  if (!connection) return fail(std::move(connection));
  return SamplesTarget{.url = std::move(*url), .connection = std::move(*connection)};
}

Result<samples::IfNotEmpty> if_not_empty(const Context& context) {
  const bool replace = context.arguments.has("--replace");
  const bool append = context.arguments.has("--append");
  if (replace && append)
    return fail(ErrorKind::usage, {"--replace and --append exclude each other",
                                   "--replace 与 --append 不能同时使用"});
  return replace  ? samples::IfNotEmpty::replace
         : append ? samples::IfNotEmpty::append
                  : samples::IfNotEmpty::fail;
}

samples::TableOptions table_options(const Context& context, samples::IfNotEmpty policy) {
  const std::string decimals = context.arguments.value("--decimals").value_or("0");
  return samples::TableOptions{.table = context.arguments.value("--table").value_or("t_invoice"),
                               .update_decimals = decimals == "6"   ? 6
                                                  : decimals == "3" ? 3
                                                                    : 0,
                               .with_index = !context.arguments.has("--no-index"),
                               .if_not_empty = policy,
                               .progress = {}};
}

}  // namespace tidemark::cli
