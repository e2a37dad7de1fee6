#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/random.h"
#include "sql/connection.h"

// For tests: a database connection, and the process that uses it, that fail where they are told to.
namespace tidemark::relay {

/// Thrown where a simulated process dies. Whoever runs it catches this and takes the process away.
struct Crash {};

/// What happens to a hub at one of its next steps: statements, commits, requests.
struct Fault {
  enum class Kind {
    crash,      ///< The process dies.
    lose,       ///< The connection breaks.
    break_off,  ///< The database breaks the transaction off in favour of another.
    slow,       ///< The step takes long.
    sleep,      ///< The machine sleeps in the middle of it. Not of requests: one that is on its way
                ///< when the machine falls asleep cannot be called back.
  };
  Kind kind = Kind::crash;
  std::uint64_t steps = 0;  ///< So many go well before.
  std::uint64_t times = 1;  ///< Slow: so many one after the other.
  bool after = false;       ///< It happens when the step is done, and nobody hears of it.
};

/// The faults of one hub, one at a time.
class Faults {
 public:
  /// `slow`: lets time pass. `sleep`: so that the hub does not know of it; `others_wait`: for the
  /// transaction that it has begun.
  Faults(std::function<void()> slow, std::function<void(bool others_wait)> sleep)
      : slow_(std::move(slow)), sleep_(std::move(sleep)) {}
  void plan(Fault fault) { next_ = fault; }
  void clear() { next_.reset(); }

  /// Before a request is sent.
  void request() {
    if (!next_ || next_->kind != Fault::Kind::sleep) static_cast<void>(statement(false));
  }
  /// Before a step of the database; the fault that happens now, if it is the database's to tell.
  std::optional<Fault> statement(bool in_transaction) {
    if (!next_) return std::nullopt;
    if (next_->steps-- > 0) return std::nullopt;
    const Fault now = *std::exchange(next_, std::nullopt);
    if (now.kind == Fault::Kind::slow) {
      if (now.times > 1) next_ = {.kind = now.kind, .times = now.times - 1};
      slow_();
      return std::nullopt;
    }
    if (now.kind == Fault::Kind::sleep) {
      sleep_(in_transaction);
      return std::nullopt;
    }
    if (now.kind == Fault::Kind::crash && !now.after) throw Crash{};
    return now;
  }

 private:
  std::function<void()> slow_;
  std::function<void(bool)> sleep_;
  std::optional<Fault> next_;
};

/// Another connection, with faults.
class FaultyConnection final : public sql::Connection {
 public:
  /// `faults` must outlive it.
  FaultyConnection(std::unique_ptr<sql::Connection> inner, Faults& faults)
      : inner_(std::move(inner)), faults_(faults) {}

  sql::Dialect dialect() const override { return inner_->dialect(); }
  Result<std::int64_t> execute(std::string_view sql, std::span<const sql::Value> params) override {
    return step([&] { return inner_->execute(sql, params); });
  }
  Result<std::unique_ptr<sql::Cursor>> query(std::string_view sql,
                                             std::span<const sql::Value> params) override {
    // A cursor that is begun and not read holds the statement: nothing is lost after it.
    return step([&] { return inner_->query(sql, params); }, false);
  }
  Result<void> begin(sql::Isolation isolation) override {
    Result<void> begun = step([&] { return inner_->begin(isolation); });
    open_ = begun.has_value();
    return begun;
  }
  Result<void> commit() override {
    Result<void> done = step([&] { return inner_->commit(); });
    open_ = false;
    return done;
  }
  void rollback() override {
    if (!broken_) inner_->rollback();
    open_ = false;
  }
  Result<std::int64_t> bulk_insert(std::string_view table, std::span<const std::string> columns,
                                   sql::RowSource& rows) override {
    return step([&] { return inner_->bulk_insert(table, columns, rows); });
  }
  std::string quoted(std::string_view identifier) const override {
    return inner_->quoted(identifier);
  }
  Result<sql::ServerInfo> server() override { return inner_->server(); }
  Result<sql::Table> describe(std::string_view table) override { return inner_->describe(table); }
  Result<void> set_zone(std::string_view zone) override { return inner_->set_zone(zone); }
  Result<CivilTime> now() override { return inner_->now(); }
  Result<sql::OpenTransactions> open_transactions() override { return inner_->open_transactions(); }
  void cancel() override { inner_->cancel(); }

 private:
  template <class Call>
  auto step(Call call, bool may_be_lost_after = true) -> decltype(call()) {
    if (broken_) return lost();
    const std::optional<Fault> fault = faults_.statement(open_);
    if (!fault) return call();
    if (fault->kind == Fault::Kind::break_off && open_) {
      inner_->rollback();
      return fail(ErrorKind::timeout, {"broken off in favour of another", "为另一事务让路而中断"});
    }
    if (fault->after && may_be_lost_after) {
      auto done = call();
      if (fault->kind == Fault::Kind::crash) throw Crash{};
      if (!done) return done;
    }
    if (fault->kind == Fault::Kind::crash) throw Crash{};
    // What the server had not committed it forgets.
    inner_->rollback();
    broken_ = true;
    return lost();
  }
  static std::unexpected<Error> lost() {
    return fail(ErrorKind::unreachable, {"the connection is lost", "连接已断开"});
  }

  std::unique_ptr<sql::Connection> inner_;
  Faults& faults_;
  bool open_ = false;
  bool broken_ = false;
};

}  // namespace tidemark::relay
