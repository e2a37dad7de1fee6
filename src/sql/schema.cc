#include "sql/schema.h"

#include <algorithm>

namespace tidemark::sql {

const Column* Table::column(std::string_view wanted) const {
  const auto found = std::ranges::find(columns, wanted, &Column::name);
  return found == columns.end() ? nullptr : &*found;
}

const Index* Table::index_on(const std::vector<std::string>& wanted) const {
  for (const Index& index : indexes) {
    if (index.columns.size() >= wanted.size() &&
        std::equal(wanted.begin(), wanted.end(), index.columns.begin())) {
      return &index;
    }
  }
  return nullptr;
}

}  // namespace tidemark::sql
