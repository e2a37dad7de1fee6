#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/text.h"

namespace tidemark::load {

/// What the warehouse has tables for. A platform offers some of them.
enum class StreamKind { orders, aftersales, users, products, live };

inline constexpr std::array all_streams = {StreamKind::orders, StreamKind::aftersales,
                                           StreamKind::users, StreamKind::products,
                                           StreamKind::live};

/// `aftersales`: on the command line, in the raw layer and in load_streams.
[[nodiscard]] std::string_view name(StreamKind stream);
/// `refunds`: the business table, and in counts.
[[nodiscard]] std::string_view table_name(StreamKind stream);
/// For people: `refunds`, `售后单`.
[[nodiscard]] Message title(StreamKind stream);
/// By name().
[[nodiscard]] std::optional<StreamKind> stream_named(std::string_view name);

}  // namespace tidemark::load
