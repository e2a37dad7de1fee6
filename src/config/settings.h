#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/environment.h"
#include "config/key.h"

namespace tidemark::config {

/// Where a value came from, strongest first.
enum class Origin { flag, environment, file, fallback };

/// `flag`, `environment`, `file`, `default`.
[[nodiscard]] std::string_view name(Origin origin);

struct Setting {
  std::string value;  ///< In the text form of an environment variable, already resolved.
  Origin origin = Origin::fallback;
  std::string where;  ///< `--source`, `TIDEMARK_EXPORT__INVOICES__TABLE`, `tidemark.toml:12`.
};

struct LoadRequest {
  /// `--config`; empty: find_config_file() searches. That there is none is fine.
  std::optional<std::string> file;
  /// Defaults in place of those of the option table, by key.
  std::vector<std::pair<std::string, std::string>> defaults{};
  /// Keys set on the command line (their origin and place are kept): `{"export.invoices.threads",
  /// {"8", Origin::flag, "--threads"}}`.
  std::vector<std::pair<std::string, Setting>> flags;
  Environment environment = system_environment();
  /// All variable names, to find unknown `TIDEMARK_*` ones.
  std::vector<std::string> environment_names = system_environment_names();
};

/// All settings after merging flag > TIDEMARK_* > file > default. Immutable; thread-safe.
///
/// `${VAR}`, `${VAR:-default}` and `${file:PATH}` are resolved in file values; `X_FILE` beside an
/// environment variable `X` reads the value from a file (a last newline is cut). Unknown keys and
/// unknown TIDEMARK_* variables are errors with a suggestion. Only a file may add a table such as
/// `[export.receipts]`, so that a slip in a variable or flag is never taken for a new export.
class Settings {
 public:
  /// Errors: invalid_config, naming key, file and line (or variable), reason and next step; the
  /// first of them, and how many more there are.
  [[nodiscard]] static Result<Settings> load(const LoadRequest& request);
  /// All that load() would complain of, about a hundred at most, for `tidemark config check`.
  /// Empty: load() succeeds.
  [[nodiscard]] static std::vector<Error> problems(const LoadRequest& request);

  /// Getters for declared keys; asking for an undeclared one, or for a table that does not exist,
  /// is our own mistake (check fails). The values were validated by load().
  [[nodiscard]] const Setting& setting(std::string_view key) const;
  [[nodiscard]] const std::string& text(std::string_view key) const;
  [[nodiscard]] std::int64_t integer(std::string_view key) const;
  [[nodiscard]] bool boolean(std::string_view key) const;
  [[nodiscard]] std::chrono::milliseconds duration(std::string_view key) const;
  [[nodiscard]] std::uint64_t bytes(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> list(std::string_view key) const;
  /// False if neither flag, environment nor file set it.
  [[nodiscard]] bool is_set(std::string_view key) const;

  /// The same, but that the text `key` is `setting`, whatever it was: for a flag whose key is only
  /// known when the settings are.
  [[nodiscard]] Settings with(std::string_view key, Setting setting) const;

  [[nodiscard]] const std::optional<std::string>& file() const { return file_; }
  /// Named tables of one kind, e.g. the `receipts` of `[export.receipts]`; `invoices` is always
  /// among them. Sorted.
  [[nodiscard]] const TableNames& exports() const { return exports_; }
  /// What is not wrong but ought to be known: a secret in a file that everybody may read.
  [[nodiscard]] const std::vector<Message>& warnings() const { return warnings_; }

 private:
  friend class Loader;

  std::map<std::string, Setting, std::less<>> settings_;
  std::optional<std::string> file_;
  TableNames exports_ = {"invoices"};
  std::vector<Message> warnings_;
};

}  // namespace tidemark::config
