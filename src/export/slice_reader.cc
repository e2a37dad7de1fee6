#include "export/slice_reader.h"

#include <fmt/ranges.h>

#include "base/json_check.h"
#include "base/last_net.h"
#include "base/log.h"
#include "base/pause.h"
#include "export/key_notes.h"
#include "sql/transaction.h"

namespace tidemark::exporter {
namespace {

constexpr std::chrono::milliseconds first_pause{250};
/// The counts are shared by all readers: a call for each row would make them wait for each other.
constexpr std::uint64_t rows_shown_at_once = 32;

bool may_retry(const Error& error) {
  return error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout;
}

/// What the server cancelled without being asked by us is no end of the run.
Result<void> told_apart(Result<void> done, const Stop& stop) {
  if (!done && done.error().kind == ErrorKind::cancelled && !stop.requested()) {
    done.error().kind = ErrorKind::timeout;
  }
  return done;
}

std::string reason_of(const JsonFault& fault) {
  if (!fault.field.empty()) return fmt::format("required field is missing: {}", fault.field);
  return fmt::format("invalid JSON: {} at byte {}", fault.reason, fault.position);
}

}  // namespace

SliceReader::SliceReader(Connect connect, const SourceTable& table, std::unique_ptr<RowSink> sink,
                         GroupTable& groups, const std::set<Key>& known_rejects, SliceQueue& queue,
                         Publisher& publisher, ReadCounts& counts, const Stop& stop,
                         Options options)
    : connect_(std::move(connect)),
      table_(table),
      sink_(std::move(sink)),
      groups_(groups),
      known_rejects_(known_rejects),
      queue_(queue),
      publisher_(publisher),
      counts_(counts),
      stop_(stop),
      options_(std::move(options)),
      length_(options_.rows_per_chunk, options_.bytes_per_chunk) {}

void SliceReader::run() {
  // What fails here is tried again with the first slice, and told then.
  if (options_.connects_at_once && !stop_.requested())
    static_cast<void>(with_last_net([this] { return connected(); }));
  while (std::optional<SliceTask> task = queue_.take()) {
    counts_.begin(task->job->tenant);
    const Result<void> done = stop_.requested()
                                  ? fail(ErrorKind::cancelled, {"stopped", "已中止"})
                                  : with_last_net([&] { return read_with_retries(*task); });
    counts_.end(task->job->tenant);
    if (!done) {
      task->job->abandon_with(done.error());
      task->job->end_piece();
    }
    queue_.done();
  }
  connection_.reset();  // While the others still read.
}

Result<void> SliceReader::read_with_retries(SliceTask& task) {
  std::chrono::milliseconds pause = first_pause;
  for (int attempt = 1;; ++attempt) {
    Result<void> done = connected();
    if (done) done = told_apart(read(task), stop_);
    if (done) return done;
    const bool broken = may_retry(done.error());
    if (broken) connection_.reset();
    if (!broken || attempt == options_.attempts_max || stop_.requested()) return done;
    log_line(LogLevel::warning,
             fmt::format("{}; reading the range again ({} of {})", done.error().what.en,
                         attempt + 1, options_.attempts_max));
    if (!StoppablePause(stop_).wait(pause)) return done;
    pause *= 4;
  }
}

Result<void> SliceReader::connected() {
  if (connection_) return {};
  Result<std::unique_ptr<sql::Connection>> connection = connect_();
  if (!connection) return fail(std::move(connection.error()));
  if (Result<void> set = (*connection)->set_zone(options_.zone); !set) return set;
  connection_ = std::move(*connection);
  return {};
}

Result<void> SliceReader::read(SliceTask& task) {
  if (Result<void> begun = connection_->begin(sql::Isolation::snapshot); !begun) return begun;
  Chunk chunk{.job = task.job};
  shown_ = {};
  probed_rows_.reset();
  doubled_.clear();
  ignores_bytes_ = false;
  Result<void> done = with_last_net([&]() -> Result<void> {
    if (Result<void> looked = look_for_unusable_keys(task); !looked) return looked;
    if (Result<void> looked = look_for_no_times(task); !looked) return looked;
    if (Result<void> cut_off = cut(task); !cut_off) return cut_off;
    Result<void> read =
        table_.key_is_proven() ? read_rows(task, chunk) : read_unproven(task, chunk);
    if (!read) return read;
    return look_for_any_row(task, chunk.rows);
  });
  if (!done) {
    sink_->discard(chunk);
    take_back_shown();
    connection_->rollback();
    return done;
  }
  if (Result<void> committed = connection_->commit(); !committed) {
    sink_->discard(chunk);
    take_back_shown();
    return committed;
  }
  if (log_enabled(LogLevel::debug)) {
    const std::string& tenant = task.job->tenant;
    log_line(LogLevel::debug, fmt::format("read {} rows, {} bytes{}", chunk.rows, chunk.bytes,
                                          tenant.empty() ? "" : " of tenant " + tenant));
  }
  length_.learn(chunk.rows, chunk.bytes);
  publisher_.submit(std::move(chunk));
  return {};
}

Result<void> SliceReader::cut(SliceTask& task) {
  if (!task.slice.keys.empty() || task.cut) return {};
  const Statement probe = table_.probe(task.slice, length_.rows());
  Result<std::unique_ptr<sql::Cursor>> cursor = connection_->query(probe.sql, probe.params);
  if (!cursor) return fail(std::move(cursor.error()));
  const Result<bool> row = (*cursor)->next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return {};
  const Position upto = position_from(**cursor, table_, task.slice.window.has_value());
  cursor->reset();
  if (task.slice.after && task.slice.after->update_time == upto.update_time &&
      task.slice.after->key == upto.key) {
    return key_does_not_compare();  // The rest would be the same slice again, for ever.
  }
  give_back_rest(task, upto);
  probed_rows_ = length_.rows();
  return {};
}

void SliceReader::give_back_rest(SliceTask& task, const Position& upto) {
  SliceTask rest{.job = task.job, .slice = task.slice};
  rest.slice.after = upto;
  task.slice.upto = upto;
  task.cut = true;
  task.job->pending.fetch_add(1);
  if (!queue_.put_first(std::move(rest))) {
    task.job->abandon_with(make_error(ErrorKind::cancelled, {"stopped", "已中止"}));
    task.job->end_piece();
  }
}

Result<void> SliceReader::read_rows(SliceTask& task, Chunk& chunk) {
  if (Result<void> begun = sink_->begin(chunk); !begun) return begun;
  const bool in_window = task.slice.window.has_value();
  const bool may_end_early = task.slice.keys.empty() && !ignores_bytes_;
  const Statement select = table_.select(task.slice);
  Result<std::unique_ptr<sql::Cursor>> opened = connection_->query(select.sql, select.params);
  if (!opened) return fail(std::move(opened.error()));
  std::unique_ptr<sql::Cursor> cursor = std::move(*opened);
  met_.clear();
  ended_early_ = false;
  std::uint64_t without_payload = 0;
  Result<void> done;
  while (true) {
    const Result<bool> more = cursor->next();
    if (!more) {
      done = std::unexpected(more.error());
      break;
    }
    if (!*more) break;
    const std::optional<SourceRow> row = row_at(*cursor);
    if (!row) {  // Nothing to export; see SourceTable::select().
      ++without_payload;
      continue;
    }
    done = take_row(chunk, *row);
    if (!done) break;
    if (chunk.rows % rows_shown_at_once == 0) show_rows(chunk);
    if (chunk.bytes >= options_.bytes_per_chunk && may_end_early) {
      // Large rows: this is enough for one chunk. The count below covers what was read.
      const Position upto{.update_time = in_window ? std::string(row->update_time) : "",
                          .key = row->key};
      if (!task.slice.upto || task.slice.upto->key != upto.key ||
          task.slice.upto->update_time != upto.update_time) {
        give_back_rest(task, upto);
      }
      probed_rows_.reset();
      ended_early_ = true;
      break;
    }
  }
  cursor.reset();
  if (done && ended_early_) done = sql::back_to_snapshot(*connection_);
  if (done) {
    done = prove(task.slice, chunk.rows + without_payload);
    ended_early_ = ended_early_ && !done && done.error().kind == ErrorKind::corrupt;
  } else {
    ended_early_ = false;
  }
  if (done) done = sink_->end(chunk);
  if (done) show_rows(chunk);
  return done;
}

std::optional<SourceRow> SliceReader::row_at(const sql::Cursor& cursor) {
  const auto field = [&](Field f) { return cursor.at(static_cast<std::size_t>(f)); };
  const std::optional<std::string_view> payload = field(Field::payload);
  if (!payload) return std::nullopt;
  key_parts_.resize(table_.key_columns());
  for (std::size_t i = 0; i < key_parts_.size(); ++i) {
    key_parts_[i] = cursor.at(static_cast<std::size_t>(Field::key) + i).value_or("");
  }
  return SourceRow{.key = Key::from_columns(key_parts_, table_.integer_key()),
                   .tenant = field(Field::tenant).value_or(""),
                   .country = field(Field::country).value_or(""),
                   .date = field(Field::date).value_or(""),
                   .number = field(Field::number).value_or(""),
                   .payload = *payload,
                   .update_time = field(Field::update_time).value_or("")};
}

void SliceReader::show_rows(const Chunk& chunk) {
  counts_.rows.fetch_add(chunk.rows - shown_.rows, std::memory_order_relaxed);
  counts_.bytes.fetch_add(chunk.bytes - shown_.bytes, std::memory_order_relaxed);
  shown_ = {.rows = chunk.rows, .bytes = chunk.bytes};
}

void SliceReader::take_back_shown() {
  counts_.rows.fetch_sub(shown_.rows, std::memory_order_relaxed);
  counts_.bytes.fetch_sub(shown_.bytes, std::memory_order_relaxed);
  shown_ = {};
}

Result<void> SliceReader::prove(const Slice& slice, std::uint64_t rows) {
  if (probed_rows_ == rows) return {};
  // What the probe passed over may be read elsewhere (an ENUM is ordered by number and compared as
  // a text), but not where the key at its end is not even equal to its own text.
  if (probed_rows_ && rows < *probed_rows_) {
    const Result<std::optional<std::string>> found =
        counted({.tenant = slice.tenant, .keys = {slice.upto->key}, .batch = slice.batch});
    if (!found) return std::unexpected(found.error());
    if (*found == "0") return key_does_not_compare();
  }
  // Where keys are not unique (a view), the probe may stop between equal ones: COUNT decides.
  const Result<std::optional<std::string>> count = counted(slice);
  if (!count) return std::unexpected(count.error());
  if (*count == fmt::format("{}", rows)) return {};
  return fail(ErrorKind::corrupt,
              {"{} rows were read where the database counts {} in the same snapshot",
               "读到 {} 行，而数据库在同一快照中计为 {} 行"},
              rows, count->value_or("?"));
}

Result<std::optional<std::string>> SliceReader::counted(const Slice& slice) {
  const Statement count = table_.count(slice);
  return sql::query_value(*connection_, count.sql, count.params);
}

Result<void> SliceReader::key_does_not_compare() const {
  const TableSpec& spec = table_.spec();
  return fail(make_error(ErrorKind::corrupt,
                         {"the key ({0}) of {1} does not compare with its own text: rows beyond a "
                          "key cannot be told from those before it",
                          "表 {1} 的键（{0}）与其自身的文本无法比较：无法区分某键之前和之后的行"},
                         fmt::join(spec.key, ", "), spec.table)
                  .with_hint({"name columns of texts or whole numbers in export.{}.key, such as "
                              "those of a view",
                              "请在 export.{}.key 中指定文本或整数列（例如来自视图）"},
                             spec.name));
}

std::size_t SliceReader::group_of(const SourceRow& row) {
  // The length keeps ("a", "bc") and ("ab", "c") apart.
  const std::size_t tenant_bytes = row.tenant.size();
  const bool nameless = row.country.empty() && !table_.spec().country.empty();
  const std::string_view country = nameless ? unknown_country : row.country;
  group_name_.assign(reinterpret_cast<const char*>(&tenant_bytes), sizeof(tenant_bytes));
  group_name_.append(row.tenant).append(country);
  const auto known = group_ids_.find(group_name_);
  if (known != group_ids_.end()) return known->second;
  return group_ids_.emplace(group_name_, groups_.id(row.tenant, country)).first->second;
}

Result<void> SliceReader::take_row(Chunk& chunk, const SourceRow& row) {
  ++chunk.rows;
  chunk.bytes += row.payload.size();
  const std::size_t group = group_of(row);
  chunk.groups[group].rows++;
  const bool is_proven = table_.key_is_proven();
  const ContentHash hash =
      sink_->uses_hashes() || !is_proven ? content_hash(row.payload) : ContentHash{};

  const auto doubled = doubled_.find(row.key);
  if (doubled != doubled_.end() && doubled->second.kept != RowLook::of(row, hash)) {
    return leave_out(chunk, row, group);
  }
  const Result<std::optional<JsonFault>> fault = fault_of(row, hash);
  if (!fault) return std::unexpected(fault.error());
  if (!is_proven) {
    if (Result<void> met = meet(row, hash, !*fault); !met) return met;
  }
  if (doubled != doubled_.end()) {
    if (*fault) return leave_out(chunk, row, group);
    chunk.kept_here.push_back(row.key);
  } else if (*fault) {
    return reject(chunk, row, group, reason_of(**fault));
  } else if (!known_rejects_.empty() && known_rejects_.contains(row.key)) {
    chunk.mended.push_back({.key = row.key, .group = group});
  }
  return sink_->add(chunk, row, group, hash);
}

Result<std::optional<JsonFault>> SliceReader::fault_of(const SourceRow& row,
                                                       const ContentHash& hash) {
  // What the index vouches for was checked when it was exported; new requirements were not.
  if (options_.required_fields.empty()) {
    const Result<bool> known = sink_->is_known(row, hash);
    if (!known) return std::unexpected(known.error());
    if (*known) return std::nullopt;
  }
  return check_json(row.payload, options_.required_fields);
}

Result<void> SliceReader::leave_out(Chunk& chunk, const SourceRow& row, std::size_t group) {
  chunk.groups[group].rejected++;
  return sink_->keep(chunk, row);
}

Result<void> SliceReader::reject(Chunk& chunk, const SourceRow& row, std::size_t group,
                                 std::string reason) {
  if (Result<void> left = leave_out(chunk, row, group); !left) return left;
  chunk.rejects.push_back({.key = row.key,
                           .tenant = std::string(row.tenant),
                           .country = std::string(row.country),
                           .number = std::string(row.number),
                           .reason = std::move(reason),
                           .hash = content_hash(row.payload)});
  return {};
}

}  // namespace tidemark::exporter
