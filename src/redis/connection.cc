#include "redis/connection.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <array>
#include <iterator>
#include <vector>

#include "base/bytes.h"
#include "redis/channel.h"

namespace tidemark::redis {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t words_shown_max = 300;
constexpr std::size_t read_bytes = std::size_t{16} << 10;

struct FreeReader {
  void operator()(redisReader* reader) const { redisReaderFree(reader); }
};
struct FreeReply {
  void operator()(void* reply) const { freeReplyObject(reply); }
};
using OwnedReply = std::unique_ptr<void, FreeReply>;

/// The answer as a value of our own.
Reply value_of(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return {.kind = Reply::Kind::integer, .integer = reply.integer};
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:  // Inside a list; no command that we use answers so.
      return {.kind = Reply::Kind::text, .text = std::string(reply.str, reply.len)};
    case REDIS_REPLY_ARRAY: {
      Reply list{.kind = Reply::Kind::list};
      list.list.reserve(reply.elements);
      for (std::size_t i = 0; i < reply.elements; ++i)
        list.list.push_back(value_of(*reply.element[i]));
      return list;
    }
    default:
      return {};
  }
}

ErrorKind kind_of(std::string_view words) {
  for (const std::string_view refusal :
       {"NOAUTH", "WRONGPASS", "NOPERM", "ERR AUTH", "ERR invalid password"})
    if (words.starts_with(refusal)) return ErrorKind::unauthorized;
  return ErrorKind::query;
}

Error server_error(std::string_view words) {
  const std::string shown = printable(words, words_shown_max);
  return make_error(kind_of(words), {"{}", "{}"}, shown);
}

/// The command as the protocol writes it.
std::string formatted(std::span<const std::string_view> words) {
  std::string text = fmt::format("*{}\r\n", words.size());
  for (const std::string_view word : words) {
    fmt::format_to(std::back_inserter(text), "${}\r\n", word.size());
    text.append(word).append("\r\n");
  }
  return text;
}

Error not_understood(const redisReader& reader) {
  return make_error(ErrorKind::unreachable, {"{}", "{}"},
                    printable(static_cast<const char*>(reader.errstr)));
}

}  // namespace

class Connection::Context {
 public:
  Context(Channel channel, std::string place, milliseconds answer_timeout)
      : channel_(std::move(channel)),
        reader_(redisReaderCreate()),
        place_(std::move(place)),
        answer_timeout_(answer_timeout) {}

  Result<Reply> command(std::span<const std::string_view> words, milliseconds blocks) {
    if (broken_) return fail(*broken_);
    if (Result<void> sent = channel_.write(formatted(words), answer_timeout_); !sent)
      return fail(break_off(std::move(sent).error()));
    while (true) {
      Result<std::optional<Reply>> reply = buffered();
      if (!reply) return fail(std::move(reply).error());
      if (*reply) return std::move(**reply);
      const Result<bool> more = fill(blocks + answer_timeout_);
      if (!more) return fail(more.error());
      if (!*more)
        return fail(
            break_off(make_error(ErrorKind::timeout, {"no answer in time", "未在规定时间内应答"})));
    }
  }

  Result<std::optional<Reply>> receive(milliseconds patience) {
    while (true) {
      if (broken_) return fail(*broken_);
      Result<std::optional<Reply>> reply = buffered();
      if (!reply || *reply) return reply;
      const Result<bool> more = fill(patience);
      if (!more) return fail(more.error());
      if (!*more) return std::optional<Reply>{};
    }
  }

  [[nodiscard]] int descriptor() const { return channel_.descriptor(); }
  /// The server's own refusals do not name it, so that they begin with its words.
  [[nodiscard]] Error named(Error error) const {
    return broken_ ? error : std::move(error).within({"{}", "{}"}, place_);
  }

 private:
  /// From now on everything fails so.
  Error break_off(Error error) {
    broken_ = std::move(error).within({"{}", "{}"}, place_);
    return *broken_;
  }

  /// An answer that is whole; nullopt if none is.
  Result<std::optional<Reply>> buffered() {
    void* raw = nullptr;
    if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK)
      return fail(break_off(not_understood(*reader_)));
    if (raw == nullptr) return std::optional<Reply>{};
    const OwnedReply owned(raw);
    const auto& reply = *static_cast<const redisReply*>(raw);
    if (reply.type == REDIS_REPLY_ERROR)
      return fail(server_error(std::string_view(reply.str, reply.len)));
    return std::optional(value_of(reply));
  }

  /// False when nothing came within `patience`.
  Result<bool> fill(milliseconds patience) {
    std::array<char, read_bytes> buffer{};
    const Result<std::size_t> got = channel_.read(buffer, patience);
    if (!got) return fail(break_off(got.error()));
    if (*got > 0 && redisReaderFeed(reader_.get(), buffer.data(), *got) != REDIS_OK)
      return fail(break_off(not_understood(*reader_)));
    return *got > 0;
  }

  Channel channel_;
  std::unique_ptr<redisReader, FreeReader> reader_;
  const std::string place_;
  const milliseconds answer_timeout_;
  std::optional<Error> broken_;
};

Connection::Connection(std::unique_ptr<Context> context) : context_(std::move(context)) {}
Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

Result<Connection> Connection::open(const Url& url, const ConnectOptions& options) {
  Result<Channel> channel = Channel::open(url, options.connect_timeout);
  if (!channel) return fail(std::move(channel).error().within({"{}", "{}"}, url.redacted()));
  auto context =
      std::make_unique<Context>(std::move(*channel), url.redacted(), options.answer_timeout);
  Connection connection(std::move(context));
  const auto refusal = [&](Error error) {
    Error told = connection.context_->named(std::move(error));
    // A server that waits for TLS ends a conversation without it, one way or another.
    if (told.kind != ErrorKind::unreachable || url.tls || url.host.empty()) return told;
    return std::move(told).with_hint(
        {"if it speaks TLS on this port, write rediss://", "如果该端口使用 TLS，请改用 rediss://"});
  };
  if (url.password) {
    std::vector<std::string_view> login{"AUTH"};
    if (!url.user.empty()) login.emplace_back(url.user);
    login.emplace_back(*url.password);
    if (const auto answer = connection.command(login); !answer) {
      Error error = answer.error();
      if (error.kind == ErrorKind::query) error.kind = ErrorKind::unauthorized;
      return fail(refusal(std::move(error)));
    }
  }
  const std::string database = fmt::format("{}", url.database);
  // Also without a database to choose: an answer shows that the login does.
  const std::string_view select[] = {"SELECT", database};
  if (const auto answer = connection.command(select); !answer) return fail(refusal(answer.error()));
  return connection;
}

Result<Reply> Connection::command(std::span<const std::string_view> words, milliseconds blocks) {
  return context_->command(words, blocks);
}

Result<std::optional<Reply>> Connection::receive(milliseconds patience) {
  return context_->receive(patience);
}

int Connection::descriptor() const { return context_->descriptor(); }

bool is_group_missing(const Error& error) {
  if (error.kind != ErrorKind::query) return false;
  const std::string_view words = error.what.en;
  // Redis 7 says UNBLOCKED to whoever waited on a stream that was deleted.
  return words.starts_with("NOGROUP") || words.starts_with("UNBLOCKED") ||
         words.contains("requires the key to exist") || words.contains("no such key");
}

}  // namespace tidemark::redis
