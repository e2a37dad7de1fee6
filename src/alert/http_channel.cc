#include "alert/http_channel.h"

#include <fmt/format.h>

#include <future>
#include <utility>

namespace tidemark::alert {

HttpChannel::HttpChannel(ChannelOptions options, RobotOptions robot, std::string ca_file,
                         http::HttpClient& client)
    : Channel(std::move(options)), robot_(std::move(robot)), client_(client) {
  if (!ca_file.empty())
    tls_ = std::make_shared<const http::TlsFiles>(http::TlsFiles{.ca_file = std::move(ca_file)});
  // Whoever writes the configuration may reach every address: gateways are often inside.
  auto everywhere = http::AddressPolicy::allowing({"0.0.0.0/0", "::/0"});
  if (everywhere) policy_ = std::make_shared<const http::AddressPolicy>(std::move(*everywhere));
}

std::expected<void, SendFault> HttpChannel::send(const Digest& digest, WallTime now) {
  RobotRequest made = robot_request(robot_, digest, now);
  http::ClientRequest request{.method = "POST", .url = std::move(made.url)};
  request.headers.add("Content-Type", "application/json; charset=utf-8");
  if (!made.authorization.empty()) request.headers.add("Authorization", made.authorization);
  request.body = std::make_shared<const std::string>(std::move(made.body));
  request.connect_timeout = send_timeout;
  request.total_timeout = send_timeout;
  request.tls = tls_;
  request.policy = policy_;
  const auto promise = std::make_shared<std::promise<http::ClientResponse>>();
  auto answer = promise->get_future();
  client_.send(std::move(request), [promise](http::ClientResponse response) {
    promise->set_value(std::move(response));
  });
  const http::ClientResponse response = answer.get();
  // The library's own words may repeat the URL, which is a secret.
  if (response.status == 0)
    return std::unexpected(SendFault{.what = fmt::format("no answer: {}", name(response.error))});
  return robot_verdict(robot_, response.status, response.body);
}

}  // namespace tidemark::alert
