// How many small requests the HTTP server answers, and how many the HTTP client sends, over kept
// connections on this machine. usage: http_speed [SECONDS]
//
// One line each, as JSON: requests per second of wall time and of processor time (both ends
// together; on a busy machine the second one tells more).

#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "http/client.h"
#include "http/server.h"
#include "http/testing_socket.h"

namespace {

using namespace tidemark;
using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Measurement {
 public:
  explicit Measurement(std::string what) : what_(std::move(what)) {}
  void report(std::size_t requests) const {
    const double wall = std::chrono::duration<double>(Steady::now() - started_).count();
    const double processor = processor_seconds() - processor_;
    fmt::print(
        "{{\"what\":\"{}\",\"requests\":{},\"per_second\":{:.0f},"
        "\"per_processor_second\":{:.0f}}}\n",
        what_, requests, static_cast<double>(requests) / wall,
        static_cast<double>(requests) / processor);
  }

 private:
  std::string what_;
  Steady::time_point started_ = Steady::now();
  double processor_ = processor_seconds();
};

/// Rounds over a few connections: each gets a request, then each answer is read.
void measure_server(std::uint16_t port, std::chrono::seconds duration) {
  std::vector<std::unique_ptr<http::testing::RawClient>> clients;
  for (int count = 0; count < 32; ++count)
    clients.push_back(std::make_unique<http::testing::RawClient>(port));
  const std::string request =
      "POST /hook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
      "Content-Length: 7\r\n\r\n{\"a\":1}";
  const Measurement measurement("server");
  const auto end = Steady::now() + duration;
  std::size_t answered = 0;
  while (Steady::now() < end) {
    for (const auto& client : clients) client->send(request);
    for (const auto& client : clients) answered += client->response().empty() ? 0 : 1;
  }
  measurement.report(answered);
}

/// Keeps a number of requests in flight; each answer sends the next one.
class Volley {
 public:
  Volley(http::HttpClient& client, std::uint16_t port, std::chrono::seconds duration)
      : client_(client),
        url_(fmt::format("http://127.0.0.1:{}/hook", port)),
        policy_(std::make_shared<const http::AddressPolicy>(
            *http::AddressPolicy::allowing({"127.0.0.1"}))),
        end_(Steady::now() + duration) {}
  void next() {
    if (Steady::now() >= end_) return;
    client_.send({.url = url_,
                  .headers = {{"Content-Type", "application/json"}, {"X-Signature", "sha256:00"}},
                  .body = body_,
                  .policy = policy_},
                 [this](const http::ClientResponse& response) {
                   if (response.status == 202) ++answered_;
                   next();
                 });
  }
  [[nodiscard]] std::size_t answered() const { return answered_; }

 private:
  http::HttpClient& client_;
  const std::string url_;
  const std::shared_ptr<const http::AddressPolicy> policy_;
  const std::shared_ptr<const std::string> body_ =
      std::make_shared<const std::string>(std::string(500, 'x'));
  const Steady::time_point end_;
  std::atomic<std::size_t> answered_{0};
};

void measure_client(std::uint16_t port, std::chrono::seconds duration) {
  const auto client = http::HttpClient::create({});
  if (!client) return;
  const Measurement measurement("client");
  Volley volley(**client, port, duration);
  for (int count = 0; count < 64; ++count) volley.next();
  while ((*client)->in_flight() > 0) std::this_thread::sleep_for(5ms);
  measurement.report(volley.answered());
}

}  // namespace

int main(int argc, char** argv) {
  const std::chrono::seconds duration(argc > 1 ? std::atoi(argv[1]) : 5);
  http::Router router;
  router.add("POST", "/hook",
             [](http::Request, http::Respond respond) { respond({.status = 202}); });
  const SystemClock clock;
  const auto server = http::Server::start(
      {.listen = {.host = "127.0.0.1", .port = 0}, .threads = 1}, std::move(router), clock);
  if (!server) {
    fmt::print(stderr, "{}\n", server.error().what.en);
    return 1;
  }
  measure_server((*server)->port(), duration);
  measure_client((*server)->port(), duration);
  return 0;
}
