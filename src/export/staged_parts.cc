#include "export/staged_parts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <filesystem>

#include "base/bytes.h"
#include "base/check.h"
#include "base/system_error.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

/// Open descriptors at a time; further parts are closed and opened again for appending.
constexpr std::size_t parts_open_max = 256;

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

Result<void> StagedPart::write(std::string_view bytes) {
  if (!write_all(fd_.get(), bytes)) {
    return fail_errno(errno, {"cannot write {}", "无法写入 {}"}, path_);
  }
  check(XXH3_128bits_update(hash_->state.get(), bytes.data(), bytes.size()) == XXH_OK, "hashing");
  return {};
}

Result<void> StagedParts::append(Group& group, const PackedBlock& block) {
  if (group.empty() || group.back().bytes() >= options_.part_bytes_max) {
    if (!group.empty()) close(group.back());
    if (Result<void> begun = begin_part(group); !begun) return begun;
  }
  StagedPart& part = group.back();
  if (!options_.dry_run) {
    if (Result<void> opened = open(part); !opened) return opened;
    if (Result<void> written = part.write(block.bytes); !written) return written;
  }
  part.rows_ += block.rows;
  part.bytes_ += block.bytes.size();
  return {};
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
  open_.push_back(&part);
  if (open_.size() > parts_open_max) {
    open_.front()->fd_.reset();
    open_.pop_front();
  }
  part.fd_.reset(::open(part.path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!part.fd_) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, part.path_);
  return {};
}

void StagedParts::close(StagedPart& part) {
  part.fd_.reset();
  std::erase(open_, &part);
}

}  // namespace tidemark::exporter
