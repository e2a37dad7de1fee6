#include "config/show.h"

#include "config/database_url.h"
#include "config/source_url.h"
#include "config/value.h"

namespace tidemark::config {

std::vector<ShownSetting> shown_settings(const Settings& settings, const Environment& environment) {
  std::vector<ShownSetting> rows;
  for (const std::string& key : concrete_keys(settings.exports())) {
    const Setting& setting = settings.setting(key);
    ShownSetting row{.key = key,
                     .value = shown_value(*option_of(key), setting.value),
                     .origin = std::string{name(setting.origin)},
                     .where = setting.where};
    if (key == "source" && setting.value.empty()) {
      if (const auto address = common_source(settings, environment)) {
        row.value = redacted_url(address->url);
        row.origin = name(Origin::environment);
        row.where = address->where;
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace tidemark::config
