#pragma once

#include <string>

#include "http/message.h"
#include "relay/engine.h"

namespace tidemark::api {

/// The members of the answer to a publication (docs/wire/schema/voucher-answer.json), without the
/// braces around them.
[[nodiscard]] std::string published_members(const relay::Published& published);

/// 202 with these members, or the problem.
[[nodiscard]] http::Response published_answer(const Result<relay::Published>& published);

}  // namespace tidemark::api
