#include "run/finding.h"

namespace tidemark::run {

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::warning:
      return "warning";
    case Verdict::failure:
      return "failure";
  }
  return "failure";
}

Finding unchecked(std::string_view check, const Error& error, Verdict verdict) {
  return {.check = std::string(check), .verdict = verdict, .what = error.what, .mend = error.hint};
}

}  // namespace tidemark::run
