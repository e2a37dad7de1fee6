#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "http/server.h"
#include "http/testing_socket.h"

namespace tidemark::http {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RawClient;
using ::testing::StartsWith;

/// A server with small limits, and clients that mean no good.
class Hostile : public ::testing::Test {
 protected:
  Hostile() {
    options.listen.port = 0;
    options.body_bytes_max = 1000;
    options.header_bytes_max = 1024;
    router.add("POST", "/", [](Request request, Respond respond) {
      respond({.body = std::to_string(request.body.size())});
    });
    router.add("GET", "/large",
               [](Request, Respond respond) { respond({.body = std::string(32 << 20, 'x')}); });
  }
  void start() {
    auto started = Server::start(options, std::move(router), clock);
    ASSERT_TRUE(started) << started.error().what.en;
    server = *std::move(started);
  }
  /// The whole of what the server says until it closes.
  std::string last_words(std::string_view request) {
    RawClient client(server->port());
    client.send(request);
    std::string text = client.rest();
    EXPECT_TRUE(client.closed());
    return text;
  }
  void expect_alive() {
    RawClient client(server->port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_THAT(client.response(), EndsWith("\r\n\r\n3"));
  }

  SystemClock clock;
  ServerOptions options;
  Router router;
  std::unique_ptr<Server> server;
};

TEST_F(Hostile, RequestsThatAreTooMuch) {
  start();
  EXPECT_THAT(last_words("GET /" + std::string(5000, 'a')), HasSubstr("headers_too_large"));
  EXPECT_THAT(last_words("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n"),
              AllOf(HasSubstr(R"("status":413,"code":"body_too_large")"),
                    HasSubstr(R"("detail_zh":"此处最多 1000 字节"})")));
  EXPECT_THAT(last_words("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n"
                         "Expect: 100-continue\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "))
      << "before the body";
  EXPECT_THAT(last_words("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "1000000\r\n"),
              HasSubstr("body_too_large"));
  expect_alive();
}

TEST_F(Hostile, TheBodyOfAStrangerIsNotRead) {
  router.add("POST", "/members",
             [](Request request, Respond respond) { respond({.body = request.body}); },
             {.admit = [](const Headers& headers) -> std::optional<Response> {
               if (headers.find("Authorization") == "Bearer friend") return std::nullopt;
               return Response{.status = 401, .body = "who are you?"};
             }});
  start();
  for (const std::string_view body :
       {"Content-Length: 900\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n",
        "Content-Length: 100000000\r\n\r\n", "Content-Length: 900\r\nExpect: 100-continue\r\n\r\n"})
    EXPECT_THAT(last_words("POST /members HTTP/1.1\r\nHost: a\r\n" + std::string(body)),
                AllOf(StartsWith("HTTP/1.1 401 "), EndsWith("who are you?")))
        << "no byte of a body was sent";
  RawClient client(server->port());
  client.send("POST /members HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 401 "));
  client.send(
      "POST /members HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer friend\r\n"
      "Content-Length: 3\r\n\r\nabc");
  EXPECT_THAT(client.response(), EndsWith("\r\n\r\nabc")) << "the connection goes on";
}

TEST_F(Hostile, AHugeBodyStillGetsItsAnswer) {
  start();
  RawClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n");
  const std::string part(100'000, 'x');
  for (int count = 0; count < 80 && client.send(part); ++count) {
  }
  EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 413 ")) << "no reset overtakes it";
}

TEST_F(Hostile, RequestsThatSmuggle) {
  start();
  for (const char* fields :
       {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n", "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: gzip\r\n"}) {
    const std::string text = last_words(fmt::format(
        "POST / HTTP/1.1\r\nHost: a\r\n{}\r\n0\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\n\r\n", fields));
    EXPECT_THAT(text, HasSubstr("malformed_request")) << fields;
    EXPECT_EQ(text.find("HTTP/1.1 ", 1), std::string::npos) << "only one answer: " << fields;
  }
  expect_alive();
}

TEST_F(Hostile, TargetsThatClimb) {
  start();
  for (const char* target : {"/../etc/passwd", "/%2e%2e/x", "/a%00b", "/%ff", "/#a", "a", "/%"})
    EXPECT_THAT(last_words(fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", target)),
                HasSubstr("malformed_request"))
        << target;
}

TEST_F(Hostile, NoiseOfAllKinds) {
  start();
  std::uint64_t state = 20251203;  // The seed; any will do.
  for (int round = 0; round < 200; ++round) {
    std::string noise =
        round % 2 == 0 ? "" : "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int count = 0; count < 64; ++count) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      noise += static_cast<char>(state >> 56U);
    }
    RawClient client(server->port());
    client.send(noise);
    client.shut_down_sending();
    static_cast<void>(client.rest());
  }
  expect_alive();
}

TEST_F(Hostile, ADrippingHead) {
  options.header_timeout = 60ms;
  start();
  RawClient client(server->port());
  std::atomic<bool> over = false;
  std::thread dripping([&] {
    const std::string head = "GET / HTTP/1.1\r\nX-A: " + std::string(900, 'a');
    for (std::size_t at = 0; at < head.size() && !over && client.send(head.substr(at, 1)); ++at)
      std::this_thread::sleep_for(2ms);
  });
  EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 408 "));
  over = true;
  dripping.join();
  expect_alive();
}

TEST_F(Hostile, ADrippingBody) {
  options.body_timeout = 60ms;
  start();
  RawClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n");
  std::atomic<bool> over = false;
  std::thread dripping([&] {
    for (int count = 0; count < 900 && !over && client.send("x"); ++count)
      std::this_thread::sleep_for(2ms);
  });
  EXPECT_THAT(client.rest(), HasSubstr(R"("status":408,"code":"timeout")"));
  over = true;
  dripping.join();
}

TEST_F(Hostile, SilenceIsClosedWithoutAWord) {
  options.header_timeout = 40ms;
  options.idle_timeout = 40ms;
  start();
  EXPECT_THAT(last_words(""), IsEmpty());
  RawClient client(server->port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(client.response(), EndsWith("\r\n\r\n0"));
  EXPECT_THAT(client.rest(), IsEmpty());
  EXPECT_TRUE(client.closed());
}

TEST_F(Hostile, AReaderThatDoesNotRead) {
  options.write_timeout = 40ms;
  router = Router();
  router.add("GET", "/",
             [](Request, Respond respond) { respond({.body = std::string(60 << 10, 'x')}); });
  start();
  RawClient client(server->port());
  std::string requests;
  for (int count = 0; count < 2000; ++count) requests += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  std::thread sending([&] { client.send(requests); });
  sending.join();
  for (int tries = 0; tries < 5000 && server->connections() > 0; ++tries)
    std::this_thread::sleep_for(2ms);
  EXPECT_EQ(server->connections(), 0U) << "it was cut off";
}

TEST_F(Hostile, TooManyConnections) {
  options.connections_max = 3;
  start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int count = 0; count < 3; ++count) {
    clients.push_back(std::make_unique<RawClient>(server->port()));
    clients.back()->send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    EXPECT_THAT(clients.back()->response(), EndsWith("0"));
  }
  EXPECT_THAT(last_words(""), HasSubstr(R"("status":503,"code":"overloaded")"));
  clients.clear();
  for (int tries = 0; tries < 5000 && server->connections() > 0; ++tries)
    std::this_thread::sleep_for(1ms);
  expect_alive();
}

TEST_F(Hostile, TheIdleMakeRoomWhenItGetsTight) {
  options.connections_max = 100;
  start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int count = 0; count < 90; ++count)
    clients.push_back(std::make_unique<RawClient>(server->port()));
  for (int tries = 0; tries < 5000 && server->connections() > 75; ++tries)
    std::this_thread::sleep_for(1ms);
  EXPECT_LE(server->connections(), 75U) << "long before header_timeout";
  expect_alive();
}

TEST_F(Hostile, AllBodiesTogetherAreBounded) {
  options.bodies_bytes_max = 1500;
  start();
  RawClient first(server->port());
  first.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(first.response(), StartsWith("HTTP/1.1 100 ")) << "it has its share";
  EXPECT_THAT(last_words("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 800\r\n\r\n"),
              HasSubstr(R"("status":503,"code":"overloaded")"));
  first.send(std::string(900, 'x'));
  EXPECT_THAT(first.response(), EndsWith("900"));
  expect_alive();
}

}  // namespace
}  // namespace tidemark::http
