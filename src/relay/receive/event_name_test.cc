#include "relay/receive/event_name.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "base/atomic_file.h"
#include "relay/receive/received_event.h"
#include "relay/receive/webhook.h"

namespace tidemark::receive {
namespace {

/// The cases that the kits in sdk/ are tested with.
nlohmann::json pulled_cases() {
  const auto text = read_file(fmt::format("{}/receiving.json", TIDEMARK_WIRE_FOLDER), 1 << 20);
  return nlohmann::json::parse(text.value()).at("pulled");
}

http::SignatureStyle verified_style(const nlohmann::json& delivery, const std::string& body,
                                    std::span<const std::string> secrets,
                                    std::chrono::sys_seconds now) {
  http::Headers headers;
  for (const auto& [name, value] : delivery.at("headers").items())
    headers.add(name, value.get<std::string>());
  return http::verify_signature(received_signature(headers), body, secrets, now).value();
}

TEST(PulledNames, AreThoseOfTheDeliveries) {
  const nlohmann::json cases = pulled_cases();
  ASSERT_FALSE(cases.empty());
  for (const nlohmann::json& pulled : cases) {
    const auto secrets = pulled.at("secrets").get<std::vector<std::string>>();
    const std::chrono::sys_seconds now{std::chrono::seconds(pulled.at("now").get<std::int64_t>())};
    PulledNames names({}, secrets);
    for (const nlohmann::json& delivery : pulled.at("deliveries")) {
      const auto body = delivery.at("body").get<std::string>();
      const auto batch = parse_batch(body);
      ASSERT_TRUE(batch.has_value());
      names.delivered(verified_style(delivery, body, secrets, now), batch->has_value());
    }
    const nlohmann::json& item = pulled.at("item");
    EXPECT_EQ(
        names.name(item.at("event_id").get<std::string>(), item.at("body").get<std::string>()),
        pulled.at("id").get<std::string>())
        << pulled.at("name");
  }
}

TEST(PulledNames, AreExpectedFromTheStylesThatAreAccepted) {
  const std::vector<std::string> secrets = {"whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="};
  const PulledNames raw({.standard = false}, secrets);
  EXPECT_EQ(raw.name("msg_1", "{}"), name_of_signed_body("{}", http::SignatureStyle::raw));
  const PulledNames sorted({.standard = false, .raw = false}, secrets);
  EXPECT_EQ(sorted.name("msg_1", "{ }"), name_of_signed_body("{}", http::SignatureStyle::raw));
  EXPECT_EQ(sorted.name("msg_1", "no JSON"), "msg_1");
}

}  // namespace
}  // namespace tidemark::receive
