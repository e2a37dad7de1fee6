#include "api/tokens.h"

#include <gtest/gtest.h>

#include <latch>
#include <set>
#include <thread>

#include "sql/connection.h"
#include "tests/database.h"

namespace tidemark::api {
namespace {

using namespace std::chrono_literals;

const WallTime now{std::chrono::microseconds(1'768'465'802'000'000)};

Token token(const std::string& text, Role role = Role::viewer) {
  return {
      .id = "tok_" + text, .name = "n", .role = role, .hash = token_hash(text), .created_at = now};
}

class TokensTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = sql::connect(sql::Url::parse("sqlite::memory:").value(), {.create = true});
    ASSERT_TRUE(opened.has_value()) << opened.error().what.en;
    connection = std::move(*opened);
    ASSERT_TRUE(migrate_tokens(*connection).has_value());
  }
  std::unique_ptr<sql::Connection> connection;
  SeededRandom random{1};
};

TEST(Token, TextsAreLongAndDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto text = make_token_text();
    ASSERT_TRUE(text.has_value());
    EXPECT_TRUE(text->starts_with("tmk_"));
    EXPECT_EQ(text->size(), 4U + 43U);
    EXPECT_EQ(text->find_first_of("+/="), std::string::npos);
    EXPECT_TRUE(seen.insert(*text).second);
  }
}

TEST(Token, HashIsSha256) {
  EXPECT_EQ(token_hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(TokenCache, FindsByTheBearerHeaderAlone) {
  TokenCache cache;
  cache.add(token("secret", Role::operator_));
  for (const char* header : {"Bearer secret", "bearer secret", "BEARER   secret"}) {
    const auto caller = cache.find(header, now);
    ASSERT_TRUE(caller.has_value()) << header;
    EXPECT_EQ(caller->token_id, "tok_secret");
    EXPECT_EQ(caller->role, Role::operator_);
  }
  for (const char* header : {"", "secret", "Bearer", "Bearer ", "Basic secret", "Bearer secre",
                             "Bearer secret ", "Bearersecret"})
    EXPECT_FALSE(cache.find(header, now).has_value()) << header;
}

TEST(TokenCache, RevokedAndExpiredOnesEnd) {
  TokenCache cache;
  Token limited = token("a");
  limited.expires_at = now + 1s;
  cache.add(limited);
  EXPECT_TRUE(cache.find("Bearer a", now).has_value());
  EXPECT_FALSE(cache.find("Bearer a", now + 1s).has_value());
  cache.remove("tok_a");
  EXPECT_FALSE(cache.find("Bearer a", now).has_value());
  Token revoked = token("b");
  revoked.revoked_at = now;
  EXPECT_TRUE(cache.load({revoked, token("c")}, cache.changes()));
  EXPECT_FALSE(cache.find("Bearer b", now).has_value());
  EXPECT_TRUE(cache.find("Bearer c", now).has_value());
}

TEST(TokenCache, AListFromBeforeAChangeDoesNotUndoIt) {
  TokenCache cache;
  cache.add(token("a"));
  const std::uint64_t changes = cache.changes();
  const std::vector<Token> read = {token("a")};
  cache.remove("tok_a");
  cache.add(token("b"));
  EXPECT_FALSE(cache.load(read, changes));
  EXPECT_FALSE(cache.find("Bearer a", now).has_value());
  EXPECT_TRUE(cache.find("Bearer b", now).has_value());
}

TEST(TokenCache, TellsUsesOnce) {
  TokenCache cache;
  cache.add(token("a"));
  cache.add(token("b"));
  EXPECT_TRUE(cache.take_uses().empty());
  ASSERT_TRUE(cache.find("Bearer a", now).has_value());
  const auto uses = cache.take_uses();
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_EQ(uses[0], (std::pair<std::string, WallTime>("tok_a", now)));
  EXPECT_TRUE(cache.take_uses().empty());
}

TEST_F(TokensTest, AreStoredAndRevoked) {
  Token stored = token("x", Role::publisher);
  stored.expires_at = now + 1h;
  ASSERT_TRUE(insert_token(*connection, stored).has_value());
  ASSERT_TRUE(store_token_use(*connection, stored.id, now).has_value());
  auto all = all_tokens(*connection);
  ASSERT_TRUE(all.has_value());
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ(all->front().role, Role::publisher);
  EXPECT_EQ(all->front().expires_at, stored.expires_at);
  EXPECT_EQ(all->front().last_used_at, now);
  EXPECT_EQ(revoke_token(*connection, stored.id, now), true);
  EXPECT_EQ(revoke_token(*connection, stored.id, now), false);
  EXPECT_EQ(revoke_token(*connection, "tok_none", now), false);
}

TEST_F(TokensTest, TheFirstStartMakesOneAndTheSecondDoesNot) {
  const auto first = bootstrap_token(*connection, "", now, random);
  ASSERT_TRUE(first.has_value());
  ASSERT_TRUE(first->has_value());
  const auto second = bootstrap_token(*connection, "", now, random);
  ASSERT_TRUE(second.has_value());
  EXPECT_FALSE(second->has_value());
}

TEST_F(TokensTest, AGivenOneIsStoredOnce) {
  const std::string given(40, 'g');
  for (int i = 0; i < 2; ++i) {
    const auto made = bootstrap_token(*connection, given, now, random);
    ASSERT_TRUE(made.has_value());
    EXPECT_FALSE(made->has_value());
  }
  const auto all = all_tokens(*connection);
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ(all->front().hash, token_hash(given));
  ASSERT_EQ(revoke_token(*connection, all->front().id, now), true);
  EXPECT_FALSE(bootstrap_token(*connection, given, now, random).has_value());
  EXPECT_FALSE(bootstrap_token(*connection, "short", now, random).has_value());
}

TEST_F(TokensTest, ANewGivenOneReplacesTheOneBefore) {
  const auto made = bootstrap_token(*connection, "", now, random);
  ASSERT_TRUE(made && *made);
  Token other = token("x", Role::admin);
  ASSERT_TRUE(insert_token(*connection, other).has_value());
  for (const char letter : {'a', 'b'})
    ASSERT_TRUE(bootstrap_token(*connection, std::string(40, letter), now, random).has_value());
  TokenCache cache;
  ASSERT_TRUE(cache.load(*all_tokens(*connection), cache.changes()));
  EXPECT_TRUE(cache.find("Bearer " + std::string(40, 'b'), now).has_value());
  EXPECT_TRUE(cache.find("Bearer x", now).has_value()) << "one that a person made";
  EXPECT_FALSE(cache.find("Bearer " + std::string(40, 'a'), now).has_value());
  EXPECT_FALSE(cache.find("Bearer " + (*made)->text, now).has_value());
  // What was replaced does not come back.
  EXPECT_FALSE(bootstrap_token(*connection, std::string(40, 'a'), now, random).has_value());
}

class FirstToken : public testing_database::EachDatabase {};

TEST_P(FirstToken, IsMadeOnceHoweverManyHubsStartAtOnce) {
  constexpr int rounds = 10;
  constexpr std::size_t hubs = 4;
  ASSERT_TRUE(migrate_tokens(db()));
  for (int round = 0; round < rounds; ++round) {
    run("DELETE FROM api_tokens");
    std::vector<std::unique_ptr<sql::Connection>> connections;
    for (std::size_t i = 0; i < hubs; ++i) {
      auto opened = sql::connect(url());
      ASSERT_TRUE(opened) << opened.error().what.en;
      connections.push_back(std::move(*opened));
      if (url().dialect == sql::Dialect::sqlite)
        ASSERT_TRUE(sql::query_value(*connections.back(), "PRAGMA busy_timeout=60000"));
    }
    std::vector<Result<std::optional<MadeToken>>> made(hubs, std::optional<MadeToken>{});
    std::latch all_ready(hubs);
    {
      std::vector<std::jthread> threads;
      threads.reserve(hubs);
      for (std::size_t i = 0; i < hubs; ++i)
        threads.emplace_back([&, i] {
          SeededRandom random(i);
          all_ready.arrive_and_wait();
          made[i] = bootstrap_token(*connections[i], "", now, random);
        });
    }
    std::vector<std::string> texts;
    for (const auto& one : made) {
      ASSERT_TRUE(one) << one.error().what.en;
      if (*one) texts.push_back((*one)->text);
    }
    ASSERT_EQ(texts.size(), 1U) << "round " << round;
    const auto all = all_tokens(db());
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 1U);
    EXPECT_EQ(all->front().hash, token_hash(texts.front()));
  }
}

TEST_P(FirstToken, OneThatIsGivenToSeveralIsStoredOnce) {
  constexpr std::size_t hubs = 4;
  ASSERT_TRUE(migrate_tokens(db()));
  std::vector<std::unique_ptr<sql::Connection>> connections;
  for (std::size_t i = 0; i < hubs; ++i) {
    auto opened = sql::connect(url());
    ASSERT_TRUE(opened) << opened.error().what.en;
    connections.push_back(std::move(*opened));
    if (url().dialect == sql::Dialect::sqlite)
      ASSERT_TRUE(sql::query_value(*connections.back(), "PRAGMA busy_timeout=60000"));
  }
  std::latch all_ready(hubs);
  {
    std::vector<std::jthread> threads;
    threads.reserve(hubs);
    for (std::size_t i = 0; i < hubs; ++i)
      threads.emplace_back([&, i] {
        SeededRandom random(i);
        all_ready.arrive_and_wait();
        const auto made = bootstrap_token(*connections[i], std::string(40, 'g'), now, random);
        EXPECT_TRUE(made) << made.error().what.en;
        if (made) EXPECT_FALSE(made->has_value());
      });
  }
  EXPECT_EQ(value("SELECT count(*) FROM api_tokens WHERE revoked_at IS NULL"), "1");
}

INSTANTIATE_TEST_SUITE_P(Servers, FirstToken, testing::ValuesIn(testing_database::all_servers()),
                         testing_database::name_of);

}  // namespace
}  // namespace tidemark::api
