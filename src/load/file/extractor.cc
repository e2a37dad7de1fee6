#include "load/file/extractor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <utility>

#include "base/bytes.h"

namespace tidemark::load::file {
namespace {

constexpr std::size_t page_records = 200;

}  // namespace

Result<std::unique_ptr<FileExtractor>> FileExtractor::open(ByteSource source, FileOptions options,
                                                           const Stop& stop) {
  std::unique_ptr<FileExtractor> extractor(
      new FileExtractor(std::move(source), std::move(options), stop));
  if (Result<void> read = extractor->read_header(); !read) return fail(std::move(read).error());
  extractor->source_json_ = layout_json(extractor->options_.layout);
  return extractor;
}

Result<void> FileExtractor::read_header() {
  Layout& layout = options_.layout;
  if (layout.format == Format::ndjson) return {};
  if (layout.header.empty()) {
    const Result<bool> read = reader_.next();
    if (!read) return fail(read.error());
    if (!*read) return fail(ErrorKind::corrupt, {"the file is empty", "文件为空"});
    layout.header = reader_.row();
  }
  auto columns = fields_of(layout.header, layout.format);
  if (!columns || !is_utf8(layout.header))
    return fail(ErrorKind::corrupt,
                {"the first row is no header in UTF-8: {}", "第一行不是 UTF-8 编码的表头：{}"},
                printable(layout.header));
  columns_ = std::move(*columns);
  places_ = places_of(columns_, layout.map);
  const auto there = [this](Field field) {
    return places_[static_cast<std::size_t>(field)].has_value();
  };
  const auto absent = [this](std::string_view what) {
    return fail(ErrorKind::usage,
                {"no column of the file is {}; name it with --map FIELD=COLUMN. The columns: {}",
                 "文件中没有作为 {} 的列；请用 --map 字段=列名 指定。现有的列：{}"},
                what, printable(fmt::format("{}", fmt::join(columns_, ", ")), 2000));
  };
  for (const auto& [field, column] : layout.map)
    if (!there(field)) return absent(fmt::format("{} ({})", name(field), printable(column)));
  for (const Field field : {Field::order_id, Field::created_at})
    if (!there(field)) return absent(name(field));
  if (!there(Field::price) && !there(Field::line_price)) return absent(name(Field::price));
  return {};
}

std::string FileExtractor::order_id_of(std::string_view row) const {
  const Result<Row> read = row_of(options_.layout, row);
  if (!read) return {};
  const bool own_columns = options_.layout.format == Format::ndjson;
  if (!own_columns && read->values.size() != columns_.size()) return {};
  const Places places = own_columns ? places_of(read->columns, options_.layout.map) : places_;
  const auto place = places[static_cast<std::size_t>(Field::order_id)];
  return place ? read->values[*place] : std::string();
}

void FileExtractor::end_order(Page& page) {
  if (rows_.empty()) return;
  std::string_view mark;
  if (!id_.empty()) {
    const std::uint64_t hash = XXH3_64bits(id_.data(), id_.size());
    if (seen_.contains(hash))
      mark = R"(,"set_aside":"repeated")";
    else if (rows_.size() > order_bytes_max)
      mark = R"(,"set_aside":"too many rows")";
    if (seen_.size() < ids_watched) seen_.insert(hash);
  }
  page.records.push_back(
      {.id = mark.empty() ? std::exchange(id_, {}) : std::string(),
       .payload = fmt::format(R"({{"source":{},"rows":[{}]{}}})", source_json_, rows_, mark)});
  rows_.clear();
  id_.clear();
}

Result<WindowReading> FileExtractor::read(const std::optional<TimeWindow>& /*window*/,
                                          PageSink& sink) {
  WindowReading reading;
  Page page{.observed_at = options_.observed_at};
  const auto hand_on = [&]() -> Result<void> {
    if (page.records.empty()) return {};
    ++reading.pages;
    reading.records += page.records.size();
    return sink.take(std::exchange(page, {.observed_at = options_.observed_at}));
  };
  while (true) {
    if (stop_.requested()) return fail(ErrorKind::cancelled, {"cancelled", "已取消"});
    const Result<bool> more = reader_.next();
    if (!more) {
      end_order(page);  // What came before is whole but for perhaps this one; it is told.
      if (Result<void> taken = hand_on(); !taken) return fail(std::move(taken).error());
      return fail(more.error());
    }
    if (!*more) break;
    const std::string row = row_json(options_.layout, reader_.row());
    std::string id = order_id_of(row);
    if (id.empty() || id != id_ || rows_.size() > order_bytes_max) {
      end_order(page);
      id_ = std::move(id);
    }
    if (!rows_.empty()) rows_ += ',';
    rows_ += row;
    if (page.records.size() < page_records) continue;
    if (Result<void> taken = hand_on(); !taken) return fail(std::move(taken).error());
  }
  end_order(page);
  if (Result<void> taken = hand_on(); !taken) return fail(std::move(taken).error());
  return reading;
}

}  // namespace tidemark::load::file
