// hub_publisher PORT SOURCE EVENTS [RATE [CONNECTIONS [BATCH]]]: publishes vouchers to a running
// hub; the token stands in TOKEN.
//   RATE         events a second; 0 (default): as fast as the connections allow
//   CONNECTIONS  each with one request at a time (default 128)
//   BATCH        vouchers a request; above 1 they go to /api/v1/vouchers/batch (default 1)
//
// Writes one line of JSON. Latency counts from the time at which an event was to be sent, so that a
// hub that does not keep up is not spared (the trap of coordinated omission).
#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "bench/hub/latencies.h"
#include "bench/hub/voucher.h"
#include "bench/hub/wire.h"
#include "bench/report.h"

namespace {

using namespace tidemark;
using namespace tidemark::bench;

struct Settings {
  std::uint16_t port = 0;
  std::string source;
  std::string token;
  std::uint64_t events = 0;
  double rate = 0;
  std::size_t connections = 128;
  std::uint64_t batch = 1;
};

class Publisher {
 public:
  explicit Publisher(const Settings& settings)
      : settings_(settings),
        voucher_(settings.source),
        latencies_(settings.events / settings.batch + 1),
        poll_(::epoll_create1(EPOLL_CLOEXEC)),
        lines_(settings.connections) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      lines_[i].fd = connect_to(settings.port);
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, lines_[i].fd.get(), &event) != 0)
        die("epoll_ctl", std::strerror(errno));
      idle_.push_back(i);
    }
  }

  void run() {
    start_ns_ = now_ns();
    std::array<epoll_event, 256> events{};
    while (next_ < settings_.events || idle_.size() < lines_.size()) {
      send_due();
      const timespec wait = until_due();
      const bool waits = next_ == settings_.events || idle_.empty();
      const int ready = ::epoll_pwait2(poll_.get(), events.data(), events.size(),
                                       waits ? nullptr : &wait, nullptr);
      if (ready < 0 && errno != EINTR) die("epoll_pwait2", std::strerror(errno));
      for (int i = 0; i < ready; ++i)
        receive(static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64));
    }
    end_ns_ = now_ns();
  }

  void report() {
    fmt::print(R"({{"published":{},"refused":{},"start_ns":{},"seconds":{:.6f},)"
               R"("cpu_seconds":{:.3f},"publish_ms":{}}})"
               "\n",
               published_, refused_, start_ns_, static_cast<double>(end_ns_ - start_ns_) / 1e9,
               cpu_seconds(), latencies_.percentiles());
  }

 private:
  struct Line {
    UniqueFd fd;
    Incoming incoming;
    std::int64_t sent_ns = 0;
    std::uint64_t events = 0;
  };

  [[nodiscard]] std::int64_t due_ns(std::uint64_t event) const {
    if (settings_.rate <= 0) return 0;
    return start_ns_ + static_cast<std::int64_t>(1e9 * static_cast<double>(event) / settings_.rate);
  }

  [[nodiscard]] timespec until_due() const {
    const std::int64_t wait = std::max<std::int64_t>(0, due_ns(next_) - now_ns());
    return {.tv_sec = wait / 1'000'000'000, .tv_nsec = wait % 1'000'000'000};
  }

  void send_due() {
    const std::int64_t now = now_ns();
    while (next_ < settings_.events && !idle_.empty() && due_ns(next_) <= now) {
      // In turns: the hub closes a connection on which nothing was asked for ten seconds.
      Line& line = lines_[idle_.front()];
      idle_.pop_front();
      line.sent_ns = settings_.rate > 0 ? due_ns(next_) : now_ns();
      line.events = std::min(settings_.batch, settings_.events - next_);
      write_all(line.fd.get(), request(line));
    }
  }

  std::string_view request(const Line& line) {
    body_.clear();
    if (settings_.batch > 1) body_ += "{\"vouchers\":[";
    for (std::uint64_t i = 0; i < line.events; ++i) {
      if (i > 0) body_ += ',';
      body_ += voucher_.text(next_++, line.sent_ns);
    }
    if (settings_.batch > 1) body_ += "]}";
    request_.clear();
    fmt::format_to(std::back_inserter(request_),
                   "POST /api/v1/vouchers{} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
                   "{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                   settings_.batch > 1 ? "/batch" : "", settings_.token, body_.size());
    request_ += body_;
    return request_;
  }

  void receive(std::size_t which) {
    Line& line = lines_[which];
    if (!line.incoming.read(line.fd.get())) die("the hub", "closed a connection");
    const std::string_view all = line.incoming.bytes();
    const auto head = read_head(all);
    if (!head || all.size() < head->lines.size() + head->body_bytes) return;
    if (head->lines.starts_with("HTTP/1.1 202"))
      published_ += line.events;
    else
      refused_ += line.events;
    latencies_.add_ns(now_ns() - line.sent_ns);
    line.incoming.use(head->lines.size() + head->body_bytes);
    idle_.push_back(which);
  }

  const Settings settings_;
  Voucher voucher_;
  Latencies latencies_;
  UniqueFd poll_;
  std::vector<Line> lines_;
  std::deque<std::size_t> idle_;  ///< Longest idle first.
  std::uint64_t next_ = 0;
  std::uint64_t published_ = 0;
  std::uint64_t refused_ = 0;
  std::int64_t start_ns_ = 0;
  std::int64_t end_ns_ = 0;
  std::string body_;
  std::string request_;
};

}  // namespace

int main(int argc, char** argv) {
  const char* const token = std::getenv("TOKEN");
  if (argc < 4 || token == nullptr) {
    fmt::print(stderr,
               "usage: TOKEN=… hub_publisher PORT SOURCE EVENTS [RATE [CONNECTIONS [BATCH]]]\n");
    return 2;
  }
  Settings settings{.port = static_cast<std::uint16_t>(parse_count(argv[1], 1)),
                    .source = argv[2],
                    .token = token,
                    .events = static_cast<std::uint64_t>(parse_count(argv[3], 1))};
  if (argc > 4) settings.rate = std::strtod(argv[4], nullptr);
  if (argc > 5) settings.connections = static_cast<std::size_t>(parse_count(argv[5], 1));
  if (argc > 6) settings.batch = static_cast<std::uint64_t>(parse_count(argv[6], 1));
  Publisher publisher(settings);
  publisher.run();
  publisher.report();
  return 0;
}
