#include "relay/spool.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <thread>

#include "base/atomic_file.h"

namespace tidemark::relay {
namespace {

constexpr std::int64_t bytes_max = 10'000'000;

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "spool-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SpoolTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] Spool spool(std::int64_t limit = bytes_max) const {
    return Spool::open(folder_, limit).value();
  }
  [[nodiscard]] std::string file() const { return (folder_ / "spool").string(); }
  [[nodiscard]] std::string content() const { return read_file(file(), bytes_max).value(); }
  void put(std::string_view bytes) const { ASSERT_TRUE(write_file_atomically(file(), bytes)); }
  /// The bytes of all records that wait.
  [[nodiscard]] std::vector<std::string> all() const {
    SpoolReader reader = SpoolReader::open(folder_).value();
    std::vector<std::string> texts;
    for (const SpoolRecord& record : reader.peek(1'000'000).value()) texts.push_back(record.bytes);
    return texts;
  }
  std::filesystem::path folder_;
};

using Texts = std::vector<std::string>;

TEST_F(SpoolTest, GivesBackTheSameBytesInOrderUntilTheyAreAcknowledged) {
  Spool spool = this->spool();
  const std::string odd("W 0000000001 00000001\n\0\xff\r\n", 26);
  ASSERT_TRUE(spool.append("k1", "{\"a\": 1}\n"));
  ASSERT_TRUE(spool.append("k2", odd));
  ASSERT_TRUE(spool.append("k3", ""));
  SpoolReader reader = SpoolReader::open(folder_).value();
  EXPECT_EQ(reader.peek(2).value().size(), 2U);
  const auto records = reader.peek(10).value();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].key, "k1");
  EXPECT_EQ(records[0].bytes, "{\"a\": 1}\n");
  EXPECT_EQ(records[1].bytes, odd);
  EXPECT_EQ(records[2].bytes, "");
  ASSERT_TRUE(reader.acknowledge(records[0]));
  EXPECT_EQ(reader.peek(10).value().front().key, "k2");
  ASSERT_TRUE(spool.append("k4", "4"));
  ASSERT_TRUE(reader.acknowledge(records[2]));
  EXPECT_EQ(reader.peek(10).value().front().key, "k4");
  ASSERT_TRUE(reader.acknowledge(reader.peek(1).value().front()));
  EXPECT_TRUE(reader.peek(1).value().empty());
  EXPECT_EQ(std::filesystem::file_size(file()), 0U);
  ASSERT_TRUE(spool.append("k5", "5"));
  EXPECT_EQ(reader.peek(10).value().front().key, "k5");
}

TEST_F(SpoolTest, RemembersWhatWasAcknowledged) {
  Spool spool = this->spool();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(spool.append("k", std::to_string(i)));
  {
    SpoolReader reader = SpoolReader::open(folder_).value();
    ASSERT_TRUE(reader.acknowledge(reader.peek(3).value().back()));
  }
  EXPECT_EQ(all(), (Texts{"3", "4"}));
}

TEST_F(SpoolTest, HasOneReaderAtATime) {
  (void)spool();
  const SpoolReader reader = SpoolReader::open(folder_).value();
  EXPECT_EQ(SpoolReader::open(folder_).error().kind, ErrorKind::locked);
}

TEST_F(SpoolTest, CutsOffARecordThatWasTornAnywhere) {
  ASSERT_TRUE(spool().append("k1", "first"));
  const std::string one = content();
  ASSERT_TRUE(spool().append("k2", "second"));
  const std::string two = content();
  for (std::size_t length = one.size(); length < two.size(); ++length) {
    put(std::string_view(two).substr(0, length));
    EXPECT_EQ(all(), (Texts{"first"})) << length;
    ASSERT_TRUE(spool().append("k3", "third"));
    EXPECT_EQ(all(), (Texts{"first", "third"})) << length;
  }
}

TEST_F(SpoolTest, CutsOffATailThatNeverReachedTheDisk) {
  ASSERT_TRUE(spool().append("k1", "first"));
  const std::string one = content();
  ASSERT_TRUE(spool().append("k2", "second"));
  std::string two = content();
  const std::size_t head = two.size() - std::string_view("k2second\n").size();
  for (const std::size_t zeros_from : {one.size(), head}) {
    std::string zeroed = two;
    std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(zeros_from), zeroed.end(), '\0');
    put(zeroed);
    EXPECT_EQ(all(), (Texts{"first"}));
    ASSERT_TRUE(spool().append("k3", "third"));
    EXPECT_EQ(all(), (Texts{"first", "third"}));
  }
}

TEST_F(SpoolTest, RefusesToGuessWhenItIsDamagedInTheMiddle) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(spool().append("k", fmt::format("record {}", i)));
  const std::string whole = content();
  const std::size_t second = whole.size() / 3;
  for (const std::size_t at : {second, second + 5, second + 30, second + 95}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    put(damaged);
    SpoolReader reader = SpoolReader::open(folder_).value();
    EXPECT_EQ(reader.peek(10).error().kind, ErrorKind::corrupt) << at;
    EXPECT_EQ(content(), damaged);
  }
}

TEST_F(SpoolTest, SaysWhenItIsFullAndKeepsWhatItHas) {
  Spool small = spool(300);
  ASSERT_TRUE(small.append("k1", std::string(150, 'x')));
  const std::string before = content();
  const auto refused = small.append("k2", std::string(150, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::no_space);
  EXPECT_EQ(content(), before);
}

TEST_F(SpoolTest, AFullDiskTakesNothing) {
  Spool spool = this->spool();
  ASSERT_TRUE(spool.append("k1", "first"));
  const std::string before = content();
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 4096, .rlim_max = 4096};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(2);
    ::_exit(spool.append("k2", std::string(100'000, 'x')) ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(content(), before);
  ASSERT_TRUE(spool.append("k3", "third"));
  EXPECT_EQ(all(), (Texts{"first", "third"}));
}

TEST_F(SpoolTest, TakesFromManyWritersWhileOneReads) {
  constexpr int writers = 8;
  constexpr int each = 50;
  (void)spool();
  std::map<std::string, int> sent;
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < writers; ++writer) {
      threads.emplace_back([this, writer] {
        Spool own = spool();
        for (int i = 0; i < each; ++i)
          EXPECT_TRUE(own.append(fmt::format("{}", writer), std::to_string(i)));
      });
    }
    SpoolReader reader = SpoolReader::open(folder_).value();
    for (int read = 0; read < writers * each;) {
      const auto records = reader.peek(7).value();
      for (const SpoolRecord& record : records) {
        EXPECT_EQ(std::stoi(record.bytes), sent[record.key]++);
        ++read;
      }
      if (!records.empty()) ASSERT_TRUE(reader.acknowledge(records.back()));
    }
  }
  EXPECT_EQ(sent.size(), std::size_t{writers});
  EXPECT_TRUE(all().empty());
}

TEST_F(SpoolTest, IsEmptyOnceAllIsAcknowledged) {
  Spool spool = this->spool();
  EXPECT_EQ(spool.is_empty(), true);
  ASSERT_TRUE(spool.append("k1", "1"));
  ASSERT_TRUE(spool.append("k2", "2"));
  SpoolReader reader = SpoolReader::open(folder_).value();
  ASSERT_TRUE(reader.acknowledge(reader.peek(1).value().front()));
  EXPECT_EQ(spool.is_empty(), false);
  ASSERT_TRUE(reader.acknowledge(reader.peek(1).value().front()));
  EXPECT_EQ(spool.is_empty(), true);
  ASSERT_TRUE(spool.append("k3", "3"));
  const std::string whole = content();
  put(whole.substr(0, whole.size() - 2));  // Torn: it was never taken.
  EXPECT_EQ(spool.is_empty(), true);
  put(whole.substr(0, whole.size() - 1) + '\0');  // Its length reached the disk, its end did not.
  EXPECT_EQ(spool.is_empty(), true);
}

TEST_F(SpoolTest, KeepsWhatAKilledWriterWasToldItTook) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    Spool own = spool();
    for (int i = 0;; ++i) {
      if (!own.append("k", std::to_string(i))) ::_exit(1);
      if (::write(pipe[1], "x", 1) != 1) ::_exit(1);
    }
  }
  ::close(pipe[1]);
  char letter = 0;
  for (int i = 0; i < 20; ++i) ASSERT_EQ(::read(pipe[0], &letter, 1), 1);
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  std::size_t taken = 20;
  while (::read(pipe[0], &letter, 1) == 1) ++taken;
  ::close(pipe[0]);
  const Texts texts = all();
  ASSERT_GE(texts.size(), taken);
  ASSERT_LE(texts.size(), taken + 1);
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], std::to_string(i));
}

}  // namespace
}  // namespace tidemark::relay
