#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/option.h"

namespace tidemark::config {

/// The names of the `[export.…]` tables that exist.
using TableNames = std::set<std::string, std::less<>>;

/// The option that a key belongs to: `export.receipts.table` belongs to `export.*.table`; nullptr
/// if there is none.
[[nodiscard]] const Option* option_of(std::string_view key);

/// Whether a table may be called so: lower-case letters, digits and single underscores, a letter
/// first, at most 64. So each key has one environment variable and each variable one key.
[[nodiscard]] bool is_table_name(std::string_view name);

/// Whether options are declared below `key`: `export`, `export.receipts`, `reference.uom_codes`.
[[nodiscard]] bool is_table_key(std::string_view key);

/// The user's own name in a key: `receipts` of `export.receipts` and `export.receipts.table`; empty
/// if the key has none.
[[nodiscard]] std::string_view table_name_in(std::string_view key);

/// `export.*.table` and `receipts` make `export.receipts.table`. A pattern without `*` stays.
[[nodiscard]] std::string concrete_key(std::string_view pattern, std::string_view table);

/// Each declared key, once for every table where it has a `*`; in the order of the tables.
[[nodiscard]] std::vector<std::string> concrete_keys(const TableNames& tables);

/// `export.invoices.table` is `TIDEMARK_EXPORT__INVOICES__TABLE` in the environment.
[[nodiscard]] std::string variable_of(std::string_view key);
/// The other way; nullopt if it does not start with `TIDEMARK_`. The key may be unknown.
[[nodiscard]] std::optional<std::string> key_of_variable(std::string_view variable);

/// The key (or table) that was probably meant by `wrong`; empty if none is near.
[[nodiscard]] std::string suggested_key(std::string_view wrong, const TableNames& tables);

}  // namespace tidemark::config
