#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "http/message.h"

namespace tidemark::load::xiaoe {

/// Gives answers later, from a thread of its own. What is still waiting when it ends is answered at
/// once.
class LateAnswers {
 public:
  LateAnswers();
  ~LateAnswers();
  LateAnswers(const LateAnswers&) = delete;
  LateAnswers& operator=(const LateAnswers&) = delete;

  void give(std::chrono::milliseconds delay, http::Respond respond, http::Response response);

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::multimap<SteadyTime, std::pair<http::Respond, http::Response>> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace tidemark::load::xiaoe
