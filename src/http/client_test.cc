#include "http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>

#include "base/clock.h"
#include "http/server.h"
#include "http/testing_receiver.h"

namespace tidemark::http {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RawReceiver;
using ::testing::StartsWith;

std::shared_ptr<const AddressPolicy> loopback_allowed() {
  return std::make_shared<const AddressPolicy>(*AddressPolicy::allowing({"127.0.0.0/8", "::1"}));
}

class Sending : public ::testing::Test {
 protected:
  Sending() : client(*HttpClient::create({})) {}

  ClientRequest request_to(std::uint16_t port, std::string_view path = "/") const {
    return {.url = fmt::format("http://127.0.0.1:{}{}", port, path),
            .body = std::make_shared<const std::string>(R"({"a":1})"),
            .policy = loopback_allowed()};
  }
  ClientResponse exchange(ClientRequest request) {
    std::promise<ClientResponse> promise;
    auto future = promise.get_future();
    client->send(std::move(request),
                 [&promise](ClientResponse response) { promise.set_value(std::move(response)); });
    if (future.wait_for(20s) != std::future_status::ready) {
      ADD_FAILURE() << "no answer at all";
      client->stop(0ms);
    }
    return future.get();
  }

  std::unique_ptr<HttpClient> client;
};

/// What a receiver sees of a request, and what comes back.
class SendingToServer : public Sending {
 protected:
  SendingToServer() {
    Router router;
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
      router.add(method, "/echo", [](Request request, Respond respond) {
        std::string text = request.method + " " + request.target + "\n";
        for (std::size_t index = 0; index < request.headers.size(); ++index) {
          const auto field = request.headers.at(index);
          text.append(field.name).append(": ").append(field.value).append("\n");
        }
        respond({.content_type = "text/plain",
                 .headers = {{"Retry-After", "7"}},
                 .body = text + "\n" + request.body});
      });
    router.add("POST", "/never", [this](Request, Respond respond) {
      const std::scoped_lock lock(mutex);
      held.push_back(std::move(respond));
    });
    router.add("GET", "/moved", [](Request, Respond respond) {
      respond({.status = 302, .headers = {{"Location", "/echo"}}});
    });
    router.add("POST", "/hit", [](Request, Respond respond) { respond({.status = 202}); });
    server = *Server::start({.listen = {.host = "127.0.0.1", .port = 0}}, std::move(router), clock);
  }
  ~SendingToServer() override {
    client.reset();
    server.reset();
  }

  SystemClock clock;
  std::mutex mutex;
  std::vector<Respond> held;
  std::unique_ptr<Server> server;
};

TEST_F(SendingToServer, SendsWhatItIsTold) {
  ClientRequest request = request_to(server->port(), "/echo?q=1");
  request.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}, {"X-A", "发"}};
  const ClientResponse response = exchange(std::move(request));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.error, ClientError::none) << response.error_text;
  EXPECT_THAT(response.body, StartsWith("POST /echo?q=1\n"));
  EXPECT_THAT(response.body, HasSubstr("User-Agent: Tidemark\n"));
  EXPECT_THAT(response.body, HasSubstr("Content-Type: application/json\n"));
  EXPECT_THAT(response.body, HasSubstr("X-Empty: \n"));
  EXPECT_THAT(response.body, HasSubstr("X-A: 发\n"));
  EXPECT_THAT(response.body, HasSubstr("Content-Length: 7\n"));
  EXPECT_THAT(response.body, Not(HasSubstr("Expect")));
  EXPECT_THAT(response.body, EndsWith("\n\n{\"a\":1}"));
  EXPECT_EQ(response.headers.find("retry-after"), "7");
  EXPECT_EQ(response.headers.find("content-type"), "text/plain");
  EXPECT_FALSE(response.truncated);
  EXPECT_EQ(response.address, "127.0.0.1");
  EXPECT_GT(response.total, 0us);
  EXPECT_GE(response.total, response.first_byte);
}

TEST_F(SendingToServer, UsesItsConnectionAgainAndLeavesNoTrace) {
  ClientRequest first = request_to(server->port(), "/echo");
  first.headers = {{"X-Secret", "1"}};
  EXPECT_FALSE(exchange(std::move(first)).reused);
  const ClientResponse second = exchange(request_to(server->port(), "/echo"));
  EXPECT_TRUE(second.reused);
  EXPECT_THAT(second.body, Not(HasSubstr("X-Secret")));
  EXPECT_THAT(second.body, Not(HasSubstr("Content-Type")));
  EXPECT_EQ(server->connections(), 1U);
}

TEST_F(SendingToServer, KnowsAllMethods) {
  for (const char* method : {"GET", "PUT", "PATCH", "DELETE", "POST", "GET"}) {
    ClientRequest request = request_to(server->port(), "/echo");
    request.method = method;
    const bool with_body = request.method != "GET";
    if (!with_body) request.body = nullptr;
    const ClientResponse response = exchange(std::move(request));
    EXPECT_THAT(response.body, StartsWith(fmt::format("{} /echo\n", method)));
    EXPECT_THAT(response.body, EndsWith(with_body ? "\n\n{\"a\":1}" : "\n\n")) << method;
  }
  ClientRequest head = request_to(server->port(), "/echo");
  head.method = "HEAD";
  head.body = nullptr;
  const ClientResponse response = exchange(std::move(head));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  EXPECT_FALSE(response.truncated);
}

TEST_F(SendingToServer, FollowsNothing) {
  ClientRequest request = request_to(server->port(), "/moved");
  request.method = "GET";
  request.body = nullptr;
  EXPECT_EQ(exchange(std::move(request)).status, 302);
}

TEST_F(SendingToServer, RefusesWhatCouldBeInjected) {
  for (const auto& [name_of, value] :
       std::vector<std::pair<std::string, std::string>>{{"X-A", "1\r\nX-B: 2"},
                                                        {"X-A\r\nX-B", "1"},
                                                        {"X A", "1"},
                                                        {"Host", "other"},
                                                        {"Content-Length", "1"},
                                                        {"transfer-encoding", "chunked"},
                                                        {"", "1"}}) {
    ClientRequest request = request_to(server->port(), "/echo");
    request.headers.add(name_of, value);
    EXPECT_EQ(exchange(std::move(request)).error, ClientError::invalid_request) << name_of;
  }
  ClientRequest method = request_to(server->port(), "/echo");
  method.method = "GET / HTTP/1.1\r\nX: ";
  EXPECT_EQ(exchange(std::move(method)).error, ClientError::invalid_request);
  for (const char* url : {"", "ftp://127.0.0.1/", "file:///etc/passwd", "http://u:p@127.0.0.1/",
                          "http://127.0.0.1/\r\nX: y", "gopher://127.0.0.1/"}) {
    ClientRequest request = request_to(server->port());
    request.url = url;
    const ClientResponse response = exchange(std::move(request));
    EXPECT_EQ(response.error, ClientError::invalid_request) << url;
    EXPECT_NE(response.error_text, "") << url;
  }
}

TEST_F(SendingToServer, NeverConnectsToWhatThePolicyForbids) {
  for (const char* host : {"127.0.0.1", "localhost", "127.1", "0x7f000001", "[::ffff:127.0.0.1]"}) {
    ClientRequest request = request_to(server->port());
    request.url = fmt::format("http://{}:{}/hit", host, server->port());
    request.policy = nullptr;
    const ClientResponse response = exchange(std::move(request));
    EXPECT_EQ(response.error, ClientError::address_refused) << host << ": " << response.error_text;
    EXPECT_EQ(response.status, 0);
    EXPECT_THAT(response.error_text, HasSubstr("loopback"));
  }
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(SendingToServer, AKeptConnectionIsNoWayAroundThePolicy) {
  EXPECT_EQ(exchange(request_to(server->port(), "/hit")).status, 202);
  ClientRequest strict = request_to(server->port(), "/hit");
  strict.policy = nullptr;
  const ClientResponse response = exchange(std::move(strict));
  EXPECT_EQ(response.error, ClientError::address_refused);
  EXPECT_EQ(response.address, "127.0.0.1");
}

TEST_F(SendingToServer, GivesUpInTime) {
  ClientRequest request = request_to(server->port(), "/never");
  request.total_timeout = 50ms;
  const ClientResponse response = exchange(std::move(request));
  EXPECT_EQ(response.error, ClientError::etimedout);
  EXPECT_EQ(name(response.error), "ETIMEDOUT");
  EXPECT_EQ(response.status, 0);
}

TEST_F(SendingToServer, StopsWithinTheGrace) {
  std::atomic<int> cancelled = 0;
  for (int count = 0; count < 20; ++count)
    client->send(request_to(server->port(), "/never"), [&](const ClientResponse& response) {
      if (response.error == ClientError::cancelled) ++cancelled;
    });
  client->stop(20ms);
  EXPECT_EQ(cancelled, 20);
  EXPECT_EQ(client->in_flight(), 0U);
  EXPECT_EQ(exchange(request_to(server->port(), "/hit")).error, ClientError::cancelled);
}

TEST_F(SendingToServer, CanGoOnAfterACancel) {
  std::promise<ClientError> promise;
  client->send(request_to(server->port(), "/never"),
               [&](const ClientResponse& response) { promise.set_value(response.error); });
  client->cancel_all();
  EXPECT_EQ(promise.get_future().get(), ClientError::cancelled);
  EXPECT_EQ(exchange(request_to(server->port(), "/hit")).status, 202);
}

TEST_F(SendingToServer, ManyThreadsSendAtOnce) {
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int count = 0; count < 250; ++count)
        client->send(request_to(server->port(), "/hit"), [&](const ClientResponse& response) {
          if (response.status == 202) ++answered;
        });
    });
  for (std::thread& thread : threads) thread.join();
  client->stop(20s);
  EXPECT_EQ(answered, 1000);
}

TEST_F(SendingToServer, ACallbackMaySendAndMayThrow) {
  std::promise<int> promise;
  client->send(request_to(server->port(), "/hit"), [&](const ClientResponse&) {
    client->send(request_to(server->port(), "/hit"),
                 [&](const ClientResponse& response) { promise.set_value(response.status); });
    throw std::runtime_error("a mishap");
  });
  EXPECT_EQ(promise.get_future().get(), 202);
}

TEST_F(Sending, NamesWhatIsWrong) {
  std::uint16_t closed_port = 0;
  {
    const RawReceiver gone([](RawReceiver::Peer&, const std::string&) {});
    closed_port = gone.port();
  }
  EXPECT_EQ(exchange(request_to(closed_port)).error, ClientError::econnrefused);
  ClientRequest unknown = request_to(1);
  unknown.url = "http://no..such..host/";
  EXPECT_EQ(exchange(std::move(unknown)).error, ClientError::dns_error);

  const RawReceiver silent([](RawReceiver::Peer&, const std::string&) {});
  EXPECT_EQ(exchange(request_to(silent.port())).error, ClientError::econnreset) << "closed";
  const RawReceiver rude([](RawReceiver::Peer& peer, const std::string&) { peer.reset(); });
  EXPECT_EQ(exchange(request_to(rude.port())).error, ClientError::econnreset) << "reset";
  const RawReceiver half([](RawReceiver::Peer& peer, const std::string&) {
    peer.send("HTTP/1.1 200 OK\r\nContent-");
  });
  EXPECT_EQ(exchange(request_to(half.port())).error, ClientError::econnreset) << "half a head";
  const RawReceiver foreign([](RawReceiver::Peer& peer, const std::string&) {
    peer.send("220 mail.example ESMTP\r\n\r\n");
  });
  EXPECT_EQ(exchange(request_to(foreign.port())).error, ClientError::protocol_error);
}

TEST_F(SendingToServer, NamesWhatIsWrongWithTls) {
  ClientRequest plain = request_to(server->port());
  plain.url.replace(0, 4, "https");
  EXPECT_EQ(exchange(plain).error, ClientError::tls_error) << "the receiver speaks no TLS";
  plain.tls = std::make_shared<const TlsFiles>(TlsFiles{.ca_file = "/nonexistent.pem"});
  const ClientResponse response = exchange(std::move(plain));
  EXPECT_EQ(response.error, ClientError::tls_file_error);
  EXPECT_TRUE(is_own_fault(response.error));
}

TEST_F(Sending, AnEndlessBodyDoesNotHoldIt) {
  const RawReceiver endless([](RawReceiver::Peer& peer, const std::string&) {
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const std::string chunk = "10000\r\n" + std::string(65536, 'x') + "\r\n";
    while (!peer.over() && peer.send(chunk)) {
    }
  });
  ClientRequest request = request_to(endless.port());
  request.response_bytes_max = 1000;
  const ClientResponse response = exchange(std::move(request));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.error, ClientError::none);
  EXPECT_TRUE(response.truncated);
  EXPECT_EQ(response.body, std::string(1000, 'x'));
}

TEST_F(Sending, ADrippingBodyDoesNotHoldIt) {
  const RawReceiver dripping([](RawReceiver::Peer& peer, const std::string&) {
    peer.send("HTTP/1.1 503 Busy\r\nContent-Length: 1000000\r\nRetry-After: 5\r\n\r\n");
    while (!peer.over() && peer.send("x")) std::this_thread::sleep_for(1ms);
  });
  ClientRequest request = request_to(dripping.port());
  request.total_timeout = 100ms;
  const ClientResponse response = exchange(std::move(request));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.error, ClientError::none);
  EXPECT_TRUE(response.truncated);
  EXPECT_EQ(response.headers.find("Retry-After"), "5");
}

TEST_F(Sending, EndlessHeadersDoNotHoldIt) {
  const RawReceiver endless([](RawReceiver::Peer& peer, const std::string&) {
    peer.send("HTTP/1.1 200 OK\r\n");
    while (!peer.over() && peer.send("X-A: " + std::string(1000, 'x') + "\r\n")) {
    }
  });
  const ClientResponse fields = exchange(request_to(endless.port()));
  EXPECT_EQ(fields.error, ClientError::protocol_error);
  EXPECT_EQ(fields.headers.size(), 0U);
  const RawReceiver informing([](RawReceiver::Peer& peer, const std::string&) {
    while (!peer.over() && peer.send("HTTP/1.1 102 Processing\r\n\r\n")) {
    }
  });
  EXPECT_EQ(exchange(request_to(informing.port())).error, ClientError::protocol_error);
}

TEST_F(Sending, ABodyBrokenOffKeepsItsStatus) {
  const RawReceiver breaking([](RawReceiver::Peer& peer, const std::string&) {
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  });
  const ClientResponse response = exchange(request_to(breaking.port()));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "abc");
  EXPECT_TRUE(response.truncated);
}

TEST_F(Sending, GoesPastInterimAnswersAndTrailers) {
  const RawReceiver polite([](RawReceiver::Peer& peer, const std::string&) {
    peer.send(
        "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
        "HTTP/1.1 201 Created\r\nX-Late: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n");
    peer.hold();
  });
  const ClientResponse response = exchange(request_to(polite.port()));
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "ok");
  EXPECT_FALSE(response.truncated);
  EXPECT_EQ(response.headers.find("X-Early"), std::nullopt);
  EXPECT_EQ(response.headers.find("X-Late"), "1");
  EXPECT_EQ(response.headers.find("X-Trailer"), std::nullopt);
}

TEST_F(Sending, AHangingReceiverDelaysNobody) {
  const RawReceiver hanging([](RawReceiver::Peer& peer, const std::string&) { peer.hold(); });
  const RawReceiver healthy([](RawReceiver::Peer& peer, const std::string&) {
    do {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    } while (!peer.receive().empty());
  });
  for (int count = 0; count < 50; ++count)
    client->send(request_to(hanging.port()), [](const ClientResponse&) {});
  for (int count = 0; count < 100; ++count)
    EXPECT_EQ(exchange(request_to(healthy.port())).status, 200);
  EXPECT_EQ(healthy.connections(), 1U);
  client->stop(0ms);
}

}  // namespace
}  // namespace tidemark::http
