#pragma once

#include <string>
#include <string_view>

#include "load/live_stream.h"

namespace tidemark::load::xiaoe {

/// A live stream as the raw layer has it: `{"list":…,"detail":…}`, the rows of two interfaces
/// (xe.alive.list.get or xe.alive.list.by_ids, and xe.alive.detail.get/1.0.0), each to the byte. A
/// refusal of the second stands there as `{"list":…,"refused":"…"}`.
[[nodiscard]] std::string live_payload(std::string_view list_row, std::string_view detail);
[[nodiscard]] std::string live_payload_refused(std::string_view list_row, std::string_view refusal);

/// What the detail says goes before what the list says; `reward_sum` is in yuan.
class LiveTransform final : public RecordTransform<LiveStream> {
 public:
  [[nodiscard]] Result<LiveStream> transform(std::string_view payload,
                                             std::vector<UnknownCode>& unknown) const override;
};

}  // namespace tidemark::load::xiaoe
