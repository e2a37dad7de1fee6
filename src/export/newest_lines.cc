#include "export/newest_lines.h"

#include <algorithm>
#include <tuple>

#include "export/packed_reader.h"

namespace tidemark::exporter {
namespace {

Result<void> cancelled(const Stop& stop) {
  if (!stop.requested()) return {};
  return fail(ErrorKind::cancelled, {"stopped; the tree is as it was", "已中止；目录保持原样"});
}

Result<bool> is_line_of(IndexStatement& find, std::string_view line, std::int64_t number) {
  const Result<PackedLineHead> head = read_line_head(line);
  if (!head) return std::unexpected(head.error());
  const Result<bool> found = find.reset().bind_text(head->key).step();
  if (!found) return found;
  const bool same = *found && find.number(0) == number;
  find.reset();
  return same;
}

}  // namespace

Result<NewestLines> NewestLines::open(const std::string& output, const Nobodys& nobodys) {
  Result<TreeFolder> tree = TreeFolder::open(output, false);
  if (!tree && tree.error().kind != ErrorKind::not_found) return fail(std::move(tree.error()));
  Result<IndexDb> newest = IndexDb::open("", IndexDb::Mode::scratch);
  if (!newest) return fail(std::move(newest.error()));
  NewestLines lines(tree ? std::optional(std::move(*tree)) : std::nullopt, std::move(*newest));
  if (Result<void> loaded = lines.load(output, nobodys); !loaded) {
    return fail(std::move(loaded.error()));
  }
  return lines;
}

Result<void> NewestLines::load(const std::string& output, const Nobodys& nobodys) {
  if (!tree_) return {};
  const Result<std::vector<std::string>> folders = packed_folders(output);
  if (!folders) return std::unexpected(folders.error());
  for (const std::string& folder : *folders) {
    Result<std::optional<PackedManifest>> manifest = load_packed_folder(*tree_, folder, nobodys);
    if (!manifest) return fail(std::move(manifest.error()));
    if (!*manifest) continue;
    for (std::size_t i = 0; i < (*manifest)->parts.size(); ++i) {
      parts_.push_back({.folder = folders_.size(), .number = i});
    }
    folders_.push_back(folder);
    manifests_.push_back(std::move(**manifest));
  }
  rows_.resize(folders_.size());
  std::ranges::sort(parts_, {}, [this](const Part& part) {
    return std::tuple(std::string_view(listed(part).run), part.folder, part.number);
  });
  return {};
}

Result<void> NewestLines::find(const IsWanted& is_wanted, const Stop& stop) {
  if (Result<void> made = newest_.run(
          "CREATE TABLE newest (key TEXT PRIMARY KEY, line INTEGER, run TEXT, update_time TEXT, "
          "folder INTEGER) WITHOUT ROWID; BEGIN");
      !made) {
    return made;
  }
  Result<IndexStatement> put = newest_.prepare(
      "INSERT INTO newest VALUES(?1,?2,?3,?4,?5) ON CONFLICT(key) DO UPDATE SET line=?2, run=?3, "
      "update_time=?4, folder=?5 WHERE run < ?3 OR (run = ?3 AND update_time <= ?4)");
  if (!put) return fail(std::move(put.error()));
  std::int64_t line_number = 0;
  for (Part& part : parts_) {
    if (Result<void> found = find_in(part, *put, is_wanted, line_number); !found) return found;
    if (Result<void> stopped = cancelled(stop); !stopped) return stopped;
  }
  return count();
}

Result<void> NewestLines::find_in(Part& part, IndexStatement& put, const IsWanted& is_wanted,
                                  std::int64_t& line_number) {
  part.first_line = line_number;
  const PackedPart& manifested = listed(part);
  Result<void> read = for_each_packed_line(*tree_, path_of(part), [&](std::string_view line) {
    const Result<PackedLineHead> head = read_line_head(line);
    if (!head) return Result<void>(std::unexpected(head.error()));
    const std::int64_t number = line_number++;
    if (!is_wanted(head->key)) return Result<void>();
    return put.reset()
        .bind_text(head->key)
        .bind(number)
        .bind_text(manifested.run)
        .bind_text(head->update_time)
        .bind(static_cast<std::int64_t>(part.folder))
        .run();
  });
  if (!read) return read;
  if (static_cast<std::uint64_t>(line_number - part.first_line) == manifested.rows) return {};
  return fail(ErrorKind::corrupt,
              {"{} has {} rows, its manifest says {}", "{} 有 {} 行，而清单记为 {} 行"},
              path_of(part), line_number - part.first_line, manifested.rows);
}

Result<void> NewestLines::count() {
  Result<IndexStatement> count =
      newest_.prepare("SELECT folder, COUNT(*) FROM newest GROUP BY folder");
  if (!count) return fail(std::move(count.error()));
  while (true) {
    const Result<bool> row = count->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    rows_[static_cast<std::size_t>(count->number(0))] =
        static_cast<std::uint64_t>(count->number(1));
  }
}

Result<void> NewestLines::for_each(std::size_t folder, const Stop& stop, const Visit& visit) {
  Result<IndexStatement> find = newest_.prepare("SELECT line FROM newest WHERE key = ?");
  if (!find) return fail(std::move(find.error()));
  for (const Part& part : parts_) {
    if (part.folder != folder) continue;
    std::int64_t number = part.first_line;
    Result<void> read = for_each_packed_line(*tree_, path_of(part), [&](std::string_view line) {
      const Result<bool> newest = is_line_of(*find, line, number++);
      if (!newest) return Result<void>(std::unexpected(newest.error()));
      return *newest ? visit(line) : Result<void>();
    });
    if (!read) return read;
    if (Result<void> stopped = cancelled(stop); !stopped) return stopped;
  }
  return {};
}

}  // namespace tidemark::exporter
