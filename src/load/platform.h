#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/pause.h"
#include "base/random.h"
#include "base/result.h"
#include "base/stop.h"
#include "base/text.h"
#include "config/option.h"
#include "config/settings.h"
#include "load/extractor.h"
#include "load/stream_kind.h"
#include "load/stream_tables.h"
#include "run/finding.h"

namespace tidemark::load {

/// What an extractor reads clock and chance from, waits with and stops at. All must outlive it.
struct Surroundings {
  const Clock& clock;
  Random& random;
  Pause& pause;
  const Stop& stop;
};

/// A shop platform: how its streams are read, what their rows mean, and which settings it has. One
/// folder beside this file and one line in platforms.cc, and nothing else knows it by name:
/// commands, schedule, doctor and the reference of settings ask this class. Thread-safe.
class Platform {
 public:
  virtual ~Platform() = default;
  /// `xiaoe`: in the column `platform` of all tables. At most 32 characters.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Its settings, `xiaoe.app_id`: each begins with the name and a dot. nullptr: it has none.
  [[nodiscard]] virtual const config::OptionGroup* options() const = 0;
  /// The one of them that says where the shop is, which `--shop-url` sets; empty if there is none.
  [[nodiscard]] virtual std::string_view url_setting() const = 0;
  /// Why nothing can be read with these settings (`xiaoe.app_id is not set`); empty if it can. Asks
  /// nobody. The schedule leaves its jobs out until then.
  [[nodiscard]] virtual Message unconfigured(const config::Settings& settings) const = 0;
  /// What it offers. A stream that others refer to comes before them.
  [[nodiscard]] virtual std::span<const StreamKind> streams() const = 0;

  /// What rows of the stream mean; asks nobody. The stream must be one of streams().
  [[nodiscard]] virtual std::unique_ptr<StreamTables> tables(
      StreamKind stream, const config::Settings& settings) const = 0;
  /// Reads the stream. With `ids` (live streams only) those and no others.
  /// Errors: invalid_config: credentials are missing, or an address is none.
  [[nodiscard]] virtual Result<std::unique_ptr<Extractor>> extractor(
      StreamKind stream, const config::Settings& settings, const Surroundings& surroundings,
      std::vector<std::string> ids) const = 0;

  /// What loading needs of the shop, for `tidemark doctor --load`: credentials, permissions,
  /// clocks. Waits on the network; changes nothing.
  [[nodiscard]] virtual std::vector<run::Finding> examine(const config::Settings& settings,
                                                          const Clock& clock) const = 0;
};

}  // namespace tidemark::load
