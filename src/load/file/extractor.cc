#include "load/file/extractor.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/json_object.h"

namespace tidemark::load::file {
namespace {

constexpr std::size_t page_records = 200;

void add_new(std::vector<std::string>& names, const std::vector<std::string>& more) {
  for (const std::string& name : more)
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

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
  if (layout.format == Format::ndjson) {
    look_ahead();
    return ahead_.empty() ? Result<void>() : check_columns(columns_, layout.map);
  }
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
  columns_.names = std::move(*columns);
  places_ = places_of(columns_.names, layout.map);
  return check_columns(columns_, layout.map);
}

void FileExtractor::look_ahead() {
  columns_.all = false;
  std::size_t bytes = 0;
  while (ahead_.size() < objects_looked_at && bytes < bytes_looked_at) {
    const Result<bool> more = reader_.next();
    if (!more) ahead_error_ = more.error();
    if (!more || !*more) return;
    bytes += reader_.row().size();
    ahead_.push_back(reader_.row());
    const Result<Row> row = row_of(options_.layout, row_json(options_.layout, reader_.row()));
    if (!row) continue;
    add_new(columns_.names, row->columns);
    const auto items =
        places_of(row->columns, options_.layout.map)[static_cast<std::size_t>(Field::items)];
    if (!items) continue;
    for (const std::string_view item :
         json_elements(row->values[*items]).value_or(std::vector<std::string_view>()))
      if (const Result<Row> line = row_of(options_.layout, item))
        add_new(columns_.item_names, line->columns);
  }
}

Result<bool> FileExtractor::next_row() {
  if (ahead_at_ < ahead_.size()) {
    row_ = ahead_[ahead_at_++];
    return true;
  }
  if (ahead_error_) return fail(Error(*ahead_error_));
  const Result<bool> more = reader_.next();
  if (more && *more) row_ = reader_.row();
  return more;
}

std::string FileExtractor::order_id_of(std::string_view row) const {
  const Result<Row> read = row_of(options_.layout, row);
  if (!read) return {};
  const bool own_columns = options_.layout.format == Format::ndjson;
  if (!own_columns && read->values.size() != columns_.names.size()) return {};
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
    const Result<bool> more = next_row();
    if (!more) {
      end_order(page);  // What came before is whole but for perhaps this one; it is told.
      if (Result<void> taken = hand_on(); !taken) return fail(std::move(taken).error());
      return fail(more.error());
    }
    if (!*more) break;
    const std::string row = row_json(options_.layout, row_);
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
