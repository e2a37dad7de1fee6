#include "export/file_rows.h"

#include <fmt/format.h>

namespace tidemark::exporter {
namespace {

constexpr std::string_view file_columns = "id, stem, compression, hash, size, mtime, run, adopted";

/// Columns `first`… of a row as file_columns lists them.
TreeFile read_file_columns(const IndexStatement& row, int first) {
  return {.id = row.number(first),
          .path = {.stem = std::string(row.bytes(first + 1)),
                   .compression = static_cast<Compression>(row.number(first + 2))},
          .hash = content_hash_from(row.bytes(first + 3)),
          .size = static_cast<std::uint64_t>(row.number(first + 4)),
          .mtime = row.number(first + 5),
          .run = row.number(first + 6),
          .adopted = row.number(first + 7) != 0};
}

}  // namespace

std::string select_file(std::string_view where) {
  return fmt::format("SELECT {} FROM file WHERE {} = ?", file_columns, where);
}

std::string select_owner(std::string_view where) {
  return fmt::format("SELECT key, {} FROM file WHERE {} = ?", file_columns, where);
}

std::string select_owners() {
  return fmt::format("SELECT key, {} FROM file ORDER BY id", file_columns);
}

NameOwner read_owner(const IndexStatement& row) {
  return {.id = row.number(1), .key = row.key(0), .file = read_file_columns(row, 1)};
}

Result<std::optional<TreeFile>> find_file(IndexStatement& statement, const Key& key) {
  const Result<bool> row = statement.reset().bind_key(key).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  TreeFile file = read_file_columns(statement, 0);
  statement.reset();
  return file;
}

Result<std::optional<NameOwner>> find_owner(IndexStatement& statement, std::int64_t value) {
  const Result<bool> row = statement.reset().bind(value).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  NameOwner owner = read_owner(statement);
  statement.reset();
  return owner;
}

}  // namespace tidemark::exporter
