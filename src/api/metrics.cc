#include "api/metrics.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace tidemark::api {
namespace {

constexpr std::string_view content_head = "# HELP {} {}\n# TYPE {} {}\n";

void head(std::string& text, std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(text), content_head, name, help, name, type);
}

void sample(std::string& text, std::string_view name, std::string_view labels, double value) {
  if (labels.empty())
    fmt::format_to(std::back_inserter(text), "{} {}\n", name, value);
  else
    fmt::format_to(std::back_inserter(text), "{}{{{}}} {}\n", name, labels, value);
}

void single(std::string& text, std::string_view name, std::string_view type, std::string_view help,
            double value) {
  head(text, name, type, help);
  sample(text, name, "", value);
}

/// A label's value: backslash, quote and line break are escaped.
std::string escaped(std::string_view value) {
  std::string text;
  for (const char letter : value) {
    if (letter == '\\' || letter == '"') text += '\\';
    text += letter == '\n' ? ' ' : letter;
  }
  return text;
}

/// `name_bucket{labels,le="…"} n` and so on; `labels` without braces.
template <const auto& bounds>
void write_histogram(std::string& text, std::string_view name, std::string_view labels,
                     const Histogram<bounds>& histogram) {
  const std::string_view comma = labels.empty() ? "" : ",";
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < histogram.counts().size(); ++i) {
    count += histogram.counts().at(i);
    const std::string bound = i < bounds.size() ? fmt::format("{}", bounds.at(i)) : "+Inf";
    fmt::format_to(std::back_inserter(text), "{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels, comma,
                   bound, count);
  }
  sample(text, fmt::format("{}_sum", name), labels,
         static_cast<double>(histogram.sum().count()) / 1e6);
  sample(text, fmt::format("{}_count", name), labels, static_cast<double>(count));
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double size = 0;
  double resident = 0;
  file >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

void write_process(std::string& text) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  single(text, "process_cpu_seconds_total", "counter", "Processor time used.",
         seconds(usage.ru_utime) + seconds(usage.ru_stime));
  single(text, "process_resident_memory_bytes", "gauge", "Memory in use.", resident_bytes());
}

void write_counters(std::string& text, const relay::HubCounters& counters) {
  const auto counter = [&text](std::string_view name, std::string_view help, std::uint64_t value) {
    single(text, name, "counter", help, static_cast<double>(value));
  };
  counter("tidemark_events_published_total", "Events stored.", counters.published);
  counter("tidemark_events_duplicate_total", "Publications that were there already.",
          counters.duplicates);
  counter("tidemark_deliveries_delivered_total", "Deliveries answered with 2xx.",
          counters.delivered);
  counter("tidemark_deliveries_parked_total", "Deliveries that wait for a person.",
          counters.parked);
  counter("tidemark_attempts_lost_total",
          "Attempts that were not written: another hub had taken over.", counters.lost_attempts);
  counter("tidemark_commits_total", "Transactions of the hub.", counters.commits);
  counter("tidemark_commit_failures_total", "Transactions of the hub that failed.",
          counters.commit_failures);
  head(text, "tidemark_delivery_latency_seconds", "histogram",
       "Time from publish, or a batch's time, to 2xx.");
  write_histogram(text, "tidemark_delivery_latency_seconds", "", counters.latency);
}

void write_stats(std::string& text, const Metrics::Now& now) {
  const relay::SyncStats& stats = now.stats;
  single(text, "tidemark_deliveries_backlog", "gauge",
         "Unfinished deliveries but for those that wait for a batch's time.",
         static_cast<double>(stats.backlog));
  single(text, "tidemark_deliveries_waiting_for_batch", "gauge",
         "Deliveries that wait for a batch's time.", static_cast<double>(stats.waiting_for_batch));
  single(text, "tidemark_deliveries_retrying", "gauge", "Unfinished deliveries that failed.",
         static_cast<double>(stats.retrying));
  single(text, "tidemark_deliveries_parked", "gauge", "Deliveries that wait for a person.",
         static_cast<double>(stats.parked));
  single(text, "tidemark_deliveries_in_flight", "gauge", "Deliveries being sent.",
         static_cast<double>(now.delivering));
  const std::size_t shown = std::min(stats.endpoints.size(), endpoint_labels_max);
  head(text, "tidemark_webhook_pending", "gauge", "Unfinished deliveries of an endpoint.");
  for (std::size_t i = 0; i < shown; ++i)
    sample(text, "tidemark_webhook_pending",
           fmt::format("endpoint=\"{}\"", escaped(stats.endpoints[i].subscription_id)),
           static_cast<double>(stats.endpoints[i].unfinished));
  head(text, "tidemark_webhook_oldest_pending_age_seconds", "gauge",
       "Age of the oldest unfinished delivery of an endpoint.");
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& oldest = stats.endpoints[i].oldest;
    sample(text, "tidemark_webhook_oldest_pending_age_seconds",
           fmt::format("endpoint=\"{}\"", escaped(stats.endpoints[i].subscription_id)),
           oldest ? static_cast<double>((now.at - *oldest).count()) / 1e6 : 0);
  }
  head(text, "tidemark_webhook_endpoint_up", "gauge",
       "1 while an endpoint is active, 0 while it is paused, probed or disabled.");
  for (std::size_t i = 0; i < shown; ++i)
    sample(text, "tidemark_webhook_endpoint_up",
           fmt::format("endpoint=\"{}\"", escaped(stats.endpoints[i].subscription_id)),
           stats.endpoints[i].state == "active" ? 1 : 0);
}

/// What the rules of deploy/prometheus ask for, by the names of the alerts.
void write_recent(std::string& text, const relay::SyncStats& stats) {
  head(text, "tidemark_deliveries_finished_recent", "gauge",
       "Deliveries that finished in the last hour, or 24 hours, by how.");
  const auto finished = [&text](std::string_view window, std::string_view result,
                                std::int64_t number) {
    sample(text, "tidemark_deliveries_finished_recent",
           fmt::format("window=\"{}\",result=\"{}\"", window, result), static_cast<double>(number));
  };
  finished("1h", "delivered", stats.delivered_1h);
  finished("1h", "failed", stats.failed_1h);
  finished("24h", "delivered", stats.delivered_24h);
  finished("24h", "failed", stats.failed_24h);
  const auto seconds_of = [](std::chrono::microseconds span) {
    return static_cast<double>(span.count()) / 1e6;
  };
  single(text, "tidemark_delivery_latency_mean_seconds", "gauge",
         "Mean time from publish, or a batch's time, to 2xx of what was delivered in the last "
         "hour.",
         seconds_of(stats.latency_mean));
  single(text, "tidemark_delivery_latency_p99_seconds", "gauge", "The 99th percentile of the same.",
         seconds_of(stats.latency_p99));
  head(text, "tidemark_deliveries_failing", "gauge",
       "Deliveries that are in retry or wait for a person, by the code of their failure.");
  for (const auto& [code, retrying, parked] : stats.failures)
    for (const auto& [status, number] : {std::pair{"retrying", retrying}, {"parked", parked}})
      if (number > 0)
        sample(text, "tidemark_deliveries_failing",
               fmt::format("code=\"{}\",status=\"{}\"", escaped(code), status),
               static_cast<double>(number));
  head(text, "tidemark_webhook_failures_in_row", "gauge", "Failures of an endpoint in a row.");
  const std::size_t shown = std::min(stats.endpoints.size(), endpoint_labels_max);
  for (std::size_t i = 0; i < shown; ++i)
    sample(text, "tidemark_webhook_failures_in_row",
           fmt::format("endpoint=\"{}\"", escaped(stats.endpoints[i].subscription_id)),
           static_cast<double>(stats.endpoints[i].failures));
  head(text, "tidemark_receiver_differences", "gauge",
       "Records of a receiver that differ from the hub, by its last check; after a repair, those "
       "left.");
  for (std::size_t i = 0; i < shown; ++i)
    if (const auto& differences = stats.endpoints[i].differences)
      sample(text, "tidemark_receiver_differences",
             fmt::format("endpoint=\"{}\"", escaped(stats.endpoints[i].subscription_id)),
             static_cast<double>(*differences));
}

void write_alerts(std::string& text, const alert::AlertStore::States& alerts) {
  head(text, "tidemark_alert_firing", "gauge", "1 while an alert of the hub is on, by its rule.");
  for (const auto& [rule, state] : alerts)
    sample(text, "tidemark_alert_firing", fmt::format("rule=\"{}\"", escaped(rule)),
           state.firing_since ? 1 : 0);
}

void write_stream(std::string& text, const relay::StreamStatus& stream) {
  const std::string label = fmt::format("stream=\"{}\"", escaped(stream.stream));
  const auto write = [&](std::string_view name, std::string_view type, std::string_view help,
                         double value) {
    head(text, name, type, help);
    sample(text, name, label, value);
  };
  write("tidemark_stream_up", "gauge", "1 while entries of the stream can be read.",
        stream.connected ? 1 : 0);
  write("tidemark_stream_pending", "gauge", "Entries that were read and are not acknowledged.",
        static_cast<double>(stream.pending));
  if (stream.lag >= 0)
    write("tidemark_stream_lag", "gauge", "Entries that nobody has read.",
          static_cast<double>(stream.lag));
  write("tidemark_stream_errors_total", "counter", "Connections and commands that failed.",
        static_cast<double>(stream.errors));
  write("tidemark_stream_groups_made_total", "counter",
        "Times that the group was not there and was made.",
        static_cast<double>(stream.groups_made));
  head(text, "tidemark_stream_entries_total", "counter",
       "Entries by what became of them; those that are gone were trimmed before.");
  for (const auto& [result, count] : {std::pair{"published", stream.published},
                                      {"duplicate", stream.duplicates},
                                      {"refused", stream.refused},
                                      {"gone", stream.gone}})
    sample(text, "tidemark_stream_entries_total", fmt::format("{},result=\"{}\"", label, result),
           static_cast<double>(count));
}

void write_schedules(std::string& text, const std::vector<run::Schedule>& schedules) {
  const auto of_job = [](const run::Schedule& row) {
    return fmt::format("job=\"{}\"", escaped(row.name));
  };
  const auto write = [&](std::string_view name, std::string_view help, auto value) {
    head(text, name, "gauge", help);
    for (const run::Schedule& row : schedules)
      if (const std::optional<double> shown = value(row)) sample(text, name, of_job(row), *shown);
  };
  const auto seconds_of = [](const std::optional<WallTime>& time) -> std::optional<double> {
    if (!time) return std::nullopt;
    return static_cast<double>(time->time_since_epoch().count()) / 1e6;
  };
  using Shown = std::optional<double>;
  head(text, "tidemark_sync_runs_total", "counter", "Runs of a job by how they ended.");
  for (const run::Schedule& row : schedules)
    for (const auto& [status, count] : row.runs)
      sample(text, "tidemark_sync_runs_total",
             fmt::format("{},status=\"{}\"", of_job(row), escaped(status)),
             static_cast<double>(count));
  write("tidemark_sync_in_progress", "1 while a job runs.",
        [](const run::Schedule& row) -> Shown { return row.running() ? 1 : 0; });
  write("tidemark_sync_last_run_failed",
        "1 when the last run of a job failed, timed out or was lost.",
        [](const run::Schedule& row) -> Shown {
          return row.last_status == "failed" || row.last_status == "timed_out" ||
                         row.last_status == "lost"
                     ? 1
                     : 0;
        });
  write("tidemark_sync_partial_for_long",
        "1 when a job has only been partial for about three runs or more.",
        [](const run::Schedule& row) -> Shown { return row.long_partial() ? 1 : 0; });
  write("tidemark_sync_paused", "1 while a job is paused.",
        [](const run::Schedule& row) -> Shown { return row.paused ? 1 : 0; });
  write("tidemark_sync_last_success_timestamp_seconds", "When a job last succeeded.",
        [&](const run::Schedule& row) { return seconds_of(row.last_success_at); });
  write("tidemark_sync_last_run_timestamp_seconds", "When a job last began.",
        [&](const run::Schedule& row) { return seconds_of(row.last_started_at); });
  write("tidemark_sync_last_duration_seconds", "How long the last run of a job took.",
        [](const run::Schedule& row) -> Shown {
          if (!row.last_started_at || !row.last_finished_at ||
              *row.last_finished_at < *row.last_started_at)
            return std::nullopt;
          return static_cast<double>((*row.last_finished_at - *row.last_started_at).count()) / 1e6;
        });
  write("tidemark_sync_next_run_timestamp_seconds", "When a job is due.",
        [&](const run::Schedule& row) { return seconds_of(row.next_due_at); });
}

/// What the last run of each load left open, and how far its stream is known to be complete.
void write_loads(std::string& text, const std::vector<LoadFigures>& loads) {
  const auto of_load = [](const LoadFigures& load) {
    return fmt::format("job=\"{}\",mode=\"{}\"", escaped(load.job), escaped(load.mode));
  };
  head(text, "tidemark_load_last_run", "gauge",
       "What the last run of a load counted that somebody may have to look after.");
  for (const LoadFigures& load : loads)
    for (const auto& [figure, count] : load.counts)
      sample(text, "tidemark_load_last_run",
             fmt::format("{},figure=\"{}\"", of_load(load), escaped(figure)),
             static_cast<double>(count));
  head(text, "tidemark_load_last_run_exit_code", "gauge", "How the last run of a load ended.");
  for (const LoadFigures& load : loads)
    sample(text, "tidemark_load_last_run_exit_code", of_load(load), load.exit_code);
  head(text, "tidemark_load_last_run_timestamp_seconds", "gauge",
       "When the last run of a load ended.");
  for (const LoadFigures& load : loads)
    sample(text, "tidemark_load_last_run_timestamp_seconds", of_load(load),
           static_cast<double>(load.ended_at.time_since_epoch().count()) / 1e6);
  head(text, "tidemark_load_watermark_timestamp_seconds", "gauge",
       "Up to when all is known to have arrived, as the last run of a load left it.");
  for (const LoadFigures& load : loads)
    if (load.watermark)
      sample(text, "tidemark_load_watermark_timestamp_seconds", of_load(load),
             static_cast<double>(*load.watermark));
}

void write_disks(std::string& text, const std::vector<WatchedFolder>& folders) {
  head(text, "tidemark_disk_free_bytes", "gauge", "Room on the disk of a database file.");
  for (const WatchedFolder& folder : folders) {
    std::error_code error;
    const std::filesystem::space_info space = std::filesystem::space(folder.path, error);
    if (error) continue;  // Not made yet.
    sample(text, "tidemark_disk_free_bytes", fmt::format("holds=\"{}\"", escaped(folder.holds)),
           static_cast<double>(space.available));
  }
}

}  // namespace

void Metrics::exchange(const http::ExchangeReport& report) {
  const std::scoped_lock lock(mutex_);
  exchanges_[{std::string(report.method), std::string(report.pattern), report.status}].add(
      report.duration);
}

void Metrics::attempt(std::string_view endpoint, std::string_view result,
                      std::chrono::microseconds duration) {
  const std::scoped_lock lock(mutex_);
  auto found = attempts_.find(endpoint);
  if (found == attempts_.end()) {
    const std::string label(attempts_.size() < endpoint_labels_max ? endpoint : "other");
    found = attempts_.try_emplace(label).first;
  }
  auto& by_result = found->second;
  auto histogram = by_result.find(result);
  if (histogram == by_result.end()) histogram = by_result.try_emplace(std::string(result)).first;
  histogram->second.add(duration);
}

std::string Metrics::text(const Now& now) const {
  std::string text;
  head(text, "tidemark_build_info", "gauge", "The program that runs.");
  sample(text, "tidemark_build_info",
         fmt::format("version=\"{}\",revision=\"{}\"", escaped(now.version), escaped(now.revision)),
         1);
  write_process(text);
  write_counters(text, now.counters);
  write_stats(text, now);
  write_recent(text, now.stats);
  write_alerts(text, now.alerts);
  if (now.stream) write_stream(text, *now.stream);
  write_schedules(text, now.schedules);
  write_loads(text, now.loads);
  write_disks(text, now.folders);

  const std::scoped_lock lock(mutex_);
  head(text, "tidemark_webhook_attempt_duration_seconds", "histogram",
       "Requests to an endpoint, by how they ended.");
  for (const auto& [endpoint, results] : attempts_)
    for (const auto& [result, histogram] : results)
      write_histogram(text, "tidemark_webhook_attempt_duration_seconds",
                      fmt::format("endpoint=\"{}\",result=\"{}\"", escaped(endpoint), result),
                      histogram);
  head(text, "http_server_request_duration_seconds", "histogram", "Requests to this server.");
  for (const auto& [key, histogram] : exchanges_)
    write_histogram(
        text, "http_server_request_duration_seconds",
        fmt::format("http_request_method=\"{}\",http_route=\"{}\","
                    "http_response_status_code=\"{}\"",
                    escaped(std::get<0>(key)), escaped(std::get<1>(key)), std::get<2>(key)),
        histogram);
  return text;
}

void MeteredSender::send(relay::AttemptRequest request,
                         std::move_only_function<void(relay::AttemptResult)> done) {
  std::string endpoint = request.subscription->id;
  sender_.send(std::move(request), [this, endpoint = std::move(endpoint),
                                    done = std::move(done)](relay::AttemptResult result) mutable {
    const bool answered = result.status_code != 0;
    const bool ok = result.status_code >= 200 && result.status_code < 300;
    metrics_.attempt(endpoint, ok ? "ok" : answered ? "rejected" : "error", result.duration);
    done(std::move(result));
  });
}

}  // namespace tidemark::api
