#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::cli {

/// What was given on the command line, by the declared names. Asking for a flag that the command
/// does not declare is our own mistake (check fails).
class Arguments {
 public:
  /// Was `--dry-run` given?
  [[nodiscard]] bool has(std::string_view long_name) const;
  /// The last value given for `--limit`.
  [[nodiscard]] std::optional<std::string> value(std::string_view long_name) const;
  /// All values of `--tenant`, in order.
  [[nodiscard]] const std::vector<std::string>& values(std::string_view long_name) const;
  /// The positional `ID`; nullopt if it is optional and was not given.
  [[nodiscard]] std::optional<std::string> positional(std::string_view name) const;

  /// For the parser: makes a name known, with what was given for it.
  void declare(std::string_view name, std::vector<std::string> given);

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> given_;
};

}  // namespace tidemark::cli
