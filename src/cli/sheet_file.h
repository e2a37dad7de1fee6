#pragma once

#include <optional>
#include <string>

#include "base/new_file.h"
#include "cli/context.h"
#include "load/sheet/sheet.h"

namespace tidemark::cli {

/// Where a sheet goes: a file that appears whole or not at all, or with `-` stdout.
class SheetFile {
 public:
  /// Files are readable for their owner only: they hold what people bought.
  /// Errors: those of NewFile; usage: `-` together with --json, which has stdout for itself.
  [[nodiscard]] static Result<SheetFile> open(const Context& context, const std::string& path);

  [[nodiscard]] bool is_stdout() const { return !file_.has_value(); }
  /// Of a file.
  [[nodiscard]] const std::string& temporary_path() const { return file_->temporary_path(); }
  /// Must not outlive this object, nor see it moved.
  [[nodiscard]] load::ByteSink sink();
  /// Puts a file in place. Errors: those of NewFile::commit.
  [[nodiscard]] Result<void> commit();

 private:
  explicit SheetFile(Output& out) : out_(&out) {}

  Output* out_;
  std::optional<NewFile> file_;
};

/// Shows a line for people: on stdout, or on stderr when the sheet has stdout.
void print_beside(const Context& context, const SheetFile* file, const Message& message);

}  // namespace tidemark::cli
