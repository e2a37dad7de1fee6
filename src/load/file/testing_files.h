#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/json_check.h"
#include "load/file/extractor.h"
#include "load/file/order_transform.h"
#include "load/testing_sink.h"

namespace tidemark::load::file {

/// A file of this text, a few bytes at a time.
inline ByteSource bytes(std::string text, std::size_t at_once = 3) {
  return [text = std::move(text), at_once, at = std::size_t{0}](
             char* into, std::size_t limit) mutable -> Result<std::size_t> {
    const std::size_t size = std::min({at_once, limit, text.size() - at});
    std::memcpy(into, text.data() + at, size);
    at += size;
    return size;
  };
}

/// Of a file that can be read; each payload is JSON.
inline std::vector<RawRecord> records_of(const std::string& text, Layout layout = {}) {
  const Stop stop;
  const auto extractor = FileExtractor::open(bytes(text), {.layout = std::move(layout)}, stop);
  EXPECT_TRUE(extractor) << extractor.error().what.en;
  if (!extractor) return {};
  testing::Kept kept;
  const auto read = (*extractor)->read(std::nullopt, kept);
  EXPECT_TRUE(read) << read.error().what.en;
  for (const RawRecord& record : kept.records) EXPECT_FALSE(check_json(record.payload));
  return std::move(kept.records);
}

inline Result<Order> order_of(const RawRecord& record,
                              std::vector<UnknownCode>* unknown = nullptr) {
  std::vector<UnknownCode> ignored;
  return FileOrderTransform().transform(record.payload, unknown != nullptr ? *unknown : ignored);
}

/// Why it is no order that can be stored; `stored` if it is one.
inline std::string why_not(const RawRecord& record) {
  const Result<Order> order = order_of(record);
  return order ? "stored" : order.error().what.en;
}

}  // namespace tidemark::load::file
