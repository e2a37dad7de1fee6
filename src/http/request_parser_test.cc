#include "http/request_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

constexpr std::size_t header_bytes_max = 1024;
constexpr std::size_t body_bytes_max = 100;

struct Reading {
  RequestParser::Stage stage;
  std::optional<RequestFault> fault;
  RequestHead head{};
  std::string body{};
  std::size_t used = 0;
};

/// Reads `text`, given in pieces of `piece` bytes.
Reading read(std::string_view text, std::size_t piece = std::string_view::npos) {
  RequestParser parser(header_bytes_max);
  std::string pending;
  std::size_t used = 0;
  while (parser.stage() != RequestParser::Stage::complete) {
    const auto step = parser.read(pending);
    pending.erase(0, step.used);
    used += step.used;
    if (step.fault) return {.stage = parser.stage(), .fault = step.fault, .used = used};
    if (parser.stage() == RequestParser::Stage::body) parser.allow_body(body_bytes_max);
    if (step.used > 0) continue;
    if (text.empty()) return {.stage = parser.stage(), .used = used};
    pending += text.substr(0, piece);
    text.remove_prefix(std::min(piece, text.size()));
  }
  return {.stage = parser.stage(),
          .head = parser.take_head(),
          .body = parser.take_body(),
          .used = used};
}

std::optional<RequestFault> fault(std::string_view text) {
  const Reading whole = read(text);
  const Reading drip = read(text, 1);
  EXPECT_EQ(whole.fault.has_value(), drip.fault.has_value()) << text;
  return whole.fault;
}

TEST(RequestParser, ReadsInPiecesOfAnySize) {
  constexpr std::string_view text =
      "POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nX-A:  1 \r\n\r\nabcdeGET";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const Reading reading = read(text, piece);
    ASSERT_EQ(reading.stage, RequestParser::Stage::complete) << piece;
    EXPECT_EQ(reading.head.method, "POST");
    EXPECT_EQ(reading.head.target, "/a?b");
    EXPECT_EQ(reading.head.headers.find("x-a"), "1");
    EXPECT_EQ(reading.head.content_length, 5U);
    EXPECT_TRUE(reading.head.keep_alive);
    EXPECT_EQ(reading.body, "abcde");
    EXPECT_EQ(reading.used, text.size() - 3) << "the next request is left alone";
  }
}

TEST(RequestParser, ReadsChunks) {
  constexpr std::string_view text =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "3;a=b;c=\"d\"\r\nabc\r\n00a\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const Reading reading = read(text, piece);
    ASSERT_EQ(reading.stage, RequestParser::Stage::complete) << piece;
    EXPECT_EQ(reading.body, "abc0123456789");
    EXPECT_TRUE(reading.head.chunked);
    EXPECT_EQ(reading.head.headers.find("X-Trailer"), std::nullopt);
  }
}

TEST(RequestParser, ReadsALastChunkThatComesByteByByte) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(read(head + "0\r\n\r\n", 1).stage, RequestParser::Stage::complete);
  EXPECT_EQ(read(head + "0\r\n", 1).stage, RequestParser::Stage::body);
  EXPECT_EQ(read(head + "0\r\nX: 1\r\n\r\n", 1).stage, RequestParser::Stage::complete);
}

TEST(RequestParser, KnowsWhenMoreMayCome) {
  EXPECT_TRUE(read("GET / HTTP/1.1\r\nHost: h\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(read("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").head.keep_alive);
  EXPECT_FALSE(read("GET / HTTP/1.0\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(read("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").head.keep_alive);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{100}})
    EXPECT_EQ(read("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", piece).stage,
              RequestParser::Stage::complete);
}

TEST(RequestParser, KnowsWhoWaitsForAWord) {
  const std::string rest = "Host: h\r\nContent-Length: 0\r\nExpect: 100-Continue\r\n\r\n";
  EXPECT_TRUE(read("POST / HTTP/1.1\r\n" + rest).head.expects_continue);
  EXPECT_FALSE(read("POST / HTTP/1.0\r\n" + rest).head.expects_continue);
}

TEST(RequestParser, RefusesWhatTwoReadersCouldReadDifferently) {
  const std::string line = "POST / HTTP/1.1\r\n";
  for (const char* fields : {
           "Host: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n",
           "Host: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
           "Host: h\r\nContent-Length: 1, 2\r\n",
           "Host: h\r\nContent-Length: -1\r\n",
           "Host: h\r\nContent-Length: +1\r\n",
           "Host: h\r\nContent-Length: 0x1\r\n",
           "Host: h\r\nContent-Length: 99999999999999999999\r\n",
           "Host: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
           "Host: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n",
           "Host: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Host: h\r\nTransfer-Encoding: gzip, chunked\r\n",
           "Host: h\r\nTransfer-Encoding: chunked, identity\r\n",
           "Host: h\r\nTransfer-Encoding: identity\r\n",
           "Host: h\r\nTransfer-Encoding: xchunked\r\n",
           "Host: h\r\nContent-Length : 1\r\n",
           "Host: h\r\nTransfer-Encoding : chunked\r\n",
           "Host: h\r\n Transfer-Encoding: chunked\r\n\tX\x01: y\r\n",
           "Host: h\r\nHost: other\r\n",
           "X-A: 1\r\n",
           "Host: h\r\nX-A\r\n",
           "Host: h\r\n: empty\r\n",
           "Host: h\r\nX A: 1\r\n",
           "Host: h\r\nX-A: 1\nX-B: 2\r\n",
           "Host: h\r\nX-A: 1\rX-B: 2\r\n",
           "Host: h\r\nX-A: \x01\r\n",
       })
    EXPECT_EQ(fault(line + fields + "\r\nabc"), RequestFault::malformed) << fields;
  EXPECT_EQ(fault("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            RequestFault::malformed);
  EXPECT_EQ(fault(std::string("GET / HTTP/1.1\r\nHost: h\r\nX-A: a") + '\0' + "b\r\n\r\n"),
            RequestFault::malformed);
}

TEST(RequestParser, RefusesWhatIsNoRequest) {
  for (const char* line : {"GET /\r\n", "GET / HTTP/2.0\r\n", "GET / HTTP/0.9\r\n",
                           "GET / HTTP/1.2\r\n", "GET  / HTTP/1.1\r\n", "GET / HTTP/1.1 \r\n",
                           " GET / HTTP/1.1\r\n", "G\x01T / HTTP/1.1\r\n", "GET /a b HTTP/1.1\r\n",
                           "GET / http/1.1\r\n", "GET / HTTP/1.1\n", "HTTP/1.1 200 OK\r\n",
                           "\x16\x03\x01\x02", "GET /\x7f HTTP/1.1\r\n", "(GET) / HTTP/1.1\r\n"})
    EXPECT_EQ(fault(std::string(line) + "Host: h\r\n\r\n"), RequestFault::malformed) << line;
}

TEST(RequestParser, RefusesBrokenChunks) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* body :
       {"g\r\n", "\r\n", "-1\r\n", "1\r\nab\r\n", "1 \r\na\r\n", "0x1\r\na\r\n", "1\na\r\n",
        "11111111111111111\r\n", "1;=\r\na\r\n0\r\n", "0\r\nbroken\r\n", "0\r\nX-A: \x01\r\n"})
    EXPECT_EQ(fault(head + body + "\r\n\r\n"), RequestFault::malformed) << body;
  EXPECT_EQ(fault(head + "1;" + std::string(2000, 'a')), RequestFault::malformed) << "an extension";
  EXPECT_EQ(fault(head + "0\r\n" + std::string(2000, 'a')), RequestFault::malformed) << "a trailer";
}

TEST(RequestParser, BoundsTheHead) {
  const std::string line = "GET / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(fault(line + "X: " + std::string(2000, 'a') + "\r\n\r\n"),
            RequestFault::headers_too_large);
  EXPECT_EQ(fault("GET /" + std::string(2000, 'a')), RequestFault::headers_too_large);
  EXPECT_EQ(fault(std::string(2000, 'A')), RequestFault::headers_too_large);
  std::string many = line;
  for (int count = 0; count < 200; ++count) many += "a:\r\n";
  EXPECT_EQ(fault(many + "\r\n"), RequestFault::headers_too_large) << "100 fields at most";
  std::string endless = line;
  for (int count = 0; count < 90; ++count) endless += "X-Field-Name: 123456789\r\n";
  EXPECT_EQ(fault(endless), RequestFault::headers_too_large) << "one field after the other";
  std::string blank_lines;
  for (int count = 0; count < 2000; ++count) blank_lines += "\r\n";
  EXPECT_TRUE(fault(blank_lines).has_value());
}

TEST(RequestParser, BoundsTheBody) {
  const std::string line = "POST / HTTP/1.1\r\nHost: h\r\n";
  const std::string chunked = line + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(read(line + "Content-Length: 100\r\n\r\n" + std::string(100, 'a')).body.size(), 100U);
  EXPECT_EQ(fault(line + "Content-Length: 101\r\n\r\n" + std::string(101, 'a')),
            RequestFault::body_too_large);
  EXPECT_EQ(fault(chunked + "65\r\na"), RequestFault::body_too_large) << "said in advance";
  EXPECT_EQ(fault(chunked + "ffffffffffffffff\r\n"), RequestFault::body_too_large);
  std::string little_by_little = chunked;
  for (int count = 0; count < 101; ++count) little_by_little += "1\r\na\r\n";
  EXPECT_EQ(fault(little_by_little), RequestFault::body_too_large);
}

}  // namespace
}  // namespace tidemark::http
