#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/json_check.h"
#include "load/file/extractor.h"

namespace {

using namespace tidemark;
using namespace tidemark::load;

file::ByteSource in_pieces(std::string_view text, std::size_t piece) {
  return [text, piece](char* into, std::size_t limit) mutable -> Result<std::size_t> {
    const std::size_t size = std::min({piece, limit, text.size()});
    std::memcpy(into, text.data(), size);
    text.remove_prefix(size);
    return size;
  };
}

struct Rows {
  std::vector<std::string> rows;
  bool whole = false;
};

/// Each row stands in the input as it is, behind the one before.
Rows rows_of(std::string_view text, file::Format format, std::size_t piece) {
  file::RowReader reader(in_pieces(text, piece), format);
  Rows read;
  std::size_t at = 0;
  std::uint64_t line = 0;
  while (true) {
    const Result<bool> more = reader.next();
    read.whole = more.has_value();
    if (!more || !*more) return read;
    const std::string& row = reader.row();
    check(!row.empty() && row.size() <= file::RowReader::row_bytes_max, "a row has some bytes");
    check(reader.line() > line, "rows begin further and further down");
    line = reader.line();
    const std::size_t found = text.find(row, at);
    check(found != std::string_view::npos, "a row is kept to the byte");
    at = found + row.size();
    check(format == file::Format::csv || !row.contains('\n'), "only quotes hold an end of line");
    if (format != file::Format::ndjson)
      if (const auto fields = file::fields_of(row, format))
        check(!fields->empty(), "a row has at least one field");
    read.rows.push_back(row);
  }
}

/// Every record is JSON whose order is understood or refused with a reason.
class Understood final : public PageSink {
 public:
  Result<void> take(Page page) override {
    for (const RawRecord& record : page.records) {
      check(!check_json(record.payload), "what is kept of a row is JSON");
      std::vector<UnknownCode> unknown;
      const Result<Order> order = transform_.transform(record.payload, unknown);
      if (!order) {
        check(!order.error().what.zh.empty(), "a refusal speaks both languages");
        continue;
      }
      check(order->order_id == record.id, "an order has the id by which its rows were gathered");
    }
    return {};
  }

 private:
  file::FileOrderTransform transform_;
};

}  // namespace

/// Any bytes as a file of orders, in any format, with a header of its own or one that is given: cut
/// into rows alike whatever the pieces in which they come, and each order understood or refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto format = static_cast<file::Format>(data[0] % 3);
  const bool own_header = (data[0] & 4U) != 0;
  const std::size_t piece = 1 + data[1];
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Rows rows = rows_of(text, format, piece);
  const Rows again = rows_of(text, format, text.size() + 1);
  check(rows.rows == again.rows && rows.whole == again.whole, "pieces make no difference");

  const Stop stop;
  file::Layout layout{.format = format, .amounts_in_fen = (data[0] & 8U) != 0};
  if (!own_header && format != file::Format::ndjson) {
    layout.header = "order_id,created_at,price,line_price,sku,quantity,status,updated_at";
    if (format == file::Format::tsv) std::ranges::replace(layout.header, ',', '\t');
  }
  const auto extractor =
      file::FileExtractor::open(in_pieces(text, piece), {.layout = std::move(layout)}, stop);
  if (!extractor) return 0;
  Understood understood;
  const auto read = (*extractor)->read(std::nullopt, understood);
  check(read.has_value() == again.whole, "a file is read to its end or said not to be");
  return 0;
}
