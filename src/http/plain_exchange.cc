#include "http/plain_exchange.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "http/sendable.h"

namespace tidemark::http {
namespace {

/// Read at once; an answer of a receiver is far smaller.
constexpr std::size_t read_bytes = 16 * 1024;

[[nodiscard]] std::chrono::microseconds between(PlainExchange::Time from,
                                                PlainExchange::Time upto) {
  return std::chrono::duration_cast<std::chrono::microseconds>(upto - from);
}

/// RFC 9110 8.6: a method that usually has a body says that this one has none.
[[nodiscard]] bool says_length(const ClientRequest& request) {
  return request.body || request.method == "POST" || request.method == "PUT" ||
         request.method == "PATCH";
}

}  // namespace

PlainExchange::PlainExchange(ClientRequest request, ClientDone done,
                             std::shared_ptr<const PlainTarget> target, std::string_view user_agent,
                             Time now)
    : request_(std::move(request)),
      done_(std::move(done)),
      target_(std::move(target)),
      started_(now),
      deadline_(now + std::max(request_.total_timeout, std::chrono::milliseconds(1))) {
  write_head(user_agent);
}

std::optional<ClientResponse> PlainExchange::check() const {
  const auto refuse = [](std::string text) {
    return ClientResponse{.error = ClientError::invalid_request, .error_text = std::move(text)};
  };
  if (!is_token(request_.method)) return refuse("the method is not a token");
  for (std::size_t index = 0; index < request_.headers.size(); ++index)
    if (!is_sendable(request_.headers.at(index)))
      return refuse("a header field cannot be sent as it is");
  return std::nullopt;
}

void PlainExchange::write_head(std::string_view user_agent) {
  constexpr std::size_t own_lines = 128;
  head_.reserve(request_.method.size() + target_->path.size() + target_->host.size() +
                user_agent.size() + request_.headers.bytes() + 4 * request_.headers.size() +
                own_lines);
  head_.append(request_.method).append(" ").append(target_->path);
  head_.append(" HTTP/1.1\r\nHost: ").append(target_->host).append("\r\n");
  const bool own_agent = request_.headers.find("user-agent").has_value();
  if (!own_agent && !user_agent.empty())
    head_.append("User-Agent: ").append(user_agent).append("\r\n");
  for (std::size_t index = 0; index < request_.headers.size(); ++index) {
    const Headers::Field field = request_.headers.at(index);
    head_.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (says_length(request_))
    fmt::format_to(std::back_inserter(head_), "Content-Length: {}\r\n", body_bytes());
  head_.append("\r\n");
}

std::chrono::milliseconds PlainExchange::time_left(Time now) const {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline_ - now),
                  std::chrono::milliseconds(1));
}

void PlainExchange::set_out(const IpAddress& peer, bool reused) {
  written_ = 0;
  write_failed_ = false;
  error_ = 0;
  reader_.emplace(request_.method == "HEAD", response_headers_bytes_max,
                  request_.response_bytes_max);
  response_.address = peer.text();
  response_.reused = reused;
}

void PlainExchange::took(std::chrono::microseconds name_lookup, std::chrono::microseconds connect) {
  response_.name_lookup = name_lookup;
  response_.connect = connect;
}

void PlainExchange::write(int fd) {
  while (!is_written() && !write_failed_) {
    std::array<iovec, 2> parts{};
    std::size_t count = 0;
    if (written_ < head_.size())
      parts[count++] = {.iov_base = head_.data() + written_, .iov_len = head_.size() - written_};
    const std::size_t of_body = written_ - std::min(written_, head_.size());
    if (body_bytes() > of_body)
      parts[count++] = {.iov_base = const_cast<char*>(request_.body->data()) + of_body,
                        .iov_len = body_bytes() - of_body};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const ssize_t sent = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      written_ += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;
    } else if (errno != EINTR) {
      error_ = errno;
      write_failed_ = true;
    }
  }
}

PlainExchange::Progress PlainExchange::read(int fd, Time now) {
  std::array<char, read_bytes> bytes;
  ssize_t count = -1;
  do count = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
  while (count < 0 && errno == EINTR);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return write_failed_ ? ended(error_, true) : Progress::under_way;
  if (count < 0) return ended(errno, true);
  if (count == 0) return ended(error_, false);
  if (response_.first_byte.count() == 0) response_.first_byte = between(started_, now);
  const std::string_view came(bytes.data(), static_cast<std::size_t>(count));
  more_came_ = reader_->read(came) < came.size();
  const ResponseReader::Stage stage = reader_->stage();
  return stage == ResponseReader::Stage::head || stage == ResponseReader::Stage::body
             ? Progress::under_way
             : Progress::over;
}

PlainExchange::Progress PlainExchange::ended(int code, bool cut) {
  if (response_.reused && reader_->untouched()) return Progress::again;
  error_ = code;
  reader_->end(cut);
  return Progress::over;
}

bool PlainExchange::keeps_connection() const {
  return reader_->keep_alive() && is_written() && !more_came_;
}

ClientResponse PlainExchange::finish(Time now) {
  switch (reader_->fault()) {
    case ResponseReader::Fault::none:
      break;
    case ResponseReader::Fault::ended:
      if (error_ != 0) return break_off(client_error_of(error_), std::strerror(error_), now);
      return break_off(ClientError::econnreset, "the connection was closed before an answer", now);
    case ResponseReader::Fault::not_http:
      return break_off(ClientError::protocol_error, "what came is no answer of HTTP", now);
    case ResponseReader::Fault::too_large:
      return break_off(ClientError::protocol_error, "the header fields are too large", now);
  }
  response_.total = between(started_, now);
  response_.status = reader_->status();
  response_.truncated = reader_->truncated();
  response_.headers = reader_->take_headers();
  response_.body = reader_->take_body();
  return std::move(response_);
}

ClientResponse PlainExchange::break_off(ClientError why, std::string text, Time now) {
  response_.total = between(started_, now);
  if (reader_ && reader_->status() != 0) {
    response_.status = reader_->status();
    response_.truncated = true;
    response_.headers = reader_->take_headers();
    response_.body = reader_->take_body();
    return std::move(response_);
  }
  response_.error = why;
  response_.error_text = std::move(text);
  return std::move(response_);
}

}  // namespace tidemark::http
