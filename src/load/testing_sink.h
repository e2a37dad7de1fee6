#pragma once

#include <utility>
#include <vector>

#include "load/extractor.h"

namespace tidemark::load::testing {

/// For tests: keeps what an extractor gives.
class Kept final : public PageSink {
 public:
  Result<void> take(Page page) override {
    for (RawRecord& record : page.records) records.push_back(std::move(record));
    return {};
  }
  std::vector<RawRecord> records;
};

}  // namespace tidemark::load::testing
