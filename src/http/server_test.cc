#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "http/problem.h"
#include "http/testing_socket.h"

namespace tidemark::http {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RawClient;
using ::testing::StartsWith;

/// A server of a few routes at a free port.
class Serving : public ::testing::Test {
 protected:
  Serving() {
    options.listen.port = 0;
    options.finished = [this](const ExchangeReport& report) {
      const std::scoped_lock lock(mutex);
      reports.push_back(report);
    };
    router.add("GET", "/hello", [](Request, Respond respond) {
      respond({.content_type = "text/plain", .body = "hello"});
    });
    router.add("POST", "/echo/{name}", [](Request request, Respond respond) {
      respond({.headers = {{"X-Name", request.capture("name")},
                           {"X-Query", request.query.find("q").value_or("none")},
                           {"X-Sent", request.header("x-SENT").value_or("none")},
                           {"X-Peer", request.peer}},
               .body = std::move(request.body)});
    });
    router.add("POST", "/json", [](Request, Respond respond) { respond({.status = 202}); },
               {.body_bytes_max = 4 << 20, .media_types = {"application/json"}});
    router.add("GET", "/later", [this](Request, Respond respond) {
      const std::scoped_lock lock(mutex);
      held.push_back(std::move(respond));
    });
    router.add("GET", "/dropped", [](Request, Respond) {});
    router.add("GET", "/thrown",
               [](Request, Respond) { throw std::runtime_error("a mishap\nforged line"); });
    router.add("GET", "/inject", [](Request, Respond respond) {
      respond({.headers = {{"X-A", "b\r\nSet-Cookie: evil=1"}}, .body = "x"});
    });
    router.add("GET", "/large", [](Request, Respond respond) {
      respond({.shared_body = std::make_shared<const std::string>(8 << 20, 'x')});
    });
  }
  ~Serving() override { server.reset(); }

  void start() {
    auto started = Server::start(options, std::move(router), clock);
    ASSERT_TRUE(started) << started.error().what.en;
    server = *std::move(started);
  }
  std::string exchange(std::string_view request, bool to_head = false) {
    RawClient client(server->port());
    client.send(request);
    return client.response(to_head);
  }
  /// Waits for a handler to have put its Respond aside.
  Respond take_held() {
    for (int tries = 0; tries < 10'000; ++tries) {
      {
        const std::scoped_lock lock(mutex);
        if (!held.empty()) {
          Respond respond = std::move(held.back());
          held.pop_back();
          return respond;
        }
      }
      std::this_thread::sleep_for(1ms);
    }
    ADD_FAILURE() << "no request came";
    return [](Response) {};
  }
  std::vector<ExchangeReport> take_reports(std::size_t count) {
    for (int tries = 0; tries < 10'000; ++tries) {
      {
        const std::scoped_lock lock(mutex);
        if (reports.size() >= count) return reports;
      }
      std::this_thread::sleep_for(1ms);
    }
    return {};
  }

  SystemClock clock;
  ServerOptions options;
  Router router;
  std::mutex mutex;
  std::vector<Respond> held;
  std::vector<ExchangeReport> reports;
  std::unique_ptr<Server> server;
};

TEST_F(Serving, Answers) {
  start();
  const std::string response = exchange("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_THAT(response, HasSubstr("\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n"));
  EXPECT_THAT(response, EndsWith("\r\n\r\nhello"));
  EXPECT_THAT(response, Not(HasSubstr("Connection")));
}

TEST_F(Serving, HandsOverTheWholeRequest) {
  start();
  const std::string response = exchange(
      "POST /echo/%E5%8F%91%2f?q=a+b HTTP/1.1\r\nHost: a\r\nX-Sent: yes\r\n"
      "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-Sent: "
      "trailer\r\n\r\n");
  EXPECT_THAT(response, HasSubstr("X-Name: 发/\r\nX-Query: a b\r\nX-Sent: yes\r\n"
                                  "X-Peer: 127.0.0.1\r\n"));
  EXPECT_THAT(response, EndsWith("\r\n\r\nabcde"));
}

TEST_F(Serving, KeepsTheConnectionAndTheOrder) {
  start();
  RawClient client(server->port());
  std::string requests;
  for (int number = 0; number < 500; ++number)
    requests += fmt::format("POST /echo/{} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n{:03}",
                            number, number);
  std::thread sender([&] { client.send(requests); });
  for (int number = 0; number < 500; ++number) {
    const std::string response = client.response();
    ASSERT_THAT(response, HasSubstr(fmt::format("X-Name: {}\r\n", number)));
    ASSERT_THAT(response, EndsWith(fmt::format("{:03}", number)));
  }
  sender.join();
  EXPECT_EQ(server->connections(), 1U);
}

TEST_F(Serving, PipelinedRequestsAreAnsweredInOrderThoughTheFirstIsSlow) {
  start();
  RawClient client(server->port());
  client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  take_held()({.status = 201, .body = "first"});
  EXPECT_THAT(client.response(), EndsWith("first"));
  EXPECT_THAT(client.response(), EndsWith("hello"));
}

TEST_F(Serving, ClosesWhenAsked) {
  start();
  RawClient client(server->port());
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.rest(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(client.closed());
  RawClient old(server->port());
  old.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old.rest(), HasSubstr("Connection: close\r\n"));
}

TEST_F(Serving, AnswersToHeadWithoutABody) {
  start();
  const std::string response = exchange("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n", true);
  EXPECT_THAT(response, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(response, EndsWith("\r\n\r\n"));
}

TEST_F(Serving, AnswersForPathsAndMethods) {
  start();
  EXPECT_THAT(exchange("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"),
              AllOf(HasSubstr(R"("status":404,"code":"not_found")"),
                    HasSubstr(R"("detail_zh":"此路径下没有内容"})")));
  const std::string wrong =
      exchange("DELETE /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxx");
  EXPECT_THAT(wrong, HasSubstr(R"("status":405,"code":"method_not_allowed")"));
  EXPECT_THAT(wrong, HasSubstr(R"("detail_zh":"此路径可用的方法：GET, HEAD, OPTIONS"})"));
  EXPECT_THAT(wrong, HasSubstr("\r\nAllow: GET, HEAD, OPTIONS\r\n"));
  const std::string options_of = exchange("OPTIONS /json HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(options_of, StartsWith("HTTP/1.1 204 No Content\r\n"));
  EXPECT_THAT(options_of, HasSubstr("Allow: OPTIONS, POST\r\n"));
  EXPECT_THAT(exchange("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), StartsWith("HTTP/1.1 204 "));
  EXPECT_THAT(exchange("GET http://a/hello HTTP/1.1\r\nHost: a\r\n\r\n"), EndsWith("hello"));
}

TEST_F(Serving, ARefusalKeepsTheConnection) {
  start();
  RawClient client(server->port());
  client.send("POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 404 "));
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.response(), EndsWith("hello"));
}

TEST_F(Serving, AsksForAMediaType) {
  start();
  const auto posted = [&](std::string_view type) {
    return exchange(
        fmt::format("POST /json HTTP/1.1\r\nHost: a\r\n{}Content-Length: 2\r\n\r\n{{}}", type));
  };
  EXPECT_THAT(posted("Content-Type: application/json; charset=utf-8\r\n"), HasSubstr(" 202 "));
  EXPECT_THAT(posted("Content-Type: Application/JSON\r\n"), HasSubstr(" 202 "));
  EXPECT_THAT(posted("Content-Type: text/plain\r\n"), HasSubstr("unsupported_media_type"));
  EXPECT_THAT(posted(""), AllOf(HasSubstr("must be application/json"),
                                HasSubstr("请求体必须是 application/json")));
}

TEST_F(Serving, InvitesABodyThatWaits) {
  start();
  RawClient client(server->port());
  client.send(
      "POST /echo/a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.response(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_THAT(client.response(), EndsWith("\r\n\r\nabc"));
  RawClient refused(server->port());
  refused.send("POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(refused.rest(), StartsWith("HTTP/1.1 404 "));
  EXPECT_TRUE(refused.closed());
}

TEST_F(Serving, AnswersFromAnotherThread) {
  start();
  RawClient client(server->port());
  client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  std::thread([respond = take_held()]() mutable { respond({.body = "late"}); }).join();
  EXPECT_THAT(client.response(), EndsWith("late"));
}

TEST_F(Serving, ANeglectedRequestIsAnswered) {
  start();
  EXPECT_THAT(exchange("GET /dropped HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("internal_error"));
  EXPECT_THAT(exchange("GET /thrown HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("internal_error"));
  RawClient client(server->port());
  client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  {
    const Respond dropped = take_held();
  }
  EXPECT_THAT(client.response(), HasSubstr("internal_error"));
}

TEST_F(Serving, GivesUpOnAHandlerInTime) {
  options.answer_timeout = 50ms;
  start();
  RawClient client(server->port());
  client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.response(), HasSubstr(R"("status":503,"code":"answer_timeout")"));
  take_held()({.body = "too late"});
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.response(), EndsWith("hello"));
}

TEST_F(Serving, LetsNobodyInjectAField) {
  start();
  const std::string response = exchange("GET /inject HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(response, HasSubstr("internal_error"));
  EXPECT_THAT(response, Not(HasSubstr("evil")));
}

TEST_F(Serving, SendsWhatIsLarge) {
  start();
  const std::string response = exchange("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_GT(response.size(), std::size_t{8} << 20);
}

TEST_F(Serving, ReportsEachExchange) {
  start();
  exchange("POST /echo/a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  exchange("BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto seen = take_reports(2);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].method, "POST");
  EXPECT_EQ(seen[0].pattern, "/echo/{name}");
  EXPECT_EQ(seen[0].status, 200);
  EXPECT_EQ(seen[0].body_bytes_in, 3U);
  EXPECT_EQ(seen[0].body_bytes_out, 3U);
  EXPECT_EQ(seen[1].method, "other");
  EXPECT_EQ(seen[1].pattern, "");
  EXPECT_EQ(seen[1].status, 404);
}

TEST_F(Serving, SurvivesClientsThatLeave) {
  start();
  {
    RawClient client(server->port());
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    const Respond respond = take_held();
    client.reset();
  }
  {
    RawClient client(server->port());
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    Respond respond = take_held();
    client.reset();
    respond({.body = std::string(1 << 20, 'x')});
  }
  EXPECT_THAT(exchange("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"), EndsWith("hello"));
}

TEST_F(Serving, StopsWhenTheLastAnswerIsGiven) {
  start();
  RawClient idle(server->port());
  idle.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(idle.response(), EndsWith("hello"));
  RawClient busy(server->port());
  busy.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  Respond respond = take_held();
  std::thread stopper([&] { server->stop(60s); });
  EXPECT_THAT(idle.rest(), IsEmpty());
  EXPECT_TRUE(idle.closed());
  respond({.body = "last"});
  EXPECT_THAT(busy.rest(), EndsWith("last"));
  EXPECT_TRUE(busy.closed());
  stopper.join();
  EXPECT_FALSE(RawClient(server->port()).connected());
  server->stop(0ms);
}

TEST_F(Serving, CutsOffAfterTheGrace) {
  start();
  RawClient busy(server->port());
  busy.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  Respond respond = take_held();
  server->stop(10ms);
  EXPECT_THAT(busy.rest(), IsEmpty());
  respond({.body = "nobody hears this"});
  server.reset();
}

TEST_F(Serving, AnAnswerMayOutliveTheServer) {
  start();
  RawClient busy(server->port());
  busy.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  Respond respond = take_held();
  server.reset();
  respond({.body = "nobody hears this"});
}

TEST_F(Serving, SaysThatThePortIsTaken) {
  start();
  const auto second =
      Server::start({.listen = {.host = "127.0.0.1", .port = server->port()}}, Router(), clock);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::invalid_config);
  EXPECT_EQ(second.error().what.en, fmt::format("cannot listen on 127.0.0.1:{}: address already "
                                                "in use",
                                                server->port()));
  EXPECT_THAT(second.error().hint.en, HasSubstr("choose another port"));
  const auto foreign = Server::start({.listen = {.host = "192.0.2.1", .port = 0}}, Router(), clock);
  ASSERT_FALSE(foreign);
  EXPECT_THAT(foreign.error().hint.en, HasSubstr("ip address"));
}

TEST_F(Serving, ListensEverywhereItIsTold) {
  for (const char* host : {"localhost", "*", "0.0.0.0"}) {
    const auto there = Server::start({.listen = {.host = host, .port = 0}}, Router(), clock);
    ASSERT_TRUE(there) << there.error().what.en;
    RawClient client((*there)->port());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 404 ")) << host;
  }
}

}  // namespace
}  // namespace tidemark::http
