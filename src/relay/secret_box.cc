#include "relay/secret_box.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include "base/atomic_file.h"
#include "base/base64.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/system_error.h"
#include "base/unique_fd.h"
#include "relay/new_secret.h"

namespace tidemark::relay {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t nonce_size = 12;  // What SP 800-38D recommends for GCM.
constexpr std::size_t tag_size = 16;
constexpr std::string_view version_mark = "v1:";
constexpr std::size_t key_file_bytes_max = 1024;
constexpr std::size_t plain_bytes_max = std::size_t{1} << 20;

using Key = std::array<std::uint8_t, key_size>;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// Lengths here are at most plain_bytes_max.
int length_of(std::string_view text) { return static_cast<int>(text.size()); }

/// What cannot fail but for want of memory or a broken library.
void must(int result) { check(result == 1, "AES-256-GCM of OpenSSL works"); }

std::optional<Key> key_from(std::string_view text) {
  const auto bytes = base64_decoded(text);
  if (!bytes || bytes->size() != key_size) return std::nullopt;
  Key key{};
  std::ranges::transform(*bytes, key.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return key;
}

/// Whether nobody but its owner may read or change the open file.
Result<void> check_private(int fd, const std::string& path) {
  struct stat status{};
  if (::fstat(fd, &status) != 0)
    return fail_errno(errno, {"cannot examine {}", "无法检查 {}"}, printable(path));
  if (!S_ISREG(status.st_mode))
    return fail(ErrorKind::corrupt, {"{} is no regular file", "{} 不是普通文件"}, printable(path));
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(make_error(ErrorKind::unauthorized,
                           {"the key in {} may be read or changed by others (mode {:04o})",
                            "{} 中的密钥可被他人读取或修改（权限 {:04o}）"},
                           printable(path), static_cast<unsigned>(status.st_mode & 07777))
                    .with_hint({"chmod 600 {}; if others may have read it, replace the secrets",
                                "执行 chmod 600 {}；若可能已被他人读取，请更换各密钥"},
                               printable(path)));
  }
  return {};
}

/// The whole text of the open file.
Result<std::string> read_all(int fd, const std::string& path) {
  std::string text(key_file_bytes_max, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t got = ::read(fd, text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, {"cannot read {}", "无法读取 {}"}, printable(path));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return text;
}

/// A new key under `path`, unless somebody else was faster: link() puts the finished file in place
/// and never replaces one.
Result<void> make_key_file(const std::string& path) {
  const auto bytes = secret_bytes(key_size);
  if (!bytes) return fail(Result<std::string>(bytes));
  const auto suffix = secret_bytes(sizeof(std::uint64_t));
  if (!suffix) return fail(Result<std::string>(suffix));
  const std::string draft = path + ".new-" + hex(*suffix);
  if (auto written = write_file_atomically(draft, base64(*bytes) + '\n', 0600); !written)
    return written;
  const int linked = ::link(draft.c_str(), path.c_str());
  const int reason = errno;
  ::unlink(draft.c_str());
  if (linked != 0 && reason != EEXIST)
    return fail_errno(reason, {"cannot make {}", "无法创建 {}"}, printable(path));
  return sync_folder_of(path);
}

}  // namespace

SecretBox::~SecretBox() { OPENSSL_cleanse(key_.data(), key_.size()); }

Result<SecretBox> SecretBox::from_base64(std::string_view key) {
  const auto decoded = key_from(key);
  if (!decoded) {
    return fail(make_error(ErrorKind::invalid_config, {"the master key is not 32 bytes in base64",
                                                       "主密钥不是 32 字节的 base64"})
                    .with_hint({"make one with: head -c 32 /dev/urandom | base64",
                                "生成方法：head -c 32 /dev/urandom | base64"}));
  }
  return SecretBox(*decoded);
}

Result<SecretBox> SecretBox::from_file(const std::filesystem::path& file) {
  const std::string path = file.string();
  UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
  if (!fd && errno == ENOENT) {
    if (auto made = make_key_file(path); !made) return fail(std::move(made));
    fd.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  }
  if (!fd) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, printable(path));
  if (auto closed = check_private(fd.get(), path); !closed) return fail(std::move(closed));
  const auto text = read_all(fd.get(), path);
  if (!text) return fail(Result<std::string>(text));
  std::string_view line = *text;
  if (line.ends_with('\n')) line.remove_suffix(1);
  const auto key = key_from(line);
  if (!key) {
    return fail(
        make_error(
            ErrorKind::corrupt,
            {"{} does not hold a key (32 bytes in base64)", "{} 中不是密钥（32 字节的 base64）"},
            printable(path))
            .with_hint({"restore it from a backup: without it stored secrets cannot be read",
                        "请从备份恢复：没有它，已存储的密钥无法读取"}));
  }
  return SecretBox(*key);
}

Result<std::string> SecretBox::seal(std::string_view plain, std::string_view context) const {
  check(plain.size() <= plain_bytes_max && context.size() <= plain_bytes_max,
        "what is sealed is short");
  auto nonce = secret_bytes(nonce_size);
  if (!nonce) return nonce;
  const CipherContext cipher{EVP_CIPHER_CTX_new()};
  check(cipher != nullptr, "there is memory for a cipher");
  std::string sealed = *nonce;
  sealed.resize(nonce_size + plain.size() + tag_size);
  unsigned char* const text = bytes_of(sealed) + nonce_size;
  int written = 0;
  must(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), bytes_of(*nonce)));
  must(EVP_EncryptUpdate(cipher.get(), nullptr, &written, bytes_of(context), length_of(context)));
  must(EVP_EncryptUpdate(cipher.get(), text, &written, bytes_of(plain), length_of(plain)));
  must(EVP_EncryptFinal_ex(cipher.get(), text + plain.size(), &written));
  must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_size, text + plain.size()));
  return std::string(version_mark) + base64(sealed);
}

Result<std::string> SecretBox::open(std::string_view sealed, std::string_view context) const {
  const auto refuse = [] {
    return fail(
        make_error(ErrorKind::corrupt, {"a stored secret does not open with this master key",
                                        "已存储的密钥无法用当前主密钥解开"})
            .with_hint({"use the master key it was sealed with, or rotate the secret",
                        "请使用加密时的主密钥，或更换该密钥"}));
  };
  if (!sealed.starts_with(version_mark)) return refuse();
  auto bytes = base64_decoded(sealed.substr(version_mark.size()));
  if (!bytes || bytes->size() < nonce_size + tag_size ||
      bytes->size() > plain_bytes_max + nonce_size + tag_size || context.size() > plain_bytes_max) {
    return refuse();
  }
  const std::string_view text(bytes->data() + nonce_size, bytes->size() - nonce_size - tag_size);
  std::string plain(text.size(), '\0');
  const CipherContext cipher{EVP_CIPHER_CTX_new()};
  check(cipher != nullptr, "there is memory for a cipher");
  int written = 0;
  must(EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), bytes_of(*bytes)));
  must(EVP_DecryptUpdate(cipher.get(), nullptr, &written, bytes_of(context), length_of(context)));
  must(EVP_DecryptUpdate(cipher.get(), bytes_of(plain), &written, bytes_of(text), length_of(text)));
  must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_size,
                           bytes->data() + bytes->size() - tag_size));
  if (EVP_DecryptFinal_ex(cipher.get(), bytes_of(plain) + plain.size(), &written) != 1)
    return refuse();
  return plain;
}

}  // namespace tidemark::relay
