#pragma once

#include <cstdint>
#include <optional>

#include "load/extractor.h"
#include "load/xiaoe/client.h"
#include "load/xiaoe/list_api.h"

namespace tidemark::load::xiaoe {

/// Reads a list of the API: slice by slice, page by page, and believes only what agrees with the
/// list's own count. A page that comes twice is asked for again; a total that falls, or that the
/// different rows do not reach, makes the slice be read again, then in halves. So does a row that
/// comes in two forms: pages are asked for ahead, a few at once, and nobody could say which is
/// newer. A second (or day) that never agrees is named in the end, and holds up none of the others;
/// so is one with a row that is longer than an answer may be, whose other rows are read where pages
/// are numbered.
///
/// A window with many records is read in slices, so that what is remembered to tell repeats apart
/// stays small: sixteen bytes a record and what a hash table adds. Where a page is longer than an
/// answer may be, since its rows are, smaller pages are asked for.
class ListExtractor final : public Extractor {
 public:
  /// `client` and `api` must outlive it. `slice_records_max` is for tests.
  ListExtractor(Client& client, const ListApi& api, std::uint64_t slice_records_max = 20'000)
      : client_(client),
        api_(api),
        slice_records_max_(slice_records_max),
        page_size_(api.page_size) {}

  [[nodiscard]] Reach reach() const override { return api_.reach; }
  [[nodiscard]] std::chrono::minutes utc_offset() const override { return china_offset; }
  [[nodiscard]] Result<WindowReading> read(const std::optional<TimeWindow>& window,
                                           PageSink& sink) override;
  [[nodiscard]] Result<WindowReading> read_created(const TimeWindow& window,
                                                   PageSink& sink) override;
  [[nodiscard]] Result<std::optional<std::uint64_t>> count(const TimeWindow& window) override;

 private:
  struct ListPage;
  struct Reading;
  struct Total {
    std::uint64_t records = 0;
    WallTime asked_at{};
  };
  /// What is read at once; no window: everything.
  struct Slice {
    std::optional<TimeWindow> window{};
    bool by_creation = false;
    [[nodiscard]] const TimeWindow* of() const { return window ? &*window : nullptr; }
  };
  /// How the reading of one slice ended.
  enum class SliceEnd { proven, too_many, disagreed, too_long };

  [[nodiscard]] Result<ListPage> page(const ListQuestion& question, std::uint64_t page_size) const;
  /// Asks again while what comes is the page before.
  [[nodiscard]] Result<ListPage> fresh_page(const ListQuestion& question, Reading& reading) const;
  [[nodiscard]] Result<Total> total(const ListQuestion& question) const;
  /// Nullopt: while it was asked, records came.
  [[nodiscard]] Result<std::optional<std::uint64_t>> count_days(const TimeWindow& days) const;
  void ask_ahead(const TimeWindow& slice, Reading& reading) const;
  [[nodiscard]] Result<SliceEnd> read_slice(const Slice& whole, PageSink& sink,
                                            WindowReading& reading);
  [[nodiscard]] Result<WindowReading> read_slices(Slice slices, PageSink& sink);
  [[nodiscard]] Result<WindowReading> read_everything(PageSink& sink);
  [[nodiscard]] bool can_be_halved(const TimeWindow& slice) const;
  /// Rows of the shortest pages in which a slice is read before it is halved.
  [[nodiscard]] std::uint64_t page_rows_min_of(const TimeWindow& slice) const;
  /// A page was longer than an answer may be: they are smaller from now on. False: they have no
  /// more than `rows_min` rows already.
  [[nodiscard]] bool shrink_pages(std::uint64_t rows_min);
  [[nodiscard]] Error too_long_row(const TimeWindow* slice) const;
  /// When a row was seen that was asked for at `asked`: behind all that was seen before this pass,
  /// and, where pages are read one by one, before this page.
  [[nodiscard]] WallTime observed(WallTime asked, const Reading& reading);

  Client& client_;
  const ListApi& api_;
  const std::uint64_t slice_records_max_;
  std::uint64_t page_size_ = 0;  ///< Rows that are asked for at once, usually those of the API.
  WallTime last_observed_{};
};

}  // namespace tidemark::load::xiaoe
