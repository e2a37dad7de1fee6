#include "relay/stream/waker.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <cerrno>

#include "base/log.h"
#include "base/signals_blocked.h"
#include "base/system_error.h"
#include "relay/stream/log_text.h"

namespace tidemark::relay {
namespace {

/// Between two messages: a busy hub calls hundreds of times a second.
constexpr std::chrono::milliseconds pace{5};
constexpr int look_again_ms = 1'000;
constexpr int reconnect_ms = 2'000;

}  // namespace

Waker::Waker(redis::Url server, std::string channel, std::string hub)
    : server_(std::move(server)), channel_(std::move(channel)), hub_(std::move(hub)) {}

Waker::~Waker() { stop(); }

Result<void> Waker::start(std::function<void()> woken) {
  UniqueFd calls(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!calls) return fail_errno(errno, {"cannot make {}", "无法创建 {}"}, "an eventfd");
  woken_ = std::move(woken);
  const std::scoped_lock lock(mutex_);
  calls_ = std::move(calls);
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { work(); });
  return {};
}

void Waker::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    if (calls_) static_cast<void>(::eventfd_write(calls_.get(), 1));
  }
  if (thread_.joinable()) thread_.join();
}

void Waker::announce() {
  const std::scoped_lock lock(mutex_);
  if (!calls_ || announced_) return;
  announced_ = true;
  static_cast<void>(::eventfd_write(calls_.get(), 1));
}

bool Waker::stopping() const {
  const std::scoped_lock lock(mutex_);
  return stopping_;
}

void Waker::drain_calls() const {
  eventfd_t calls = 0;
  static_cast<void>(::eventfd_read(calls_.get(), &calls));
}

void Waker::work() {
  std::string told;
  while (!stopping()) {
    const Result<void> ended = session();
    if (ended) return;
    if (ended.error().what.en != told)
      log_line(LogLevel::warning,
               fmt::format("redis channel {}: {}; hubs look at the database instead", channel_,
                           log_text(ended.error())));
    told = ended.error().what.en;
    // A call that comes now would end this wait: the others look at the database meanwhile.
    for (int waited = 0; waited < reconnect_ms && !stopping(); waited += look_again_ms / 5)
      static_cast<void>(::poll(nullptr, 0, look_again_ms / 5));
  }
}

Result<void> Waker::session() {
  Result<redis::Connection> listening = redis::Connection::open(server_);
  if (!listening) return fail(std::move(listening).error());
  Result<redis::Connection> speaking = redis::Connection::open(server_);
  if (!speaking) return fail(std::move(speaking).error());
  const std::string_view subscribe[] = {"SUBSCRIBE", channel_};
  if (const auto answer = listening->command(subscribe); !answer) return fail(answer.error());
  woken_();  // Whatever was missed meanwhile.
  while (!stopping()) {
    std::array waited{pollfd{.fd = listening->descriptor(), .events = POLLIN, .revents = 0},
                      pollfd{.fd = calls_.get(), .events = POLLIN, .revents = 0}};
    if (::poll(waited.data(), waited.size(), look_again_ms) < 0 && errno != EINTR)
      return fail(ErrorKind::io, {"poll: {}", "poll：{}"}, errno_text(errno));
    if (waited[1].revents != 0) {
      drain_calls();
      bool announce = false;
      {
        const std::scoped_lock lock(mutex_);
        announce = std::exchange(announced_, false);
      }
      const std::string_view publish[] = {"PUBLISH", channel_, hub_};
      if (announce)
        if (const auto told = speaking->command(publish); !told) return fail(told.error());
    }
    if (waited[0].revents != 0)
      if (Result<void> heard = hear(*listening); !heard) return heard;
    if (waited[1].revents != 0) std::this_thread::sleep_for(pace);
  }
  return {};
}

/// `["message", channel, hub]`
Result<void> Waker::hear(redis::Connection& listening) {
  bool others = false;
  while (true) {
    const auto message = listening.receive(std::chrono::milliseconds(0));
    if (!message) return fail(message.error());
    if (!*message) break;
    others |= (*message)->is_list(3) && (*message)->list[2].text != hub_;
  }
  if (others) woken_();
  return {};
}

}  // namespace tidemark::relay
