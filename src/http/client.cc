#include "http/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/log.h"
#include "base/signals_blocked.h"
#include "http/client_error.h"
#include "http/plain_exchange.h"
#include "http/plain_lines.h"
#include "http/plain_target.h"
#include "http/socket_events.h"
#include "http/transfer.h"

namespace tidemark::http {
namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// Handles that wait for another request.
constexpr std::size_t spare_transfers_max = 256;

class CurlGlobal {
 public:
  CurlGlobal() { check(::curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl starts"); }
  ~CurlGlobal() { ::curl_global_cleanup(); }
  CurlGlobal(const CurlGlobal&) = delete;
  CurlGlobal& operator=(const CurlGlobal&) = delete;
};

struct FreeMulti {
  void operator()(CURLM* multi) const { ::curl_multi_cleanup(multi); }
};

void call(ClientDone done, ClientResponse response) {
  try {
    done(std::move(response));
  } catch (const std::exception& failure) {
    log_line(LogLevel::error, "http: a callback failed: " + printable(failure.what()));
  }
}

[[nodiscard]] ClientResponse cancelled() {
  return {.error = ClientError::cancelled, .error_text = "the client has stopped"};
}

}  // namespace

/// The thread and what lives on it.
class HttpClient::Loop {
 public:
  explicit Loop(ClientOptions options)
      : options_(std::move(options)),
        lines_(
            options_, events_,
            [this](PlainLines::Exchange exchange, ClientResponse response) {
              settle(exchange->take_done(), std::move(response));
            },
            [this](PlainLines::Exchange exchange) { connect(std::move(exchange)); }),
        multi_(::curl_multi_init()) {
    check(multi_ != nullptr, "libcurl gives a handle");
    CURLM* multi = multi_.get();
    ::curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Loop::on_socket);
    ::curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
    ::curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Loop::on_timer);
    ::curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
    ::curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                        static_cast<long>(options_.idle_connections_max));
  }

  [[nodiscard]] Result<void> start() {
    if (!events_)
      return fail(ErrorKind::io, {"cannot start the HTTP client: no descriptors are left",
                                  "无法启动 HTTP 客户端：文件描述符已用尽"});
    try {
      const SignalsBlocked blocked;
      thread_ = std::thread([this] { run(); });
    } catch (const std::system_error& error) {
      return fail(ErrorKind::io, {"cannot start the HTTP client: {}", "无法启动 HTTP 客户端：{}"},
                  error.what());
    }
    return {};
  }

  ~Loop() {
    if (!thread_.joinable()) return;
    {
      const std::scoped_lock lock(mutex_);
      stopped_ = true;
      cancelling_ = true;
      ending_ = true;
    }
    events_.ring();
    thread_.join();
  }

  void send(ClientRequest request, ClientDone done) {
    {
      const std::scoped_lock lock(mutex_);
      ++open_;
      inbox_.push_back({.request = std::move(request), .done = std::move(done), .late = stopped_});
      if (!std::exchange(waiting_, false)) return;  // It is awake, or was rung for already.
    }
    events_.ring();
  }

  void cancel_all() {
    {
      const std::scoped_lock lock(mutex_);
      cancelling_ = true;
    }
    events_.ring();
  }

  void stop(std::chrono::milliseconds grace) {
    std::unique_lock lock(mutex_);
    stopped_ = true;
    if (all_done_.wait_for(lock, grace, [this] { return open_ == 0; })) return;
    cancelling_ = true;
    events_.ring();
    all_done_.wait(lock, [this] { return open_ == 0; });
  }

  [[nodiscard]] std::size_t open() {
    const std::scoped_lock lock(mutex_);
    return open_;
  }

 private:
  struct Entry {
    ClientRequest request;
    ClientDone done;
    bool late;  // Sent after stop().
  };

  void run() {
    while (true) {
      std::vector<Entry> entries;
      bool cancelling = false;
      {
        const std::scoped_lock lock(mutex_);
        waiting_ = false;
        entries.swap(inbox_);
        cancelling = std::exchange(cancelling_, false);
        if (ending_ && entries.empty() && running_.empty() && lines_.idle()) return;
      }
      const Steady::time_point now = Steady::now();
      for (Entry& entry : entries) begin(std::move(entry), cancelling, now);
      if (cancelling) cancel_running();
      const auto events = events_.wait(about_to_wait() ? until_timer() : 0ms);
      const Steady::time_point then = Steady::now();
      for (const epoll_event& event : events)
        if (!lines_.act(event.data.fd, event.events, then)) act(event);
      lines_.give_up(then);
      if (timer_ && Steady::now() >= *timer_) {
        timer_.reset();
        int count = 0;
        ::curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &count);
      }
      collect();
    }
  }

  /// False when something has come that should not wait. From here on, send() rings.
  [[nodiscard]] bool about_to_wait() {
    const std::scoped_lock lock(mutex_);
    waiting_ = inbox_.empty();
    return waiting_;
  }

  /// At most a second, so that nothing hangs on a forgotten bell.
  [[nodiscard]] std::chrono::milliseconds until_timer() const {
    auto next = lines_.next_deadline();
    if (timer_) next = std::min(next.value_or(*timer_), *timer_);
    if (!next) return 1s;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Steady::now());
    return std::clamp<std::chrono::milliseconds>(left, 0ms, 1s);
  }

  void act(const epoll_event& event) {
    int flags = 0;
    if ((event.events & EPOLLIN) != 0) flags |= CURL_CSELECT_IN;
    if ((event.events & EPOLLOUT) != 0) flags |= CURL_CSELECT_OUT;
    if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) flags |= CURL_CSELECT_ERR;
    int count = 0;
    ::curl_multi_socket_action(multi_.get(), event.data.fd, flags, &count);
  }

  void begin(Entry entry, bool cancelling, Steady::time_point now) {
    if (entry.late || cancelling) return settle(std::move(entry.done), cancelled());
    if (auto target = targets_.of(entry.request.url)) {
      auto exchange =
          std::make_unique<PlainExchange>(std::move(entry.request), std::move(entry.done),
                                          std::move(target), options_.user_agent, now);
      if (auto refused = exchange->check())
        return settle(exchange->take_done(), *std::move(refused));
      return lines_.send(std::move(exchange), now);
    }
    std::unique_ptr<Transfer> transfer = spare_transfer();
    if (auto refused = transfer->prepare(std::move(entry.request), std::move(entry.done),
                                         Transfer::Purpose::exchange))
      return end(std::move(transfer), *std::move(refused));
    run(std::move(transfer));
  }

  /// A connection for it: names, addresses and the waiting are libcurl's.
  void connect(PlainLines::Exchange exchange) {
    const ClientRequest& request = exchange->request();
    ClientRequest bare{.method = "GET",
                       .url = request.url,
                       .connect_timeout = request.connect_timeout,
                       .total_timeout = exchange->time_left(Steady::now()),
                       .policy = request.policy};
    std::unique_ptr<Transfer> transfer = spare_transfer();
    if (auto refused = transfer->prepare(std::move(bare), nullptr, Transfer::Purpose::connection)) {
      give_back(std::move(transfer));
      return settle(exchange->take_done(), *std::move(refused));
    }
    connecting_.emplace(transfer->handle(), std::move(exchange));
    run(std::move(transfer));
  }

  void connected(CURL* handle, CURLcode code, PlainLines::Exchange exchange) {
    Transfer& transfer = Transfer::of(handle);
    if (code != CURLE_OK) {
      ClientResponse failed = transfer.finish(code);
      give_back(take(handle));
      return settle(exchange->take_done(), std::move(failed));
    }
    auto made = transfer.connected();
    give_back(take(handle));
    if (!made)
      return settle(exchange->take_done(),
                    exchange->break_off(client_error_of(made.error()), std::strerror(made.error()),
                                        Steady::now()));
    exchange->took(made->name_lookup, made->connect);
    lines_.send_on(std::move(made->fd), made->peer, std::move(exchange), Steady::now());
  }

  [[nodiscard]] std::unique_ptr<Transfer> spare_transfer() {
    if (spare_.empty()) return std::make_unique<Transfer>(options_, events_);
    std::unique_ptr<Transfer> transfer = std::move(spare_.back());
    spare_.pop_back();
    return transfer;
  }

  void run(std::unique_ptr<Transfer> transfer) {
    CURL* handle = transfer->handle();
    running_.emplace(handle, std::move(transfer));
    check(::curl_multi_add_handle(multi_.get(), handle) == CURLM_OK, "libcurl takes the handle");
  }

  /// What libcurl says is over.
  void collect() {
    int left = 0;
    while (const CURLMsg* message = ::curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* handle = message->easy_handle;
      const CURLcode code = message->data.result;
      if (auto waiting = connecting_.extract(handle)) {
        connected(handle, code, std::move(waiting.mapped()));
        continue;
      }
      ClientResponse response = Transfer::of(handle).finish(code);
      end(take(handle), std::move(response));
    }
  }

  void cancel_running() {
    std::vector<CURL*> handles;
    for (const auto& [handle, transfer] : running_) handles.push_back(handle);
    for (CURL* handle : handles) {
      ClientResponse response = Transfer::of(handle).cancel();
      if (auto waiting = connecting_.extract(handle)) {
        give_back(take(handle));
        settle(waiting.mapped()->take_done(), std::move(response));
        continue;
      }
      end(take(handle), std::move(response));
    }
    lines_.cancel_all(Steady::now());
  }

  [[nodiscard]] std::unique_ptr<Transfer> take(CURL* handle) {
    ::curl_multi_remove_handle(multi_.get(), handle);
    auto node = running_.extract(handle);
    return std::move(node.mapped());
  }

  void end(std::unique_ptr<Transfer> transfer, ClientResponse response) {
    ClientDone done = transfer->take_done();
    give_back(std::move(transfer));
    settle(std::move(done), std::move(response));
  }

  void give_back(std::unique_ptr<Transfer> transfer) {
    transfer->clear();
    if (spare_.size() < spare_transfers_max) spare_.push_back(std::move(transfer));
  }

  void settle(ClientDone done, ClientResponse response) {
    call(std::move(done), std::move(response));
    const std::scoped_lock lock(mutex_);
    if (--open_ == 0) all_done_.notify_all();
  }

  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
    auto& loop = *static_cast<Loop*>(self);
    if (what == CURL_POLL_REMOVE) {
      loop.events_.forget(fd);
      return 0;
    }
    std::uint32_t events = 0;
    if ((what & CURL_POLL_IN) != 0) events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0) events |= EPOLLOUT;
    loop.events_.watch(fd, events);
    return 0;
  }

  static int on_timer(CURLM*, long timeout_ms, void* self) {
    auto& loop = *static_cast<Loop*>(self);
    loop.timer_.reset();
    if (timeout_ms >= 0) loop.timer_ = Steady::now() + std::chrono::milliseconds(timeout_ms);
    return 0;
  }

  const CurlGlobal global_;
  const ClientOptions options_;

  // On the thread.
  SocketEvents events_;
  PlainTargets targets_;
  PlainLines lines_;
  std::unordered_map<CURL*, PlainLines::Exchange> connecting_;
  std::optional<Steady::time_point> timer_;  // libcurl's.
  std::unique_ptr<CURLM, FreeMulti> multi_;
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> running_;
  std::vector<std::unique_ptr<Transfer>> spare_;

  std::mutex mutex_;
  std::condition_variable all_done_;
  std::vector<Entry> inbox_;  // The rest is guarded by mutex_.
  std::size_t open_ = 0;
  bool waiting_ = false;  // The thread may be asleep: whoever adds to inbox_ rings.
  bool stopped_ = false;
  bool cancelling_ = false;
  bool ending_ = false;

  std::thread thread_;
};

HttpClient::HttpClient(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
HttpClient::~HttpClient() = default;

Result<std::unique_ptr<HttpClient>> HttpClient::create(ClientOptions options) {
  auto loop = std::make_unique<Loop>(std::move(options));
  auto started = loop->start();
  if (!started) return fail(std::move(started));
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(loop)));
}

void HttpClient::send(ClientRequest request, ClientDone done) {
  loop_->send(std::move(request), std::move(done));
}
void HttpClient::cancel_all() { loop_->cancel_all(); }
void HttpClient::stop(std::chrono::milliseconds grace) { loop_->stop(grace); }
std::size_t HttpClient::in_flight() const { return loop_->open(); }

}  // namespace tidemark::http
