#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::run {

/// A column that comes to a table later: its name, and all that follows ADD COLUMN.
struct LaterColumn {
  std::string_view name;
  std::string_view sqlite;
  std::string_view mysql;
  std::string_view postgres;
};

/// One step of a room's tables, in every dialect. A step may be run again after it was cut short
/// (MySQL commits each change of a table by itself): CREATE TABLE IF NOT EXISTS and the like. Steps
/// never drop or empty anything.
struct Migration {
  std::string_view sqlite;
  std::string_view mysql;
  std::string_view postgres;
  /// In place of a statement: those of the columns that the table lacks are added to it, all at
  /// once where the database can.
  std::string_view table{};
  std::span<const LaterColumn> columns{};
};

/// Whose tables they are, for messages.
enum class MigratedDatabase { state, warehouse };

/// Brings the tables of `room` to version steps.size(): runs what the table `schema_version` does
/// not list. Several processes may start at once; one migrates, the others wait.
/// Errors: unsupported when a newer Tidemark has been here; those of Connection.
[[nodiscard]] Result<void> migrate(sql::Connection& connection, std::string_view room,
                                   std::span<const Migration> steps,
                                   MigratedDatabase whose = MigratedDatabase::state);

/// Inside a transaction, on tables that are migrated: until it ends, no other process that asks for
/// the same room goes on. For what must be done once, however many start at once. What is read
/// afterwards is what the one before left.
/// Errors: those of Connection.
[[nodiscard]] Result<void> lock_room(sql::Connection& connection, std::string_view room);

}  // namespace tidemark::run
