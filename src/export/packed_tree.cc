#include "export/packed_tree.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "export/packed_part_name.h"
#include "export/packed_run.h"
#include "export/path_clean.h"
#include "export/stale_files.h"

namespace tidemark::exporter {

std::string packed_country(std::string_view country) {
  return std::string(country.empty() ? unknown_country : country);
}

PackedTree::PackedTree(Options options, const std::string& state_directory)
    : options_(std::move(options)),
      state_directory_(state_directory),
      staged_({.folder = state_directory + "/staging/parts", .dry_run = options_.dry_run}) {}

PackedTree::~PackedTree() = default;

Result<void> PackedTree::append(const std::string& tenant, const std::string& country,
                                PackedBlock block) {
  const std::string named = packed_country(country);
  std::unique_ptr<Group>& group = groups_[{tenant, named}];
  if (!group) group = std::make_unique<Group>(Group{.tenant = tenant, .country = named});
  return staged_.append(group->parts, std::move(block));
}

Result<void> PackedTree::append_to(const std::string& folder, const PackedManifest& manifest,
                                   PackedBlock block) {
  std::unique_ptr<Group>& group = groups_[{folder, ""}];
  if (!group) {
    group = std::make_unique<Group>(
        Group{.tenant = manifest.tenant, .country = manifest.country, .folder = folder});
  }
  return staged_.append(group->parts, std::move(block));
}

Result<PackedTree::Commit> PackedTree::commit(TreeIndex& index, OldParts old_parts,
                                              const IsPublished& is_published,
                                              const WindowOf& window) {
  Result<TreeFolder> tree = TreeFolder::open(options_.output, false);
  const bool no_tree_yet = !tree && options_.dry_run && tree.error().kind == ErrorKind::not_found;
  if (!tree && !no_tree_yet) return fail(std::move(tree.error()));
  if (Result<void> flushed = staged_.flush(); !flushed) return fail(std::move(flushed.error()));
  Result<Nobodys> nobodys = Nobodys::of(index, options_.output, options_.dry_run);
  if (!nobodys) return fail(std::move(nobodys.error()));
  TreeFolder* const at = tree ? &*tree : nullptr;
  Result<Places> places = find_places(PackedFolders(at, std::move(*nobodys)), at, is_published);
  if (!places) return fail(std::move(places.error()));
  const auto keep_unless_folded = [&] {
    if (old_parts == OldParts::replaced) old_parts = OldParts::kept;
  };
  leave_out_tenants(*places);
  if (!places->unplaced.empty()) keep_unless_folded();
  Plan planned = plan(places->found, old_parts, window);
  if (options_.dry_run) {
    Commit would = counted(planned, std::move(places->unplaced));
    would.parts_removed = planned.old_parts.size();
    return would;
  }
  if (Result<void> synced = tree->sync_data(); !synced) return fail(std::move(synced.error()));
  if (Result<void> noted = note(index, planned); !noted) return fail(std::move(noted.error()));
  Result<Moved> moved = move_parts(*tree, planned);
  if (!moved) return fail(std::move(moved.error()));
  if (!moved->closed.empty()) {
    leave_out(*places, moved->closed,
              [](const Place& place) -> const std::string& { return place.given.folder; });
    leave_out_tenants(*places);
    keep_unless_folded();
    planned = plan(places->found, old_parts, window);
  }
  if (Result<void> switched = switch_manifests(*tree, planned); !switched) {
    return fail(std::move(switched.error()));
  }
  // Everything is published: what cannot be removed is told, and fails nothing any more.
  Commit done = counted(planned, std::move(places->unplaced));
  for (const std::string& path : moved->paths) {
    if (planned.manifests.contains(std::string(split_path(path).first))) continue;
    if (Result<void> gone = tree->remove(path); !gone) {
      index.leave_removal(path);
      done.failures.push_back(std::move(gone.error()));
    }
  }
  Result<StaleFiles> removed = remove_stale_files(index, *tree, planned.old_parts);
  if (!removed) {
    done.failures.push_back(std::move(removed.error()));
    return done;
  }
  done.parts_removed = removed->removed;
  std::ranges::move(removed->failures, std::back_inserter(done.failures));
  return done;
}

PackedTree::Commit PackedTree::counted(const Plan& plan, std::vector<Unplaced> unplaced) const {
  Commit done{
      .parts_written = plan.moves.size(), .parts_kept = plan.kept, .unplaced = std::move(unplaced)};
  for (const auto& [folder, manifest] : plan.manifests) {
    done.folders.insert(folder);
    for (const PackedPart& part : manifest.parts) {
      if (part.run == options_.run) done.bytes_written += part.bytes;
    }
  }
  return done;
}

Result<PackedTree::Moved> PackedTree::move_parts(TreeFolder& tree, const Plan& plan) {
  Moved moved;
  for (const auto& [staged, path] : plan.moves) {
    const std::string folder(split_path(path).first);
    if (moved.closed.contains(folder)) continue;
    if (Result<void> done = tree.publish(AT_FDCWD, staged, path); !done) {
      // A full disk is nobody's own.
      if (done.error().kind != ErrorKind::io) return fail(std::move(done.error()));
      moved.closed.emplace(
          folder, std::move(done.error())
                      .with_hint({"make the folder of the group writable for the user who exports, "
                                  "and run it again",
                                  "请使该分组的文件夹对执行导出的用户可写，然后重新运行"}));
      // Over a network a call may fail and yet be done.
      if (!tree.open_file(path)) continue;
    }
    moved.paths.push_back(path);
  }
  return moved;
}

void PackedTree::leave_out(Places& places, const std::map<std::string, Error>& why,
                           const std::function<const std::string&(const Place&)>& name_of) {
  std::erase_if(places.found, [&](const Place& place) {
    const auto found = why.find(name_of(place));
    if (found == why.end()) return false;
    places.unplaced.push_back(
        {.tenant = place.group->tenant, .country = place.group->country, .error = found->second});
    return true;
  });
}

void PackedTree::leave_out_tenants(Places& places) const {
  if (options_.mode != Mode::incremental) return;
  std::map<std::string, Error> why;
  for (const Unplaced& group : places.unplaced) why.emplace(group.tenant, group.error);
  leave_out(places, why,
            [](const Place& place) -> const std::string& { return place.group->tenant; });
}

Result<PackedFolders::Given> PackedTree::place_of(const Group& group, PackedFolders& folders,
                                                  TreeFolder* tree) {
  if (group.folder.empty()) return folders.give(group.tenant, group.country);
  folders.take(group.folder);
  PackedFolders::Given given{.folder = group.folder};
  if (tree == nullptr) return given;
  Result<std::optional<PackedManifest>> manifest = PackedManifest::load(*tree, group.folder);
  if (!manifest) return fail(std::move(manifest.error()));
  given.manifest = std::move(*manifest);
  return given;
}

/// In the order of tenant and country, so that collisions of names end alike every time.
Result<PackedTree::Places> PackedTree::find_places(PackedFolders folders, TreeFolder* tree,
                                                   const IsPublished& is_published) const {
  Places places;
  for (const auto& [name, group] : groups_) {
    if (!is_published(group->tenant)) continue;
    Result<PackedFolders::Given> place = place_of(*group, folders, tree);
    if (place) {
      places.found.push_back({.group = group.get(), .given = std::move(*place)});
    } else if (group->folder.empty()) {
      places.unplaced.push_back(
          {.tenant = group->tenant, .country = group->country, .error = std::move(place.error())});
    } else {
      return fail(std::move(place.error()));
    }
  }
  return places;
}

PackedTree::Plan PackedTree::plan(const std::vector<Place>& places, OldParts old_parts,
                                  const WindowOf& window) const {
  Plan plan;
  for (const auto& [group, given] : places) {
    const auto& [folder, before] = given;
    PackedManifest manifest{.tenant = group->tenant, .country = group->country};
    if (before && old_parts == OldParts::kept) {
      manifest.parts = before->parts;
      plan.kept += before->parts.size();
    } else if (before) {
      for (const PackedPart& part : before->parts) {
        plan.old_parts.push_back(folder + "/" + part.file);
      }
    }
    const watermark::Window noted =
        options_.mode == Mode::incremental ? window(group->tenant) : watermark::Window{};
    std::size_t number = 0;
    for (const StagedPart& part : group->parts) {
      manifest.parts.push_back(listed(part, ++number, noted));
      plan.moves.emplace_back(part.path(), folder + "/" + manifest.parts.back().file);
    }
    plan.manifests.emplace(folder, std::move(manifest));
  }
  return plan;
}

PackedPart PackedTree::listed(const StagedPart& part, std::size_t number,
                              const watermark::Window& window) const {
  PackedPart listed{.file = packed_part_name(options_.run, number, options_.compression),
                    .rows = part.rows(),
                    .bytes = part.bytes(),
                    .xxh128 = part.xxh128(),
                    .run = options_.run,
                    .mode = options_.mode_name};
  if (options_.mode == Mode::incremental) {
    listed.after = window.after.text();
    listed.upto = window.upto.text();
  }
  return listed;
}

/// Should we die from here on, the next run removes what no manifest lists, and is a later one.
Result<void> PackedTree::note(TreeIndex& index, const Plan& plan) const {
  if (Result<void> begun = index.begin(); !begun) return begun;
  const auto note_all = [&]() -> Result<void> {
    for (const std::string& path : plan.old_parts) {
      if (Result<void> noted = index.add_replaced_part(path); !noted) return noted;
    }
    for (const auto& [staged, path] : plan.moves) {
      if (Result<void> noted = index.add_removal(path); !noted) return noted;
    }
    return note_packed_run(index, options_.run);
  };
  if (Result<void> noted = note_all(); !noted) {
    index.rollback();
    return noted;
  }
  return index.commit();
}

Result<void> PackedTree::switch_manifests(TreeFolder& tree, const Plan& plan) const {
  Result<Staging> staging = Staging::open(state_directory_, "manifests");
  if (!staging) return fail(std::move(staging.error()));
  std::vector<std::pair<std::string, std::string>> switches;  // staged name → path in the tree
  for (const auto& [folder, manifest] : plan.manifests) {
    Result<Staging::File> staged = staging->write(manifest.text());
    if (!staged) return fail(std::move(staged.error()));
    switches.emplace_back(std::move(staged->name),
                          fmt::format("{}/{}", folder, PackedManifest::file_name));
  }
  if (Result<void> synced = tree.sync_data(); !synced) return synced;
  for (const auto& [staged, path] : switches) {
    if (Result<void> moved = tree.publish(staging->fd(), staged, path); !moved) return moved;
  }
  return tree.sync_names();
}

}  // namespace tidemark::exporter
