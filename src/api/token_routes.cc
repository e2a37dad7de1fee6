#include <nlohmann/json.hpp>

#include "api/page.h"
#include "api/parameters.h"
#include "api/services.h"
#include "api/stamp.h"
#include "base/ulid.h"

namespace tidemark::api {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t name_bytes_max = 100;

ordered_json token_json(const Token& token) {
  const auto time = [](const std::optional<WallTime>& at) -> ordered_json {
    if (!at) return nullptr;
    return stamp(*at);
  };
  return {{"id", token.id},
          {"name", token.name},
          {"role", name(token.role)},
          {"created_at", stamp(token.created_at)},
          {"expires_at", time(token.expires_at)},
          {"revoked_at", time(token.revoked_at)},
          {"last_used_at", time(token.last_used_at)}};
}

Result<http::Response> list(sql::Connection& connection) {
  const auto tokens = all_tokens(connection);
  if (!tokens) return fail(tokens.error());
  std::vector<std::string> rows;
  for (const Token& token : *tokens) rows.push_back(dump(token_json(token)));
  return json_text_answer(200, page_text(rows, std::nullopt));
}

/// `{"name","role","expires_at"?}`. Errors: rejected.
Result<Token> read_token(const std::string& body, WallTime now) {
  const auto json = ordered_json::parse(body, nullptr, false);
  if (!json.is_object())
    return fail(ErrorKind::rejected, {"must be a JSON object", "必须是 JSON 对象"});
  Token token;
  std::optional<Role> role;
  for (const auto& [name, value] : json.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    if (name == "name") {
      token.name = text;
    } else if (name == "role") {
      role = parse_role(text);
    } else if (name == "expires_at") {
      if (value.is_null()) continue;
      token.expires_at = parse_stamp(text, now);
      if (!token.expires_at || *token.expires_at <= now)
        return fail(ErrorKind::rejected,
                    {"expires_at: must be a time to come, with its zone: 2027-01-15T08:30:00Z",
                     "expires_at: 必须是将来的时间，且带时区：2027-01-15T08:30:00Z"});
    } else {
      return fail(ErrorKind::rejected, {"{}: no such field", "{}: 没有此字段"}, name);
    }
  }
  if (token.name.empty() || token.name.size() > name_bytes_max)
    return fail(ErrorKind::rejected,
                {"name: must be a text of 1 to {} bytes", "name: 必须是 1 到 {} 字节的文本"},
                name_bytes_max);
  if (!role)
    return fail(ErrorKind::rejected, {"role: must be publisher, viewer, operator or admin",
                                      "role: 必须是 publisher、viewer、operator 或 admin"});
  token.role = *role;
  return token;
}

void create(Services& services, const http::Request& request, http::Respond respond) {
  const Result<Token> wanted = read_token(request.body, services.clock.wall());
  if (!wanted) return respond(problem_for(wanted.error()));
  const Result<std::string> text = make_token_text();
  if (!text) return respond(problem_for(text.error()));
  const auto made = std::make_shared<Token>(*wanted);
  made->hash = token_hash(*text);
  services.hub.change(
      [made](relay::Engine& engine) {
        made->created_at = engine.now();
        made->id = "tok_" + make_ulid(engine.now(), engine.random());
        return insert_token(engine.store().connection(), *made);
      },
      [made, text = *text, &services,
       respond = std::move(respond)](const Result<void>& done) mutable {
        if (!done) return respond(problem_for(done.error()));
        services.tokens.add(*made);
        ordered_json json = token_json(*made);
        json["token"] = text;
        respond(json_answer(201, json));
      });
}

void revoke(Services& services, const http::Request& request, http::Respond respond) {
  const std::string id = request.capture("id");
  services.hub.change(
      [id](relay::Engine& engine) -> Result<void> {
        const Result<bool> revoked = revoke_token(engine.store().connection(), id, engine.now());
        if (!revoked) return fail(revoked.error());
        if (!*revoked)
          return fail(make_error(ErrorKind::not_found,
                                 {"there is no valid token {}", "没有有效的令牌 {}"}, id)
                          .with_hint({"`tidemark tokens list` lists them",
                                      "列表见 `tidemark tokens list`"}));
        return {};
      },
      [id, &services, respond = std::move(respond)](const Result<void>& done) mutable {
        if (!done) return respond(problem_for(done.error()));
        services.tokens.remove(id);
        respond({.status = 204});
      });
}

}  // namespace

void add_token_routes(Gate& gate, Services& services) {
  gate.add("GET", "/api/v1/tokens",
           [&services](const Caller&, const http::Request&, http::Respond respond) {
             services.read(list, std::move(respond));
           });
  gate.add("POST", "/api/v1/tokens",
           [&services](const Caller&, const http::Request& request, http::Respond respond) {
             create(services, request, std::move(respond));
           },
           {.media_types = {"application/json"}});
  gate.add("DELETE", "/api/v1/tokens/{id}",
           [&services](const Caller&, const http::Request& request, http::Respond respond) {
             revoke(services, request, std::move(respond));
           });
}

}  // namespace tidemark::api
