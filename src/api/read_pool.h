#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "sql/connection.h"
#include "sql/url.h"

namespace tidemark::api {

/// Threads that answer questions from the state database, each with a connection of its own, so
/// that a slow list never holds up publishing or delivering. Thread-safe.
class ReadPool {
 public:
  /// Connects when it is first asked.
  ReadPool(sql::Url state, std::size_t threads);
  /// Questions under way are finished; those that wait are answered `cancelled`.
  ~ReadPool();
  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;

  /// Asks `question` on one of the threads and hands what it returns to `answer` there. After a
  /// connection that broke meanwhile, it is asked once more on a new one: it must not mind.
  /// Returns at once. Errors beside those of the question: unreachable when there is no
  /// connection, or too many wait.
  template <class T>
  void ask(std::function<Result<T>(sql::Connection&)> question,
           std::move_only_function<void(Result<T>)> answer) {
    struct Typed final : Job {
      std::function<Result<T>(sql::Connection&)> question;
      std::move_only_function<void(Result<T>)> answer;
      Result<T> result = fail(ErrorKind::cancelled, {"the hub is stopping", "hub 正在停止"});
      bool run(sql::Connection& connection) override {
        result = question(connection);
        return result || result.error().kind != ErrorKind::unreachable;
      }
      void refuse(Error error) override { result = fail(std::move(error)); }
      void finish() override { answer(std::move(result)); }
    };
    auto job = std::make_unique<Typed>();
    job->question = std::move(question);
    job->answer = std::move(answer);
    push(std::move(job));
  }

 private:
  struct Job {
    virtual ~Job() = default;
    /// False: the connection is broken.
    virtual bool run(sql::Connection& connection) = 0;
    virtual void refuse(Error error) = 0;
    virtual void finish() = 0;
  };
  void push(std::unique_ptr<Job> job);
  void work();
  void serve(Job& job, std::unique_ptr<sql::Connection>& connection);

  const sql::Url state_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Job>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tidemark::api
