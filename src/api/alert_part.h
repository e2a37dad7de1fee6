#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "alert/alarm.h"
#include "alert/channel_spec.h"
#include "api/alert_figures.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "http/client.h"
#include "sql/connection.h"
#include "sql/url.h"

namespace tidemark::api {

struct AlertOptions {
  bool enabled = true;
  std::chrono::milliseconds interval{30'000};
  alert::AlarmOptions alarm{};  ///< `hub` and `shared` are the server's.
  std::vector<alert::ChannelSpec> channels{};
};

/// The alarm of a hub on a thread of its own: looks once an interval, and tries a channel when it
/// is asked to. What fails is logged and done again at the next look.
class AlertPart {
 public:
  /// `jobs`: those that this hub runs. `clock` must outlive it.
  AlertPart(AlertOptions options, const sql::Url& state, std::string hub, WatchedJobs jobs,
            const Clock& clock, std::uint64_t seed);
  ~AlertPart();
  AlertPart(const AlertPart&) = delete;
  AlertPart& operator=(const AlertPart&) = delete;

  /// Once. Errors: io when there is no thread or descriptor left for its HTTP client.
  [[nodiscard]] Result<void> start();
  /// What is being sent ends; what was not sent stays in the state.
  void stop();

  struct Tried {
    std::string channel;
    std::optional<Error> fault;  ///< nullopt: it took the message.
  };
  /// Tries one channel, or all of them (empty), on the thread; `done` is called there.
  void test(std::string channel, std::move_only_function<void(std::vector<Tried>)> done);

  [[nodiscard]] const AlertOptions& options() const { return options_; }
  [[nodiscard]] const WatchedJobs& jobs() const { return jobs_; }

 private:
  struct Trial {
    std::string channel;
    std::move_only_function<void(std::vector<Tried>)> done;
  };
  void work();
  /// What `work` makes of a connection to the state, opened for it alone.
  template <class Work>
  auto with_state(Work work) -> decltype(work(std::declval<sql::Connection&>()));
  void look();
  void release();
  [[nodiscard]] std::vector<Tried> run_trial(const std::string& channel);

  const AlertOptions options_;
  const sql::Url state_;
  const WatchedJobs jobs_;
  const Clock& clock_;
  SeededRandom random_;
  std::unique_ptr<http::HttpClient> client_;
  std::unique_ptr<alert::Alarm> alarm_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::deque<Trial> trials_;
  std::thread thread_;
};

}  // namespace tidemark::api
