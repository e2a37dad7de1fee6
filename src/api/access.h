#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace tidemark::api {

/// Who somebody is. Each of viewer, operator and admin may do what those before it may; a publisher
/// may publish and nothing else.
enum class Role { publisher, viewer, operator_, admin };

[[nodiscard]] std::string_view name(Role role);
[[nodiscard]] std::optional<Role> parse_role(std::string_view text);

/// What a route asks for.
enum class Need {
  nothing,     ///< Open to everybody who reaches the port.
  publish,     ///< publisher, operator, admin.
  read,        ///< viewer, operator, admin.
  operate,     ///< operator, admin.
  administer,  ///< admin.
};

[[nodiscard]] std::string_view name(Need need);
[[nodiscard]] bool may(Role role, Need need);

struct AccessRule {
  std::string_view method;
  std::string_view pattern;
  Need need;
};

/// Every route there is, with what it needs: the one place where access is decided. A route that is
/// not in this table cannot be added.
[[nodiscard]] std::span<const AccessRule> access_rules();
/// nullopt for a route that is not in the table.
[[nodiscard]] std::optional<Need> need_of(std::string_view method, std::string_view pattern);

}  // namespace tidemark::api
