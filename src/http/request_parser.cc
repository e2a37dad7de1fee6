#include "http/request_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "base/check.h"

namespace tidemark::http {
namespace {

namespace beast = boost::beast;
using BeastError = beast::error_code;
using BeastText = beast::string_view;
namespace fault = beast::http;

[[nodiscard]] std::string_view view(BeastText text) { return {text.data(), text.size()}; }

/// Beast reads the grammar; what it finds goes straight into our own values.
class Grammar final : public beast::http::basic_parser<true> {
 public:
  explicit Grammar(std::size_t header_bytes_max) {
    header_limit(static_cast<std::uint32_t>(header_bytes_max));
    body_limit(boost::none);  // Beast would ask before the route, and so the limit, is known.
  }

  RequestHead head;
  std::string body;
  std::uint64_t body_bytes_max = 0;
  bool too_many_fields = false;

 private:
  void on_request_impl(beast::http::verb, BeastText method, BeastText target, int version,
                       BeastError&) override {
    head.method = view(method);
    head.target = view(target);
    http_1_1_ = version >= 11;
  }

  void on_response_impl(int, BeastText, int, BeastError& error) override {
    error = fault::error::bad_version;
  }

  void on_field_impl(beast::http::field field, BeastText name, BeastText value,
                     BeastError& error) override {
    if (head_done_) return;
    if (head.headers.size() == header_fields_max) {
      too_many_fields = true;
      error = fault::error::header_limit;
      return;
    }
    using Name = beast::http::field;
    if (field == Name::content_length && std::exchange(has_length_, true))
      error = fault::error::multiple_content_length;
    if (field == Name::transfer_encoding && !equal_fold(view(value), "chunked"))
      error = fault::error::bad_transfer_encoding;
    if (field == Name::host && std::exchange(has_host_, true)) error = fault::error::bad_field;
    if (field == Name::expect) head.expects_continue = equal_fold(view(value), "100-continue");
    head.headers.add(view(name), view(value));
  }

  void on_header_impl(BeastError& error) override {
    head_done_ = true;
    if (http_1_1_ && !has_host_) error = fault::error::bad_field;
    if (!http_1_1_ && chunked()) error = fault::error::bad_transfer_encoding;
    head.expects_continue = head.expects_continue && http_1_1_;
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, BeastError&) override {
    // More than this is taken from the memory only as it arrives.
    constexpr std::uint64_t reserved_max = 64 * 1024;
    if (length) body.reserve(static_cast<std::size_t>(std::min(*length, reserved_max)));
  }

  std::size_t on_body_impl(BeastText bytes, BeastError& error) override {
    return keep(view(bytes), error);
  }

  void on_chunk_header_impl(std::uint64_t size, BeastText, BeastError& error) override {
    if (size > body_bytes_max - body.size()) error = fault::error::body_limit;
  }

  std::size_t on_chunk_body_impl(std::uint64_t, BeastText bytes, BeastError& error) override {
    return keep(view(bytes), error);
  }

  void on_finish_impl(BeastError&) override {}

  std::size_t keep(std::string_view bytes, BeastError& error) {
    if (bytes.size() > body_bytes_max - body.size()) {
      error = fault::error::body_limit;
      return 0;
    }
    body.append(bytes);
    return bytes.size();
  }

  bool http_1_1_ = false;
  bool head_done_ = false;
  bool has_length_ = false;
  bool has_host_ = false;
};

}  // namespace

struct RequestParser::State {
  explicit State(std::size_t limit) : header_bytes_max(limit) {}

  [[nodiscard]] std::optional<RequestFault> fault_of(const BeastError& error) const {
    if (!error || error == fault::error::need_more) return std::nullopt;
    if (error == fault::error::header_limit || grammar->too_many_fields)
      return RequestFault::headers_too_large;
    if (error == fault::error::body_limit) return RequestFault::body_too_large;
    return RequestFault::malformed;
  }

  const std::size_t header_bytes_max;
  std::size_t header_bytes = 0;
  std::optional<Grammar> grammar;
};

RequestParser::RequestParser(std::size_t header_bytes_max)
    : state_(std::make_unique<State>(header_bytes_max)) {
  begin();
}
RequestParser::~RequestParser() = default;

void RequestParser::begin() {
  state_->header_bytes = 0;
  state_->grammar.emplace(state_->header_bytes_max);
}

RequestParser::Stage RequestParser::stage() const {
  if (!state_->grammar->is_header_done()) return Stage::head;
  return state_->grammar->is_done() ? Stage::complete : Stage::body;
}

RequestParser::Step RequestParser::read(std::string_view input) {
  Grammar& grammar = *state_->grammar;
  if (input.empty() || grammar.is_done()) return {.used = 0, .fault = std::nullopt};
  const bool in_head = !grammar.is_header_done();
  if (!grammar.got_some() && input.starts_with("\r\n")) {  // RFC 9112 2.2: an empty line before
    state_->header_bytes += 2;
    const bool flood = state_->header_bytes > state_->header_bytes_max;
    return {.used = 2, .fault = flood ? std::optional(RequestFault::malformed) : std::nullopt};
  }
  if (!grammar.got_some() && input == "\r") return {.used = 0, .fault = std::nullopt};
  // Whatever part of a chunked body is missing, its end alone has this many bytes. Beast 1.81 has
  // an assert that fails when it has seen a last chunk and is given fewer.
  constexpr std::size_t last_chunk_bytes = 5;
  if (!in_head && grammar.chunked() && input.size() < last_chunk_bytes)
    return {.used = 0, .fault = std::nullopt};
  grammar.eager(!in_head);
  BeastError error;
  const std::size_t used = grammar.put({input.data(), input.size()}, error);
  auto found = state_->fault_of(error);
  if (in_head) {
    // Beast bounds one call; fields that come one by one are counted here.
    state_->header_bytes += used;
    const std::size_t pending = grammar.is_header_done() ? 0 : input.size() - used;
    if (!found && state_->header_bytes + pending > state_->header_bytes_max)
      found = RequestFault::headers_too_large;
    if (!found && grammar.is_header_done()) {
      grammar.head.chunked = grammar.chunked();
      if (const auto length = grammar.content_length()) grammar.head.content_length = *length;
      grammar.head.keep_alive = grammar.keep_alive();
    }
  } else if (!found && !grammar.is_done() && input.size() - used > state_->header_bytes_max) {
    found = RequestFault::malformed;  // A chunk's line, or the fields behind the last one.
  }
  return {.used = used, .fault = found};
}

void RequestParser::allow_body(std::uint64_t bytes_max) {
  state_->grammar->body_bytes_max = bytes_max;
}

const RequestHead& RequestParser::head() const { return state_->grammar->head; }
const std::string& RequestParser::body() const { return state_->grammar->body; }

RequestHead RequestParser::take_head() {
  check(stage() == Stage::complete, "a request is taken when it is complete");
  return std::move(state_->grammar->head);
}

std::string RequestParser::take_body() {
  check(stage() == Stage::complete, "a request is taken when it is complete");
  return std::move(state_->grammar->body);
}

}  // namespace tidemark::http
