#include "export/staged_parts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <filesystem>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/open_files.h"
#include "base/system_call.h"
#include "base/system_error.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

/// So much of one part is worth a call.
constexpr std::size_t piece_bytes = std::size_t{64} << 10;
/// Of memory: a string that grew has up to twice the room of its bytes.
constexpr std::size_t waiting_bytes_max = std::size_t{8} << 20;

struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

}  // namespace

struct StagedPart::Hash {
  Hash() { check(state != nullptr && XXH3_128bits_reset(state.get()) == XXH_OK, "out of memory"); }
  std::unique_ptr<XXH3_state_t, FreeState> state{XXH3_createState()};
};

StagedPart::StagedPart(std::string path)
    : path_(std::move(path)), hash_(std::make_unique<Hash>()) {}
StagedPart::StagedPart(StagedPart&&) noexcept = default;
StagedPart& StagedPart::operator=(StagedPart&&) noexcept = default;
StagedPart::~StagedPart() = default;

std::string StagedPart::xxh128() const {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(hash_->state.get()));
  return hex({reinterpret_cast<const char*>(canonical.digest), sizeof(canonical.digest)});
}

Result<void> StagedPart::write(std::span<std::string> blocks) {
  if (!write_all(fd_.get(), blocks)) {
    return fail_errno(errno, {"cannot write {}", "无法写入 {}"}, path_);
  }
  for (const std::string& block : blocks) {
    check(XXH3_128bits_update(hash_->state.get(), block.data(), block.size()) == XXH_OK, "hashing");
  }
  return {};
}

Result<void> StagedParts::append(Group& group, PackedBlock block) {
  if (group.empty() || group.back().bytes() >= options_.part_bytes_max) {
    if (!group.empty()) {
      if (Result<void> closed = close(group.back()); !closed) return closed;
    }
    if (Result<void> begun = begin_part(group); !begun) return begun;
  }
  StagedPart& part = group.back();
  part.rows_ += block.rows;
  part.bytes_ += block.bytes.size();
  if (options_.dry_run) return {};
  if (part.waiting_.empty()) waiting_.push_back(&part);
  part.waiting_bytes_ += block.bytes.capacity();
  waiting_bytes_ += block.bytes.capacity();
  part.waiting_.push_back(std::move(block.bytes));
  if (waiting_bytes_ >= waiting_bytes_max) return flush();
  if (part.waiting_bytes_ < piece_bytes) return {};
  std::erase(waiting_, &part);
  return write_waiting(part);
}

Result<void> StagedParts::flush() {
  for (StagedPart* const part : std::exchange(waiting_, {})) {
    if (Result<void> written = write_waiting(*part); !written) return written;
  }
  return {};
}

Result<void> StagedParts::write_waiting(StagedPart& part) {
  if (Result<void> opened = open(part); !opened) return opened;
  std::vector<std::string> blocks = std::exchange(part.waiting_, {});
  waiting_bytes_ -= std::exchange(part.waiting_bytes_, 0);
  return part.write(blocks);
}

Result<void> StagedParts::begin_part(Group& group) {
  if (next_ == 0 && !options_.dry_run) {
    std::error_code code;
    fs::create_directories(options_.folder, code);
    if (code) return fail_errno(code.value(), {"cannot create {}", "无法创建 {}"}, options_.folder);
  }
  group.emplace_back(fmt::format("{}/{}", options_.folder, next_++));
  return {};
}

Result<void> StagedParts::open(StagedPart& part) {
  if (part.fd_) return {};
  // Further parts are closed, and opened again for appending.
  static const std::size_t parts_open_max = open_files_share(4, 2048);
  open_.push_back(&part);
  if (open_.size() > parts_open_max) {
    open_.front()->fd_.reset();
    open_.pop_front();
  }
  part.fd_.reset(::open(part.path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!part.fd_) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, part.path_);
  return {};
}

Result<void> StagedParts::close(StagedPart& part) {
  Result<void> written;
  if (std::erase(waiting_, &part) > 0) written = write_waiting(part);
  part.fd_.reset();
  std::erase(open_, &part);
  return written;
}

}  // namespace tidemark::exporter
