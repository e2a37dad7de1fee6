#include "export/key_notes.h"

#include <fmt/ranges.h>

#include "base/bytes.h"
#include "base/shell_word.h"

namespace tidemark::exporter {

Error doubled_key(const SourceTable& table, const Key& first, std::size_t others,
                  bool may_be_accepted) {
  const TableSpec& spec = table.spec();
  Error error = make_error(
      ErrorKind::rejected,
      {"the key {0} ({1}) stands in more than one row of {2}: these rows overwrite each other, so "
       "that one of them is exported at most",
       "表 {2} 有多行的键（{1}）同为 {0}：这些行会互相覆盖，至多导出其中一行"},
      printable(first.text()), fmt::join(spec.key, ", "), spec.table);
  if (others > 0) {
    const Message more = say({"; {0} more {1} likewise", "；另有 {0} 个键也是如此"}, others,
                             plural(others, "key does", "keys do"));
    error.what.en += more.en;
    error.what.zh += more.zh;
  }
  if (!may_be_accepted) {
    return std::move(error).with_hint(
        {"name columns that identify a row: export.{}.key = \"…\", or delete the rows that stand "
         "twice; all other rows are exported",
         "请指定唯一标识一行的列：export.{}.key = \"…\"，或删除重复的行；其余行均已导出"},
        spec.name);
  }
  return std::move(error).with_hint(
      {"name columns that identify a row: export.{0}.key = \"…\", delete the rows that stand "
       "twice, or accept it: tidemark export rejects accept --export {0} -o DIR -- {1}; all other "
       "rows are exported",
       "请指定唯一标识一行的列：export.{0}.key = \"…\"，或删除重复的行，或接受现状：tidemark "
       "export rejects accept --export {0} -o 目录 -- {1}；其余行均已导出"},
      spec.name, printable(first.text()) == first.text() ? shell_quoted(first.text()) : "KEY");
}

Error key_not_found(const SourceTable& table, const Key& key) {
  const TableSpec& spec = table.spec();
  return make_error(ErrorKind::rejected,
                    {"no row of {2} is found by its key {0} ({1}), which no unique index proves: "
                     "whether it stands in one row alone cannot be told",
                     "表 {2} 中按键 {0}（{1}）查不到对应的行，且没有唯一索引保证其唯一："
                     "无法判断该键是否只属于一行"},
                    printable(key.text()), fmt::join(spec.key, ", "), spec.table)
      .with_hint(
          {"name columns of texts or whole numbers in export.{}.key, such as those of a view",
           "请在 export.{}.key 中指定文本或整数列（例如来自视图）"},
          spec.name);
}

Message moving_key_note(const SourceTable& table) {
  const TableSpec& spec = table.spec();
  return say({"the key of {0} holds {1}: where that changes, the row counts as a new one, and its "
              "old file stays until `tidemark export sweep --apply` or a full export with --prune; "
              "export.{2}.key = columns that never change keep that from happening",
              "表 {0} 的键包含 {1}：其值变化后该行视为新行，旧文件会保留，直到执行 tidemark export "
              "sweep --apply 或带 --prune 的全量导出；将 export.{2}.key 设为从不变化的列即可避免"},
             spec.table, fmt::join(table.moving_key_columns(), ", "), spec.name);
}

}  // namespace tidemark::exporter
