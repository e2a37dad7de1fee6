#include "relay/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/system_error.h"
#include "base/unique_fd.h"
#include "relay/schema.h"
#include "run/state_database.h"
#include "sql/server_clock.h"

namespace tidemark::relay {
/// An SQLite state belongs to one hub. The lock ends with the process, however it ends.
class Store::Lock {
 public:
  static Result<std::unique_ptr<Lock>> take(const std::string& database) {
    const std::string path = database + ".hub";
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, path);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
      return fail(
          make_error(ErrorKind::locked,
                     {"another hub is running on the state {}", "另一个 hub 正在使用状态库 {}"},
                     database)
              .with_hint({"an SQLite state serves one process; for several, put the state into "
                          "MySQL or PostgreSQL (--state)",
                          "SQLite 状态库只供一个进程使用；多个进程请使用 MySQL 或 "
                          "PostgreSQL 状态库（--state）"}));
    return std::unique_ptr<Lock>(new Lock(std::move(fd)));
  }

 private:
  explicit Lock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

Store::Store(sql::Url state, SecretBox secrets, StoreOptions options)
    : state_(std::move(state)), secrets_(std::move(secrets)), options_(std::move(options)) {}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const sql::Url& state, SecretBox secrets,
                                           StoreOptions options) {
  std::unique_ptr<Store> store(new Store(state, std::move(secrets), std::move(options)));
  if (Result<void> opened = store->connect(); !opened) return fail(std::move(opened).error());
  if (!store->shared()) {
    Result<std::unique_ptr<Lock>> lock = Lock::take(state.path);
    if (!lock) return fail(std::move(lock));
    store->lock_ = std::move(*lock);
  }
  if (Result<void> migrated = migrate(*store->connection_); !migrated)
    return fail(std::move(migrated).error());
  return store;
}

Result<void> Store::connect() {
  if (connection_) return {};
  auto connection = options_.connect ? options_.connect(state_) : run::open_shared_state(state_);
  if (!connection)
    return fail(std::move(connection)
                    .error()
                    .within({"state database {}", "状态库 {}"}, state_.redacted()));
  connection_ = std::move(*connection);
  return shared() ? Result<void>{} : tune();
}

Result<void> Store::tune() {
  // The pages that a busy hub changes again and again stay in memory, and are copied from the log
  // into the file once for many commits: 16 MiB each.
  for (const char* pragma : {"PRAGMA cache_size=-16384", "PRAGMA wal_autocheckpoint=4096"})
    if (const auto set = sql::query_value(*connection_, pragma); !set) return fail(set.error());
  return {};
}

bool Store::shared() const {
  return state_.dialect != sql::Dialect::sqlite || options_.server_clock != nullptr;
}

Result<std::int64_t> Store::server_now() {
  if (options_.server_clock != nullptr)
    return options_.server_clock->wall().time_since_epoch().count();
  return sql::server_now(*connection_);
}

Result<void> Store::in_transaction(const std::function<Result<void>()>& work) {
  Result<void> done = connect();
  if (done) done = connection_->begin(sql::Isolation::write);
  if (done) done = work();
  if (done) done = write_gathered();
  if (done) done = connection_->commit();
  if (!done && connection_) connection_->rollback();
  gathering_ = false;
  gathered_.clear();
  versions_.clear();
  vouchers_.clear();
  used_voucher_.reset();
  return done;
}

Result<void> Store::write_gathered() {
  gathering_ = false;
  return gathered_.empty() ? Result<void>{} : write_what_waits();
}

}  // namespace tidemark::relay
