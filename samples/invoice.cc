#include "samples/invoice.h"

#include <string_view>

namespace tidemark::samples {
namespace {

void put(sql::Value& value, std::string_view text) {
  if (std::string* held = std::get_if<std::string>(&value)) {
    held->assign(text);
  } else {
    value.emplace<std::string>(text);
  }
}

}  // namespace

void to_row(const Invoice& invoice, int update_decimals, sql::Values& row) {
  row.resize(8);
  row[0] = invoice.id;
  put(row[1], invoice.tenant);
  if (invoice.country) {
    put(row[2], *invoice.country);
  } else {
    row[2] = std::monostate{};
  }
  put(row[3], invoice.issue_date.text());
  put(row[4], invoice.number);
  row[5] = invoice.status;
  put(row[6], invoice.payload);
  if (invoice.update_time) {
    put(row[7], invoice.update_time->text(update_decimals));
  } else {
    row[7] = std::monostate{};
  }
}

}  // namespace tidemark::samples
