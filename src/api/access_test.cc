#include "api/access.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "api/openapi.h"
#include "relay/settings_json.h"

namespace tidemark::api {
namespace {

TEST(Access, EachRoleMayWhatItIsFor) {
  const std::pair<Role, std::set<Need>> allowed[] = {
      {Role::publisher, {Need::nothing, Need::publish}},
      {Role::viewer, {Need::nothing, Need::read}},
      {Role::operator_, {Need::nothing, Need::publish, Need::read, Need::operate}},
      {Role::admin, {Need::nothing, Need::publish, Need::read, Need::operate, Need::administer}}};
  for (const auto& [role, needs] : allowed)
    for (const Need need :
         {Need::nothing, Need::publish, Need::read, Need::operate, Need::administer})
      EXPECT_EQ(may(role, need), needs.contains(need)) << name(role) << " " << name(need);
}

TEST(Access, NamesOfRolesReadBack) {
  for (const Role role : {Role::publisher, Role::viewer, Role::operator_, Role::admin})
    EXPECT_EQ(parse_role(name(role)), role);
  EXPECT_EQ(parse_role("Admin"), std::nullopt);
  EXPECT_EQ(parse_role(""), std::nullopt);
}

TEST(Access, AnUnknownRouteHasNoRule) {
  EXPECT_EQ(need_of("GET", "/api/v1/tokens"), Need::administer);
  EXPECT_EQ(need_of("PUT", "/api/v1/tokens"), std::nullopt);
  EXPECT_EQ(need_of("GET", "/api/v1/secrets"), std::nullopt);
}

TEST(Access, NothingButHealthVersionMetricsAndTheDocumentIsOpen) {
  std::set<std::string> open;
  for (const AccessRule& rule : access_rules())
    if (rule.need == Need::nothing) open.emplace(rule.pattern);
  EXPECT_EQ(open, (std::set<std::string>{"/livez", "/readyz", "/version", "/metrics",
                                         "/api/v1/openapi.json"}));
}

TEST(Access, TheDocumentHasExactlyTheRoutes) {
  const auto document = nlohmann::json::parse(openapi_document());
  std::set<std::string> documented;
  for (const auto& [path, operations] : document["paths"].items())
    for (const auto& [method, operation] : operations.items()) {
      std::string upper = method;
      for (char& letter : upper) letter = static_cast<char>(letter - 'a' + 'A');
      documented.insert(upper + " " + path);
      const auto need = need_of(upper, path);
      ASSERT_TRUE(need.has_value()) << upper << " " << path;
      EXPECT_EQ(operation.contains("security"), *need == Need::nothing) << path;
    }
  EXPECT_EQ(documented.size(), access_rules().size());
}

TEST(Access, TheDocumentNamesEverySettingOfASubscription) {
  const auto document = nlohmann::json::parse(openapi_document());
  for (const char* const schema : {"subscription_request", "subscription_change", "subscription"})
    for (const std::string_view name : relay::setting_names())
      EXPECT_TRUE(
          document["components"]["schemas"][schema]["properties"].contains(std::string(name)))
          << schema << " " << name;
}

}  // namespace
}  // namespace tidemark::api
