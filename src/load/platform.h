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
#include "config/settings.h"
#include "load/extractor.h"
#include "load/stream_kind.h"
#include "load/stream_tables.h"

namespace tidemark::load {

/// What an extractor reads clock and chance from, waits with and stops at. All must outlive it.
struct Surroundings {
  const Clock& clock;
  Random& random;
  Pause& pause;
  const Stop& stop;
};

/// A shop platform: how its streams are read, and what their rows mean. One folder beside this
/// file and one line in platforms.cc. Thread-safe.
class Platform {
 public:
  virtual ~Platform() = default;
  /// `xiaoe`: in the column `platform` of all tables. At most 32 characters.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// The setting that says where the shop is; empty if there is none.
  [[nodiscard]] virtual std::string_view url_setting() const = 0;
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
};

}  // namespace tidemark::load
