#include "relay/secret_box.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "base/atomic_file.h"
#include "base/base64.h"
#include "http/signature.h"
#include "relay/new_secret.h"

namespace tidemark::relay {
namespace {

const std::string key_text = base64(std::string(32, 'k'));

class SecretBoxFile : public testing::Test {
 protected:
  SecretBoxFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "secret-box-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SecretBoxFile() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::filesystem::path file() const { return folder_ / "master.key"; }
  void write(std::string_view text, mode_t mode = 0600) const {
    ASSERT_TRUE(write_file_atomically(file().string(), text, 0600));
    ASSERT_EQ(::chmod(file().c_str(), mode), 0);
  }
  std::filesystem::path folder_;
};

TEST(SecretBox, OpensWhatItSealed) {
  const SecretBox box = SecretBox::from_base64(key_text).value();
  for (const std::string& plain : {std::string(), std::string("whsec_abc"),
                                   std::string("密钥\0x", 8), std::string(100'000, 'x')}) {
    const std::string sealed = box.seal(plain, "sub_1").value();
    EXPECT_TRUE(sealed.starts_with("v1:"));
    EXPECT_EQ(box.open(sealed, "sub_1").value(), plain);
  }
}

TEST(SecretBox, SealsTheSameDifferentlyEachTime) {
  const SecretBox box = SecretBox::from_base64(key_text).value();
  EXPECT_NE(box.seal("a", "").value(), box.seal("a", "").value());
}

TEST(SecretBox, OpensNothingElse) {
  const SecretBox box = SecretBox::from_base64(key_text).value();
  const SecretBox other = SecretBox::from_base64(base64(std::string(32, 'K'))).value();
  const std::string sealed = box.seal("secret", "sub_1").value();
  EXPECT_EQ(box.open(sealed, "sub_2").error().kind, ErrorKind::corrupt);
  EXPECT_EQ(other.open(sealed, "sub_1").error().kind, ErrorKind::corrupt);
  const std::string bytes = base64_decoded(sealed.substr(3)).value();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(box.open("v1:" + base64(changed), "sub_1")) << i;
    EXPECT_FALSE(box.open("v1:" + base64(bytes.substr(0, i)), "sub_1")) << i;
  }
  EXPECT_FALSE(box.open("v1:" + base64(bytes + "x"), "sub_1"));
  EXPECT_FALSE(box.open("", "sub_1"));
  EXPECT_FALSE(box.open("secret", "sub_1"));
  EXPECT_FALSE(box.open("v2:" + sealed.substr(3), "sub_1"));
  EXPECT_FALSE(box.open(sealed + "\n", "sub_1"));
}

TEST(SecretBox, TakesOnlyKeysOf32Bytes) {
  EXPECT_EQ(SecretBox::from_base64("").error().kind, ErrorKind::invalid_config);
  EXPECT_FALSE(SecretBox::from_base64(std::string(32, 'k')));
  EXPECT_FALSE(SecretBox::from_base64(base64(std::string(31, 'k'))));
  EXPECT_FALSE(SecretBox::from_base64(base64(std::string(33, 'k'))));
  EXPECT_FALSE(SecretBox::from_base64(key_text + "\n"));
}

TEST_F(SecretBoxFile, IsMadeOnceForItsOwnerAlone) {
  const SecretBox first = SecretBox::from_file(file()).value();
  struct stat status{};
  ASSERT_EQ(::stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, mode_t{0600});
  const SecretBox second = SecretBox::from_file(file()).value();
  EXPECT_EQ(second.open(first.seal("a", "b").value(), "b").value(), "a");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(SecretBoxFile, IsOneWhenManyMakeItAtOnce) {
  constexpr std::size_t makers = 16;
  std::vector<std::optional<SecretBox>> boxes(makers);
  {
    std::vector<std::jthread> threads;
    for (auto& box : boxes) {
      threads.emplace_back([this, &box] {
        auto made = SecretBox::from_file(file());
        if (made) box = *made;
      });
    }
  }
  ASSERT_TRUE(boxes[0]);
  const std::string sealed = boxes[0]->seal("a", "b").value();
  for (const auto& box : boxes) {
    ASSERT_TRUE(box);
    EXPECT_EQ(box->open(sealed, "b").value(), "a");
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(SecretBoxFile, IsRefusedWhenOthersMayReadIt) {
  for (const mode_t mode : {mode_t{0640}, mode_t{0604}, mode_t{0620}, mode_t{0666}, mode_t{0777}}) {
    write(key_text + "\n", mode);
    EXPECT_EQ(SecretBox::from_file(file()).error().kind, ErrorKind::unauthorized) << mode;
  }
  write(key_text, 0400);
  EXPECT_TRUE(SecretBox::from_file(file()));
}

TEST_F(SecretBoxFile, IsNeverReplacedWhenItIsDamaged) {
  for (const std::string& text : {std::string(), std::string("\n"), key_text.substr(1),
                                  key_text + "\n\n", " " + key_text, std::string(5000, 'A')}) {
    write(text);
    EXPECT_EQ(SecretBox::from_file(file()).error().kind, ErrorKind::corrupt);
    EXPECT_EQ(read_file(file().string(), 10'000).value(), text);
  }
}

TEST_F(SecretBoxFile, NamesAFolderThatIsNotThere) {
  EXPECT_EQ(SecretBox::from_file(folder_ / "no" / "master.key").error().kind, ErrorKind::not_found);
  EXPECT_EQ(SecretBox::from_file(folder_).error().kind, ErrorKind::corrupt);
}

TEST(NewSecret, IsAKeyOfStandardWebhooksAndNewEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string secret = new_secret().value();
    EXPECT_TRUE(secret.starts_with("whsec_"));
    EXPECT_EQ(http::webhook_key(secret).value().size(), 32U);
    EXPECT_TRUE(seen.insert(secret).second);
  }
}

}  // namespace
}  // namespace tidemark::relay
