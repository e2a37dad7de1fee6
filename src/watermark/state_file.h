#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/civil_time.h"
#include "base/clock.h"
#include "base/result.h"

namespace tidemark::watermark {

enum class TenantStatus { success, partial, failed };

[[nodiscard]] std::string_view name(TenantStatus status);  ///< SUCCESS, PARTIAL, FAILED

/// What is known of one tenant: all its rows stamped at or before `mark` are exported.
struct TenantState {
  CivilTime mark;
  std::uint64_t records = 0;  ///< Rows exported in the run that wrote the line.
  TenantStatus status = TenantStatus::success;

  friend bool operator==(const TenantState&, const TenantState&) = default;
};

/// The watermarks of an export tree, one line a tenant:
///
///     {tenant_id}|{yyyy-mm-dd hh:mm:ss}|{record_count}|{SUCCESS|PARTIAL|FAILED}
///
/// `|`, `%`, control characters and invalid UTF-8 in a tenant are percent-encoded. The file is for
/// people too: they edit a time to export a period again, delete a line to reset a tenant, or the
/// file to start over. Blank lines, lines that start with `#`, CRLF and a byte order mark are
/// accepted; anything else that is not a line as above is an error, never a guess.
using State = std::map<std::string, TenantState, std::less<>>;

[[nodiscard]] std::string encode_tenant(std::string_view tenant);
[[nodiscard]] std::optional<std::string> decode_tenant(std::string_view text);

/// Errors: corrupt, naming the line.
[[nodiscard]] Result<State> parse_state(std::string_view text);
/// Sorted by tenant.
[[nodiscard]] std::string format_state(const State& state);

/// The file and its backups. Not thread-safe; the holder of the tree's lock owns it.
class StateFile {
 public:
  static constexpr std::string_view file_name = ".last_export_time";

  /// `directory` is `{output}/.export_state`; it need not exist yet.
  explicit StateFile(std::string directory) : directory_(std::move(directory)) {}

  [[nodiscard]] std::string path() const;

  /// An absent file is an empty state. Errors: corrupt (naming the line, and the newest backup
  /// that is whole), io.
  [[nodiscard]] Result<State> load() const;
  /// Replaces the file whole, durably. Errors: no_space, io; then the old file stands.
  [[nodiscard]] Result<void> save(const State& state) const;

  /// Copies the file to `.last_export_time.backup.{yyyymmdd-hhmmss}` (nothing to do without a
  /// file) and removes old copies: the last 10 stay, and the last of each day for 30 days. A second
  /// state within one second gets `-02` behind its name, and so on. Errors: no_space, io.
  [[nodiscard]] Result<void> back_up(CivilTime now) const;
  /// File names of the backups, oldest first.
  [[nodiscard]] std::vector<std::string> backups() const;
  /// What a backup says. `backup` is a file name as in backups(). Errors: not_found, corrupt, io.
  [[nodiscard]] Result<State> load_backup(std::string_view backup) const;
  /// Puts a backup in place (the present file is backed up first). `backup` is a file name as in
  /// backups(). Errors: not_found, corrupt, io.
  [[nodiscard]] Result<void> restore(std::string_view backup, CivilTime now) const;

 private:
  std::string directory_;
};

}  // namespace tidemark::watermark
