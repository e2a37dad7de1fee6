#include "samples/online_retail_lines.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace tidemark::samples {
namespace {

enum Column { number, stock_code, description, quantity, date, price, customer, country };
constexpr std::array<std::string_view, 8> column_names = {
    "InvoiceNo",   "StockCode", "Description", "Quantity",
    "InvoiceDate", "UnitPrice", "CustomerID",  "Country"};

}  // namespace

Result<bool> OnlineRetailLines::next(OnlineRetailLine& line) {
  if (!started_) {
    if (Result<void> header = read_header(); !header) return fail(std::move(header));
    started_ = true;
  }
  Result<bool> more = csv_.next();
  if (!more || !*more) return more;
  if (Result<void> read = read_line(line); !read) return fail(std::move(read));
  return true;
}

Result<void> OnlineRetailLines::read_header() {
  Result<bool> any = csv_.next();
  if (!any) return fail(std::move(any));
  const std::vector<std::string>& fields = csv_.fields();
  for (std::size_t i = 0; i < column_names.size(); ++i) {
    const auto found = std::ranges::find(fields, column_names[i]);
    if (!*any || found == fields.end()) {
      return broken("the header lacks a column", "表头缺少一列", column_names[i]);
    }
    column_[i] = static_cast<std::size_t>(found - fields.begin());
  }
  return {};
}

Result<void> OnlineRetailLines::read_line(OnlineRetailLine& line) const {
  const std::vector<std::string>& fields = csv_.fields();
  if (fields.size() <= *std::ranges::max_element(column_)) {
    return broken("too few fields", "字段太少", std::to_string(fields.size()));
  }
  const auto field = [&](Column column) -> const std::string& { return fields[column_[column]]; };
  for (const std::string& text : fields) {
    if (!is_utf8(text)) return broken("not UTF-8", "不是 UTF-8", text);
  }
  if (field(number).empty()) return broken("no invoice number", "没有发票号", "");
  const std::optional<Decimal> read_quantity = Decimal::parse(field(quantity));
  if (!read_quantity) return broken("not a quantity", "不是数量", field(quantity));
  const std::optional<Decimal> read_price = Decimal::parse(field(price));
  if (!read_price) return broken("not a price", "不是价格", field(price));
  const std::optional<CivilTime> time = CivilTime::parse(field(date));
  if (!time) return broken("not a time", "不是时间", field(date));
  line.number = field(number);
  line.stock_code = field(stock_code);
  line.description = field(description);
  line.customer = field(customer);
  line.country = field(country);
  line.quantity = *read_quantity;
  line.price = *read_price;
  line.time = *time;
  return {};
}

std::unexpected<Error> OnlineRetailLines::broken(std::string_view en, std::string_view zh,
                                                 std::string_view value) const {
  const std::string shown = printable(value);
  return fail(ErrorKind::corrupt, {"line {0}: {1}: {3}", "第 {0} 行：{2}：{3}"}, csv_.line(), en,
              zh, shown);
}

}  // namespace tidemark::samples
