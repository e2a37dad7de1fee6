#include "load/load_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <xxhash.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/last_net.h"
#include "base/log.h"
#include "base/signals_blocked.h"
#include "base/system_error.h"
#include "load/raw_layer.h"

namespace tidemark::load {
namespace {

Error is_locked(const std::string& work) {
  return make_error(ErrorKind::locked,
                    {"the same load is running already: {}", "同一加载任务正在运行：{}"}, work)
      .with_hint({"wait until it is done; the lock goes with its process",
                  "请等待其结束；进程退出后锁会自动释放"});
}

/// Of what SQLite has open, the file of the main database; empty: it is in memory.
Result<std::string> file_of(sql::Connection& connection) {
  const auto file =
      sql::query_value(connection, "SELECT file FROM pragma_database_list WHERE name='main'");
  if (!file) return fail(file.error());
  return file->value_or("");
}

Result<UniqueFd> lock_beside(const std::string& database, const std::string& work) {
  if (database.empty()) return UniqueFd();
  // The name of a platform may be anything; that of a file may not.
  const std::string path = fmt::format("{}.load-{}.lock", database, content_hash(work));
  constexpr int flags = O_NOFOLLOW | O_CLOEXEC;
  // Whoever is first makes it, perhaps as root: others must be able to lock it too.
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | flags, 0666));
  if (!file && errno == EACCES) file.reset(::open(path.c_str(), O_RDONLY | flags));
  if (!file) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno == EWOULDBLOCK) return fail(is_locked(work));
  return fail_errno(errno, {"cannot lock {}", "无法锁定 {}"}, path);
}

/// The statements that take and give back a lock of the session; the first answers 1 if it did.
struct SessionLock {
  std::string take;
  std::string release;
};

SessionLock session_lock(sql::Dialect dialect, const std::string& work) {
  if (dialect == sql::Dialect::postgres) {
    // A number for each database. As PostgreSQL has it: signed.
    const std::uint64_t hash = XXH3_64bits(work.data(), work.size());
    std::int64_t number = 0;
    std::memcpy(&number, &hash, sizeof(number));
    return {
        .take = fmt::format("SELECT CASE WHEN pg_try_advisory_lock(CAST('{}' AS BIGINT)) THEN 1 "
                            "ELSE 0 END",
                            number),
        .release = fmt::format("SELECT pg_advisory_unlock(CAST('{}' AS BIGINT))", number)};
  }
  // A name for the whole server, of at most 64 letters: the name of the database is in it.
  const std::string name = fmt::format("SHA1(CONCAT(DATABASE(),'/{}'))", content_hash(work));
  return {.take = fmt::format("SELECT GET_LOCK(CONCAT('tidemark.load.',{}),0)", name),
          .release = fmt::format("SELECT RELEASE_LOCK(CONCAT('tidemark.load.',{}))", name)};
}

/// So that a machine that is gone does not keep its lock for the hours that a server waits: MySQL
/// forgets who says nothing for so long, PostgreSQL asks whether he is still there.
std::vector<std::string_view> session_settings(sql::Dialect dialect) {
  if (dialect == sql::Dialect::postgres)
    return {"SET tcp_keepalives_idle=30", "SET tcp_keepalives_interval=10",
            "SET tcp_keepalives_count=6"};
  return {"SET SESSION wait_timeout=300"};
}

}  // namespace

/// The connection that holds the lock, and the thread that keeps it awake.
class LoadLock::Session {
 public:
  Session(std::unique_ptr<sql::Connection> connection, std::string release)
      : connection_(std::move(connection)), release_(std::move(release)) {
    const SignalsBlocked blocked;  // They are for the thread that reads.
    thread_ = std::jthread([this](const std::stop_token& stop) { keep_awake(stop); });
  }
  ~Session() {
    thread_.request_stop();
    thread_.join();
    // If this fails the connection is broken, which gives the lock back as well.
    [[maybe_unused]] const auto released = sql::query_value(*connection_, release_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

 private:
  void keep_awake(const std::stop_token& stop) {
    constexpr std::chrono::seconds interval{60};
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      wake_.wait_for(lock, stop, interval, [] { return false; });
      if (stop.stop_requested()) return;
      if (const auto awake = sql::query_value(*connection_, "SELECT 1"); !awake) {
        log_line(LogLevel::warning, "the lock of this load is lost: " + awake.error().what.en);
        return;
      }
    }
  }

  const std::unique_ptr<sql::Connection> connection_;  ///< The thread's own, until it has ended.
  const std::string release_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

LoadLock::LoadLock(UniqueFd file) : file_(std::move(file)) {}
LoadLock::LoadLock(std::unique_ptr<Session> session) : session_(std::move(session)) {}
LoadLock::LoadLock(LoadLock&& other) noexcept = default;
LoadLock::~LoadLock() = default;

Result<LoadLock> LoadLock::acquire(std::unique_ptr<sql::Connection> connection,
                                   const std::string& work) {
  const sql::Dialect dialect = connection->dialect();
  if (dialect == sql::Dialect::sqlite) {
    const Result<std::string> database = file_of(*connection);
    if (!database) return fail(database.error());
    Result<UniqueFd> file = lock_beside(*database, work);
    if (!file) return fail(std::move(file).error());
    return LoadLock(std::move(*file));
  }
  for (const std::string_view setting : session_settings(dialect))
    if (const auto set = connection->execute(setting); !set) return fail(set.error());
  SessionLock lock = session_lock(dialect, work);
  const auto taken = sql::query_value(*connection, lock.take);
  if (!taken) return fail(taken.error());
  if (*taken != "1") return fail(is_locked(work));
  Result<LoadLock> held = fail(ErrorKind::io, {"no thread for a lock", "无法为锁创建线程"});
  if (Result<void> made = with_last_net([&]() -> Result<void> {
        held.emplace(
            LoadLock(std::make_unique<Session>(std::move(connection), std::move(lock.release))));
        return {};
      });
      !made)
    return fail(std::move(made).error());
  return held;
}

}  // namespace tidemark::load
