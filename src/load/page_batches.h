#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/result.h"
#include "load/extractor.h"
#include "load/raw_layer.h"
#include "load/stage_clock.h"

namespace tidemark::load {

/// A batch is handed on when it has so many bytes, however few its rows are: what waits in memory
/// is bounded whatever a shop's rows look like.
inline constexpr std::size_t batch_bytes_max = std::size_t{32} << 20;

/// Gathers pages into batches of batch_rows_max rows or batch_bytes_max bytes (and the rest of the
/// page that reached that) and hands them on. One thread.
class PageBatches final : public PageSink {
 public:
  using Give = std::function<Result<void>(std::vector<Observed>)>;

  /// `rows` is counted up; it and `clock` must outlive this.
  PageBatches(Give give, StageClock& clock, std::atomic<std::uint64_t>& rows)
      : give_(std::move(give)), stages_(clock), rows_read_(rows) {}

  [[nodiscard]] Result<void> take(Page page) override;
  /// Hands on what was gathered; nothing after a failure. Errors: those of `give`.
  [[nodiscard]] Result<void> flush();
  /// It was `give` that failed.
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  const Give give_;
  StageClock& stages_;
  std::atomic<std::uint64_t>& rows_read_;
  std::vector<Observed> rows_;
  std::size_t bytes_ = 0;
  bool failed_ = false;
};

}  // namespace tidemark::load
