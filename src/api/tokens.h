#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/access.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::api {

/// A token as it is stored. Its text is known to its holder alone: the database has its SHA-256,
/// which is as good as any slower hash for 256 random bits.
struct Token {
  std::string id;  ///< `tok_` and a ULID.
  std::string name;
  Role role = Role::viewer;
  std::string hash;  ///< 64 hexadecimal digits.
  WallTime created_at{};
  std::optional<WallTime> expires_at{};
  std::optional<WallTime> revoked_at{};
  std::optional<WallTime> last_used_at{};  ///< Some minutes late.

  [[nodiscard]] bool valid(WallTime now) const {
    return !revoked_at && (!expires_at || now < *expires_at);
  }
};

/// A new text: `tmk_` and 256 bits of the system's randomness in base64url. Errors: io.
[[nodiscard]] Result<std::string> make_token_text();
[[nodiscard]] std::string token_hash(std::string_view text);

/// The table `api_tokens`. All wait on the database; errors are those of sql::Connection.
[[nodiscard]] Result<void> migrate_tokens(sql::Connection& connection);
[[nodiscard]] Result<std::vector<Token>> all_tokens(sql::Connection& connection);
[[nodiscard]] Result<void> insert_token(sql::Connection& connection, const Token& token);
/// False when there is no such token, or it was revoked before.
[[nodiscard]] Result<bool> revoke_token(sql::Connection& connection, const std::string& id,
                                        WallTime now);
[[nodiscard]] Result<void> store_token_use(sql::Connection& connection, const std::string& id,
                                           WallTime used_at);

/// Is there an admin's token that is valid?
[[nodiscard]] bool has_admin(const std::vector<Token>& tokens, WallTime now);
/// A token that was made because there was none.
struct MadeToken {
  Token token;
  std::string text;  ///< Shown once; it cannot be had again.
};

/// The first token of a state. `given` (of TIDEMARK_ADMIN_TOKEN; may be empty) becomes an admin's
/// token if it is not known yet, and the one that was given or made here before is revoked; without
/// it, and without a valid admin's token, one is made. Several hubs may do this at once: one makes
/// it, the others find it. In a transaction of its own.
/// Errors: invalid_config when `given` is shorter than 32 characters or was revoked.
[[nodiscard]] Result<std::optional<MadeToken>> bootstrap_token(sql::Connection& connection,
                                                               const std::string& given,
                                                               WallTime now, Random& random);

/// Who calls.
struct Caller {
  std::string token_id;
  Role role = Role::viewer;
};

/// All tokens, in memory, so that checking one waits on nothing. Thread-safe. What is changed here
/// counts at once; what another process changed, after the next load().
class TokenCache {
 public:
  /// How often it was changed here. To be asked before the list for load() is read.
  [[nodiscard]] std::uint64_t changes() const;
  /// Takes the list as it is now, unless something was changed here since `changes_before`: the
  /// list may be older than that, and would put a revoked token back. Returns whether it did.
  bool load(const std::vector<Token>& tokens, std::uint64_t changes_before);
  void add(const Token& token);
  void remove(const std::string& id);

  /// The caller of a request, by its Authorization header (`Bearer tmk_…`). The token is found by
  /// its hash, so that how long it takes tells nothing about a token that exists.
  [[nodiscard]] std::optional<Caller> find(std::string_view authorization, WallTime now) const;
  /// Which tokens were used since the last call, and when.
  [[nodiscard]] std::vector<std::pair<std::string, WallTime>> take_uses();

 private:
  struct Entry {
    Token token;
    std::shared_ptr<std::atomic<std::int64_t>> used;  ///< Microseconds since 1970; 0: not since
                                                      ///< the last take_uses().
  };
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> by_hash_;
  std::uint64_t changes_ = 0;
};

}  // namespace tidemark::api
