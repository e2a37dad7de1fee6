#include "relay/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/system_call.h"
#include "base/system_error.h"

namespace tidemark::relay {
namespace {

// A record: `W 0000000123 00000025 <64 hex of SHA-256 over key and bytes>\n`, key, bytes, `\n`.
// The first letter becomes `D` (done) in place when the hub has it.
constexpr char waiting = 'W';
constexpr char done = 'D';
constexpr std::int64_t head_size = 2 + 10 + 1 + 8 + 1 + 64 + 1;
constexpr std::int64_t tail_size = 1;
constexpr std::int64_t record_bytes_max = std::int64_t{64} << 20;
constexpr std::size_t key_bytes_max = 255;

std::string file_of(const std::string& folder) { return folder + "/spool"; }

std::string digest_of(std::string_view payload) {
  std::array<char, 32> digest{};
  unsigned int length = 0;
  check(EVP_Digest(payload.data(), payload.size(), reinterpret_cast<unsigned char*>(digest.data()),
                   &length, EVP_sha256(), nullptr) == 1,
        "SHA-256 of OpenSSL works");
  return hex({digest.data(), digest.size()});
}

/// Opens the file and holds its lock as long as the descriptor lives.
Result<UniqueFd> locked_file(const std::string& folder) {
  const std::string path = file_of(folder);
  UniqueFd fd{uninterrupted(
      [&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); })};
  if (!fd) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, printable(path));
  if (uninterrupted([&] { return ::flock(fd.get(), LOCK_EX); }) != 0)
    return fail_errno(errno, {"cannot lock {}", "无法锁定 {}"}, printable(path));
  return fd;
}

Result<std::int64_t> size_of(int fd, const std::string& folder) {
  struct stat status{};
  if (::fstat(fd, &status) != 0)
    return fail_errno(errno, {"cannot examine {}", "无法检查 {}"}, printable(file_of(folder)));
  return status.st_size;
}

/// `size` bytes from `at`, fewer at the end of the file.
Result<std::string> read_at(int fd, const std::string& folder, std::int64_t at, std::int64_t size) {
  std::optional<std::string> bytes = read_all(fd, at, static_cast<std::size_t>(size));
  if (!bytes)
    return fail_errno(errno, {"cannot read {}", "无法读取 {}"}, printable(file_of(folder)));
  return std::move(*bytes);
}

Result<void> write_at(int fd, const std::string& folder, std::int64_t at, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = uninterrupted([&] { return ::pwrite(fd, bytes.data(), bytes.size(), at); });
    if (put < 0)
      return fail_errno(errno, {"cannot write {}", "无法写入 {}"}, printable(file_of(folder)));
    bytes.remove_prefix(static_cast<std::size_t>(put));
    at += put;
  }
  return {};
}

Result<void> sync(int fd, const std::string& folder) {
  if (uninterrupted([&] { return ::fdatasync(fd); }) != 0)
    return fail_errno(errno, {"cannot sync {}", "无法将 {} 落盘"}, printable(file_of(folder)));
  return {};
}

std::unexpected<Error> damaged(const std::string& folder, std::int64_t at) {
  return fail(make_error(ErrorKind::corrupt, {"{} is damaged at byte {}", "{} 在第 {} 字节处损坏"},
                         printable(file_of(folder)), at)
                  .with_hint({"keep a copy of the file; what stands before that is whole",
                              "请保留该文件的副本；此处之前的内容完好"}));
}

struct Head {
  bool is_done = false;
  std::int64_t size = 0;  ///< Of key and bytes.
  std::int64_t key_size = 0;
  std::string digest{};
};

std::optional<std::int64_t> number(std::string_view digits) {
  std::int64_t value = 0;
  if (!std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::optional<Head> parse_head(std::string_view text) {
  if (std::cmp_less(text.size(), head_size) || (text[0] != waiting && text[0] != done) ||
      text[1] != ' ' || text[12] != ' ' || text[21] != ' ' || text[head_size - 1] != '\n') {
    return std::nullopt;
  }
  const auto size = number(text.substr(2, 10));
  const auto key_size = number(text.substr(13, 8));
  if (!size || !key_size || *size > record_bytes_max || *key_size > *size) return std::nullopt;
  return Head{.is_done = text[0] == done,
              .size = *size,
              .key_size = *key_size,
              .digest = std::string(text.substr(22, 64))};
}

/// What stands at `at`: a whole record, or nothing that can be one.
struct Found {
  std::optional<SpoolRecord> record{};
  bool is_done = false;
};

Result<Found> record_at(int fd, const std::string& folder, std::int64_t at) {
  const auto text = read_at(fd, folder, at, head_size);
  if (!text) return fail(Result<std::string>(text));
  const auto head = parse_head(*text);
  if (!head) return Found{};
  auto payload = read_at(fd, folder, at + head_size, head->size + tail_size);
  if (!payload) return fail(std::move(payload));
  if (std::cmp_less(payload->size(), head->size + tail_size) || payload->back() != '\n')
    return Found{};
  payload->pop_back();
  if (digest_of(*payload) != head->digest) return Found{};
  const auto key_size = static_cast<std::size_t>(head->key_size);
  return Found{.record = SpoolRecord{.key = payload->substr(0, key_size),
                                     .bytes = payload->substr(key_size),
                                     .begin = at,
                                     .end = at + head_size + head->size + tail_size},
               .is_done = head->is_done};
}

/// What is left behind the last head. A record that was torn has nothing behind it; if a whole one
/// stands there, the file was damaged in its middle, and cutting it would lose that one.
Result<void> check_torn(int fd, const std::string& folder, std::int64_t at, std::int64_t size) {
  const auto rest = read_at(fd, folder, at, size - at);
  if (!rest) return fail(Error(rest.error()));
  for (std::size_t line = rest->find('\n'); line != std::string::npos;
       line = rest->find('\n', line + 1)) {
    if (!parse_head(std::string_view(*rest).substr(line + 1))) continue;
    const auto found = record_at(fd, folder, at + static_cast<std::int64_t>(line) + 1);
    if (!found) return fail(Error(found.error()));
    if (found->record) return damaged(folder, at);
  }
  return {};
}

/// Where the last whole record ends; `from` is where one begins, or the beginning. Only the last
/// one can be torn: each is durable before the next begins. Heads are followed to the last record,
/// which is checked to its last byte.
Result<std::int64_t> end_of_records(int fd, const std::string& folder, std::int64_t from) {
  const auto size = size_of(fd, folder);
  if (!size) return size;
  std::int64_t last = from;
  std::int64_t at = from;
  while (at < *size) {
    const auto text = read_at(fd, folder, at, head_size);
    if (!text) return fail(Error(text.error()));
    const auto head = parse_head(*text);
    if (!head) break;
    last = at;
    at += head_size + head->size + tail_size;
  }
  const auto found = record_at(fd, folder, last);
  if (!found) return fail(Error(found.error()));
  const std::int64_t end = found->record ? found->record->end : last;
  if (end < *size) {
    if (auto torn = check_torn(fd, folder, end, *size); !torn) return fail(std::move(torn));
  }
  return end;
}

}  // namespace

Result<Spool> Spool::open(const std::filesystem::path& folder, std::int64_t bytes_max) {
  std::error_code error;
  if (std::filesystem::create_directories(folder, error))
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) {
    return fail_errno(error.value(), {"cannot make the folder {}", "无法创建目录 {}"},
                      printable(folder.string()));
  }
  const auto fd = locked_file(folder.string());
  if (!fd) return fail(Error(fd.error()));
  if (auto synced = sync_folder(folder.string()); !synced) return fail(std::move(synced));
  return Spool(folder.string(), bytes_max);
}

Result<void> Spool::append(std::string_view key, std::string_view bytes) {
  check(!key.empty() && key.size() <= key_bytes_max, "a spooled request has its idempotency key");
  const auto size = static_cast<std::int64_t>(key.size() + bytes.size());
  const auto fd = locked_file(folder_);
  if (!fd) return fail(Error(fd.error()));
  // Heads are followed from our last record, if it is still where it was.
  const auto marked = read_at(fd->get(), folder_, last_.begin, head_size);
  if (!marked) return fail(Error(marked.error()));
  const auto marked_head = parse_head(*marked);
  const bool in_place = marked_head && marked_head->digest == last_.digest;
  const auto end = end_of_records(fd->get(), folder_, in_place ? last_.begin : 0);
  if (!end) return fail(Error(end.error()));
  if (size > record_bytes_max || *end + head_size + size + tail_size > bytes_max_) {
    return fail(make_error(ErrorKind::no_space,
                           {"the spool {} is full: {} of at most {} bytes",
                            "暂存区 {} 已满：{} 字节，上限 {} 字节"},
                           printable(file_of(folder_)), *end, bytes_max_)
                    .with_hint({"nothing was taken; it empties when the hub can be reached",
                                "本条未被接收；中台恢复可达后暂存区会自动清空"}));
  }
  if (::ftruncate(fd->get(), *end) != 0)  // A torn record.
    return fail_errno(errno, {"cannot cut {}", "无法截断 {}"}, printable(file_of(folder_)));
  std::string payload{key};
  payload += bytes;
  std::string digest = digest_of(payload);
  const std::string record =
      fmt::format("{} {:010} {:08} {}\n{}\n", waiting, size, key.size(), digest, payload);
  auto written = write_at(fd->get(), folder_, *end, record);
  if (written) written = sync(fd->get(), folder_);
  if (written) {
    last_ = {.begin = *end, .digest = std::move(digest)};
    return {};
  }
  // What was refused must not be found later as if it had been taken.
  if (::ftruncate(fd->get(), *end) != 0)
    return fail_errno(errno, {"cannot cut {}", "无法截断 {}"}, printable(file_of(folder_)));
  return written;
}

Result<bool> Spool::is_empty() const {
  const auto fd = locked_file(folder_);
  if (!fd) return fail(Error(fd.error()));
  const auto size = size_of(fd->get(), folder_);
  if (!size) return fail(size.error());
  for (std::int64_t at = 0; at < *size;) {
    const auto text = read_at(fd->get(), folder_, at, head_size);
    if (!text) return fail(Error(text.error()));
    const auto head = parse_head(*text);
    if (!head) return true;  // Torn: nobody was told that it was taken.
    const std::int64_t end = at + head_size + head->size + tail_size;
    if (head->is_done) {
      at = end;
      continue;
    }
    // The last one counts only if it is whole to its last byte, as for those that read it.
    if (end != *size) return end > *size;
    const auto last = record_at(fd->get(), folder_, at);
    if (!last) return fail(Error(last.error()));
    return !last->record;
  }
  return true;
}

Result<SpoolReader> SpoolReader::open(const std::filesystem::path& folder) {
  SpoolReader reader(folder.string());
  const std::string path = reader.folder_ + "/sending.lock";
  reader.lock_.reset(uninterrupted(
      [&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); }));
  if (!reader.lock_) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, printable(path));
  if (uninterrupted([&] { return ::flock(reader.lock_.get(), LOCK_EX | LOCK_NB); }) == 0)
    return reader;
  if (errno != EWOULDBLOCK)
    return fail_errno(errno, {"cannot lock {}", "无法锁定 {}"}, printable(path));
  return fail(ErrorKind::locked,
              {"another process sends what waits in {}", "另一进程正在发送 {} 中的暂存内容"},
              printable(reader.folder_));
}

Result<std::vector<SpoolRecord>> SpoolReader::peek(std::size_t count) {
  const auto fd = locked_file(folder_);
  if (!fd) return fail(Error(fd.error()));
  const auto end = end_of_records(fd->get(), folder_, next_);
  if (!end) return fail(Error(end.error()));
  std::vector<SpoolRecord> records;
  for (std::int64_t at = next_; at < *end && records.size() < count;) {
    auto found = record_at(fd->get(), folder_, at);
    if (!found) return fail(Error(found.error()));
    if (!found->record) return damaged(folder_, at);
    at = found->record->end;
    if (found->is_done && records.empty()) next_ = at;
    if (!found->is_done) records.push_back(*std::move(found->record));
  }
  return records;
}

Result<void> SpoolReader::acknowledge(const SpoolRecord& last) {
  const auto fd = locked_file(folder_);
  if (!fd) return fail(Error(fd.error()));
  const auto end = end_of_records(fd->get(), folder_, next_);
  if (!end) return fail(Error(end.error()));
  if (last.end == *end) {
    // All of it is sent. A crash before the cut leaves records that the hub knows by their keys.
    if (::ftruncate(fd->get(), 0) != 0)
      return fail_errno(errno, {"cannot cut {}", "无法截断 {}"}, printable(file_of(folder_)));
    next_ = 0;
    return sync(fd->get(), folder_);
  }
  for (std::int64_t at = next_; at < last.end;) {
    const auto found = record_at(fd->get(), folder_, at);
    if (!found) return fail(Error(found.error()));
    check(found->record.has_value(), "what is acknowledged was read before");
    if (auto marked = write_at(fd->get(), folder_, at, std::string_view(&done, 1)); !marked)
      return marked;
    at = found->record->end;
  }
  next_ = last.end;
  return sync(fd->get(), folder_);
}

}  // namespace tidemark::relay
