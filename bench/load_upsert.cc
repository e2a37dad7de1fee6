// What the loader needs to write orders into a warehouse, without a shop.
//
//   load_upsert URL migrate                      makes the tables
//   load_upsert URL orders|whole READING ORDERS  READING: first, same, changed
//   load_upsert URL dump FILE                    the table orders, as LOAD DATA and COPY read it
//
// `orders` is the table orders alone: each batch is compared with the rows that are there, and what
// differs is written. `whole` is what a load does with a batch: raw layer, orders, order_items and
// order_history. Both in the product's batches, one transaction each. Prints {"seconds": …}: the
// making of the rows does not count.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "bench/load_rows.h"
#include "bench/report.h"
#include "load/order_tables.h"
#include "load/record_writer.h"
#include "load/schema.h"
#include "load/testing_pause.h"
#include "load/xiaoe/order_transform.h"
#include "sql/connection.h"

namespace tidemark::bench {
namespace {

constexpr std::string_view platform = "xiaoe";
constexpr std::chrono::minutes china = std::chrono::hours(8);

template <class T>
T or_die(std::string_view doing, Result<T> result) {
  if (!result) die(doing, result.error().what.en);
  return std::move(*result);
}
void or_die(std::string_view doing, const Result<void>& result) {
  if (!result) die(doing, result.error().what.en);
}

std::unique_ptr<sql::Connection> connect(const std::string& url) {
  return or_die("connect", sql::connect(or_die("URL", sql::Url::parse(url)), {.create = true}));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Time and CPU time of what is between start() and stop().
class Watch {
 public:
  void start() {
    began_ = std::chrono::steady_clock::now();
    cpu_began_ = cpu_seconds();
  }
  void stop() {
    cpu_ += cpu_seconds() - cpu_began_;
    taken_ += std::chrono::steady_clock::now() - began_;
  }
  void report(std::uint64_t orders) const {
    fmt::print("{{\"seconds\": {:.6f}, \"cpu_seconds\": {:.6f}, \"rows\": {}}}\n",
               std::chrono::duration<double>(taken_).count(), cpu_, orders);
  }

 private:
  std::chrono::steady_clock::time_point began_;
  std::chrono::steady_clock::duration taken_{};
  double cpu_began_ = 0;
  double cpu_ = 0;
};

struct Counts {
  std::uint64_t inserted = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t changed = 0;
};

void check_counts(Reading reading, std::uint64_t orders, const Counts& counts) {
  const std::uint64_t changed = reading == Reading::changed ? (orders + 99) / 100 : 0;
  const std::uint64_t inserted = reading == Reading::first ? orders : 0;
  if (counts.inserted != inserted || counts.changed != changed ||
      counts.unchanged != orders - inserted - changed)
    die("counts", fmt::format("{} new, {} unchanged, {} changed of {}", counts.inserted,
                              counts.unchanged, counts.changed, orders));
}

/// `write` takes a batch; it is timed.
void in_batches(std::uint64_t orders, Reading reading,
                const std::function<void(std::vector<load::Observed>, Watch&)>& write) {
  const LoadRows book(orders);
  Watch watch;
  for (std::uint64_t first = 0; first < orders; first += load::batch_rows_max)
    write(book.rows(first, load::batch_rows_max, reading), watch);
  watch.report(orders);
}

/// Orders without their lines.
class WithoutItems final : public load::OrderTransform {
 public:
  [[nodiscard]] Result<load::Order> transform(
      std::string_view payload, std::vector<load::UnknownCode>& unknown) const override {
    Result<load::Order> order = transform_.transform(payload, unknown);
    if (order) order->items.clear();
    return order;
  }

 private:
  const load::xiaoe::XiaoeOrderTransform transform_{load::CodeTexts::usual};
};

void write_orders(const std::string& url, Reading reading, std::uint64_t orders) {
  const WithoutItems transform;
  const std::unique_ptr<sql::Connection> connection = connect(url);
  Counts counts;
  in_batches(orders, reading, [&](std::vector<load::Observed> rows, Watch& watch) {
    std::vector<load::UnknownCode> unknown;
    load::OrderBatch batch(transform, std::string(platform), china);
    std::ranges::sort(rows, {}, &load::Observed::id);
    for (const load::Observed& row : rows)
      or_die("transform", batch.take(std::span(&row, 1), unknown));
    watch.start();
    or_die("begin", connection->begin(sql::Isolation::write));
    const load::TableChanges done = or_die("write", batch.apply(*connection, {.history = false}));
    or_die("commit", connection->commit());
    watch.stop();
    counts.inserted += done.inserted;
    counts.unchanged += done.unchanged;
    counts.changed += done.changed.size();
  });
  check_counts(reading, orders, counts);
}

void write_whole(const std::string& url, Reading reading, std::uint64_t orders) {
  const load::OrderTables tables(
      std::string(platform), china,
      std::make_unique<load::xiaoe::XiaoeOrderTransform>(load::CodeTexts::usual));
  load::testing::NoPause pause;
  const auto connect_again = [&] { return sql::connect(*sql::Url::parse(url)); };
  const SystemClock clock;
  load::RecordWriter writer =
      or_die("connect", load::RecordWriter::open(connect_again, tables, false, pause, clock));
  Counts counts;
  in_batches(orders, reading, [&](std::vector<load::Observed> rows, Watch& watch) {
    watch.start();
    const load::BatchOutcome done =
        or_die("write", writer.write(std::move(rows), fmt::format("{}", orders)));
    watch.stop();
    counts.inserted += done.inserted;
    counts.unchanged += done.unchanged;
    counts.changed += done.changed.size();
  });
  check_counts(reading, orders, counts);
}

void migrate(const std::string& url) {
  const std::unique_ptr<sql::Connection> connection = connect(url);
  or_die("migrate", load::migrate_warehouse(*connection));
  or_die("stream", load::ScanStore(*connection, std::string(platform), "orders").register_stream());
}

void append_field(std::string& line, std::optional<std::string_view> value) {
  if (!line.empty()) line += '\t';
  if (!value) {
    line += "\\N";
    return;
  }
  for (const char c : *value) {
    if (c == '\t' || c == '\n' || c == '\\') line += '\\';
    line += c;
  }
}

void dump(const std::string& url, const char* path) {
  const std::unique_ptr<sql::Connection> connection = connect(url);
  const std::unique_ptr<std::FILE, decltype([](std::FILE* file) { std::fclose(file); })> file(
      std::fopen(path, "w"));
  if (file == nullptr) die(path, "cannot be written");
  const auto rows = or_die("query", connection->query("SELECT * FROM orders ORDER BY order_id"));
  std::string line;
  while (or_die("read", rows->next())) {
    line.clear();
    for (std::size_t i = 0; i < rows->columns(); ++i) append_field(line, rows->at(i));
    line += '\n';
    if (std::fwrite(line.data(), 1, line.size(), file.get()) != line.size()) die(path, "full");
  }
}

Reading reading_of(std::string_view word) {
  if (word == "first") return Reading::first;
  if (word == "same") return Reading::same;
  if (word == "changed") return Reading::changed;
  die(word, "not a reading");
}

}  // namespace
}  // namespace tidemark::bench

int main(int argc, char** argv) {
  using namespace tidemark::bench;
  const std::vector<std::string> words(argv, argv + argc);
  const std::string what = words.size() > 2 ? words[2] : "";
  if (what == "migrate" && words.size() == 3)
    migrate(words[1]);
  else if (what == "dump" && words.size() == 4)
    dump(words[1], argv[3]);
  else if (what == "orders" && words.size() == 5)
    write_orders(words[1], reading_of(words[3]),
                 static_cast<std::uint64_t>(parse_count(argv[4], 1)));
  else if (what == "whole" && words.size() == 5)
    write_whole(words[1], reading_of(words[3]),
                static_cast<std::uint64_t>(parse_count(argv[4], 1)));
  else
    die("load_upsert", "see its first lines");
}
