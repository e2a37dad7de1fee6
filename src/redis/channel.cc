#include "redis/channel.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/bytes.h"
#include "base/system_error.h"

namespace tidemark::redis {
namespace {

using std::chrono::milliseconds;

timeval as_timeval(milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_usec = time.count() % 1000 * 1000};
}

std::unexpected<Error> broken(int system) {
  return fail(ErrorKind::unreachable, {"{}", "{}"}, errno_text(system));
}

std::unexpected<Error> closed() {
  return fail(ErrorKind::unreachable, {"Server closed the connection", "服务器关闭了连接"});
}

std::unexpected<Error> late() {
  return fail(ErrorKind::timeout, {"no answer in time", "未在规定时间内应答"});
}

/// False when it was not ready in time.
Result<bool> wait_for(int fd, short events, milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
    pollfd waited{.fd = fd, .events = events, .revents = 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(std::max(left, milliseconds{0}).count()));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) return broken(errno);
  }
}

/// Does one operation of OpenSSL to its end. False when the other side kept it waiting for longer
/// than `patience`.
template <class Operation>
Result<bool> drive(const OwnedSsl& ssl, int fd, milliseconds patience, Operation operation) {
  while (true) {
    ERR_clear_error();
    errno = 0;
    const int done = operation(ssl.get());
    if (done > 0) return true;
    const int system = errno;
    short events = 0;
    switch (SSL_get_error(ssl.get(), done)) {
      case SSL_ERROR_WANT_READ:
        events = POLLIN;
        break;
      case SSL_ERROR_WANT_WRITE:
        events = POLLOUT;
        break;
      case SSL_ERROR_ZERO_RETURN:
        return closed();
      default:
        return fail(tls_fault(ssl, system));
    }
    const Result<bool> ready = wait_for(fd, events, patience);
    if (!ready || !*ready) return ready;
  }
}

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};

/// hiredis looks the name up, and tries its addresses one after the other.
Result<UniqueFd> connect(const Url& url, milliseconds patience) {
  const timeval timeout = as_timeval(patience);
  std::unique_ptr<redisContext, FreeContext> context(
      url.host.empty() ? redisConnectUnixWithTimeout(url.socket.c_str(), timeout)
                       : redisConnectWithTimeout(url.host.c_str(), url.port, timeout));
  if (!context) return fail(ErrorKind::unreachable, {"no memory for a connection", "内存不足"});
  if (context->err == 0 && !url.host.empty()) redisEnableKeepAlive(context.get());
  if (context->err != 0)
    return fail(ErrorKind::unreachable, {"{}", "{}"},
                printable(static_cast<const char*>(context->errstr)));
  UniqueFd fd(redisFreeKeepFd(context.release()));
  if (::fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0 ||                             // NOLINT(*-vararg)
      ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK) != 0)  // NOLINT(*-vararg)
    return broken(errno);
  return fd;
}

}  // namespace

Result<Channel> Channel::open(const Url& url, milliseconds patience) {
  Result<UniqueFd> fd = connect(url, patience);
  if (!fd) return fail(std::move(fd));
  Channel channel(std::move(*fd));
  if (url.tls)
    if (Result<void> begun = channel.begin_tls(url, patience); !begun)
      return fail(std::move(begun).error());
  return channel;
}

Channel::~Channel() {
  // Said, not waited for: the other side need not take an end for an accident.
  if (ssl_ && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

Result<void> Channel::begin_tls(const Url& url, milliseconds patience) {
  Result<OwnedSsl> ssl = make_tls(url.host, url.tls_files);
  if (!ssl) return fail(std::move(ssl).error());
  ssl_ = std::move(*ssl);
  if (SSL_set_fd(ssl_.get(), fd_.get()) != 1) return fail(tls_fault(ssl_, 0));
  const Result<bool> done = drive(ssl_, fd_.get(), patience, SSL_do_handshake);
  if (!done) return fail(done.error());
  if (*done) return {};
  // Without TLS a Redis takes our greeting for the beginning of a command, and waits for its end.
  return fail(make_error(ErrorKind::timeout,
                         {"it does not answer in TLS on this port", "该端口没有 TLS 应答"})
                  .with_hint({"tls-port of its redis.conf, or redis:// without TLS",
                              "请使用其 redis.conf 中的 tls-port，或改用不加密的 redis://"}));
}

Result<void> Channel::write(std::string_view bytes, milliseconds patience) {
  while (!bytes.empty()) {
    std::size_t written = 0;
    if (ssl_) {
      const Result<bool> done = drive(ssl_, fd_.get(), patience, [&](SSL* ssl) {
        return SSL_write_ex(ssl, bytes.data(), bytes.size(), &written);
      });
      if (!done) return fail(done.error());
      if (!*done) return late();
    } else if (const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
               sent >= 0) {
      written = static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      const Result<bool> ready = wait_for(fd_.get(), POLLOUT, patience);
      if (!ready) return fail(ready.error());
      if (!*ready) return late();
    } else if (errno != EINTR) {
      return broken(errno);
    }
    bytes.remove_prefix(written);
  }
  return {};
}

Result<std::size_t> Channel::read(std::span<char> buffer, milliseconds patience) {
  if (ssl_) {
    std::size_t got = 0;
    const Result<bool> done = drive(ssl_, fd_.get(), patience, [&](SSL* ssl) {
      return SSL_read_ex(ssl, buffer.data(), buffer.size(), &got);
    });
    if (!done) return fail(done.error());
    return *done ? got : 0;
  }
  while (true) {
    const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) return closed();
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return broken(errno);
    const Result<bool> ready = wait_for(fd_.get(), POLLIN, patience);
    if (!ready) return fail(ready.error());
    if (!*ready) return std::size_t{0};
  }
}

}  // namespace tidemark::redis
