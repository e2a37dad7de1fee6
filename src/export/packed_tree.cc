#include "export/packed_tree.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/bytes.h"
#include "base/check.h"
#include "base/system_error.h"
#include "export/path_clean.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

/// Open descriptors at a time; further parts are closed and opened again for appending.
constexpr std::size_t parts_open_max = 256;

struct FreeHash {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

std::string hex_digest(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  return hex({reinterpret_cast<const char*>(canonical.digest), sizeof(canonical.digest)});
}

}  // namespace

/// A part that is being written.
struct PackedTree::OpenPart {
  std::string staged;  ///< Path in the staging folder.
  UniqueFd fd;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::unique_ptr<XXH3_state_t, FreeHash> hash{XXH3_createState()};
};

struct PackedTree::Group {
  std::string tenant;
  std::string country;
  std::string folder{};           ///< Empty: found at commit.
  std::vector<OpenPart> parts{};  ///< The last one is appended to; no other has a descriptor.
};

std::string packed_run_name(WallTime now) {
  return fmt::format("{:%Y%m%dT%H%M%S}-{:06}", std::chrono::floor<std::chrono::seconds>(now),
                     now.time_since_epoch().count() % 1'000'000);
}

namespace {

constexpr std::string_view newest_run_meta = "packed_run";

/// nullopt if packed_run_name() writes no such name.
std::optional<WallTime> packed_run_time(std::string_view name) {
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    std::from_chars(name.data() + at, name.data() + at + digits, value);
    return value;
  };
  if (name.size() != packed_run_name({}).size()) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  if (!day.ok()) return std::nullopt;
  const WallTime time = std::chrono::sys_days(day) + std::chrono::hours(number(9, 2)) +
                        std::chrono::minutes(number(11, 2)) + std::chrono::seconds(number(13, 2)) +
                        std::chrono::microseconds(number(16, 6));
  // What was not all digits reads differently.
  if (packed_run_name(time) != name) return std::nullopt;
  return time;
}

Result<std::string> newest_in_manifests(const std::string& output) {
  Result<TreeFolder> tree = TreeFolder::open(output, false);
  if (!tree) return fail(std::move(tree.error()));
  const Result<std::vector<std::string>> folders = PackedManifest::folders(output);
  if (!folders) return std::unexpected(folders.error());
  std::string newest;
  for (const std::string& folder : *folders) {
    const Result<std::optional<PackedManifest>> manifest = PackedManifest::load(*tree, folder);
    if (!manifest) return std::unexpected(manifest.error());
    if (!*manifest) continue;
    for (const PackedPart& part : (*manifest)->parts) newest = std::max(newest, part.run);
  }
  return newest;
}

}  // namespace

Result<std::string> next_packed_run(TreeIndex& index, const std::string& output, WallTime now) {
  Result<std::string> newest = index.meta(newest_run_meta);
  if (newest && newest->empty()) newest = newest_in_manifests(output);
  if (!newest) return newest;
  std::string name = packed_run_name(now);
  if (*newest < name) return name;
  const std::optional<WallTime> last = packed_run_time(*newest);
  if (!last) {
    return fail(ErrorKind::corrupt, {"\"{}\" is not the name of a run", "“{}”不是运行名称"},
                printable(*newest));
  }
  return packed_run_name(*last + std::chrono::microseconds{1});
}

PackedTree::PackedTree(Options options, const std::string& state_directory)
    : options_(std::move(options)),
      state_directory_(state_directory),
      staging_(state_directory + "/staging/parts") {}

PackedTree::~PackedTree() = default;

Result<void> PackedTree::roll(Group& group) {
  if (next_ == 0) {
    std::error_code code;
    fs::create_directories(staging_, code);
    if (code) return fail_errno(code.value(), {"cannot create {}", "无法创建 {}"}, staging_);
  }
  OpenPart part;
  part.staged = fmt::format("{}/{}", staging_, next_++);
  check(part.hash != nullptr && XXH3_128bits_reset(part.hash.get()) == XXH_OK, "out of memory");
  group.parts.push_back(std::move(part));
  return {};
}

Result<void> PackedTree::append(const std::string& tenant, const std::string& country,
                                const PackedBlock& block) {
  if (options_.dry_run) return {};
  const std::string named = country.empty() ? "UNKNOWN" : country;
  std::unique_ptr<Group>& group = groups_[{tenant, named}];
  if (!group) group = std::make_unique<Group>(Group{.tenant = tenant, .country = named});
  return append(*group, block);
}

Result<void> PackedTree::append_to(const std::string& folder, const PackedManifest& manifest,
                                   const PackedBlock& block) {
  if (options_.dry_run) return {};
  std::unique_ptr<Group>& group = groups_[{folder, ""}];
  if (!group) {
    group = std::make_unique<Group>(
        Group{.tenant = manifest.tenant, .country = manifest.country, .folder = folder});
  }
  return append(*group, block);
}

void PackedTree::close_last(Group& group) {
  group.parts.back().fd.reset();
  std::erase(open_, &group);
}

Result<void> PackedTree::append(Group& group, const PackedBlock& block) {
  if (group.parts.empty() || group.parts.back().bytes >= options_.part_bytes_max) {
    if (!group.parts.empty()) close_last(group);
    if (Result<void> rolled = roll(group); !rolled) return rolled;
  }
  OpenPart& part = group.parts.back();
  if (!part.fd) {
    // Those that were opened first are closed first: no matter how many groups there are.
    open_.push_back(&group);
    if (open_.size() > parts_open_max) {
      open_.front()->parts.back().fd.reset();
      open_.pop_front();
    }
    part.fd.reset(::open(part.staged.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    if (!part.fd) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, part.staged);
  }
  std::string_view rest = block.bytes;
  while (!rest.empty()) {
    const ssize_t written = ::write(part.fd.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno(errno, {"cannot write {}", "无法写入 {}"}, part.staged);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  check(XXH3_128bits_update(part.hash.get(), block.bytes.data(), block.bytes.size()) == XXH_OK,
        "hashing");
  part.rows += block.rows;
  part.bytes += block.bytes.size();
  return {};
}

/// The group's own folder, or one with a mark if another group has it (two names that clean to the
/// same, or differ in case only).
Result<std::string> PackedTree::folder_for(TreeFolder& tree, const Group& group,
                                           const std::set<std::string>& taken) {
  const std::string plain = clean_component(group.tenant) + "/" + clean_component(group.country);
  for (std::uint64_t attempt = 0; attempt <= mark_attempts_max; ++attempt) {
    std::string folder =
        attempt == 0 ? plain : marked_stem(plain, group.tenant + '\0' + group.country, attempt - 1);
    const Result<std::optional<PackedManifest>> manifest = PackedManifest::load(tree, folder);
    if (!manifest) return std::unexpected(manifest.error());
    const bool own =
        *manifest && (*manifest)->tenant == group.tenant && (*manifest)->country == group.country;
    if (taken.contains(fold_case(folder))) continue;
    if (own || !*manifest) return folder;
  }
  return fail(ErrorKind::io, {"no free folder for {}", "{} 没有可用的目录"}, plain);
}

Result<PackedTree::Counts> PackedTree::commit(
    TreeIndex& index, const std::function<bool(const std::string&)>& keep,
    const std::function<watermark::Window(const std::string&)>& window, bool whole, bool prune) {
  Counts counts;
  if (options_.dry_run) return counts;
  Result<TreeFolder> tree = TreeFolder::open(options_.output, false);
  if (!tree) return fail(std::move(tree.error()));
  if (Result<void> synced = tree->sync_data(); !synced) return fail(std::move(synced.error()));

  // Names first, in the order of tenant and country, so that collisions end alike every time.
  std::map<std::string, PackedManifest> manifests;
  std::vector<std::pair<std::string, std::string>> moves;  // staged path → path in the tree
  std::vector<std::string> old_parts;
  std::set<std::string> taken;
  for (auto& [name, group] : groups_) {
    if (!keep(group->tenant)) continue;
    Result<std::string> folder = group->folder.empty() ? folder_for(*tree, *group, taken)
                                                       : Result<std::string>(group->folder);
    if (!folder) return fail(std::move(folder.error()));
    taken.insert(fold_case(*folder));
    Result<std::optional<PackedManifest>> before = PackedManifest::load(*tree, *folder);
    if (!before) return fail(std::move(before.error()));
    PackedManifest manifest{.tenant = group->tenant, .country = group->country};
    if (*before) {
      for (PackedPart& part : (*before)->parts) {
        if (options_.mode == Mode::full) {
          old_parts.push_back(*folder + "/" + part.file);
        } else {
          manifest.parts.push_back(std::move(part));
        }
      }
    }
    const watermark::Window noted =
        options_.mode == Mode::incremental ? window(group->tenant) : watermark::Window{};
    for (std::size_t i = 0; i < group->parts.size(); ++i) {
      OpenPart& part = group->parts[i];
      part.fd.reset();
      PackedPart listed{.file = fmt::format("{}-{:04}{}", options_.run, i + 1,
                                            packed_extension(options_.compression)),
                        .rows = part.rows,
                        .bytes = part.bytes,
                        .xxh128 = hex_digest(XXH3_128bits_digest(part.hash.get())),
                        .run = options_.run,
                        .mode = options_.mode_name};
      if (options_.mode == Mode::incremental) {
        listed.after = noted.after.text();
        listed.upto = noted.upto.text();
      }
      moves.emplace_back(part.staged, *folder + "/" + listed.file);
      counts.bytes_written += part.bytes;
      ++counts.parts_written;
      manifest.parts.push_back(std::move(listed));
    }
    manifests.emplace(std::move(*folder), std::move(manifest));
  }
  if (whole) {
    const Result<std::vector<std::string>> folders = PackedManifest::folders(options_.output);
    if (!folders) return std::unexpected(folders.error());
    for (const std::string& folder : *folders) {
      if (manifests.contains(folder)) continue;
      const Result<std::optional<PackedManifest>> gone = PackedManifest::load(*tree, folder);
      if (!gone) return std::unexpected(gone.error());
      if (!*gone || (*gone)->rows() == 0) continue;
      counts.rows_gone += (*gone)->rows();
      counts.gone_folders.push_back(folder);
    }
  }

  // Should we die from here on, the next run removes what no manifest lists.
  const auto note_all = [&](const std::vector<std::string>& paths) -> Result<void> {
    if (Result<void> begun = index.begin(); !begun) return begun;
    for (const std::string& path : paths) {
      if (Result<void> noted = index.add_removal(path); !noted) return noted;
    }
    return index.commit();
  };
  std::vector<std::string> doubtful = old_parts;
  for (const auto& [staged, path] : moves) doubtful.push_back(path);
  if (Result<void> noted = note_all(doubtful); !noted) return fail(std::move(noted.error()));

  for (const auto& [staged, path] : moves) {
    if (Result<void> moved = tree->publish(AT_FDCWD, staged, path); !moved) {
      return fail(std::move(moved.error()));
    }
  }
  Result<Staging> staging = Staging::open(state_directory_, "manifests");
  if (!staging) return fail(std::move(staging.error()));
  std::vector<std::pair<std::string, std::string>> switches;  // staged name → path in the tree
  for (const auto& [folder, manifest] : manifests) {
    Result<Staging::File> staged = staging->write(manifest.text());
    if (!staged) return fail(std::move(staged.error()));
    switches.emplace_back(std::move(staged->name),
                          fmt::format("{}/{}", folder, PackedManifest::file_name));
  }
  if (Result<void> synced = tree->sync_data(); !synced) return fail(std::move(synced.error()));
  for (const auto& [staged, path] : switches) {
    if (Result<void> moved = tree->publish(staging->fd(), staged, path); !moved) {
      return fail(std::move(moved.error()));
    }
  }
  if (Result<void> synced = tree->sync_names(); !synced) return fail(std::move(synced.error()));
  // Everything is published: what cannot be removed is told, and fails nothing any more.
  const auto remove_part = [&](const std::string& path) {
    if (Result<void> removed = tree->remove(path); !removed) {
      index.leave_removal(path);
      counts.failures.push_back(std::move(removed.error()));
      return;
    }
    ++counts.parts_removed;
  };
  std::ranges::for_each(old_parts, remove_part);
  if (prune) {
    for (const std::string& folder : counts.gone_folders) {
      const Result<std::optional<PackedManifest>> gone = PackedManifest::load(*tree, folder);
      if (!gone || !*gone) continue;
      std::vector<std::string> parts;
      for (const PackedPart& part : (*gone)->parts) parts.push_back(folder + "/" + part.file);
      if (Result<void> noted = note_all(parts); !noted) return fail(std::move(noted.error()));
      // The manifest first: without it the parts do not exist for a reader. If it stays, so do
      // they, and the next full export finds the group gone again.
      if (Result<void> removed =
              tree->remove(fmt::format("{}/{}", folder, PackedManifest::file_name));
          !removed) {
        counts.failures.push_back(std::move(removed.error()));
        continue;
      }
      counts.gone_removed += (*gone)->rows();
      std::ranges::for_each(parts, remove_part);
    }
  }
  if (Result<void> cleared = index.clear_removals(); !cleared) {
    return fail(std::move(cleared.error()));
  }
  if (Result<void> noted = index.set_meta(newest_run_meta, options_.run); !noted) {
    return fail(std::move(noted.error()));
  }
  return counts;
}

Result<StaleFiles> PackedTree::remove_unlisted(TreeIndex& index, TreeFolder& tree) {
  const Result<std::vector<std::string>> doubtful = index.removals();
  if (!doubtful) return std::unexpected(doubtful.error());
  if (doubtful->empty()) return StaleFiles{};
  std::vector<std::string> stale;
  for (const std::string& path : *doubtful) {
    const auto [folder, file] = split_path(path);
    if (path.contains(".ndjson")) {
      const Result<std::optional<PackedManifest>> manifest =
          PackedManifest::load(tree, std::string(folder));
      if (!manifest) return std::unexpected(manifest.error());
      if (*manifest && std::ranges::find((*manifest)->parts, file, &PackedPart::file) !=
                           (*manifest)->parts.end()) {
        continue;
      }
    }
    // One that could not be removed earlier may have become a row's again.
    if (const std::optional<TreePath> name = tree_path_from(path)) {
      const Result<std::optional<NameOwner>> owner = index.owner_of(name_hash(name->stem));
      if (!owner) return std::unexpected(owner.error());
      if (*owner && (*owner)->file.path == *name) continue;
    }
    stale.push_back(path);
  }
  return remove_stale_files(index, tree, stale);
}

}  // namespace tidemark::exporter
