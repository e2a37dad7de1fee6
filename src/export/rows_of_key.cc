#include "export/rows_of_key.h"

#include <algorithm>
#include <utility>

namespace tidemark::exporter {
namespace {

constexpr int kept_rank_max = 3;

/// With their lengths, so that no two texts run together.
void append(std::string& text, std::string_view part) {
  const std::uint64_t bytes = part.size();
  text.append(reinterpret_cast<const char*>(&bytes), sizeof(bytes)).append(part);
}

}  // namespace

RowLook RowLook::of(const SourceRow& row, const ContentHash& hash) {
  return {.tenant = std::string(row.tenant),
          .country = std::string(row.country),
          .date = std::string(row.date),
          .number = std::string(row.number),
          .hash = hash};
}

void RowsOfKey::add(Row row) {
  ++count_;
  rows_.try_emplace(std::move(row.look),
                    State{.held = row.held, .is_read = row.is_read, .is_good = row.is_good});
}

int RowsOfKey::rank_of(const State& state) {
  if (state.held == Held::all) return 0;
  // A row that changed. Where it is broken now, its last good file stays.
  if (state.held == Held::name) return state.is_good ? 1 : 2;
  return state.is_read && state.is_good ? kept_rank_max : kept_rank_max + 1;
}

DoubledKey RowsOfKey::decided() const {
  DoubledKey key;
  const auto best =
      std::ranges::min_element(rows_, {}, [](const auto& row) { return rank_of(row.second); });
  if (rank_of(best->second) <= kept_rank_max) {
    key.kept = best->first;
    key.awaits_file =
        best->second.held != Held::all && best->second.is_read && best->second.is_good;
  }
  std::string all;
  for (const auto& [look, state] : rows_) {
    for (const std::string_view part :
         {std::string_view(look.tenant), std::string_view(look.country),
          std::string_view(look.date), std::string_view(look.number), look.hash.view()}) {
      append(all, part);
    }
    if (!state.is_good) all += '!';  // Other fields may be required now.
  }
  key.hash = content_hash(all);
  const auto first = rows_.begin();
  key.left_out = key.kept == first->first ? std::next(first)->first : first->first;
  return key;
}

}  // namespace tidemark::exporter
