#pragma once

#include <string>
#include <vector>

#include "load/extractor.h"
#include "load/xiaoe/client.h"
#include "load/xiaoe/list_extractor.h"

namespace tidemark::load::xiaoe {

/// Live streams: a list names them, and of each the details are asked for: start, state, purchases
/// (xe.alive.detail.get/1.0.0, 500 calls in 10 seconds). A live stream whose details the shop
/// refuses, or are longer than an answer may be, comes with that in their place.
class LiveExtractor final : public Extractor {
 public:
  /// With `ids`, those (xe.alive.list.by_ids/1.0.0) instead of all. `client` must outlive it.
  LiveExtractor(Client& client, std::vector<std::string> ids)
      : client_(client), list_(client, live_list()), ids_(std::move(ids)) {}

  [[nodiscard]] Reach reach() const override { return live_list().reach; }
  [[nodiscard]] std::chrono::minutes utc_offset() const override { return china_offset; }
  /// Errors: those of Extractor; not_found, naming ids that the shop does not list, after the
  /// others were read.
  [[nodiscard]] Result<WindowReading> read(const std::optional<TimeWindow>& window,
                                           PageSink& sink) override;

 private:
  class WithDetails;

  [[nodiscard]] Result<WindowReading> read_ids(PageSink& sink);

  Client& client_;
  ListExtractor list_;
  const std::vector<std::string> ids_;
};

}  // namespace tidemark::load::xiaoe
