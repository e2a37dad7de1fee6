#pragma once

#include <cstdint>
#include <memory>

#include "load/extractor.h"
#include "load/xiaoe/client.h"

namespace tidemark::load::xiaoe {

/// The list of orders: 200 rows a page, windows of at most 7 days of the creation time; 3000 calls
/// in 10 seconds.
inline constexpr Interface order_list_api{
    .name = "xe.order.list.get/1.0.1", .calls = 3000, .window = std::chrono::seconds(10)};

/// The orders of a shop by creation time, never by change: the API has no filter for that, so late
/// refunds are found by reading windows again.
///
/// A window with many orders is read in slices, so that what is remembered to tell repeats apart
/// stays small. Whether the end of a window is included is nowhere said: each slice is asked for
/// with one second more, and what comes twice is folded by the warehouse.
class OrderExtractor final : public Extractor {
 public:
  /// `client` speaks order_list_api, and must outlive it. `slice_records_max` is for tests.
  explicit OrderExtractor(Client& client, std::uint64_t slice_records_max = 20'000)
      : client_(client), slice_records_max_(slice_records_max) {}

  [[nodiscard]] std::string_view platform() const override { return "xiaoe"; }
  [[nodiscard]] std::string_view stream() const override { return "orders"; }
  /// With the second more, the longest span that the API takes.
  [[nodiscard]] std::chrono::seconds window_max() const override { return std::chrono::days(7); }
  [[nodiscard]] std::chrono::minutes utc_offset() const override { return std::chrono::hours(8); }
  [[nodiscard]] Result<WindowReading> read(const TimeWindow& window, PageSink& sink) override;

 private:
  struct ListPage;
  /// How the reading of one slice ended.
  enum class SliceEnd { proven, too_many, disagreed };

  [[nodiscard]] Result<ListPage> page(const TimeWindow& slice, std::uint64_t index);
  [[nodiscard]] Result<SliceEnd> read_slice(const TimeWindow& slice, PageSink& sink,
                                            WindowReading& reading);
  [[nodiscard]] WallTime later(WallTime moment);

  Client& client_;
  const std::uint64_t slice_records_max_;
  WallTime last_observed_{};
};

}  // namespace tidemark::load::xiaoe
