#include "relay/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace tidemark::relay {
namespace {

constexpr std::size_t message_bytes_max = 500;

Outcome outcome_of(int status) {
  if (status >= 200 && status < 300) return Outcome::delivered;
  switch (status) {
    case 400:
    case 413:
    case 422:
      return Outcome::park;
    case 401:
    case 403:
      return Outcome::pause;
    case 410:
      return Outcome::disable;
    default:
      return Outcome::retry;
  }
}

}  // namespace

Verdict judge(const AttemptResult& result) {
  Verdict verdict;
  if (result.status_code == 0) {
    verdict.error_code = result.error_code.empty() ? "NETWORK_ERROR" : result.error_code;
    verdict.message = printable(result.message, message_bytes_max);
    verdict.endpoint_failed = !result.own_fault;
    // No later attempt would be signed either: a person must mend the secret or the event.
    if (result.error_code == unsignable) verdict.outcome = Outcome::park;
    return verdict;
  }
  verdict.outcome = outcome_of(result.status_code);
  if (verdict.outcome == Outcome::delivered) return verdict;
  verdict.error_code = fmt::format("HTTP_{}", result.status_code);
  verdict.message = printable(result.response, message_bytes_max);
  verdict.endpoint_failed = verdict.outcome == Outcome::retry;
  if (result.retry_after && verdict.outcome == Outcome::retry)
    verdict.retry_after = std::clamp(*result.retry_after, std::chrono::seconds{0}, retry_after_max);
  return verdict;
}

Verdict judge_event(const EventAnswer& answer) {
  Verdict verdict{.message = printable(answer.message, message_bytes_max)};
  if (!answer.code) {
    verdict.error_code = "BAD_RESULT";
    return verdict;
  }
  const std::int64_t code = *answer.code;
  if (code == 0) return {.outcome = Outcome::delivered};
  const bool is_status = code >= 100 && code < 600;
  verdict.outcome = is_status ? outcome_of(static_cast<int>(code)) : Outcome::retry;
  if (verdict.outcome == Outcome::pause || verdict.outcome == Outcome::disable)
    verdict.outcome = Outcome::retry;
  if (verdict.outcome == Outcome::delivered) return {.outcome = Outcome::delivered};
  verdict.error_code = fmt::format("{}_{}", is_status ? "HTTP" : "CODE", code);
  return verdict;
}

}  // namespace tidemark::relay
