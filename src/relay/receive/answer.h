#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/message.h"

namespace tidemark::receive {

/// `{"code":0,"message":"success"}` with 200. What existing senders look for.
[[nodiscard]] http::Response success_answer();

/// `{"code":401,"message":"…"}` with that status.
[[nodiscard]] http::Response failure_answer(int status, std::string_view message);

/// What became of one event of a batch.
struct ItemAnswer {
  std::string id;
  int code = 0;  ///< 0, or what its request would have been answered with, sent alone.
  std::string message = "success";
};

/// `{"code":0,"message":"success","results":[{"id":"…","code":0,"message":"success"}…]}` with 200:
/// the sender sends only what has another code again (docs/wire/schema/batch-answer.json).
[[nodiscard]] http::Response batch_answer(std::span<const ItemAnswer> items);

}  // namespace tidemark::receive
