#include "redis/connection.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <poll.h>

#include <cerrno>
#include <vector>

#include "base/bytes.h"
#include "base/system_error.h"

namespace tidemark::redis {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t words_shown_max = 300;

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct FreeReply {
  void operator()(void* reply) const { freeReplyObject(reply); }
};
using OwnedReply = std::unique_ptr<void, FreeReply>;

timeval as_timeval(milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = time.count() % 1000 * 1000};
}

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

}  // namespace

class Connection::Context {
 public:
  Context(redisContext* context, std::string place, milliseconds answer_timeout)
      : context_(context), place_(std::move(place)), answer_timeout_(answer_timeout) {}

  [[nodiscard]] Error broken() const {
    const bool late = context_->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);
    const std::string reason = printable(static_cast<const char*>(context_->errstr));
    return make_error(late ? ErrorKind::timeout : ErrorKind::unreachable, {"{}: {}", "{}：{}"},
                      place_, late ? "no answer in time" : reason);
  }

  Result<Reply> command(std::span<const std::string_view> words, milliseconds blocks) {
    if (context_->err != 0) return fail(broken());
    if (Result<void> set = wait_up_to(blocks + answer_timeout_); !set)
      return fail(std::move(set).error());
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const std::string_view word : words) {
      texts.push_back(word.data());
      sizes.push_back(word.size());
    }
    errno = 0;
    const OwnedReply owned(redisCommandArgv(context_.get(), static_cast<int>(words.size()),
                                            texts.data(), sizes.data()));
    if (!owned) return fail(broken());
    return answer_of(owned);
  }

  Result<std::optional<Reply>> receive(milliseconds patience) {
    while (true) {
      if (context_->err != 0) return fail(broken());
      void* raw = nullptr;
      if (redisGetReplyFromReader(context_.get(), &raw) != REDIS_OK) return fail(broken());
      if (raw != nullptr) {
        const OwnedReply owned(raw);
        Result<Reply> reply = answer_of(owned);
        if (!reply) return fail(std::move(reply));
        return std::optional(std::move(*reply));
      }
      pollfd waited{.fd = context_->fd, .events = POLLIN, .revents = 0};
      const int ready = ::poll(&waited, 1, static_cast<int>(patience.count()));
      if (ready < 0 && errno != EINTR)
        return fail(ErrorKind::unreachable, {"{}: {}", "{}：{}"}, place_, errno_text(errno));
      if (ready <= 0) return std::optional<Reply>{};
      errno = 0;
      if (redisBufferRead(context_.get()) != REDIS_OK) return fail(broken());
    }
  }

  [[nodiscard]] int descriptor() const { return context_->fd; }

 private:
  Result<void> wait_up_to(milliseconds time) {
    if (time == timeout_) return {};
    if (redisSetTimeout(context_.get(), as_timeval(time)) != REDIS_OK) return fail(broken());
    timeout_ = time;
    return {};
  }

  static Result<Reply> answer_of(const OwnedReply& owned) {
    const auto& reply = *static_cast<const redisReply*>(owned.get());
    if (reply.type == REDIS_REPLY_ERROR)
      return fail(server_error(std::string_view(reply.str, reply.len)));
    return value_of(reply);
  }

  std::unique_ptr<redisContext, FreeContext> context_;
  const std::string place_;
  const milliseconds answer_timeout_;
  milliseconds timeout_{-1};
};

Connection::Connection(std::unique_ptr<Context> context) : context_(std::move(context)) {}
Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

Result<Connection> Connection::open(const Url& url, const ConnectOptions& options) {
  const timeval patience = as_timeval(options.connect_timeout);
  redisContext* raw = url.host.empty()
                          ? redisConnectUnixWithTimeout(url.socket.c_str(), patience)
                          : redisConnectWithTimeout(url.host.c_str(), url.port, patience);
  if (raw == nullptr)
    return fail(ErrorKind::unreachable, {"{}: no memory for a connection", "{}：内存不足"},
                url.redacted());
  auto context = std::make_unique<Context>(raw, url.redacted(), options.answer_timeout);
  if (raw->err != 0) return fail(context->broken());
  if (!url.host.empty() && redisEnableKeepAlive(raw) != REDIS_OK) return fail(context->broken());
  Connection connection(std::move(context));
  if (url.password) {
    std::vector<std::string_view> login{"AUTH"};
    if (!url.user.empty()) login.emplace_back(url.user);
    login.emplace_back(*url.password);
    if (const auto answer = connection.command(login); !answer) {
      Error error = answer.error();
      if (error.kind == ErrorKind::query) error.kind = ErrorKind::unauthorized;
      return fail(std::move(error).within({"{}", "{}"}, url.redacted()));
    }
  }
  const std::string database = fmt::format("{}", url.database);
  // Also without a database to choose: an answer shows that the login does.
  const std::string_view select[] = {"SELECT", database};
  if (const auto answer = connection.command(select); !answer)
    return fail(Error(answer.error()).within({"{}", "{}"}, url.redacted()));
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
