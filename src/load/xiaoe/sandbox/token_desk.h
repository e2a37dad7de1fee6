#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "load/xiaoe/sandbox/moment.h"

namespace tidemark::load::xiaoe {

struct Credentials {
  std::string app_id;
  std::string client_id;
  std::string secret_key;
};

/// Issues access tokens as the shop does: valid for two hours; while more than 30 minutes are left,
/// the same one again; when a new one is issued, the old one stays valid for five minutes.
/// Thread-safe.
class TokenDesk {
 public:
  TokenDesk(Credentials credentials, std::uint64_t seed)
      : credentials_(std::move(credentials)), seed_(seed) {}

  struct Issued {
    int code = 0;  ///< Not 0: refused, and the rest is empty.
    std::string_view message{};
    std::string token{};
    std::int64_t seconds_left = 0;
  };
  [[nodiscard]] Issued issue(const Credentials& given, std::string_view grant_type, Moment now);
  [[nodiscard]] bool is_valid(std::string_view token, Moment now);
  /// All that were issued are no longer valid.
  void revoke();

 private:
  const Credentials credentials_;
  const std::uint64_t seed_;
  std::mutex mutex_;
  std::map<std::string, Moment, std::less<>> valid_until_;
  std::string newest_;
  std::uint64_t issued_ = 0;
};

}  // namespace tidemark::load::xiaoe
