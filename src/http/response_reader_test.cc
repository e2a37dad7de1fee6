#include "http/response_reader.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tidemark::http {
namespace {

using Stage = ResponseReader::Stage;
using Fault = ResponseReader::Fault;

/// The same bytes, in pieces of this size: what comes must not depend on how it comes.
struct Read {
  explicit Read(std::string_view bytes, std::size_t piece, bool to_head = false,
                std::size_t body_bytes_max = 1000)
      : reader(to_head, 1000, body_bytes_max) {
    while (!bytes.empty()) {
      const std::string_view next = bytes.substr(0, std::min(piece, bytes.size()));
      const std::size_t count = reader.read(next);
      used += count;
      if (count < next.size()) break;
      bytes.remove_prefix(count);
    }
  }
  ResponseReader reader;
  std::size_t used = 0;
};

class Reading : public ::testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(InPieces, Reading, ::testing::Values(1, 2, 7, 100'000));

TEST_P(Reading, AnswerOfKnownLength) {
  const std::string answer =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain \r\nX-Empty:\r\ncontent-length: 3\r\n\r\nabc";
  Read read(answer + "HTTP/1.1 500 not asked for", GetParam());
  EXPECT_EQ(read.used, answer.size());
  EXPECT_EQ(read.reader.stage(), Stage::complete);
  EXPECT_EQ(read.reader.status(), 200);
  EXPECT_TRUE(read.reader.keep_alive());
  EXPECT_FALSE(read.reader.truncated());
  const Headers headers = read.reader.take_headers();
  EXPECT_EQ(headers.find("content-type"), "text/plain");
  EXPECT_EQ(headers.find("x-empty"), "");
  EXPECT_EQ(read.reader.take_body(), "abc");
}

TEST_P(Reading, ChunksInterimAnswersAndTrailers) {
  Read read(
      "HTTP/1.1 100 Continue\r\nX-Early: 1\r\nContent-Length: 5\r\n\r\nHTTP/1.1 201 \r\n"
      "Transfer-Encoding: chunked\r\n\r\n2;name=value\r\nab\r\nA\r\n0123456789\r\n0\r\nX: "
      "y\r\n\r\n",
      GetParam());
  EXPECT_EQ(read.reader.stage(), Stage::complete);
  EXPECT_EQ(read.reader.status(), 201);
  EXPECT_TRUE(read.reader.keep_alive());
  EXPECT_EQ(read.reader.take_body(), "ab0123456789");
  const Headers headers = read.reader.take_headers();
  EXPECT_EQ(headers.size(), 1U);
}

TEST_P(Reading, WithoutLengthUptoTheEnd) {
  Read read("HTTP/1.0 200 OK\nServer: old\n\nabc", GetParam());
  EXPECT_EQ(read.reader.stage(), Stage::body);
  read.reader.end();
  EXPECT_EQ(read.reader.stage(), Stage::complete);
  EXPECT_FALSE(read.reader.truncated());
  EXPECT_FALSE(read.reader.keep_alive());
  EXPECT_EQ(read.reader.take_body(), "abc");
}

TEST_P(Reading, WithoutBody) {
  for (const char* answer : {"HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Same\r\n\r\n",
                             "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"}) {
    Read read(answer, GetParam());
    EXPECT_TRUE(read.reader.keep_alive()) << answer;
  }
  Read to_head("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", GetParam(), true);
  EXPECT_TRUE(to_head.reader.keep_alive());
}

TEST_P(Reading, IsNotKeptWhenEitherSideSaysSo) {
  for (const char* answer :
       {"HTTP/1.1 204 X\r\nConnection: Close\r\n\r\n",
        "HTTP/1.1 204 X\r\nConnection: foo, close\r\n\r\n", "HTTP/1.0 204 X\r\n\r\n",
        "HTTP/1.1 200 X\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    Read read(answer, GetParam());
    EXPECT_EQ(read.reader.stage(), Stage::complete) << answer;
    EXPECT_FALSE(read.reader.keep_alive()) << answer;
  }
}

TEST_P(Reading, KeepsNoMoreThanAllowed) {
  for (const char* answer : {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "6\r\n012345\r\n5\r\n67890\r\n0\r\n\r\n",
                             "HTTP/1.1 200 OK\r\n\r\n01234567890"}) {
    Read read(answer, GetParam(), false, 10);
    EXPECT_EQ(read.reader.stage(), Stage::complete) << answer;
    EXPECT_EQ(read.reader.status(), 200);
    EXPECT_TRUE(read.reader.truncated());
    EXPECT_FALSE(read.reader.keep_alive());
    EXPECT_EQ(read.reader.take_body(), "0123456789");
  }
}

TEST_P(Reading, BrokenOffBodyKeepsItsStatus) {
  for (const char* answer :
       {"HTTP/1.1 500 X\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nnonsense\r\n",
        "HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n"}) {
    Read read(answer, GetParam());
    read.reader.end();
    EXPECT_EQ(read.reader.stage(), Stage::complete) << answer;
    EXPECT_EQ(read.reader.status(), 500);
    EXPECT_TRUE(read.reader.truncated());
    EXPECT_EQ(read.reader.take_body(), "abc");
  }
}

TEST_P(Reading, RefusesWhatIsNoAnswer) {
  for (const char* answer :
       {"220 mail.example ESMTP\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"}) {
    Read read(answer, GetParam());
    EXPECT_EQ(read.reader.stage(), Stage::broken) << answer;
    EXPECT_EQ(read.reader.fault(), Fault::not_http) << answer;
    EXPECT_EQ(read.reader.status(), 0);
  }
}

TEST_P(Reading, RefusesEndlessHeads) {
  Read fields("HTTP/1.1 200 OK\r\nX: " + std::string(2000, 'x'), GetParam());
  EXPECT_EQ(fields.reader.fault(), Fault::too_large);
  std::string informing;
  while (informing.size() < 2000) informing += "HTTP/1.1 103 Early\r\n\r\n";
  EXPECT_EQ(Read(informing, GetParam()).reader.fault(), Fault::too_large);
}

TEST(ResponseReader, KnowsWhatWasMissing) {
  ResponseReader nothing(false, 1000, 1000);
  nothing.end();
  EXPECT_TRUE(nothing.untouched());
  EXPECT_EQ(nothing.fault(), Fault::ended);
  Read half("HTTP/1.1 200 OK\r\nContent-Le", 100);
  half.reader.end();
  EXPECT_FALSE(half.reader.untouched());
  EXPECT_EQ(half.reader.fault(), Fault::ended);
}

TEST_P(Reading, OnlyAnOrderlyCloseEndsABodyWithoutALength) {
  const std::string_view answer = "HTTP/1.0 200 OK\r\n\r\nhalf of";
  Read whole(answer, GetParam());
  whole.reader.end();
  EXPECT_FALSE(whole.reader.truncated());
  Read cut(answer, GetParam());
  cut.reader.end(true);
  EXPECT_EQ(cut.reader.stage(), Stage::complete);
  EXPECT_TRUE(cut.reader.truncated());
}

TEST_P(Reading, AHeadThatJustFitsFitsInAnyPieces) {
  const std::string first = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ";
  const std::string last = "\r\n\r\n";
  const auto head = [&](std::size_t bytes) {
    return first + std::string(bytes - first.size() - last.size(), 'x') + last;
  };
  EXPECT_EQ(Read(head(1000), GetParam()).reader.stage(), Stage::complete);
  EXPECT_EQ(Read(head(1001), GetParam()).reader.fault(), Fault::too_large);
}

}  // namespace
}  // namespace tidemark::http
