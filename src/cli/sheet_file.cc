#include "cli/sheet_file.h"

#include <cstdio>

namespace tidemark::cli {
namespace {

constexpr mode_t private_mode = 0600;

}  // namespace

Result<SheetFile> SheetFile::open(const Context& context, const std::string& path) {
  SheetFile sheet(context.world.out);
  if (path == "-") {
    if (context.json)
      return fail(ErrorKind::usage, {"--json and a sheet cannot both have stdout; name a file",
                                     "--json 与表格不能同时输出到标准输出；请指定文件"});
    return sheet;
  }
  Result<NewFile> file = NewFile::create(path, private_mode);
  if (!file) return fail(std::move(file).error());
  sheet.file_ = std::move(*file);
  return sheet;
}

load::ByteSink SheetFile::sink() {
  if (file_) return [this](std::string_view bytes) { return file_->write(bytes); };
  return [this](std::string_view bytes) -> Result<void> {
    out_->write(bytes);
    return out_->failure();
  };
}

Result<void> SheetFile::commit() { return file_ ? file_->commit() : Result<void>{}; }

void print_beside(const Context& context, const SheetFile* file, const Message& message) {
  if (file == nullptr || !file->is_stdout()) {
    context.print(message);
    return;
  }
  if (context.quiet) return;
  const std::string line = message.in(context.language) + '\n';
  std::fputs(line.c_str(), stderr);
}

}  // namespace tidemark::cli
