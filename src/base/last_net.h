#pragma once

#include <exception>
#include <new>
#include <string>
#include <utility>

#include "base/result.h"

namespace tidemark {

/// Runs `work`, which returns a Result, and makes an io error of whatever it throws: the last net
/// at the root of a thread, where an exception would end the process with its work half told. What
/// can be expected to fail is an error already; this is for memory that runs out, and the like.
template <class Work>
[[nodiscard]] auto with_last_net(Work&& work) -> decltype(std::forward<Work>(work)()) {
  try {
    return std::forward<Work>(work)();
  } catch (const std::bad_alloc&) {
    return fail(
        make_error(ErrorKind::io, {"out of memory", "内存不足"})
            .with_hint({"fewer threads need less: -t 1", "减少线程数可降低内存占用：-t 1"}));
  } catch (const std::exception& exception) {
    return fail(ErrorKind::io, {"unexpected failure: {}", "意外失败：{}"},
                std::string(exception.what()));
  }
}

}  // namespace tidemark
