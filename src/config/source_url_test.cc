#include "config/source_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/show.h"
#include "config/testing_request.h"

namespace tidemark::config {
namespace {

using testing::environment_of;
using ::testing::HasSubstr;
using testing::request_of;
using testing::Variables;

/// The source of the invoices when these variables are all there is.
Result<DatabaseAddress> invoices(const Variables& variables) {
  const auto settings = Settings::load(request_of(variables));
  EXPECT_TRUE(settings) << settings.error().what.en;
  return export_source(*settings, "invoices", environment_of(variables));
}
std::string url(const Variables& variables) {
  const auto address = invoices(variables);
  return address ? address->url : address.error().what.en;
}
std::optional<std::string> password(const Variables& variables) {
  const auto address = invoices(variables);
  EXPECT_TRUE(address);
  return address ? address->password : std::nullopt;
}

const Variables legacy = {
    {"DB_HOST", "db"}, {"DB_USER", "root"}, {"DB_NAME", "finance"}, {"DB_PASSWORD", "legacy"}};

Variables with(Variables variables, const Variables& more) {
  for (const auto& [name, value] : more) variables.insert_or_assign(name, value);
  return variables;
}

TEST(Source, TheExportsOwnComesFirst) {
  const Variables all = with(legacy, {{"TIDEMARK_SOURCE", "mysql://common/d"},
                                      {"TIDEMARK_EXPORT__INVOICES__SOURCE", "mysql://own/d"}});
  EXPECT_EQ(url(all), "mysql://own/d");
  EXPECT_EQ(invoices(all)->where, "TIDEMARK_EXPORT__INVOICES__SOURCE");
  EXPECT_EQ(url(with(all, {{"TIDEMARK_EXPORT__INVOICES__SOURCE", ""}})), "mysql://common/d");
  EXPECT_EQ(url(legacy), "mysql://root@db:3306/finance");
  EXPECT_EQ(invoices(legacy)->where, "DB_*");
}

TEST(Source, NoneAtAllSaysWhatToDo) {
  const auto address = invoices({});
  ASSERT_FALSE(address);
  EXPECT_EQ(address.error().kind, ErrorKind::invalid_config);
  EXPECT_EQ(address.error().what.en, "no source database is configured");
  EXPECT_THAT(address.error().hint.zh, HasSubstr("--source"));
  EXPECT_EQ(url({{"DB_PASSWORD", "p"}, {"DB_PORT", "1"}}), "no source database is configured");
}

TEST(Source, PasswordsComeInOrder) {
  const Variables all = with(legacy, {{"TIDEMARK_EXPORT__INVOICES__SOURCE", "mysql://u:url@own/d"},
                                      {"TIDEMARK_EXPORT__INVOICES__SOURCE_PASSWORD", "own"},
                                      {"TIDEMARK_SOURCE_PASSWORD", "common"}});
  EXPECT_EQ(password(all), std::nullopt) << "the URL has its own";
  Variables fewer = with(all, {{"TIDEMARK_EXPORT__INVOICES__SOURCE", "mysql://u@own/d"}});
  EXPECT_EQ(password(fewer), "own");
  fewer.erase("TIDEMARK_EXPORT__INVOICES__SOURCE_PASSWORD");
  EXPECT_EQ(password(fewer), "common");
  fewer.erase("TIDEMARK_SOURCE_PASSWORD");
  EXPECT_EQ(password(fewer), "legacy");
  fewer.insert_or_assign("DB_PASSWORD", "");
  EXPECT_EQ(password(fewer), std::nullopt) << "the client's own file is asked";
}

TEST(Source, AFileHasNoPassword) {
  EXPECT_EQ(password({{"TIDEMARK_SOURCE", "sqlite:a.db"}, {"TIDEMARK_SOURCE_PASSWORD", "p"}}),
            std::nullopt);
}

TEST(LegacySource, HasTheOldDefaults) {
  EXPECT_EQ(url({{"DB_NAME", "finance"}}), "mysql://localhost:3306/finance");
  EXPECT_EQ(url({{"DB_NAME", "finance"}, {"DB_PORT", "3307"}, {"DB_HOST", ""}}),
            "mysql://localhost:3307/finance");
}

TEST(LegacySource, CanCarryAnyName) {
  EXPECT_EQ(url({{"DB_NAME", "财务/d"}, {"DB_USER", "a@b:c"}, {"DB_HOST", "fe80::1"}}),
            "mysql://a%40b%3Ac@[fe80::1]:3306/%E8%B4%A2%E5%8A%A1%2Fd");
}

TEST(LegacySource, RefusesWhatIsIncompleteOrWrong) {
  EXPECT_EQ(url({{"DB_HOST", "db"}}), "DB_NAME is not set");
  for (const char* port : {"x", "0", "65536", "-1", "33 06"})
    EXPECT_THAT(url(with(legacy, {{"DB_PORT", port}})), HasSubstr("must be a port")) << port;
  for (const char* host : {"h/x", "u@h", "h?x", "a b", "[::1]"})
    EXPECT_THAT(url(with(legacy, {{"DB_HOST", host}})), HasSubstr("is not a host")) << host;
}

TEST(LegacySource, TakesFilesToo) {
  EXPECT_THAT(url(with(legacy, {{"DB_USER_FILE", "/x"}})), HasSubstr("both DB_USER"));
  Variables file = legacy;
  file.erase("DB_PASSWORD");
  file.emplace("DB_PASSWORD_FILE", "/nonexistent");
  const auto address = invoices(file);
  ASSERT_FALSE(address);
  EXPECT_THAT(address.error().what.en, HasSubstr("DB_PASSWORD_FILE: cannot open /nonexistent"));
}

TEST(ReferenceSource, HasItsOwnKeys) {
  const Variables variables = {{"TIDEMARK_SOURCE", "mysql://common/d"},
                               {"TIDEMARK_REFERENCE__SOURCE", "mysql://codes/d"},
                               {"TIDEMARK_SOURCE_PASSWORD", "common"},
                               {"TIDEMARK_REFERENCE__SOURCE_PASSWORD", "codes"}};
  const auto settings = Settings::load(request_of(variables));
  ASSERT_TRUE(settings);
  const auto codes = reference_source(*settings, environment_of(variables));
  EXPECT_EQ(codes->url, "mysql://codes/d");
  EXPECT_EQ(codes->password, "codes");
  const auto common = common_source(*settings, environment_of(variables));
  EXPECT_EQ(common->url, "mysql://common/d");
  EXPECT_EQ(common->password, "common");
}

TEST(StateDatabase, LivesInTheStateFolder) {
  const auto state = [](const Variables& variables) {
    const auto settings = Settings::load(request_of(variables));
    return state_database(*settings, environment_of(variables));
  };
  EXPECT_EQ(state({{"HOME", "/home/a"}})->url, "sqlite:/home/a/.local/state/tidemark/tidemark.db");
  EXPECT_EQ(state({{"HOME", "/home/a"}, {"XDG_STATE_HOME", "/s"}})->url,
            "sqlite:/s/tidemark/tidemark.db");
  const auto given = state({{"TIDEMARK_STATE", "mysql://u@h/d"}, {"TIDEMARK_STATE_PASSWORD", "p"}});
  EXPECT_EQ(given->url, "mysql://u@h/d");
  EXPECT_EQ(given->password, "p");
  ASSERT_FALSE(state({{"HOME", ""}}));
  EXPECT_THAT(state({{"HOME", ""}}).error().what.en, HasSubstr("HOME is not set"));
}

TEST(ShownSettings, SayWhereAValueCameFrom) {
  const Variables variables = with(legacy, {{"TIDEMARK_LANG", "zh"},
                                            {"TIDEMARK_SOURCE_PASSWORD", "hunter2"},
                                            {"TIDEMARK_STATE", "mysql://u:hunter2@h/d"}});
  const auto settings = Settings::load(request_of(variables));
  ASSERT_TRUE(settings);
  const auto rows = shown_settings(*settings, environment_of(variables));
  const auto row = [&](std::string_view key) {
    const auto found = std::ranges::find(rows, key, &ShownSetting::key);
    EXPECT_NE(found, rows.end()) << key;
    return fmt::format("{}|{}|{}", found->value, found->origin, found->where);
  };
  EXPECT_EQ(row("lang"), "zh|environment|TIDEMARK_LANG");
  EXPECT_EQ(row("source"), "mysql://root@db:3306/finance|environment|DB_*");
  EXPECT_EQ(row("source_password"), "***|environment|TIDEMARK_SOURCE_PASSWORD");
  EXPECT_EQ(row("state"), "mysql://u:***@h/d|environment|TIDEMARK_STATE");
  EXPECT_EQ(row("state_password"), "|default|");
  EXPECT_EQ(row("export.invoices.threads"), "4|default|");
}

}  // namespace
}  // namespace tidemark::config
