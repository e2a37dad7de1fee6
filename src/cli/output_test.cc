#include "cli/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <nlohmann/json.hpp>

#include "base/unique_fd.h"

namespace tidemark::cli {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  std::string read_all() {
    writer.reset();
    std::string all;
    std::array<char, 256> buffer{};
    for (ssize_t got = 0; (got = ::read(reader.get(), buffer.data(), buffer.size())) > 0;)
      all.append(buffer.data(), static_cast<std::size_t>(got));
    return all;
  }
  UniqueFd reader, writer;
};

TEST(Output, WritesWholeLinesInOrder) {
  Pipe pipe;
  Output output(pipe.writer.get());
  output.line("one");
  output.json({{"message_type", "summary"}, {"exit_code", 0}});
  EXPECT_TRUE(output.failure());
  EXPECT_EQ(pipe.read_all(), "one\n{\"message_type\":\"summary\",\"exit_code\":0}\n");
}

TEST(Output, BytesThatAreNotUtf8DoNotBreakTheJsonLine) {
  Pipe pipe;
  Output output(pipe.writer.get());
  output.json({{"tenant", "a\xff\n"}});
  EXPECT_EQ(pipe.read_all(), "{\"tenant\":\"a\xef\xbf\xbd\\n\"}\n");
}

TEST(Output, AReaderThatLeftIsNoFailure) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.reader.reset();
  Output output(pipe.writer.get());
  output.line("nobody reads this");
  output.line("nor this");
  EXPECT_TRUE(output.failure());
}

TEST(Output, AFullDiskIsAFailure) {
  const UniqueFd full(open("/dev/full", O_WRONLY));  // NOLINT(*-vararg)
  Output output(full.get());
  output.line("lost");
  const Result<void> failure = output.failure();
  ASSERT_FALSE(failure);
  EXPECT_EQ(failure.error().kind, ErrorKind::no_space);
}

TEST(Output, AClosedDescriptorIsAFailure) {
  Output output(-1);
  output.line("lost");
  const Result<void> failure = output.failure();
  ASSERT_FALSE(failure);
  EXPECT_EQ(failure.error().kind, ErrorKind::io);
}

}  // namespace
}  // namespace tidemark::cli
