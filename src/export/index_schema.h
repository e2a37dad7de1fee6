#pragma once

#include <string>

#include "base/result.h"
#include "export/index_db.h"

namespace tidemark::exporter {

/// What the tables of an index look like, and what to do with those of an older version.
///
/// | version | |
/// |---|---|
/// | 1 | the name of a file stood beside it, as `file.name_hash` |
/// | 2 | names have a table of their own, see NameTable |
/// | 3 | removals tell parts that others replace |
namespace index_schema {

inline constexpr int version = 3;

/// That of the main database, or of the one attached as `database`. 0: whoever began to make it was
/// killed before there was anything in it.
/// Errors: corrupt, unsupported (made by a newer program), io.
[[nodiscard]] Result<int> found(IndexDb& db, const std::string& database = "main");

/// Makes the tables of the main database.
[[nodiscard]] Result<void> create(IndexDb& db);

/// Brings the main database from an older version to the present one, in one transaction: files,
/// rejects (accepted or not) and watermarks stay. Takes the write lock. Errors: those of SQLite.
[[nodiscard]] Result<void> upgrade(IndexDb& db, int from);

/// Copies all that the attached `database`, of version `from`, has into the main one, just created.
[[nodiscard]] Result<void> copy(IndexDb& db, const std::string& database, int from);

}  // namespace index_schema
}  // namespace tidemark::exporter
