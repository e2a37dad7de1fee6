#include "export/fast_gzip.h"

#include <isa-l/igzip_lib.h>

#include <cstdint>
#include <limits>

#include "base/check.h"

namespace tidemark::exporter {
namespace {

/// Payloads look more or less like this: quoted names, short texts in several scripts, amounts,
/// dates, identifiers. Only how often which byte and which distance occurs matters.
constexpr std::string_view typical = R"({
  "invoiceNumber": "INV-2025-0047193", "issueDate": "2025-08-19", "dueDate": "2025-09-18",
  "invoiceTypeCode": "380", "documentCurrencyCode": "EUR", "buyerReference": "PO-88213",
  "supplier": {"name": "上海明远贸易有限公司", "taxId": "91310115MA1H7B2C3X", "address":
  {"street": "浦东新区张江路 368 号", "city": "上海市", "postalZone": "201203", "country": "CN"},
  "contact": {"name": "王小明", "email": "finance@example.com", "phone": "+86 21 5080 4716"}},
  "customer": {"name": "Schröder Maschinenbau GmbH & Co. KG", "vatId": "DE812604397",
  "address": {"street": "Hauptstraße 12", "city": "München", "postalZone": "80331",
  "country": "DE"}}, "paymentMeans": {"code": "30", "account": "DE89370400440532013000"},
  "items":[{"lineId":"1","description":"电子元件 Steckverbinder 24-polig","sku":"EL-204518",
  "quantity":"120","unitCode":"EA","unitPrice":"3.85","taxRate":"19.00","amount":"462.00"},
  {"lineId":"2","description":"包装材料 Karton 600x400","sku":"VP-771036","quantity":"45",
  "unitCode":"EA","unitPrice":"12.90","taxRate":"19.00","amount":"580.50"},
  {"lineId":"3","description":"运输服务 Versand","sku":"TR-000829","quantity":"1","unitCode":"C62",
  "unitPrice":"187.25","taxRate":"7.00","amount":"187.25"}],
  "taxTotal": [{"category": "S", "rate": 19.00, "taxable": 1042.50, "tax": 198.08}, {"category":
  "S", "rate": 7.00, "taxable": 187.25, "tax": 13.11}], "lineTotal": 1229.75, "payable": 1440.94,
  "remark": null, "paid": false, "exported": true, "createdAt": "2025-08-19T10:42:07.316Z"})";

isal_hufftables make_codes() {
  isal_huff_histogram histogram{};
  std::string text(typical);
  isal_update_histogram(reinterpret_cast<std::uint8_t*>(text.data()), static_cast<int>(text.size()),
                        &histogram);
  isal_hufftables codes{};
  check(isal_create_hufftables(&codes, &histogram) == 0, "the codes of any text can be made");
  return codes;
}

isal_hufftables* prepared_codes() {
  static isal_hufftables codes = make_codes();
  return &codes;
}

/// Header and trailer of the member with the description of the codes, and what storing costs: 5
/// bytes for each 64 KiB.
std::size_t bound(std::size_t size) {
  constexpr std::size_t frame = 1024;
  return size + size / 65'535 * 5 + frame;
}

}  // namespace

std::size_t fast_gzip(std::string_view bytes, std::string& out) {
  check(bytes.size() < std::numeric_limits<std::uint32_t>::max(), "a buffer below 4 GiB");
  if (out.size() < bound(bytes.size())) out.resize(bound(bytes.size()));
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  stream.hufftables = prepared_codes();
  stream.gzip_flag = IGZIP_GZIP;
  stream.end_of_stream = 1;
  // Read only, whatever the type says.
  stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<std::uint32_t>(bytes.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = static_cast<std::uint32_t>(
      std::min<std::size_t>(out.size(), std::numeric_limits<std::uint32_t>::max()));
  check(isal_deflate_stateless(&stream) == COMP_OK, "compression into a large enough buffer");
  return stream.total_out;
}

}  // namespace tidemark::exporter
