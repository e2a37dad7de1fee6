#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "base/text.h"
#include "export/key.h"
#include "export/source_table.h"

namespace tidemark::exporter {

/// What stands on the reject list for a row whose key another row has.
inline constexpr std::string_view doubled_key_reason = "the key stands in more than one row";

/// Why a job fails that met keys of more than one row: `first` and `others` more. They may not be
/// accepted in a packed tree.
[[nodiscard]] Error doubled_key(const SourceTable& table, const Key& first, std::size_t others,
                                bool may_be_accepted);

/// Why a job fails whose keys the database does not find again: nobody can say whether each stands
/// in one row.
[[nodiscard]] Error key_not_found(const SourceTable& table, const Key& key);

/// What SourceTable::moving_key_columns() means for the files, if there are any.
[[nodiscard]] Message moving_key_note(const SourceTable& table);

}  // namespace tidemark::exporter
