#include "export/worker_crew.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/last_net.h"
#include "base/log.h"
#include "export/file_sink.h"
#include "export/ndjson_sink.h"
#include "export/packed_run.h"

namespace tidemark::exporter {
namespace {

constexpr std::chrono::milliseconds watch_interval{20};
constexpr std::chrono::seconds save_interval{2};
/// Readers give way to the publisher where cores are short: chunks that wait for it when the last
/// row is read are published while the other cores stand still. Measured on two cores: a sixth of
/// the time of a full export.
constexpr int reader_niceness = 10;

}  // namespace

Result<std::unique_ptr<WorkerCrew>> WorkerCrew::start(const Workplace& workplace) {
  std::unique_ptr<WorkerCrew> crew(new WorkerCrew(workplace));
  if (Result<void> started = crew->start_publisher(); !started) {
    return fail(std::move(started.error()));
  }
  return crew;
}

WorkerCrew::WorkerCrew(const Workplace& workplace)
    : at_(workplace),
      known_rejects_(workplace.tree.rejects),
      census_(workplace.table, workplace.clock) {}

WorkerCrew::~WorkerCrew() = default;

Result<void> WorkerCrew::start_publisher() {
  const ExportOptions& options = at_.options;
  Result<TreeFolder> tree = TreeFolder::open(options.dry_run ? "." : options.output, false);
  if (!tree) return fail(std::move(tree.error()));
  // One worker more than threads: for the rows that are read again at the end.
  const auto workers = static_cast<std::size_t>(options.threads) + 1;
  trees_.resize(workers);
  stagings_.resize(workers);
  for (std::size_t worker = 0; worker < workers && !options.dry_run; ++worker) {
    Result<Staging> staging = Staging::open(at_.tree.state_directory, fmt::format("{}", worker));
    if (!staging) return fail(std::move(staging.error()));
    stagings_[worker] = std::move(*staging);
  }
  if (options.layout == Layout::ndjson) {
    Result<std::string> run = next_packed_run(at_.index, options.output, at_.clock.wall());
    if (!run) return fail(std::move(run.error()));
    packed_ = std::make_unique<PackedTree>(
        PackedTree::Options{.mode = options.mode,
                            .mode_name = options.mode == Mode::full ? "full" : "incremental",
                            .compression = options.compression,
                            .dry_run = options.dry_run,
                            .run = std::move(*run),
                            .output = options.output},
        at_.tree.state_directory);
  }
  publisher_ =
      std::make_unique<Publisher>(at_.index, std::move(*tree), at_.journal, at_.groups,
                                  Publisher::Options{.run = at_.tree.run,
                                                     .dry_run = options.dry_run,
                                                     // No sync is shared by waiting.
                                                     .queue_max = packed_ ? 2U : 4U,
                                                     .now_text = at_.now_text,
                                                     .packed = packed_.get(),
                                                     .max_id = at_.tree.max_id,
                                                     .had_files = at_.tree.may_have_files});
  return {};
}

Result<std::unique_ptr<RowSink>> WorkerCrew::make_sink(std::size_t worker, bool adopt) {
  const ExportOptions& options = at_.options;
  if (options.layout == Layout::ndjson) {
    return std::make_unique<NdjsonSink>(options.compression, options.compression_level);
  }
  std::optional<IndexReader> index;
  if (at_.tree.max_id > 0 || (!adopt && !options.dry_run)) {
    Result<IndexReader> opened =
        IndexReader::open(at_.tree.state_directory,
                          options.dry_run ? IndexDb::Mode::untouched : IndexDb::Mode::read_only);
    if (!opened) return fail(std::move(opened.error()));
    index = std::move(*opened);
  }
  return std::make_unique<FileSink>(
      trees_[worker] ? &*trees_[worker] : nullptr, std::move(index),
      std::exchange(stagings_[worker], std::nullopt), at_.path,
      FileSink::Options{.compression = options.compression,
                        .compression_level = options.compression_level,
                        .adopt = adopt && at_.tree.may_have_files,
                        .sweep = at_.plan.sweep});
}

Result<void> WorkerCrew::add_reader(std::size_t worker, SliceQueue& queue, bool adopt) {
  Result<TreeFolder> tree = TreeFolder::open(at_.options.output, false);
  if (!tree && tree.error().kind != ErrorKind::not_found) return fail(std::move(tree.error()));
  trees_[worker] = tree ? std::optional(std::move(*tree)) : std::nullopt;
  Result<std::unique_ptr<RowSink>> sink = make_sink(worker, adopt);
  if (!sink) return fail(std::move(sink.error()));
  // Packed chunks hold their text in memory.
  SliceReader::Options reading{.rows_per_chunk = packed_ ? 4096U : 1024U,
                               .bytes_per_chunk = packed_ ? 3U << 19 : 4U << 20,
                               .zone = at_.options.zone,
                               .required_fields = at_.options.required_fields,
                               .listed_doubled = at_.tree.doubled,
                               .census = &census_};
  // Where there is work for all of them, nobody waits for work to connect.
  reading.connects_at_once = at_.plan.rows_expected.value_or(0) > 4 * reading.rows_per_chunk;
  readers_.push_back(std::make_unique<SliceReader>(at_.connect, at_.table, std::move(*sink),
                                                   at_.groups, known_rejects_, queue, *publisher_,
                                                   at_.counts, at_.stop, std::move(reading)));
  return {};
}

Result<void> WorkerCrew::work(const std::function<void()>& save) {
  for (int worker = 0; worker < at_.options.threads; ++worker) {
    Result<void> added = add_reader(static_cast<std::size_t>(worker), at_.plan.queue, true);
    if (!added) return added;
  }

  std::mutex mutex;
  std::condition_variable finished;
  int running = at_.options.threads;
  std::vector<std::thread> threads;
  threads.reserve(readers_.size());
  const auto start_thread = [&](SliceReader& reader) -> Result<void> {
    threads.emplace_back([&] {
      // Of this thread alone: see nice(2) about Linux. One that keeps its priority works as well.
      [[maybe_unused]] const int niceness = ::nice(reader_niceness);
      reader.run();
      const std::lock_guard lock(mutex);
      --running;
      finished.notify_all();
    });
    return {};
  };
  for (const std::unique_ptr<SliceReader>& reader : readers_) {
    const Result<void> started = with_last_net([&] { return start_thread(*reader); });
    if (started) continue;
    // Those that run do the work of all; without any there is nobody to do it.
    if (threads.empty()) return started;
    log_line(LogLevel::warning, fmt::format("only {} of {} threads: {}", threads.size(),
                                            readers_.size(), started.error().what.en));
    const std::lock_guard lock(mutex);
    running -= static_cast<int>(readers_.size() - threads.size());
    break;
  }
  SteadyTime saved = at_.clock.steady();
  bool stopped = false;
  const auto all_finished = [&running] { return running == 0; };
  for (std::unique_lock lock(mutex); !finished.wait_for(lock, watch_interval, all_finished);) {
    if (at_.stop.requested() && !stopped) {
      stopped = true;
      cancel_rest();
    }
    if (at_.clock.steady() - saved > save_interval) {
      saved = at_.clock.steady();
      save();
    }
  }
  for (std::thread& thread : threads) thread.join();
  return {};
}

void WorkerCrew::cancel_rest() {
  for (const SliceTask& left : at_.plan.queue.close()) {
    left.job->abandon_with(make_error(ErrorKind::cancelled, {"stopped", "已中止"}));
    left.job->end_piece();
  }
}

Result<void> WorkerCrew::read_again() {
  std::vector<Key> keys = publisher_->again();
  if (at_.options.mode == Mode::incremental) {
    std::ranges::set_difference(known_rejects_, publisher_->met_rejects(),
                                std::back_inserter(keys));
    std::ranges::sort(keys);
    keys.erase(std::ranges::unique(keys).begin(), keys.end());
  }
  // Until they are written they stand on the reject list, see Publisher::set_aside().
  known_rejects_.insert(keys.begin(), keys.end());
  if (keys.empty()) return {};
  SliceQueue queue;
  Job& job = at_.plan.jobs.emplace_back();
  job.pending = 0;
  put_keys(keys, at_.table, job, queue);
  if (Result<void> added = add_reader(static_cast<std::size_t>(at_.options.threads), queue, false);
      !added) {
    return added;
  }
  readers_.back()->run();
  return {};
}

}  // namespace tidemark::exporter
