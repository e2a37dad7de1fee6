#include "load/xiaoe/sandbox/token_desk.h"

#include <fmt/format.h>

#include "base/random.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr std::chrono::seconds lifetime{7200};
constexpr std::chrono::minutes same_until_left{30};
constexpr std::chrono::minutes old_stays{5};

}  // namespace

TokenDesk::Issued TokenDesk::issue(const Credentials& given, std::string_view grant_type,
                                   Moment now) {
  if (given.app_id.empty()) return {.code = 2001, .message = "app_id is missing"};
  if (given.app_id != credentials_.app_id) return {.code = 2002, .message = "invalid app_id"};
  if (given.secret_key.empty()) return {.code = 2003, .message = "secret_key is missing"};
  if (given.secret_key != credentials_.secret_key)
    return {.code = 2004, .message = "invalid secret_key"};
  if (grant_type.empty()) return {.code = 2005, .message = "grant_type is missing"};
  if (grant_type != "client_credential") return {.code = 2006, .message = "invalid grant_type"};
  if (given.client_id != credentials_.client_id)
    return {.code = 2020, .message = "invalid client_id"};
  const std::scoped_lock lock(mutex_);
  std::erase_if(valid_until_, [now](const auto& entry) { return entry.second <= now; });
  const auto newest = valid_until_.find(newest_);
  if (newest != valid_until_.end() && newest->second - now > same_until_left)
    return {.token = newest_, .seconds_left = (newest->second - now).count()};
  for (auto& [token, until] : valid_until_) until = std::min<Moment>(until, now + old_stays);
  SeededRandom random(seed_ + ++issued_);
  newest_ = fmt::format("xe_{:016x}{:016x}", random.next(), random.next());
  valid_until_.emplace(newest_, now + lifetime);
  return {.token = newest_, .seconds_left = lifetime.count()};
}

bool TokenDesk::is_valid(std::string_view token, Moment now) {
  const std::scoped_lock lock(mutex_);
  const auto found = valid_until_.find(token);
  return found != valid_until_.end() && found->second > now;
}

void TokenDesk::revoke() {
  const std::scoped_lock lock(mutex_);
  valid_until_.clear();
}

}  // namespace tidemark::load::xiaoe
