#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace tidemark {

/// no_space for ENOSPC and EDQUOT, not_found for ENOENT and ENOTDIR, io else.
[[nodiscard]] ErrorKind kind_of_errno(int code);

/// The system's own words: `Permission denied`. Thread-safe.
[[nodiscard]] std::string errno_text(int code);

/// The next step, where there is one that is always right: make room on a full disk. Empty else.
[[nodiscard]] Message hint_of_errno(int code);

/// A failed system call: what was tried, then the system's reason.
/// `return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, printable(path));`
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail_errno(int code, Text<Args...> text, Args&&... args) {
  Message what = say<Args...>(text, std::forward<Args>(args)...);
  const std::string reason = errno_text(code);
  what.en += ": " + reason;
  what.zh += "：" + reason;
  return std::unexpected(Error{kind_of_errno(code), std::move(what), hint_of_errno(code)});
}

}  // namespace tidemark
