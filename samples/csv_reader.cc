#include "samples/csv_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tidemark::samples {
namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

Result<bool> CsvReader::fill() {
  while (at_ == size_) {
    const bool first = !std::exchange(started_, true);
    buffer_.resize(buffer_bytes);
    at_ = size_ = 0;
    do {  // The first bytes are gathered until a byte order mark can be told.
      Result<std::size_t> read = source_(buffer_.data() + size_, buffer_.size() - size_);
      if (!read) return fail(std::move(read));
      if (*read == 0) break;
      size_ += *read;
    } while (first && size_ < byte_order_mark.size());
    if (size_ == 0) return false;
    if (first && std::string_view(buffer_.data(), size_).starts_with(byte_order_mark)) {
      at_ = byte_order_mark.size();
    }
  }
  return true;
}

Result<bool> CsvReader::next() {
  count_ = 0;
  field_.clear();
  state_ = State::field_start;
  record_line_ = line_;
  bool any = false;
  std::size_t bytes = 0;
  while (true) {
    Result<bool> more = fill();
    if (!more) return more;
    if (!*more) {
      if (!any) return false;
      return finish();
    }
    any = true;
    const std::size_t plain = plain_bytes();
    if ((bytes += plain + 1) > max_record) return broken("the record is too long", "记录过长");
    if (plain > 0) {
      field_.append(buffer_.data() + at_, plain);
      at_ += plain;
      if (state_ == State::field_start) state_ = State::bare;
      continue;
    }
    Result<bool> ended = take(buffer_[at_++]);
    if (!ended || *ended) return ended;
  }
}

std::size_t CsvReader::plain_bytes() const {
  const std::string_view ahead(buffer_.data() + at_, size_ - at_);
  switch (state_) {
    case State::field_start:
    case State::bare:
      return std::min(ahead.find_first_of("\",\r\n"), ahead.size());
    case State::quoted:
      return std::min(ahead.find_first_of("\"\n"), ahead.size());
    case State::after_quote:
    case State::carriage_return:
      return 0;
  }
  return 0;
}

Result<bool> CsvReader::take(char c) {
  if (c == '\n') ++line_;
  switch (state_) {
    case State::field_start:
      if (c == '"') {
        state_ = State::quoted;
        return false;
      }
      [[fallthrough]];
    case State::bare:
      if (c == '"')
        return broken("a quote inside a field without quotes", "未加引号的字段中出现引号");
      [[fallthrough]];
    case State::after_quote:
      if (c == ',') {
        end_field();
        state_ = State::field_start;
      } else if (c == '\n') {
        return finish();
      } else if (c == '\r') {
        state_ = State::carriage_return;
      } else if (c == '"') {
        field_ += '"';  // Only after a quote: the second of a doubled one.
        state_ = State::quoted;
      } else if (state_ == State::after_quote) {
        return broken("text after a closing quote", "结束引号之后还有内容");
      } else {
        field_ += c;
        state_ = State::bare;
      }
      return false;
    case State::quoted:
      if (c == '"') {
        state_ = State::after_quote;
      } else {
        field_ += c;
      }
      return false;
    case State::carriage_return:
      if (c != '\n') return broken("a carriage return without a line feed", "回车后没有换行");
      return finish();
  }
  return false;
}

Result<bool> CsvReader::finish() {
  if (state_ == State::quoted) return broken("a quote is not closed", "引号没有结束");
  end_field();
  fields_.resize(count_);
  return true;
}

void CsvReader::end_field() {
  if (fields_.size() <= count_) fields_.emplace_back();
  fields_[count_++].swap(field_);
  field_.clear();
}

std::unexpected<Error> CsvReader::broken(std::string_view en, std::string_view zh) const {
  return fail(ErrorKind::corrupt, {"line {0}: {1}", "第 {0} 行：{2}"}, record_line_, en, zh);
}

ByteSource text_source(std::string_view text) {
  return [text](char* into, std::size_t limit) mutable -> Result<std::size_t> {
    const std::size_t size = std::min(limit, text.size());
    std::memcpy(into, text.data(), size);
    text.remove_prefix(size);
    return size;
  };
}

}  // namespace tidemark::samples
