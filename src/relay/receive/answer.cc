#include "relay/receive/answer.h"

#include <nlohmann/json.hpp>

namespace tidemark::receive {
namespace {

http::Response json_answer(int status, const nlohmann::ordered_json& json) {
  using Json = nlohmann::ordered_json;
  return {.status = status,
          .content_type = "application/json",
          .body = json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace

http::Response success_answer() { return json_answer(200, {{"code", 0}, {"message", "success"}}); }

http::Response failure_answer(int status, std::string_view message) {
  return json_answer(status, {{"code", status}, {"message", message}});
}

http::Response batch_answer(std::span<const ItemAnswer> items) {
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  for (const ItemAnswer& item : items)
    results.push_back({{"id", item.id}, {"code", item.code}, {"message", item.message}});
  return json_answer(200, {{"code", 0}, {"message", "success"}, {"results", std::move(results)}});
}

}  // namespace tidemark::receive
