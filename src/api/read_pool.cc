#include "api/read_pool.h"

#include <chrono>
#include <utility>

namespace tidemark::api {
namespace {

constexpr std::size_t waiting_max = 512;
constexpr std::chrono::seconds connect_timeout{3};
constexpr std::chrono::seconds read_timeout{30};

}  // namespace

ReadPool::ReadPool(sql::Url state, std::size_t threads) : state_(std::move(state)) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

ReadPool::~ReadPool() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  for (const auto& job : jobs_) job->finish();
}

void ReadPool::push(std::unique_ptr<Job> job) {
  {
    const std::scoped_lock lock(mutex_);
    if (!stopping_ && jobs_.size() < waiting_max) {
      jobs_.push_back(std::move(job));
      wake_.notify_one();
      return;
    }
  }
  job->refuse(make_error(ErrorKind::unreachable, {"too many questions wait for the state database",
                                                  "等待状态库回答的请求过多"}));
  job->finish();
}

void ReadPool::work() {
  std::unique_ptr<sql::Connection> connection;
  while (true) {
    std::unique_ptr<Job> job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    serve(*job, connection);
    job->finish();
  }
}

void ReadPool::serve(Job& job, std::unique_ptr<sql::Connection>& connection) {
  const bool was_open = connection != nullptr;
  for (int tries = was_open ? 2 : 1; tries > 0; --tries) {
    if (!connection) {
      auto opened = sql::connect(
          state_,
          {.connect_timeout = connect_timeout, .read_timeout = read_timeout, .read_only = true});
      if (!opened) {
        job.refuse(std::move(opened).error().within({"state database", "状态库"}));
        return;
      }
      connection = std::move(*opened);
    }
    if (job.run(*connection)) return;
    connection.reset();
  }
}

}  // namespace tidemark::api
