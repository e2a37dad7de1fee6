#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "config/toml_file.h"

namespace tidemark::config {

/// Merges the layers, weakest first, and gathers everything that is wrong. Used once, by
/// Settings::load() and problems().
class Loader {
 public:
  explicit Loader(const LoadRequest& request) : request_(request) {}

  void run();

  Settings settings;
  std::vector<Error> problems;

 private:
  void read_file_layer();
  void take_tables(const std::vector<TomlEntry>& entries);
  void take_defaults();
  void take_entry(const TomlEntry& entry);
  void take_environment();
  void find_unknown_variables();
  void take_flags();
  void check_levels();

  /// The text form of an entry's value, references filled in; the reason if there is none.
  [[nodiscard]] Result<std::string> text_of(const TomlEntry& entry, const Option& option) const;
  /// Checks the value and puts it in place; a problem otherwise.
  void set(const std::string& key, const Option& option, Setting setting);
  void unknown_key(std::string_view key, const std::string& where);
  void no_such_table(std::string_view key, const std::string& where);
  /// A flag's value stands in the list of processes.
  void warn_of_visible_secret(const std::string& key, const Option& option, const Setting& setting);
  void warn_of_open_secret(const TomlEntry& entry, const Option& option);

  const LoadRequest& request_;
  std::vector<TomlEntry> entries_;
  std::string file_;          ///< The configuration file, printable.
  bool open_to_all_ = false;  ///< Everybody may read it.
  std::string folder_;  ///< Of the configuration file, with a slash; empty for the current one.
};

}  // namespace tidemark::config
