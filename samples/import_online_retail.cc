#include "samples/import_online_retail.h"

#include <algorithm>
#include <string_view>

#include "base/json_text.h"
#include "samples/country_names.h"

namespace tidemark::samples {
namespace {

void append_text_or_null(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    append_json_text(out, text);
  }
}

}  // namespace

Result<bool> OnlineRetailInvoices::next(Invoice& out) {
  OnlineRetailLine line;
  while (!at_end_ && open_.size() <= window) {
    Result<bool> more = lines_.next(line);
    if (!more) return more;
    if (!*more) {
      at_end_ = true;
      break;
    }
    if (Result<void> added = add(line); !added) return fail(std::move(added));
  }
  if (open_.empty()) return false;
  finish(open_.front(), out);
  open_.pop_front();
  return true;
}

Result<void> OnlineRetailInvoices::add(const OnlineRetailLine& line) {
  // From the back: nearly always the last one.
  auto found = std::find_if(open_.rbegin(), open_.rend(),
                            [&](const Open& open) { return open.number == line.number; });
  if (found == open_.rend()) {
    if (!complete_.insert(line.number).second) {
      return lines_.broken("lines of one invoice are too far apart; sort the file by InvoiceNo",
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
    return lines_.broken("customer or country changes within an invoice",
                         "同一发票的客户或国家前后不一致", line.number);
  }
  const std::optional<Decimal> amount = line.quantity.times(line.price);
  const std::optional<Decimal> amounts = amount ? invoice.amount.plus(*amount) : std::nullopt;
  const std::optional<Decimal> all = amount ? figures_.amount.plus(*amount) : std::nullopt;
  const std::optional<Decimal> pieces = invoice.quantity.plus(line.quantity);
  if (!amounts || !all || !pieces)
    return lines_.broken("an amount is too large", "金额过大", line.number);
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

}  // namespace tidemark::samples
