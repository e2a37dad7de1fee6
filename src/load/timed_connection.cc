#include "load/timed_connection.h"

#include <utility>

namespace tidemark::load {
namespace {

class Timer {
 public:
  Timer(StageClock& clock, Stage stage) : clock_(clock), stage_(stage), began_(clock.now()) {}
  ~Timer() {
    const SteadyTime::duration time = clock_.now() - began_;
    clock_.add(stage_, time);
    clock_.add(Stage::transform, -time);
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 private:
  StageClock& clock_;
  const Stage stage_;
  const SteadyTime began_;
};

class TimedCursor final : public sql::Cursor {
 public:
  TimedCursor(std::unique_ptr<sql::Cursor> cursor, StageClock& clock)
      : cursor_(std::move(cursor)), clock_(clock) {}
  Result<bool> next() override {
    const Timer timer(clock_, Stage::compare);
    return cursor_->next();
  }
  std::size_t columns() const override { return cursor_->columns(); }
  std::optional<std::string_view> at(std::size_t column) const override {
    return cursor_->at(column);
  }

 private:
  const std::unique_ptr<sql::Cursor> cursor_;
  StageClock& clock_;
};

class TimedConnection final : public sql::Connection {
 public:
  TimedConnection(std::unique_ptr<sql::Connection> connection, StageClock& clock)
      : connection_(std::move(connection)), clock_(clock) {}

  sql::Dialect dialect() const override { return connection_->dialect(); }
  Result<std::int64_t> execute(std::string_view sql, std::span<const sql::Value> params) override {
    const Timer timer(clock_, Stage::write);
    return connection_->execute(sql, params);
  }
  Result<std::unique_ptr<sql::Cursor>> query(std::string_view sql,
                                             std::span<const sql::Value> params) override {
    const Timer timer(clock_, Stage::compare);
    Result<std::unique_ptr<sql::Cursor>> cursor = connection_->query(sql, params);
    if (!cursor) return cursor;
    return std::make_unique<TimedCursor>(std::move(*cursor), clock_);
  }
  Result<void> begin(sql::Isolation isolation) override {
    const Timer timer(clock_, Stage::write);
    return connection_->begin(isolation);
  }
  Result<void> commit() override {
    const Timer timer(clock_, Stage::commit);
    return connection_->commit();
  }
  void rollback() override { connection_->rollback(); }
  Result<std::int64_t> bulk_insert(std::string_view table, std::span<const std::string> columns,
                                   sql::RowSource& rows) override {
    const Timer timer(clock_, Stage::write);
    return connection_->bulk_insert(table, columns, rows);
  }
  std::string quoted(std::string_view identifier) const override {
    return connection_->quoted(identifier);
  }
  Result<sql::ServerInfo> server() override { return connection_->server(); }
  Result<sql::Table> describe(std::string_view table) override {
    return connection_->describe(table);
  }
  Result<void> set_zone(std::string_view zone) override { return connection_->set_zone(zone); }
  Result<CivilTime> now() override { return connection_->now(); }
  Result<sql::OpenTransactions> open_transactions() override {
    return connection_->open_transactions();
  }
  void cancel() override { connection_->cancel(); }

 private:
  const std::unique_ptr<sql::Connection> connection_;
  StageClock& clock_;
};

}  // namespace

std::unique_ptr<sql::Connection> timed(std::unique_ptr<sql::Connection> connection,
                                       StageClock& clock) {
  return std::make_unique<TimedConnection>(std::move(connection), clock);
}

}  // namespace tidemark::load
