#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "alert/store.h"
#include "api/load_figures.h"
#include "base/histogram.h"
#include "http/server.h"
#include "relay/engine.h"
#include "relay/sender.h"
#include "relay/stream/options.h"
#include "relay/sync_stats.h"
#include "run/schedule.h"

namespace tidemark::api {

/// Endpoints that have a label of their own; the others are counted together as `other`.
inline constexpr std::size_t endpoint_labels_max = 200;

/// Seconds, of requests.
inline constexpr std::array<double, 12> request_bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                          0.1,   0.25,   0.5,   1,    5,     30};
using RequestHistogram = Histogram<request_bounds>;

/// A folder whose disk must not be full.
struct WatchedFolder {
  std::string holds;  ///< `state`, `warehouse`
  std::filesystem::path path;
};

/// What is counted while the hub runs. Thread-safe, and quick enough for every request.
class Metrics {
 public:
  void exchange(const http::ExchangeReport& report);
  /// `endpoint`: the subscription's id. `result`: `ok`, `rejected` (an answer that is no success),
  /// `error` (no answer).
  void attempt(std::string_view endpoint, std::string_view result,
               std::chrono::microseconds duration);

  struct Now {
    relay::HubCounters counters;
    std::size_t delivering = 0;
    relay::SyncStats stats;
    std::optional<relay::StreamStatus> stream{};  ///< nullopt: no stream is read.
    std::vector<run::Schedule> schedules{};
    std::vector<LoadFigures> loads{};
    std::vector<WatchedFolder> folders{};
    alert::AlertStore::States alerts{};
    WallTime at{};
    std::string version;
    std::string revision;
  };
  /// All of it in the text format of Prometheus 0.0.4 (OpenMetrics' forerunner).
  [[nodiscard]] std::string text(const Now& now) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, int>, RequestHistogram> exchanges_;
  std::map<std::string, std::map<std::string, RequestHistogram, std::less<>>, std::less<>>
      attempts_;
};

/// Measures what another sender does.
class MeteredSender final : public relay::Sender {
 public:
  /// Both must outlive it.
  MeteredSender(relay::Sender& sender, Metrics& metrics) : sender_(sender), metrics_(metrics) {}
  void send(relay::AttemptRequest request,
            std::move_only_function<void(relay::AttemptResult)> done) override;

 private:
  relay::Sender& sender_;
  Metrics& metrics_;
};

}  // namespace tidemark::api
