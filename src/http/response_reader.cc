#include "http/response_reader.h"

#include <algorithm>
#include <charconv>

namespace tidemark::http {
namespace {

constexpr std::string_view protocol = "HTTP/1.";

[[nodiscard]] bool is_blank(char c) { return c == ' ' || c == '\t'; }
[[nodiscard]] bool is_digit(char c) { return c >= '0' && c <= '9'; }

[[nodiscard]] std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// A member of a list with commas (RFC 9110 5.6.1), letter case apart.
[[nodiscard]] bool has_member(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (equal_fold(trimmed(list.substr(0, comma)), wanted)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

[[nodiscard]] std::string_view last_member(std::string_view list) {
  const std::size_t comma = list.rfind(',');
  return trimmed(comma == std::string_view::npos ? list : list.substr(comma + 1));
}

}  // namespace

std::size_t ResponseReader::read(std::string_view bytes) {
  const std::size_t all = bytes.size();
  if (all > 0) untouched_ = false;
  while (!bytes.empty() && (stage_ == Stage::head || stage_ == Stage::body)) {
    const bool content = part_ == Part::sized || part_ == Part::upto_end || part_ == Part::chunk;
    bytes = content ? take_content(bytes) : take_line(bytes);
  }
  return all - bytes.size();
}

void ResponseReader::end(bool cut) {
  if (stage_ == Stage::head) return fail(Fault::ended);
  if (stage_ != Stage::body) return;
  truncated_ = cut || part_ != Part::upto_end;
  keep_alive_ = false;
  stage_ = Stage::complete;
}

/// Before the head is whole there is no answer; afterwards its status counts, whatever became of
/// the rest.
void ResponseReader::fail(Fault fault) {
  if (head_done_) {
    truncated_ = true;
    stage_ = Stage::complete;
    return;
  }
  fault_ = fault;
  stage_ = Stage::broken;
}

std::string_view ResponseReader::take_line(std::string_view bytes) {
  const std::size_t feed = bytes.find('\n');
  const std::string_view piece = bytes.substr(0, feed);
  header_bytes_ += piece.size() + (feed == std::string_view::npos ? 0 : 1);
  if (header_bytes_ > header_bytes_max_) {
    fail(Fault::too_large);
    return bytes;
  }
  if (feed == std::string_view::npos) {
    line_.append(piece);
    // Not to wait for the end of a line that is none of HTTP.
    if (part_ == Part::status_line &&
        !line_.starts_with(protocol.substr(0, std::min(line_.size(), protocol.size()))))
      fail(Fault::not_http);
    return {};
  }
  std::string_view line = piece;
  if (!line_.empty()) line = line_.append(piece);
  if (line.ends_with('\r')) line.remove_suffix(1);
  on_line(line);
  line_.clear();
  return bytes.substr(feed + 1);
}

void ResponseReader::on_line(std::string_view line) {
  switch (part_) {
    case Part::status_line:
      return on_status_line(line);
    case Part::field:
      return line.empty() ? on_head() : on_field(line);
    case Part::chunk_size:
      return on_chunk_size(line);
    case Part::chunk_end:
      if (!line.empty()) return fail(Fault::not_http);
      part_ = Part::chunk_size;
      return;
    case Part::trailer:
      if (line.empty()) stage_ = Stage::complete;
      return;
    case Part::sized:
    case Part::upto_end:
    case Part::chunk:
      return;
  }
}

void ResponseReader::on_status_line(std::string_view line) {
  // `HTTP/1.1 200 OK`, of which everything behind the number may be missing.
  constexpr std::size_t shortest = std::string_view("HTTP/1.1 200").size();
  if (!line.starts_with(protocol) || line.size() < shortest || !is_digit(line[protocol.size()]) ||
      line[protocol.size() + 1] != ' ' || (line.size() > shortest && line[shortest] != ' '))
    return fail(Fault::not_http);
  const std::string_view number = line.substr(shortest - 3, 3);
  if (!std::ranges::all_of(number, is_digit)) return fail(Fault::not_http);
  std::from_chars(number.data(), number.data() + number.size(), status_);
  if (status_ < 100) return fail(Fault::not_http);
  keep_alive_ = line[protocol.size()] != '0';
  part_ = Part::field;
}

void ResponseReader::on_field(std::string_view line) {
  if (line.contains('\0')) return fail(Fault::not_http);
  if (is_blank(line.front())) return;  // A line that was folded, as nobody may any more.
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = trimmed(line.substr(0, colon));
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (equal_fold(name, "content-length")) {
    on_length(value);
  } else if (equal_fold(name, "transfer-encoding")) {
    coded_ = true;
    chunked_ = equal_fold(last_member(value), "chunked");
  } else if (equal_fold(name, "connection")) {
    if (has_member(value, "close")) keep_alive_ = false;
    // HTTP/1.0 is not kept: it would have to be asked for.
  }
  headers_.add(name, value);
}

void ResponseReader::on_length(std::string_view value) {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (value.empty() || error != std::errc{} || end != value.data() + value.size() ||
      (length_ && *length_ != length))
    return fail(Fault::not_http);
  length_ = length;
}

void ResponseReader::on_head() {
  if (status_ < 200) {
    // Nobody asked for another protocol.
    if (status_ == 101) return fail(Fault::not_http);
    headers_.clear();
    length_.reset();
    coded_ = chunked_ = false;
    part_ = Part::status_line;
    return;
  }
  head_done_ = true;
  stage_ = Stage::body;
  if (to_head_ || status_ == 204 || status_ == 304) {
    stage_ = Stage::complete;
  } else if (chunked_) {
    // With a length beside it somebody on the way may have seen another end (RFC 9112 6.3).
    if (length_) keep_alive_ = false;
    part_ = Part::chunk_size;
    header_bytes_ = 0;
  } else if (coded_ || !length_) {
    keep_alive_ = false;
    part_ = Part::upto_end;
  } else if (*length_ == 0) {
    stage_ = Stage::complete;
  } else {
    left_ = *length_;
    part_ = Part::sized;
    body_.reserve(std::min<std::uint64_t>(left_, std::min<std::size_t>(body_bytes_max_, 4096)));
  }
}

void ResponseReader::on_chunk_size(std::string_view line) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
  const std::string_view rest = line.substr(static_cast<std::size_t>(end - line.data()));
  if (error != std::errc{} || (!rest.empty() && rest.front() != ';' && !is_blank(rest.front())))
    return fail(Fault::not_http);
  header_bytes_ = 0;  // Of each chunk's lines, and of the trailer.
  left_ = size;
  part_ = size == 0 ? Part::trailer : Part::chunk;
}

std::string_view ResponseReader::take_content(std::string_view bytes) {
  const std::size_t count =
      part_ == Part::upto_end ? bytes.size() : std::min<std::uint64_t>(left_, bytes.size());
  const std::size_t room = body_bytes_max_ - body_.size();
  body_.append(bytes.substr(0, std::min(count, room)));
  if (count > room) {
    truncated_ = true;
    stage_ = Stage::complete;
    return bytes.substr(count);
  }
  if (part_ != Part::upto_end) {
    left_ -= count;
    if (left_ == 0 && part_ == Part::sized) stage_ = Stage::complete;
    if (left_ == 0 && part_ == Part::chunk) part_ = Part::chunk_end;
  }
  return bytes.substr(count);
}

}  // namespace tidemark::http
