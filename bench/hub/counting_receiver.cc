// counting_receiver SECRET EVENTS COPIES [closed]: checks the signature of every request and counts
// every event once, in the copy that its path names (/hook/0, /hook/1, …).
//
// Writes its port on the first line. With `closed` its port is taken, but refuses connections until
// a line comes on standard input. When all events have come, or standard input ends, it writes one
// line of JSON: what came, and how long after the time at which it was published.
#include <fmt/format.h>
#include <sys/epoll.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/unique_fd.h"
#include "bench/hub/latencies.h"
#include "bench/hub/voucher.h"
#include "bench/hub/wire.h"
#include "bench/report.h"
#include "http/signature.h"

namespace {

using namespace tidemark;
using namespace tidemark::bench;

constexpr std::string_view taken = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"code\":0}";
constexpr std::string_view refused = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";

class Count {
 public:
  Count(std::string secret, std::size_t events, std::size_t copies)
      : secret_(std::move(secret)),
        events_(events),
        seen_(events * copies),
        latencies_(events * copies) {}

  /// False when its signature is none, or it is nothing of ours.
  bool take(std::string_view head, std::string_view body) {
    constexpr std::string_view before_copy = "POST /hook/";
    const std::int64_t now = now_ns();
    std::uint64_t event = 0;
    std::int64_t sent = 0;
    if (!head.starts_with(before_copy) || !is_signed(head, body) ||
        !find_marks(body, event, sent) || event >= events_) {
      ++bad_;
      return false;
    }
    const std::size_t copy = std::strtoull(head.data() + before_copy.size(), nullptr, 10);
    const std::size_t place = copy * events_ + event;
    if (place >= seen_.size()) {
      ++bad_;
      return false;
    }
    if (seen_[place]) {
      ++repeated_;
      return true;
    }
    seen_[place] = true;
    if (received_++ == 0) first_ns_ = now;
    last_ns_ = now;
    latencies_.add_ns(now - sent);
    return true;
  }

  [[nodiscard]] bool complete() const { return received_ == seen_.size(); }

  void report() {
    fmt::print(R"({{"received":{},"repeated":{},"bad":{},"first_ns":{},"last_ns":{},)"
               R"("cpu_seconds":{:.3f},"latency_ms":{},"histogram":{}}})"
               "\n",
               received_, repeated_, bad_, first_ns_, last_ns_, cpu_seconds(),
               latencies_.percentiles(), latencies_.histogram());
  }

 private:
  [[nodiscard]] bool is_signed(std::string_view head, std::string_view body) const {
    const auto field = [&](std::string_view name) -> std::optional<std::string_view> {
      const std::string_view value = field_of(head, name);
      if (value.empty()) return std::nullopt;
      return value;
    };
    return http::verify_signature(
               {.webhook_id = field("webhook-id"),
                .webhook_timestamp = field("webhook-timestamp"),
                .webhook_signature = field("webhook-signature"),
                .x_signature = field("x-signature"),
                .x_timestamp = field("x-timestamp")},
               body, std::span(&secret_, 1),
               std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()))
        .has_value();
  }

  const std::string secret_;
  const std::size_t events_;
  std::vector<bool> seen_;  ///< By copy and event.
  Latencies latencies_;
  std::size_t received_ = 0;
  std::size_t repeated_ = 0;
  std::size_t bad_ = 0;
  std::int64_t first_ns_ = 0;
  std::int64_t last_ns_ = 0;
};

class Server {
 public:
  Server(Count& count, bool closed) : count_(count), poll_(::epoll_create1(EPOLL_CLOEXEC)) {
    std::uint16_t port = 0;
    listener_ = bind_any(port);
    watch(STDIN_FILENO);
    if (!closed) listen();
    fmt::print("{}\n", port);
    std::fflush(stdout);
  }

  void run() {
    std::array<epoll_event, 256> events{};
    while (!count_.complete()) {
      const int ready = ::epoll_wait(poll_.get(), events.data(), events.size(), -1);
      if (ready < 0 && errno != EINTR) die("epoll_wait", std::strerror(errno));
      for (int i = 0; i < ready; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == STDIN_FILENO) {
          if (!read_command()) return;
        } else if (fd == listener_.get()) {
          accept();
        } else {
          serve(fd);
        }
      }
    }
  }

 private:
  struct Peer {
    UniqueFd fd;
    Incoming incoming;
  };

  void watch(int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
      die("epoll_ctl", std::strerror(errno));
  }

  void listen() {
    if (::listen(listener_.get(), SOMAXCONN) != 0) die("listen", std::strerror(errno));
    watch(listener_.get());
  }

  /// False at its end.
  bool read_command() {
    std::array<char, 64> line{};
    if (::read(STDIN_FILENO, line.data(), line.size()) <= 0) return false;
    listen();
    return true;
  }

  void accept() {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    watch(fd.get());
    const int key = fd.get();
    peers_[key].fd = std::move(fd);
  }

  void serve(int fd) {
    Peer& peer = peers_.at(fd);
    if (!peer.incoming.read(fd)) {
      peers_.erase(fd);
      return;
    }
    while (const auto head = read_head(peer.incoming.bytes())) {
      const std::string_view all = peer.incoming.bytes();
      const std::size_t size = head->lines.size() + head->body_bytes;
      if (all.size() < size) return;
      const bool good = count_.take(head->lines, all.substr(head->lines.size(), head->body_bytes));
      peer.incoming.use(size);
      write_all(fd, good ? taken : refused);
    }
  }

  Count& count_;
  UniqueFd poll_;
  UniqueFd listener_;
  std::unordered_map<int, Peer> peers_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: counting_receiver SECRET EVENTS COPIES [closed]\n");
    return 2;
  }
  Count count(argv[1], static_cast<std::size_t>(parse_count(argv[2], 1)),
              static_cast<std::size_t>(parse_count(argv[3], 1)));
  Server(count, argc > 4).run();
  count.report();
  return 0;
}
