#pragma once

#include <string>
#include <string_view>

/// The little that configuration knows about database URLs; `sql/url.h` has the whole of it.
namespace tidemark::config {

/// Whether it starts as one: `sqlite:`, `mysql://`, `mariadb://`, `postgres://`, `postgresql://`.
[[nodiscard]] bool is_database_url(std::string_view text);

/// Whether it starts as the URL of a Redis: `redis://`, `unix://`. `redis/url.h` has the whole of
/// it.
[[nodiscard]] bool is_redis_url(std::string_view text);

/// Whether the URL carries a password of its own, be it an empty one: `mysql://user:@host/db`.
[[nodiscard]] bool has_password(std::string_view url);

/// With `***` for the password. Also for URLs that are wrong (a password with a bare `/` or `@`):
/// rather too much is hidden than too little.
[[nodiscard]] std::string redacted_url(std::string_view url);

/// For a user, a password or a name within a URL: everything but letters, digits and `-._~` as
/// `%XX` (RFC 3986 section 2.3).
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace tidemark::config
