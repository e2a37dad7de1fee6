#include "load/file/row_reader.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tidemark::load::file {
namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::array<std::string_view, 3> format_names = {"csv", "tsv", "ndjson"};

std::vector<std::string> split_at_tabs(std::string_view row) {
  std::vector<std::string> fields;
  for (std::size_t tab = row.find('\t'); tab != std::string_view::npos; tab = row.find('\t')) {
    fields.emplace_back(row.substr(0, tab));
    row.remove_prefix(tab + 1);
  }
  fields.emplace_back(row);
  return fields;
}

/// Of `="0012"` the text: so exports for Excel in Chinese shops keep an id of digits from being
/// read as a number.
std::optional<std::string> text_formula(std::string_view field) {
  constexpr std::string_view open = "=\"";
  if (field.size() <= open.size() || !field.starts_with(open) || !field.ends_with('"'))
    return std::nullopt;
  field = field.substr(open.size(), field.size() - open.size() - 1);
  if (field.contains('"')) return std::nullopt;
  return std::string(field);
}

/// Takes the field in front of `rest`, and not the comma behind it.
std::optional<std::string> take_field(std::string_view& rest) {
  std::string field;
  if (!rest.starts_with('"')) {
    field = rest.substr(0, rest.find(','));
    rest.remove_prefix(field.size());
    return field.contains('"') ? text_formula(field) : field;
  }
  while (rest.starts_with('"')) {
    const std::size_t quote = rest.find('"', 1);
    if (quote == std::string_view::npos) return std::nullopt;
    field += rest.substr(1, quote - 1);
    rest.remove_prefix(quote + 1);
    if (rest.starts_with('"')) field += '"';  // A doubled one.
  }
  if (auto text = text_formula(field)) return text;
  return field;
}

}  // namespace

std::string_view name(Format format) { return format_names.at(static_cast<std::size_t>(format)); }

std::optional<Format> format_named(std::string_view name) {
  const auto found = std::ranges::find(format_names, name);
  if (found == format_names.end()) return std::nullopt;
  return static_cast<Format>(found - format_names.begin());
}

Result<bool> RowReader::fill() {
  if (at_ < buffer_.size()) return true;
  const bool first = !std::exchange(started_, true);
  buffer_.resize(buffer_bytes);
  at_ = 0;
  std::size_t size = 0;
  do {  // The first bytes are gathered until a byte order mark can be told.
    const Result<std::size_t> read = source_(buffer_.data() + size, buffer_.size() - size);
    if (!read) {
      buffer_.clear();
      return fail(read.error());
    }
    if (*read == 0) break;
    size += *read;
  } while (first && size < byte_order_mark.size());
  buffer_.resize(size);
  if (!first || !buffer_.starts_with(byte_order_mark)) return size > 0;
  at_ = byte_order_mark.size();
  return at_ < size ? Result<bool>(true) : fill();
}

Result<bool> RowReader::next() {
  while (true) {
    const Result<bool> read = read_row();
    if (!read || !*read || !row_.empty()) return read;
  }
}

Result<bool> RowReader::read_row() {
  row_.clear();
  row_line_ = line_;
  bool any = false, quoted = false, field_start = true, after_quote = false;
  while (true) {
    const Result<bool> more = fill();
    if (!more) return more;
    if (!*more) {
      if (quoted)
        return fail(ErrorKind::corrupt,
                    {"line {}: a quote is not closed", "第 {} 行：引号没有结束"}, row_line_);
      return any;
    }
    any = true;
    const char c = buffer_[at_++];
    if (c == '\n') {
      ++line_;
      if (!quoted) {
        if (row_.ends_with('\r')) row_.pop_back();
        return true;
      }
    }
    if (format_ == Format::csv) {
      if (quoted) {
        quoted = c != '"';
        after_quote = !quoted;
      } else {
        quoted = c == '"' && (field_start || after_quote);
        after_quote = false;
      }
      field_start = !quoted && c == ',';
    }
    row_ += c;
    if (row_.size() > row_bytes_max)
      return fail(ErrorKind::corrupt, {"line {}: the row is too long", "第 {} 行：该行过长"},
                  row_line_);
  }
}

std::optional<std::vector<std::string>> fields_of(std::string_view row, Format format) {
  if (format == Format::tsv) return split_at_tabs(row);
  std::vector<std::string> fields;
  while (true) {
    std::optional<std::string> field = take_field(row);
    if (!field) return std::nullopt;
    fields.push_back(std::move(*field));
    if (row.empty()) return fields;
    if (row.front() != ',') return std::nullopt;
    row.remove_prefix(1);
  }
}

}  // namespace tidemark::load::file
