#include "load/page_batches.h"

#include "load/record_writer.h"

namespace tidemark::load {

Result<void> PageBatches::take(Page page) {
  const SteadyTime began = stages_.now();
  rows_read_ += page.records.size();
  for (RawRecord& record : page.records) {
    bytes_ += record.id.size() + record.payload.size();
    rows_.push_back(
        observed_row(std::move(record.id), std::move(record.payload), page.observed_at));
  }
  stages_.add(Stage::transform, stages_.now() - began);
  Result<void> taken =
      rows_.size() < batch_rows_max && bytes_ < batch_bytes_max ? Result<void>{} : flush();
  stages_.add(Stage::fetch, began - stages_.now());  // Nothing of this is the source's.
  return taken;
}

Result<void> PageBatches::flush() {
  if (rows_.empty() || failed_) return {};
  bytes_ = 0;
  Result<void> given = give_(std::exchange(rows_, {}));
  failed_ = !given;
  return given;
}

}  // namespace tidemark::load
