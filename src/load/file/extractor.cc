#include "load/file/extractor.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/json_object.h"

namespace tidemark::load::file {
namespace {

constexpr std::size_t page_records = 200;
/// So many different sets of columns are judged once; others each time.
constexpr std::size_t shapes_max = 10'000;

/// False: there are too many.
bool add_new(std::vector<std::string>& names, std::unordered_set<std::string>& known,
             const std::vector<std::string>& more) {
  for (const std::string& name : more) {
    if (known.contains(name)) continue;
    if (names.size() == columns_max) return false;
    known.insert(name);
    names.push_back(name);
  }
  return true;
}

std::uint64_t shape_of(const std::vector<std::string>& names) {
  std::uint64_t shape = names.size();
  for (const std::string& name : names)
    shape = XXH3_64bits_withSeed(name.data(), name.size(), shape);
  return shape;
}

/// Of a header that came to one column: what seems to part them instead; empty if nothing does.
Message other_delimiter(const std::string& header, Format format) {
  if (header.contains('\t'))
    return {"its columns seem to be parted by tabs: --format tsv",
            "各列似乎以制表符分隔：请用 --format tsv"};
  if (format == Format::tsv && header.contains(','))
    return {"its columns seem to be parted by commas: --format csv",
            "各列似乎以逗号分隔：请用 --format csv"};
  for (const std::string_view mark : {";", "|", "；", "，"})
    if (header.contains(mark))
      return say({"its columns seem to be parted by '{0}', which is not read: save it with commas "
                  "between them, such as by: python3 -c 'import csv,sys; "
                  "csv.writer(sys.stdout).writerows(csv.reader(open(0, encoding=\"utf-8-sig\", "
                  "newline=\"\"), delimiter=\"{0}\"))' < FILE",
                  "各列似乎以“{0}”分隔，不能直接读取：请改存为逗号分隔，例如：python3 -c 'import "
                  "csv,sys; csv.writer(sys.stdout).writerows(csv.reader(open(0, "
                  "encoding=\"utf-8-sig\", newline=\"\"), delimiter=\"{0}\"))' < FILE"},
                 mark);
  return {};
}

Error no_header(const Layout& layout) {
  Message hint{
      "if the file is in GBK, as Excel writes CSV in Chinese: save it as \"CSV UTF-8\", or "
      "iconv -f GB18030 -t UTF-8",
      "中文 Excel 保存的 CSV 多为 GBK 编码：请另存为“CSV UTF-8（逗号分隔）”，或用 iconv -f "
      "GB18030 -t UTF-8 转换"};
  // Quotes that are in order between other marks than commas.
  if (is_utf8(layout.header) && layout.format == Format::csv && !layout.header.contains(','))
    if (Message other = other_delimiter(layout.header, layout.format); !other.empty())
      hint = std::move(other);
  Error error =
      make_error(ErrorKind::corrupt,
                 {"the first row is no header in UTF-8: {}", "第一行不是 UTF-8 编码的表头：{}"},
                 printable(layout.header));
  error.hint = std::move(hint);
  return error;
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
    if (Result<void> looked = look_ahead(); !looked) return looked;
    return ahead_.empty() ? Result<void>() : check_columns(columns_, layout.map);
  }
  if (layout.header.empty()) {
    const Result<bool> read = reader_.next();
    if (!read) return fail(read.error());
    if (!*read) return fail(ErrorKind::corrupt, {"the file is empty", "文件为空"});
    layout.header = reader_.row();
  }
  auto columns = fields_of(layout.header, layout.format);
  if (!columns || !is_utf8(layout.header)) return fail(no_header(layout));
  if (columns->size() > columns_max)
    return fail(ErrorKind::usage,
                {"the file has {} columns; a table of orders has not more than {}",
                 "文件有 {} 列；订单表不会超过 {} 列"},
                columns->size(), columns_max);
  columns_.names = std::move(*columns);
  places_ = places_of(columns_.names, layout.map);
  Result<void> checked = check_columns(columns_, layout.map);
  if (!checked && columns_.names.size() == 1)
    if (Message hint = other_delimiter(layout.header, layout.format); !hint.empty())
      checked.error().hint = std::move(hint);
  return checked;
}

Result<void> FileExtractor::look_ahead() {
  columns_.all = false;
  std::size_t bytes = 0;
  while (ahead_.size() < objects_looked_at && bytes < bytes_looked_at) {
    const Result<bool> more = reader_.next();
    if (!more) ahead_error_ = more.error();
    if (!more || !*more) break;
    bytes += reader_.row().size();
    ahead_.push_back(reader_.row());
    const Result<Row> row = row_of(options_.layout, row_json(options_.layout, reader_.row()));
    if (!row) continue;
    if (!note_columns(*row))
      return fail(
          make_error(ErrorKind::usage,
                     {"line {}: the first objects have more than {} different members; those of "
                      "orders have few, and the same",
                      "第 {} 行：前若干个对象的成员名超过 {} 种；订单的成员应当不多且一致"},
                     reader_.line(), columns_max)
              .with_hint({"names that are data (ids, dates) belong into the values",
                          "编号、日期等数据请写在值中，不要用作成员名"}));
    if (tell_of_orders(row->columns, options_.layout.map))
      usual_.insert(row->columns.begin(), row->columns.end());
  }
  if (usual_.empty()) usual_ = known_;
  return {};
}

bool FileExtractor::note_columns(const Row& row) {
  return add_new(columns_.names, known_, row.columns) && note_item_columns(row);
}

bool FileExtractor::note_item_columns(const Row& row) {
  const auto items =
      places_of(row.columns, options_.layout.map)[static_cast<std::size_t>(Field::items)];
  if (!items) return true;
  for (const std::string_view item :
       json_elements(row.values[*items]).value_or(std::vector<std::string_view>())) {
    const Result<Row> line = row_of(options_.layout, item);
    if (!line) continue;
    const std::uint64_t shape = shape_of(line->columns);
    if (item_shapes_.contains(shape)) continue;
    if (!add_new(columns_.item_names, known_of_items_, line->columns)) return false;
    if (item_shapes_.size() < shapes_max) item_shapes_.insert(shape);
  }
  return true;
}

bool FileExtractor::strays(const Row& row) {
  const std::uint64_t shape = shape_of(row.columns);
  if (const auto known = shapes_.find(shape); known != shapes_.end()) {
    // Objects with the same columns may have others inside.
    if (!known->second && !note_item_columns(row)) more_columns_ = true;
    return known->second;
  }
  const bool stray = is_stray(row.columns, usual_, options_.layout.map);
  if (!stray && !note_columns(row)) more_columns_ = true;
  if (shapes_.size() < shapes_max) shapes_.emplace(shape, stray);
  return stray;
}

ColumnUse FileExtractor::column_use() const {
  ColumnUse use = use_of(columns_, options_.layout.map);
  use.more = more_columns_;
  return use;
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

FileExtractor::Judged FileExtractor::judge(std::string_view row) {
  Result<Row> read = row_of(options_.layout, row);
  if (!read) return {};
  const bool own_columns = options_.layout.format == Format::ndjson;
  if (!own_columns && read->values.size() != columns_.names.size()) return {};
  if (own_columns && read->columns.size() > columns_max) return {.set_aside = "too many columns"};
  if (own_columns && strays(*read)) return {.set_aside = "no order"};
  const Places places = own_columns ? places_of(read->columns, options_.layout.map) : places_;
  const auto place = places[static_cast<std::size_t>(Field::order_id)];
  if (!place) return {};
  return {.id = std::move(read->values[*place])};
}

void FileExtractor::add_record(Page& page, std::string id, std::string_view rows,
                               std::string_view set_aside) const {
  const std::string mark =
      set_aside.empty() ? std::string() : fmt::format(R"(,"set_aside":"{}")", set_aside);
  page.records.push_back(
      {.id = mark.empty() ? std::move(id) : std::string(),
       .payload = fmt::format(R"({{"source":{},"rows":[{}]{}}})", source_json_, rows, mark)});
}

void FileExtractor::end_order(Page& page) {
  if (rows_.empty()) return;
  std::string_view set_aside;
  if (!id_.empty()) {
    const std::uint64_t hash = XXH3_64bits(id_.data(), id_.size());
    if (seen_.contains(hash))
      set_aside = "repeated";
    else if (rows_.size() > order_bytes_max)
      set_aside = "too many rows";
    if (seen_.size() < ids_watched) seen_.insert(hash);
  }
  add_record(page, std::exchange(id_, {}), rows_, set_aside);
  rows_.clear();
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
    Judged judged = judge(row);
    if (judged.id.empty() || judged.id != id_ || rows_.size() > order_bytes_max) {
      end_order(page);
      id_ = std::move(judged.id);
    }
    if (judged.set_aside.empty()) {
      if (!rows_.empty()) rows_ += ',';
      rows_ += row;
    } else {
      add_record(page, {}, row, judged.set_aside);
    }
    if (page.records.size() < page_records) continue;
    if (Result<void> taken = hand_on(); !taken) return fail(std::move(taken).error());
  }
  end_order(page);
  if (Result<void> taken = hand_on(); !taken) return fail(std::move(taken).error());
  return reading;
}

}  // namespace tidemark::load::file
