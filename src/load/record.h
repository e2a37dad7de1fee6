#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace tidemark::load {

/// One row of a source, to the byte as it came.
struct RawRecord {
  std::string id;  ///< Of the source; empty if it names none.
  std::string payload;
};

/// The rows of one answer. `observed_at` is the moment before the question was sent: what the rows
/// say was true then or later. It is their version (field rule: the API has no update stamp), so it
/// grows from page to page.
struct Page {
  WallTime observed_at{};
  std::vector<RawRecord> records;
};

}  // namespace tidemark::load
