// Publishes vouchers to a running hub and counts what arrives: every signature is checked, every
// event counted once.
//
// usage: relay_speed HUB_URL TOKEN EVENTS [RATE [IN_FLIGHT [SUBSCRIPTIONS]]]
//   RATE           events a second; 0: as fast as IN_FLIGHT allows (default)
//   IN_FLIGHT      requests at once (default 64)
//   SUBSCRIPTIONS  how many get each event (default 1)
// Prints one JSON object. Latency is from the start of the publisher's request to the receiver's
// answer, in milliseconds.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/clock.h"
#include "http/client.h"
#include "http/server.h"
#include "http/signature.h"

namespace {

using namespace tidemark;
using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

struct Settings {
  std::string hub;
  std::string token;
  std::size_t events = 0;
  double rate = 0;
  std::size_t in_flight = 64;
  std::size_t subscriptions = 1;
};

/// The receiving side: checks the signature of each request and notes when it came.
class Receiver {
 public:
  Receiver(std::size_t events, std::size_t copies) : arrived_(events), expected_(events * copies) {}

  bool start() {
    http::Router router;
    router.add("POST", "/hook/{copy}", [this](http::Request request, http::Respond respond) {
      receive(request);
      respond({.status = 200, .content_type = "application/json", .body = "{\"code\":0}"});
    });
    auto server = http::Server::start({.listen = {.host = "127.0.0.1", .port = 0}, .threads = 1},
                                      std::move(router), clock_);
    if (!server) {
      fmt::print(stderr, "{}\n", server.error().what.en);
      return false;
    }
    server_ = std::move(*server);
    return true;
  }
  std::string url(std::size_t copy) const {
    return fmt::format("http://127.0.0.1:{}/hook/{}", server_->port(), copy);
  }
  void trust(std::string secret) { secrets_.push_back(std::move(secret)); }

  bool done() const { return received_ >= expected_; }
  std::size_t received() const { return received_; }
  std::size_t bad() const { return bad_; }
  std::size_t repeated() const { return repeated_; }
  Steady::time_point last() const { return last_; }
  /// By event: when its last copy arrived.
  const std::vector<Steady::time_point>& arrived() const { return arrived_; }

 private:
  void receive(const http::Request& request) {
    const auto copy =
        static_cast<std::size_t>(std::atoi(std::string(request.capture("copy")).c_str()));
    const auto verdict =
        http::verify_signature({.webhook_id = request.header("webhook-id"),
                                .webhook_timestamp = request.header("webhook-timestamp"),
                                .webhook_signature = request.header("webhook-signature")},
                               request.body, std::span(&secrets_.at(copy), 1),
                               std::chrono::floor<std::chrono::seconds>(clock_.wall()));
    const std::size_t at = request.body.find("\"source_id\":\"");
    const std::size_t number = at == std::string::npos
                                   ? arrived_.size()
                                   : std::strtoull(request.body.c_str() + at + 13, nullptr, 10);
    const std::scoped_lock lock(mutex_);
    if (!verdict || number >= arrived_.size()) {
      ++bad_;
      return;
    }
    std::vector<bool>& seen = seen_[copy];
    seen.resize(arrived_.size());
    if (seen[number]) {
      ++repeated_;
      return;
    }
    seen[number] = true;
    last_ = arrived_[number] = Steady::now();
    ++received_;
  }

  SystemClock clock_;
  std::unique_ptr<http::Server> server_;
  std::vector<std::string> secrets_;
  std::mutex mutex_;
  std::map<std::size_t, std::vector<bool>> seen_;
  std::vector<Steady::time_point> arrived_;
  const std::size_t expected_;
  std::atomic<std::size_t> received_{0};
  std::size_t bad_ = 0;
  std::size_t repeated_ = 0;
  Steady::time_point last_{};
};

/// The business system: publishes, and remembers when.
class Publisher {
 public:
  Publisher(const Settings& settings, http::HttpClient& client)
      : settings_(settings),
        client_(client),
        url_(settings.hub + "/api/v1/vouchers"),
        policy_(std::make_shared<const http::AddressPolicy>(
            *http::AddressPolicy::allowing({"127.0.0.1"}))),
        began_(settings.events) {}

  void run() {
    const auto start = Steady::now();
    for (std::size_t event = 0; event < settings_.events; ++event) {
      if (settings_.rate > 0)
        std::this_thread::sleep_until(start +
                                      std::chrono::nanoseconds(static_cast<std::int64_t>(
                                          1e9 * static_cast<double>(event) / settings_.rate)));
      std::unique_lock lock(mutex_);
      free_.wait(lock, [this] { return under_way_ < settings_.in_flight; });
      ++under_way_;
      lock.unlock();
      send(event);
    }
    std::unique_lock lock(mutex_);
    free_.wait(lock, [this] { return under_way_ == 0; });
    finished_ = Steady::now();
  }

  http::ClientResponse ask(std::string path, std::string body) {
    std::promise<http::ClientResponse> promise;
    auto answer = promise.get_future();
    client_.send(request(settings_.hub + path, std::move(body)),
                 [&promise](http::ClientResponse one) { promise.set_value(std::move(one)); });
    return answer.get();
  }

  const std::vector<Steady::time_point>& began() const { return began_; }
  const std::vector<double>& publish_ms() const { return publish_ms_; }
  std::size_t refused() const { return refused_; }
  Steady::time_point finished() const { return finished_; }

 private:
  http::ClientRequest request(std::string url, std::string body) {
    http::ClientRequest post{.url = std::move(url),
                             .body = std::make_shared<const std::string>(std::move(body)),
                             .policy = policy_};
    post.headers.add("content-type", "application/json");
    post.headers.add("authorization", "Bearer " + settings_.token);
    return post;
  }

  void send(std::size_t event) {
    // About 1 KB, as a contract with a few lines.
    std::string body = fmt::format(
        R"({{"event_type":"l1_confirmed","source_system":"bench-{1}","source_module":"l1_contract",)"
        R"("source_type":"purchase_goods","source_id":"{0}","source_reference_no":"L1-20260115-{0}",)"
        R"("company_id":3,"counterparty_type":"supplier","counterparty_id":88,)"
        R"("counterparty_name":"上海示例公司","direction":"debit","amount":"100000.00","currency":"CNY",)"
        R"("summary":"采购交付合同","status":"approved","business_data":{{"contract_no":"L1-{0}","items":[)",
        event, ::getpid());
    for (int line = 0; line < 6; ++line)
      body += fmt::format(
          R"({}{{"sku":"SKU-{:06}","name":"示例商品","quantity":12,"unit_price":"1388.{:02}"}})",
          line == 0 ? "" : ",", line * 7919, line);
    body += "]}}";
    began_[event] = Steady::now();
    client_.send(request(url_, std::move(body)), [this, event](const http::ClientResponse& answer) {
      const double took =
          std::chrono::duration<double, std::milli>(Steady::now() - began_[event]).count();
      const std::scoped_lock lock(mutex_);
      publish_ms_.push_back(took);
      if (answer.status != 202) ++refused_;
      --under_way_;
      free_.notify_one();
    });
  }

  const Settings settings_;
  http::HttpClient& client_;
  const std::string url_;
  const std::shared_ptr<const http::AddressPolicy> policy_;
  std::vector<Steady::time_point> began_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::size_t under_way_ = 0;
  std::size_t refused_ = 0;
  std::vector<double> publish_ms_;
  Steady::time_point finished_{};
};

nlohmann::ordered_json percentiles(std::vector<double> values) {
  if (values.empty()) return nullptr;
  std::ranges::sort(values);
  const auto at = [&values](double part) {
    return std::round(
               values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))] *
               1000) /
           1000;
  };
  return {
      {"p50", at(0.5)}, {"p95", at(0.95)}, {"p99", at(0.99)}, {"p999", at(0.999)}, {"max", at(1)}};
}

bool subscribe(const Settings& settings, Publisher& publisher, Receiver& receiver) {
  for (std::size_t copy = 0; copy < settings.subscriptions; ++copy) {
    const nlohmann::json wanted = {{"name", fmt::format("bench {}", copy)},
                                   {"target_system", "bench"},
                                   {"url", receiver.url(copy)},
                                   {"event_types", {"*"}},
                                   {"concurrency", 64}};
    const http::ClientResponse answer = publisher.ask("/api/v1/subscriptions", wanted.dump());
    const auto made = nlohmann::json::parse(answer.body, nullptr, false);
    if (answer.status != 201 || !made.contains("secret")) {
      fmt::print(stderr, "cannot subscribe: {} {}{}\n", answer.status, answer.body,
                 answer.error_text);
      return false;
    }
    receiver.trust(made["secret"]);
  }
  return true;
}

int measure(const Settings& settings) {
  Receiver receiver(settings.events, settings.subscriptions);
  if (!receiver.start()) return 1;
  const auto client = http::HttpClient::create({});
  if (!client) return 1;
  Publisher publisher(settings, **client);
  if (!subscribe(settings, publisher, receiver)) return 1;

  const auto start = Steady::now();
  publisher.run();
  for (auto patience = Steady::now() + 120s; !receiver.done() && Steady::now() < patience;)
    std::this_thread::sleep_for(1ms);

  const auto seconds = [start](Steady::time_point end) {
    return std::chrono::duration<double>(end - start).count();
  };
  std::vector<double> latencies;
  for (std::size_t event = 0; event < settings.events; ++event)
    if (receiver.arrived()[event] != Steady::time_point{})
      latencies.push_back(std::chrono::duration<double, std::milli>(receiver.arrived()[event] -
                                                                    publisher.began()[event])
                              .count());
  const double delivered_seconds = seconds(receiver.last());
  const nlohmann::ordered_json report = {
      {"events", settings.events},
      {"subscriptions", settings.subscriptions},
      {"received", receiver.received()},
      {"repeated", receiver.repeated()},
      {"bad_signatures", receiver.bad()},
      {"refused", publisher.refused()},
      {"published_per_second",
       static_cast<double>(settings.events) / seconds(publisher.finished())},
      {"delivered_per_second", static_cast<double>(receiver.received()) / delivered_seconds},
      {"publish_ms", percentiles(publisher.publish_ms())},
      {"latency_ms", percentiles(std::move(latencies))}};
  fmt::print("{}\n", report.dump());
  return receiver.done() && receiver.bad() == 0 && publisher.refused() == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr,
               "usage: relay_speed HUB_URL TOKEN EVENTS [RATE [IN_FLIGHT [SUBSCRIPTIONS]]]\n");
    return 2;
  }
  Settings settings{
      .hub = argv[1], .token = argv[2], .events = std::strtoull(argv[3], nullptr, 10)};
  if (argc > 4) settings.rate = std::strtod(argv[4], nullptr);
  if (argc > 5) settings.in_flight = std::strtoull(argv[5], nullptr, 10);
  if (argc > 6) settings.subscriptions = std::strtoull(argv[6], nullptr, 10);
  return measure(settings);
}
