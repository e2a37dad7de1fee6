#include "relay/hub.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "base/log.h"

namespace tidemark::relay {
namespace {

/// One transaction takes so many; more wait for the next.
constexpr std::size_t publishes_a_turn_max = 256;
/// How long a question waits for the hub's thread, which itself may wait for the database.
constexpr std::chrono::milliseconds look_patience{500};
/// Beyond this, publishers are told to come back later.
constexpr std::size_t publishes_waiting_max = 20'000;

Error stopped_error() {
  return make_error(ErrorKind::cancelled, {"the hub is stopping", "hub 正在停止"});
}

Error overloaded_error() {
  return make_error(ErrorKind::unreachable,
                    {"the hub has more to store than it can; try again in a moment",
                     "hub 待写入的数据过多，请稍后重试"});
}

/// What the hub's thread has to do. Outlives the hub for late answers of the sender.
struct Mailbox {
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<Engine::PublishTask> publishes;
  std::vector<Engine::ChangeTask> changes;
  std::vector<AttemptDone> attempts;
  std::vector<std::move_only_function<void(const Engine&)>> looks;
  bool look_now = false;  ///< Another hub committed something.
  bool closed = false;    ///< Nothing new is taken.
  bool draining = false;  ///< No new requests; the thread ends when none is under way.
  bool ending = false;    ///< The thread ends now.

  [[nodiscard]] bool empty() const {
    return publishes.empty() && changes.empty() && attempts.empty() && looks.empty() && !look_now;
  }
};

}  // namespace

class Hub::Worker {
 public:
  Worker(std::unique_ptr<Store> store, Sender& sender, const Clock& clock, Random& random,
         EngineOptions options)
      : store_(std::move(store)),
        clock_(clock),
        engine_(*store_, sender, clock, random, std::move(options),
                [mailbox = mailbox_](AttemptDone done) {
                  const std::scoped_lock lock(mailbox->mutex);
                  mailbox->attempts.push_back(std::move(done));
                  mailbox->arrived.notify_one();
                }) {}

  ~Worker() {
    {
      const std::scoped_lock lock(mailbox_->mutex);
      mailbox_->closed = mailbox_->ending = true;
      mailbox_->arrived.notify_one();
    }
    join();
  }

  Result<void> start() {
    std::promise<Result<void>> started;
    std::future<Result<void>> result = started.get_future();
    thread_ = std::thread([this, &started] {
      Result<void> begun = engine_.start();
      const bool good = begun.has_value();
      started.set_value(std::move(begun));
      if (good)
        loop();
      else
        end();
    });
    return result.get();
  }

  void stop(std::chrono::milliseconds patience) {
    std::unique_lock lock(mailbox_->mutex);
    mailbox_->closed = mailbox_->draining = true;
    mailbox_->arrived.notify_one();
    ended_.wait_for(lock, patience, [this] { return loop_ended_; });
    mailbox_->ending = true;
    mailbox_->arrived.notify_one();
    lock.unlock();
    join();
  }

  void publish(std::vector<Engine::PublishTask> tasks) {
    bool closed = false;
    {
      const std::scoped_lock lock(mailbox_->mutex);
      closed = mailbox_->closed;
      if (!closed && mailbox_->publishes.size() + tasks.size() <= publishes_waiting_max) {
        for (Engine::PublishTask& task : tasks) mailbox_->publishes.push_back(std::move(task));
        mailbox_->arrived.notify_one();
        return;
      }
    }
    for (Engine::PublishTask& task : tasks)
      task.answer(fail(closed ? stopped_error() : overloaded_error()));
  }

  void change(Engine::ChangeTask task) {
    {
      const std::scoped_lock lock(mailbox_->mutex);
      if (!mailbox_->closed) {
        mailbox_->changes.push_back(std::move(task));
        mailbox_->arrived.notify_one();
        return;
      }
    }
    task.answer(fail(stopped_error()));
  }

  /// Has the hub's thread look between two turns; when that takes too long, what it saw last.
  std::vector<DeliveryKey> delivering() {
    auto promise = std::make_shared<std::promise<void>>();
    const std::future<void> looked = promise->get_future();
    {
      const std::scoped_lock lock(mailbox_->mutex);
      if (loop_ended_ || mailbox_->ending) return {};
      mailbox_->looks.emplace_back([this, promise = std::move(promise)](const Engine& engine) {
        std::vector<DeliveryKey> seen = engine.delivering();
        {
          const std::scoped_lock seeing(mailbox_->mutex);
          delivering_ = std::move(seen);
        }
        promise->set_value();
      });
      mailbox_->arrived.notify_one();
    }
    looked.wait_for(look_patience);  // Also ready when the hub ends without a look.
    const std::scoped_lock lock(mailbox_->mutex);
    return delivering_;
  }

  void look_now() {
    const std::scoped_lock lock(mailbox_->mutex);
    mailbox_->look_now = true;
    mailbox_->arrived.notify_one();
  }

  HubCounters counters() const {
    const std::scoped_lock lock(mailbox_->mutex);
    return counters_;
  }

 private:
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  void loop() {
    while (true) {
      Engine::Turn turn;
      std::vector<std::move_only_function<void(const Engine&)>> looks;
      {
        std::unique_lock lock(mailbox_->mutex);
        counters_ = engine_.counters();
        wait(lock);
        if (mailbox_->ending || (mailbox_->draining && mailbox_->empty() && idle())) break;
        if (mailbox_->draining) engine_.drain();
        if (std::exchange(mailbox_->look_now, false)) engine_.look_now();
        turn = take_turn();
        looks = std::exchange(mailbox_->looks, {});
      }
      for (auto& look : looks) look(engine_);
      engine_.turn(std::move(turn));
    }
    end();
  }

  void wait(std::unique_lock<std::mutex>& lock) {
    const auto something = [this] {
      return !mailbox_->empty() || mailbox_->ending || (mailbox_->draining && idle());
    };
    if (const auto wake = engine_.next_wake())
      mailbox_->arrived.wait_for(lock, *wake - clock_.wall(), something);
    else
      mailbox_->arrived.wait(lock, something);
  }

  bool idle() const { return engine_.in_flight() == 0 && !engine_.has_unwritten(); }

  Engine::Turn take_turn() {
    Engine::Turn turn{.changes = std::exchange(mailbox_->changes, {}),
                      .attempts = std::exchange(mailbox_->attempts, {})};
    std::vector<Engine::PublishTask>& waiting = mailbox_->publishes;
    if (waiting.size() <= publishes_a_turn_max) {
      turn.publishes = std::exchange(waiting, {});
    } else {
      const auto upto = waiting.begin() + publishes_a_turn_max;
      turn.publishes.assign(std::make_move_iterator(waiting.begin()),
                            std::make_move_iterator(upto));
      waiting.erase(waiting.begin(), upto);
    }
    return turn;
  }

  /// Whoever still waits is told.
  void end() {
    if (mailbox_->draining) engine_.leave();
    Engine::Turn rest;
    {
      const std::scoped_lock lock(mailbox_->mutex);
      mailbox_->closed = true;
      rest.publishes = std::exchange(mailbox_->publishes, {});
      rest.changes = std::exchange(mailbox_->changes, {});
      mailbox_->looks.clear();
      loop_ended_ = true;
      ended_.notify_all();
    }
    for (Engine::PublishTask& task : rest.publishes) task.answer(fail(stopped_error()));
    for (Engine::ChangeTask& task : rest.changes) task.answer(fail(stopped_error()));
  }

  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::unique_ptr<Store> store_;
  const Clock& clock_;
  Engine engine_;
  HubCounters counters_;
  std::vector<DeliveryKey> delivering_;  ///< As last seen.
  std::condition_variable ended_;
  bool loop_ended_ = false;
  std::thread thread_;
};

Hub::Hub(std::unique_ptr<Store> store, Sender& sender, const Clock& clock, Random& random,
         EngineOptions options)
    : worker_(
          std::make_unique<Worker>(std::move(store), sender, clock, random, std::move(options))) {}

Hub::~Hub() = default;

Result<void> Hub::start() { return worker_->start(); }

void Hub::stop(std::chrono::milliseconds patience) { worker_->stop(patience); }

void Hub::publish(PublishRequest request, Answer<Published> answer) {
  std::vector<Engine::PublishTask> one;
  one.push_back({.request = std::move(request), .answer = std::move(answer)});
  worker_->publish(std::move(one));
}

void Hub::publish_all(std::vector<PublishRequest> requests,
                      std::move_only_function<void(std::vector<Result<Published>>)> answer) {
  if (requests.empty()) return answer({});
  struct Gathered {
    std::mutex mutex;  // Refusals come on the caller's thread, results on the hub's.
    std::vector<Result<Published>> results;
    std::size_t missing;
    std::move_only_function<void(std::vector<Result<Published>>)> answer;
  };
  auto gathered = std::make_shared<Gathered>();
  gathered->results.resize(requests.size());
  gathered->missing = requests.size();
  gathered->answer = std::move(answer);
  std::vector<Engine::PublishTask> tasks;
  tasks.reserve(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i)
    tasks.push_back(
        {.request = std::move(requests[i]), .answer = [gathered, i](Result<Published> result) {
           std::unique_lock lock(gathered->mutex);
           gathered->results[i] = std::move(result);
           if (--gathered->missing > 0) return;
           lock.unlock();
           gathered->answer(std::move(gathered->results));
         }});
  worker_->publish(std::move(tasks));
}

void Hub::change(std::move_only_function<Result<void>(Engine&)> work, Answer<void> answer) {
  worker_->change({.work = std::move(work), .answer = std::move(answer)});
}

void Hub::look_now() { worker_->look_now(); }

std::vector<DeliveryKey> Hub::delivering() const { return worker_->delivering(); }

HubCounters Hub::counters() const { return worker_->counters(); }

}  // namespace tidemark::relay
