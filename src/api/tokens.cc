#include "api/tokens.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/ulid.h"
#include "http/sha256.h"
#include "relay/row.h"
#include "run/migration.h"
#include "sql/rows.h"
#include "sql/transaction.h"

namespace tidemark::api {
namespace {

constexpr std::size_t random_bytes = 32;
constexpr std::size_t given_length_min = 32;
constexpr std::string_view bootstrap_name = "bootstrap";
constexpr std::string_view room = "api";

constexpr std::array steps = {run::Migration{
    .sqlite = "CREATE TABLE IF NOT EXISTS api_tokens (token_id TEXT NOT NULL PRIMARY KEY, "
              "name TEXT NOT NULL, role TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, "
              "created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER, "
              "last_used_at INTEGER) STRICT",
    .mysql = "CREATE TABLE IF NOT EXISTS api_tokens (token_id VARCHAR(32) NOT NULL PRIMARY KEY, "
             "name VARCHAR(191) NOT NULL, role VARCHAR(16) NOT NULL, "
             "hash VARCHAR(64) NOT NULL UNIQUE, created_at BIGINT NOT NULL, expires_at BIGINT, "
             "revoked_at BIGINT, last_used_at BIGINT) "
             "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    .postgres = "CREATE TABLE IF NOT EXISTS api_tokens (token_id TEXT COLLATE \"C\" NOT NULL "
                "PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, "
                "created_at BIGINT NOT NULL, expires_at BIGINT, revoked_at BIGINT, "
                "last_used_at BIGINT)",
}};

/// RFC 7235 2.1 and RFC 6750 2.1: the scheme in any case, blanks, the token.
std::string_view bearer_text(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() < scheme.size()) return {};
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    const char letter = authorization[i];
    const char lower = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
    if (lower != scheme[i]) return {};
  }
  authorization.remove_prefix(scheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return authorization;
}

bool is_known_admin(const std::vector<Token>& tokens, std::string_view hash, WallTime now) {
  const auto known = std::ranges::find(tokens, hash, &Token::hash);
  return known != tokens.end() && known->role == Role::admin && known->valid(now);
}

/// A token that is given in the environment replaces what was given, or made, before.
Result<void> revoke_earlier(sql::Connection& connection, const std::string& hash, WallTime now) {
  return sql::write(
      connection,
      "UPDATE api_tokens SET revoked_at = ? WHERE name = ? AND role = ? AND hash <> ? AND "
      "revoked_at IS NULL",
      relay::values(relay::time_value(now), std::string(bootstrap_name),
                    std::string(name(Role::admin)), hash));
}

/// bootstrap_token(), with the room locked.
Result<std::optional<MadeToken>> make_first_token(sql::Connection& connection,
                                                  const std::string& given, WallTime now,
                                                  Random& random) {
  const Result<std::vector<Token>> tokens = all_tokens(connection);
  if (!tokens) return fail(tokens.error());
  std::string text = given;
  if (given.empty()) {
    if (has_admin(*tokens, now)) return std::optional<MadeToken>{};
    Result<std::string> made = make_token_text();
    if (!made) return fail(std::move(made));
    text = std::move(*made);
  } else if (given.size() < given_length_min) {
    return fail(make_error(ErrorKind::invalid_config,
                           {"TIDEMARK_ADMIN_TOKEN: at least {} characters, this one has {}",
                            "TIDEMARK_ADMIN_TOKEN 至少 {} 个字符，现在只有 {} 个"},
                           given_length_min, given.size())
                    .with_hint({"make one with: openssl rand -base64 32",
                                "可用此命令生成：openssl rand -base64 32"}));
  }
  Token token{.id = "tok_" + make_ulid(now, random),
              .name = std::string(bootstrap_name),
              .role = Role::admin,
              .hash = token_hash(text),
              .created_at = now};
  if (is_known_admin(*tokens, token.hash, now)) {
    // It may have been made by a person, beside an earlier one that was given.
    if (Result<void> replaced = revoke_earlier(connection, token.hash, now); !replaced)
      return fail(std::move(replaced).error());
    return std::optional<MadeToken>{};
  }
  if (std::ranges::find(*tokens, token.hash, &Token::hash) != tokens->end())
    return fail(ErrorKind::invalid_config,
                {"TIDEMARK_ADMIN_TOKEN: this token was revoked, or is no admin's",
                 "TIDEMARK_ADMIN_TOKEN：此令牌已被吊销，或不是管理员令牌"});
  if (Result<void> stored = insert_token(connection, token); !stored)
    return fail(std::move(stored).error());
  if (given.empty())
    return std::optional(MadeToken{.token = std::move(token), .text = std::move(text)});
  if (Result<void> replaced = revoke_earlier(connection, token.hash, now); !replaced)
    return fail(std::move(replaced).error());
  return std::optional<MadeToken>{};
}

}  // namespace

Result<std::string> make_token_text() {
  std::array<unsigned char, random_bytes> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    return fail(ErrorKind::io, {"the system has no randomness", "系统无法提供随机数"});
  std::string text = base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.erase(text.find_last_not_of('=') + 1);
  return "tmk_" + text;
}

std::string token_hash(std::string_view text) {
  const http::Sha256Digest digest = http::sha256({text});
  return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Result<void> migrate_tokens(sql::Connection& connection) {
  return run::migrate(connection, room, steps);
}

Result<std::vector<Token>> all_tokens(sql::Connection& connection) {
  std::vector<Token> tokens;
  auto cursor = connection.query(
      "SELECT token_id, name, role, hash, created_at, expires_at, revoked_at, last_used_at FROM "
      "api_tokens ORDER BY token_id");
  Result<void> read = sql::each_row(std::move(cursor), [&](const sql::Cursor& row) -> Result<void> {
    const std::optional<Role> role = parse_role(relay::text_at(row, 2));
    if (!role)
      return fail(ErrorKind::corrupt, {"token {}: no such role: {}", "令牌 {}：没有这种角色：{}"},
                  relay::text_at(row, 0), printable(relay::text_at(row, 2)));
    tokens.push_back({.id = relay::text_at(row, 0),
                      .name = relay::text_at(row, 1),
                      .role = *role,
                      .hash = relay::text_at(row, 3),
                      .created_at = relay::time_at(row, 4),
                      .expires_at = relay::optional_time_at(row, 5),
                      .revoked_at = relay::optional_time_at(row, 6),
                      .last_used_at = relay::optional_time_at(row, 7)});
    return {};
  });
  if (!read) return fail(std::move(read));
  return tokens;
}

Result<void> insert_token(sql::Connection& connection, const Token& token) {
  return sql::write(
      connection,
      "INSERT INTO api_tokens (token_id, name, role, hash, created_at, expires_at) VALUES "
      "(?, ?, ?, ?, ?, ?)",
      sql::Values{token.id, token.name, std::string(name(token.role)), token.hash,
                  relay::time_value(token.created_at), relay::time_value(token.expires_at)});
}

bool has_admin(const std::vector<Token>& tokens, WallTime now) {
  return std::ranges::any_of(
      tokens, [now](const Token& token) { return token.role == Role::admin && token.valid(now); });
}

Result<bool> revoke_token(sql::Connection& connection, const std::string& id, WallTime now) {
  const auto revoked = connection.execute(
      "UPDATE api_tokens SET revoked_at = ? WHERE token_id = ? AND revoked_at IS NULL",
      sql::Values{relay::time_value(now), id});
  if (!revoked) return fail(revoked.error());
  return *revoked > 0;
}

Result<void> store_token_use(sql::Connection& connection, const std::string& id, WallTime used_at) {
  return sql::write(connection, "UPDATE api_tokens SET last_used_at = ? WHERE token_id = ?",
                    sql::Values{relay::time_value(used_at), id});
}

Result<std::optional<MadeToken>> bootstrap_token(sql::Connection& connection,
                                                 const std::string& given, WallTime now,
                                                 Random& random) {
  return sql::in_transaction(connection, [&]() -> Result<std::optional<MadeToken>> {
    if (Result<void> locked = run::lock_room(connection, room); !locked)
      return fail(std::move(locked));
    return make_first_token(connection, given, now, random);
  });
}

std::uint64_t TokenCache::changes() const {
  const std::scoped_lock lock(mutex_);
  return changes_;
}

bool TokenCache::load(const std::vector<Token>& tokens, std::uint64_t changes_before) {
  const std::scoped_lock lock(mutex_);
  if (changes_ != changes_before) return false;
  std::map<std::string, Entry, std::less<>> fresh;
  for (const Token& token : tokens) {
    if (token.revoked_at) continue;
    const auto known = by_hash_.find(token.hash);
    auto used = known != by_hash_.end() ? known->second.used
                                        : std::make_shared<std::atomic<std::int64_t>>(0);
    fresh.emplace(token.hash, Entry{token, std::move(used)});
  }
  by_hash_ = std::move(fresh);
  return true;
}

void TokenCache::add(const Token& token) {
  const std::scoped_lock lock(mutex_);
  ++changes_;
  by_hash_.emplace(token.hash, Entry{token, std::make_shared<std::atomic<std::int64_t>>(0)});
}

void TokenCache::remove(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  ++changes_;
  std::erase_if(by_hash_, [&id](const auto& entry) { return entry.second.token.id == id; });
}

std::optional<Caller> TokenCache::find(std::string_view authorization, WallTime now) const {
  const std::string_view text = bearer_text(authorization);
  if (text.empty()) return std::nullopt;
  const std::string hash = token_hash(text);
  const std::scoped_lock lock(mutex_);
  const auto found = by_hash_.find(hash);
  if (found == by_hash_.end()) return std::nullopt;
  const Token& token = found->second.token;
  if (CRYPTO_memcmp(token.hash.data(), hash.data(), hash.size()) != 0 || !token.valid(now))
    return std::nullopt;
  found->second.used->store(now.time_since_epoch().count(), std::memory_order_relaxed);
  return Caller{token.id, token.role};
}

std::vector<std::pair<std::string, WallTime>> TokenCache::take_uses() {
  const std::scoped_lock lock(mutex_);
  std::vector<std::pair<std::string, WallTime>> uses;
  for (const auto& [hash, entry] : by_hash_)
    if (const std::int64_t used = entry.used->exchange(0, std::memory_order_relaxed); used != 0)
      uses.emplace_back(entry.token.id, WallTime(std::chrono::microseconds(used)));
  return uses;
}

}  // namespace tidemark::api
