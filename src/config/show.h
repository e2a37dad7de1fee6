#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace tidemark::config {

/// One line of `tidemark config show`.
struct ShownSetting {
  std::string key;
  std::string value;   ///< Secrets as `***`, URLs without their password.
  std::string origin;  ///< `flag`, `environment`, `file`, `default`.
  std::string where;   ///< The flag, variable, or file and line; empty for a default.
};

/// Every setting in the order of the reference page, the tables of exports one after the other. A
/// `source` that only the old DB_* variables give is shown with them.
[[nodiscard]] std::vector<ShownSetting> shown_settings(const Settings& settings,
                                                       const Environment& environment);

}  // namespace tidemark::config
