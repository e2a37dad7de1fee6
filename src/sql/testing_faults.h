#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sql/connection.h"

namespace tidemark::sql::testing {

/// For tests: a connection whose next commits fail, as those of the victim of a deadlock do.
class VictimConnection final : public Connection {
 public:
  /// `deadlocks`: so many commits fail, counted down. Must outlive it.
  VictimConnection(std::unique_ptr<Connection> real, int& deadlocks)
      : real_(std::move(real)), deadlocks_(deadlocks) {}

  [[nodiscard]] Dialect dialect() const override { return real_->dialect(); }
  Result<std::int64_t> execute(std::string_view sql, std::span<const Value> params) override {
    return real_->execute(sql, params);
  }
  Result<std::unique_ptr<Cursor>> query(std::string_view sql,
                                        std::span<const Value> params) override {
    return real_->query(sql, params);
  }
  Result<void> begin(Isolation isolation) override { return real_->begin(isolation); }
  Result<void> commit() override {
    if (deadlocks_ > 0) {
      --deadlocks_;
      real_->rollback();
      return fail(ErrorKind::timeout, {"deadlock", "死锁"});
    }
    return real_->commit();
  }
  void rollback() override { real_->rollback(); }
  Result<std::int64_t> bulk_insert(std::string_view table, std::span<const std::string> columns,
                                   RowSource& rows) override {
    return real_->bulk_insert(table, columns, rows);
  }
  [[nodiscard]] std::string quoted(std::string_view identifier) const override {
    return real_->quoted(identifier);
  }
  Result<ServerInfo> server() override { return real_->server(); }
  Result<Table> describe(std::string_view table) override { return real_->describe(table); }
  Result<void> set_zone(std::string_view zone) override { return real_->set_zone(zone); }
  Result<CivilTime> now() override { return real_->now(); }
  Result<OpenTransactions> open_transactions() override { return real_->open_transactions(); }
  void cancel() override { real_->cancel(); }

 private:
  const std::unique_ptr<Connection> real_;
  int& deadlocks_;
};

}  // namespace tidemark::sql::testing
