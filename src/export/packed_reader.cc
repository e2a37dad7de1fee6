#include "export/packed_reader.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/system_error.h"
#include "base/unique_fd.h"
#include "export/codec.h"
#include "export/packed_part_name.h"

namespace tidemark::exporter {
namespace {

/// A block is one chunk of rows; rows of many megabytes make it larger than usual.
constexpr std::size_t block_bytes_max = std::size_t{4} << 30;

/// A file's bytes, mapped.
class MappedFile {
 public:
  static Result<MappedFile> open(TreeFolder& tree, const std::string& path) {
    const Result<UniqueFd> fd = tree.open_file(path);
    if (!fd) return std::unexpected(fd.error());
    struct stat info{};
    if (::fstat(fd->get(), &info) != 0) {
      return fail_errno(errno, {"cannot read {}", "无法读取 {}"}, path);
    }
    const auto size = static_cast<std::size_t>(info.st_size);
    if (size == 0) return MappedFile(nullptr, 0);
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd->get(), 0);
    if (data == MAP_FAILED) return fail_errno(errno, {"cannot read {}", "无法读取 {}"}, path);
    ::madvise(data, size, MADV_SEQUENTIAL);
    return MappedFile(data, size);
  }
  MappedFile(MappedFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile() {
    if (data_ != nullptr) ::munmap(data_, size_);
  }
  [[nodiscard]] std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  MappedFile(void* data, std::size_t size) : data_(data), size_(size) {}
  void* data_;
  std::size_t size_;
};

bool take(std::string_view& text, std::string_view wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(wanted.size());
  return true;
}

/// A JSON text with its quotes, or a number or null.
std::string_view take_value(std::string_view& text) {
  std::size_t end = 0;
  if (text.starts_with('"')) {
    for (end = 1; end < text.size() && text[end] != '"'; ++end) {
      if (text[end] == '\\') ++end;
    }
    ++end;
  } else {
    end = std::min(text.find(','), text.size());
  }
  const std::string_view value = text.substr(0, end);
  text.remove_prefix(value.size());
  return value;
}

Result<void> visit_lines(std::string_view text,
                         const std::function<Result<void>(std::string_view)>& visit,
                         const std::string& path) {
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    if (newline == std::string_view::npos) {
      return fail(ErrorKind::corrupt, {"{}: the last line is cut off", "{}：最后一行不完整"}, path);
    }
    if (Result<void> visited = visit(text.substr(0, newline + 1)); !visited) return visited;
    text.remove_prefix(newline + 1);
  }
  return {};
}

}  // namespace

Result<PackedLineHead> read_line_head(std::string_view line) {
  std::string_view rest = line;
  PackedLineHead head;
  bool good = take(rest, R"({"key":)");
  if (good) head.key = take_value(rest);
  good = good && take(rest, R"(,"invoice_no":)") && !take_value(rest).empty() &&
         take(rest, R"(,"issue_date":)") && !take_value(rest).empty() &&
         take(rest, R"(,"update_time":)");
  if (good) head.update_time = take_value(rest);
  if (!good || head.key.empty() || !rest.starts_with(R"(,"payload":)")) {
    return fail(ErrorKind::corrupt, {"not a line of a packed export: {}", "不是打包导出的行：{}"},
                printable(line, 80));
  }
  if (head.update_time == "null") {
    head.update_time = {};
  } else {
    head.update_time = head.update_time.substr(1, head.update_time.size() - 2);
  }
  return head;
}

Result<void> for_each_packed_line(TreeFolder& tree, const std::string& path,
                                  const std::function<Result<void>(std::string_view)>& visit) {
  Result<MappedFile> file = MappedFile::open(tree, path);
  if (!file) return fail(std::move(file.error()));
  std::string_view rest = file->bytes();
  const Compression compression = packed_compression(path);
  if (compression == Compression::none) return visit_lines(rest, visit, path);
  while (!rest.empty()) {
    Result<std::string> block = decompress_first(compression, rest, block_bytes_max);
    if (!block) return fail(std::move(block.error()).within({"{}", "{}"}, path));
    if (Result<void> visited = visit_lines(*block, visit, path); !visited) return visited;
  }
  return {};
}

}  // namespace tidemark::exporter
