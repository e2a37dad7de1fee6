#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/option.h"

namespace tidemark::config {

/// Where a value came from, strongest first.
enum class Origin { flag, environment, file, fallback };

struct Setting {
  std::string value;  ///< In the text form of an environment variable, already resolved.
  Origin origin = Origin::fallback;
  std::string where;  ///< `--source`, `TIDEMARK_EXPORT__INVOICES__TABLE`, `tidemark.toml:12`.
};

struct LoadRequest {
  /// `--config`; empty: $TIDEMARK_CONFIG, ./tidemark.toml, $XDG_CONFIG_HOME/tidemark/tidemark.toml,
  /// /etc/tidemark/tidemark.toml; the first that exists. None is fine.
  std::optional<std::string> file;
  /// Keys set on the command line, with the flag that set them.
  std::vector<std::pair<std::string, Setting>> flags;
  /// getenv, or a test's own.
  std::function<std::optional<std::string>(const std::string&)> environment;
  /// All variable names, to find unknown `TIDEMARK_*` ones.
  std::vector<std::string> environment_names;
};

/// All settings after merging flag > TIDEMARK_* > file > default. Immutable; thread-safe.
///
/// `${VAR}`, `${VAR:-default}` and `${file:PATH}` are resolved in file values; `X_FILE` beside an
/// environment variable `X` reads the value from a file (a last newline is cut). Unknown keys and
/// unknown TIDEMARK_* variables are errors with a suggestion.
class Settings {
 public:
  /// Errors: invalid_config, naming key, file and line (or variable), reason and next step.
  [[nodiscard]] static Result<Settings> load(const LoadRequest& request);

  /// Getters for declared keys; asking for an undeclared one is our own mistake (check fails).
  /// The values were validated by load().
  [[nodiscard]] const Setting& setting(std::string_view key) const;
  [[nodiscard]] const std::string& text(std::string_view key) const;
  [[nodiscard]] std::int64_t integer(std::string_view key) const;
  [[nodiscard]] bool boolean(std::string_view key) const;
  [[nodiscard]] std::chrono::milliseconds duration(std::string_view key) const;
  [[nodiscard]] std::uint64_t bytes(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> list(std::string_view key) const;
  /// False if neither flag, environment nor file set it.
  [[nodiscard]] bool is_set(std::string_view key) const;

  [[nodiscard]] const std::optional<std::string>& file() const { return file_; }
  /// Named tables of one kind, e.g. the `receipts` of `[export.receipts]`.
  [[nodiscard]] std::vector<std::string> exports() const;

 private:
  std::map<std::string, Setting, std::less<>> settings_;
  std::optional<std::string> file_;
};

/// `90s`, `5m`, `1h`, `2d`, `250ms`; a bare number is refused.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// `64MiB`, `1GB`, `4096`.
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace tidemark::config
