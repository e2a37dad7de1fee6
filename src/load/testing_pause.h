#pragma once

#include "base/pause.h"

namespace tidemark::load::testing {

/// For tests: does not wait.
class NoPause final : public Pause {
 public:
  bool wait(std::chrono::milliseconds /*duration*/) override { return true; }
};

}  // namespace tidemark::load::testing
