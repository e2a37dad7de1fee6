#include "samples/import_online_retail.h"

#include <algorithm>
#include <string_view>

#include "base/bytes.h"
#include "base/json_text.h"
#include "samples/country_names.h"

namespace tidemark::samples {
namespace {

enum Column { number, stock_code, description, quantity, date, price, customer, country };
constexpr std::array<std::string_view, 8> column_names = {
    "InvoiceNo",   "StockCode", "Description", "Quantity",
    "InvoiceDate", "UnitPrice", "CustomerID",  "Country"};

void append_text_or_null(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    append_json_text(out, text);
  }
}

}  // namespace

Result<bool> OnlineRetailInvoices::next(Invoice& out) {
  if (!started_) {
    if (Result<void> header = read_header(); !header) return fail(std::move(header));
    started_ = true;
  }
  Line line;
  while (!at_end_ && open_.size() <= window) {
    Result<bool> more = csv_.next();
    if (!more) return more;
    if (!*more) {
      at_end_ = true;
      break;
    }
    if (Result<void> read = read_line(line); !read) return fail(std::move(read));
    if (Result<void> added = add(line); !added) return fail(std::move(added));
  }
  if (open_.empty()) return false;
  finish(open_.front(), out);
  open_.pop_front();
  return true;
}

Result<void> OnlineRetailInvoices::read_header() {
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

Result<void> OnlineRetailInvoices::read_line(Line& line) {
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

Result<void> OnlineRetailInvoices::add(const Line& line) {
  // From the back: nearly always the last one.
  auto found = std::find_if(open_.rbegin(), open_.rend(),
                            [&](const Open& open) { return open.number == line.number; });
  if (found == open_.rend()) {
    if (!complete_.insert(line.number).second) {
      return broken("lines of one invoice are too far apart; sort the file by InvoiceNo",
                    "同一发票的行相距太远，请先按 InvoiceNo 排序", line.number);
    }
    open_.push_back({.number = line.number,
                     .customer = line.customer,
                     .country = line.country,
                     .first = line.time,
                     .last = line.time,
                     .lines = {},
                     .quantity = {},
                     .amount = {}});
    found = open_.rbegin();
  }
  Open& invoice = *found;
  if (invoice.customer != line.customer || invoice.country != line.country) {
    return broken("customer or country changes within an invoice", "同一发票的客户或国家前后不一致",
                  line.number);
  }
  const std::optional<Decimal> amount = line.quantity.times(line.price);
  const std::optional<Decimal> amounts = amount ? invoice.amount.plus(*amount) : std::nullopt;
  const std::optional<Decimal> all = amount ? figures_.amount.plus(*amount) : std::nullopt;
  const std::optional<Decimal> pieces = invoice.quantity.plus(line.quantity);
  if (!amounts || !all || !pieces) return broken("an amount is too large", "金额过大", line.number);
  invoice.amount = *amounts;
  invoice.quantity = *pieces;
  figures_.amount = *all;
  ++figures_.lines;
  ++invoice.count;

  std::string& out = invoice.lines;
  out += out.empty() ? R"({"stock_code":)" : R"(,{"stock_code":)";
  append_json_text(out, line.stock_code);
  out += R"(,"description":)";
  append_text_or_null(out, line.description);
  out += R"(,"quantity":)" + line.quantity.text() + R"(,"unit_price":)" + line.price.text() +
         R"(,"amount":)" + amount->text();
  if (line.time != invoice.first) out += R"(,"invoice_date":")" + line.time.text() + '"';
  out += '}';
  invoice.last = std::max(invoice.last, line.time);
  return {};
}

void OnlineRetailInvoices::finish(const Open& invoice, Invoice& out) {
  const bool cancels = invoice.number.starts_with('C');
  const std::optional<std::string_view> code = country_code(invoice.country);
  if (!code) figures_.unknown_countries.insert(invoice.country);
  ++figures_.countries[invoice.country];
  if (cancels) ++figures_.cancellations;

  out.id = options_.first_id + figures_.invoices++;
  out.tenant = options_.tenant;
  out.country.reset();
  if (code && !code->empty()) out.country.emplace(*code);
  out.issue_date = invoice.first;
  out.update_time = invoice.last;
  out.number = invoice.number;
  out.status = 3;

  std::string& json = out.payload;
  json = R"({"invoice_no":)";
  append_json_text(json, invoice.number);
  json += R"(,"invoice_type":")";
  json += cancels ? "381" : "380";
  json += R"(","invoice_date":")" + invoice.first.text() + R"(","customer_id":)";
  append_text_or_null(json, invoice.customer);
  json += R"(,"country":)";
  append_json_text(json, invoice.country);
  json += R"(,"country_code":)";
  append_text_or_null(json, out.country.value_or(""));
  json += R"(,"currency":"GBP","lines":[)" + invoice.lines + R"(],"totals":{"lines":)" +
          std::to_string(invoice.count) + R"(,"quantity":)" + invoice.quantity.text() +
          R"(,"amount":)" + invoice.amount.text() + "}}";
}

std::unexpected<Error> OnlineRetailInvoices::broken(std::string_view en, std::string_view zh,
                                                    std::string_view value) const {
  const std::string shown = printable(value);
  return fail(ErrorKind::corrupt, {"line {0}: {1}: {3}", "第 {0} 行：{2}：{3}"}, csv_.line(), en,
              zh, shown);
}

}  // namespace tidemark::samples
