#include "relay/stream/kept_refusal.h"

#include <fmt/format.h>

#include "base/json_check.h"
#include "base/json_object.h"
#include "relay/query_where.h"
#include "relay/row.h"
#include "sql/rows.h"

namespace tidemark::relay {
namespace {

bool is_hex(char letter) {
  return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
}

/// Whether keep_refusals() kept these bytes as they were.
bool is_as_it_was(std::string_view text) {
  if (text.ends_with("…")) return false;  // Cut.
  for (std::size_t at = text.find("\\x"); at != std::string_view::npos;
       at = text.find("\\x", at + 1))
    if (at + 4 <= text.size() && is_hex(text[at + 2]) && is_hex(text[at + 3])) return false;
  return true;
}

}  // namespace

std::optional<RefusalKey> RefusalKey::parse(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return std::nullopt;
  return RefusalKey{.stream = std::string(text.substr(at + 1)),
                    .entry_id = std::string(text.substr(0, at))};
}

Result<std::vector<KeptRefusal>> list_refusals(sql::Connection& connection,
                                               const RefusalFilter& filter,
                                               const std::optional<RefusalKey>& after,
                                               std::int64_t limit) {
  Where where;
  where.equal("stream", filter.stream);
  if (filter.since) where.add("refused_at >= ?", filter.since->time_since_epoch().count());
  if (filter.before) where.add("refused_at < ?", filter.before->time_since_epoch().count());
  // Written out, since MySQL uses no index for a comparison of rows.
  if (after)
    where.add("stream >= ? AND (stream > ? OR entry_id > ?)", after->stream, after->stream,
              after->entry_id);
  return sql::all_rows(
      connection.query(
          fmt::format("SELECT stream, entry_id, reason, refused_at FROM stream_refusals{} "
                      "ORDER BY stream, entry_id LIMIT ?",
                      where.text()),
          where.params(limit)),
      [](const sql::Cursor& row) {
        return KeptRefusal{.key = {.stream = text_at(row, 0), .entry_id = text_at(row, 1)},
                           .reason = text_at(row, 2),
                           .refused_at = time_at(row, 3)};
      });
}

Result<std::optional<KeptRefusal>> find_refusal(sql::Connection& connection,
                                                const RefusalKey& key) {
  return sql::first_row(
      connection.query("SELECT reason, fields, refused_at FROM stream_refusals WHERE stream = ? "
                       "AND entry_id = ?",
                       values(key.stream, key.entry_id)),
      [&key](const sql::Cursor& row) {
        return KeptRefusal{.key = key,
                           .reason = text_at(row, 0),
                           .fields = text_at(row, 1),
                           .refused_at = time_at(row, 2)};
      });
}

Result<bool> forget_refusal(sql::Connection& connection, const RefusalKey& key) {
  const auto gone =
      connection.execute("DELETE FROM stream_refusals WHERE stream = ? AND entry_id = ?",
                         values(key.stream, key.entry_id));
  if (!gone) return fail(gone.error());
  return *gone > 0;
}

std::optional<redis::StreamEntry> entry_of(const KeptRefusal& refusal) {
  if (check_json(refusal.fields)) return std::nullopt;
  const auto members = json_members(refusal.fields);
  if (!members) return std::nullopt;
  redis::StreamEntry entry{.id = refusal.key.entry_id, .fields = {}};
  for (const JsonMember& member : *members) {
    auto value = json_text(member.value);
    if (!value || !is_as_it_was(*value) || !is_as_it_was(member.name)) return std::nullopt;
    entry.fields.emplace_back(member.name, std::move(*value));
  }
  return entry;
}

}  // namespace tidemark::relay
