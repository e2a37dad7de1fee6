#include "load/xiaoe/sandbox/faults.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/bytes.h"

namespace tidemark::load::xiaoe {
namespace {

struct Rate {
  std::string_view name;
  double FaultRates::* rate;
};

constexpr std::array named_rates = {
    Rate{"error500", &FaultRates::error500},
    Rate{"html", &FaultRates::html},
    Rate{"hang", &FaultRates::hang},
    Rate{"truncate", &FaultRates::truncate},
    Rate{"repeat", &FaultRates::repeat},
    Rate{"total", &FaultRates::total},
    Rate{"gbk", &FaultRates::gbk},
    Rate{"strings", &FaultRates::strings},
    Rate{"revoke", &FaultRates::revoke},
    Rate{"limit", &FaultRates::limit},
    Rate{"storm", &FaultRates::storm},
    Rate{"busy", &FaultRates::busy},
    Rate{"malformed", &FaultRates::malformed},
    Rate{"ip", &FaultRates::ip},
};

constexpr std::array<std::string_view, 5> streams = {"orders", "aftersales", "users", "goods",
                                                     "live"};
constexpr int latency_ms_max = 600'000;
constexpr int skew_seconds_max = 86'400;

std::unexpected<Error> not_understood(std::string_view part) {
  return fail(
      make_error(ErrorKind::usage, {"'{}' is no fault", "“{}”不是故障设置"}, printable(part))
          .with_hint({"write latency=50ms, skew=-90s, deny=users+live, or one of error500, html, "
                      "hang, truncate, repeat, total, gbk, strings, revoke, limit, storm, busy, "
                      "malformed, ip with a probability: truncate=0.05",
                      "可写 latency=50ms、skew=-90s、deny=users+live，或 error500、html、hang、"
                      "truncate、repeat、total、gbk、strings、revoke、limit、storm、busy、"
                      "malformed、ip 加概率：truncate=0.05"}));
}

/// A whole number with a unit behind it, between the limits.
std::optional<int> counted(std::string_view value, std::string_view unit, int least, int most) {
  if (!value.ends_with(unit)) return std::nullopt;
  value.remove_suffix(unit.size());
  int count = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
  if (error != std::errc{} || end != value.data() + value.size() || count < least || count > most)
    return std::nullopt;
  return count;
}

std::optional<double> probability_in(std::string_view value) {
  double probability = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), probability);
  if (error != std::errc{} || end != value.data() + value.size() ||
      !(probability >= 0 && probability <= 1))
    return std::nullopt;
  return probability;
}

bool take_denied(std::string_view value, FaultRates& into) {
  while (true) {
    const std::size_t plus = value.find('+');
    const std::string_view stream = value.substr(0, plus);
    if (std::ranges::find(streams, stream) == streams.end()) return false;
    into.deny.emplace(stream);
    if (plus == std::string_view::npos) return true;
    value.remove_prefix(plus + 1);
  }
}

/// False: not understood.
bool take_part(std::string_view name, std::string_view value, FaultRates& into) {
  if (name == "latency") {
    const std::optional<int> count = counted(value, "ms", 0, latency_ms_max);
    into.latency = std::chrono::milliseconds(count.value_or(0));
    return count.has_value();
  }
  if (name == "skew") {
    const std::optional<int> count = counted(value, "s", -skew_seconds_max, skew_seconds_max);
    into.skew = std::chrono::seconds(count.value_or(0));
    return count.has_value();
  }
  if (name == "deny") return take_denied(value, into);
  for (const Rate& rate : named_rates) {
    if (rate.name != name) continue;
    const std::optional<double> probability = probability_in(value);
    into.*rate.rate = probability.value_or(0);
    return probability.has_value();
  }
  return false;
}

}  // namespace

Result<FaultRates> FaultRates::parse(std::string_view spec) {
  FaultRates parsed;
  while (!spec.empty()) {
    const std::size_t comma = spec.find(',');
    const std::string_view part = spec.substr(0, comma);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos ||
        !take_part(part.substr(0, equals), part.substr(equals + 1), parsed))
      return not_understood(part);
    spec = comma == std::string_view::npos ? std::string_view() : spec.substr(comma + 1);
  }
  return parsed;
}

Faults FaultDice::roll() {
  const std::scoped_lock lock(mutex_);
  const auto happens = [this](double rate) { return random_.unit() < rate; };
  Faults faults;
  if (rates_.latency.count() > 0)
    faults.delay = std::chrono::milliseconds(
        random_.below(static_cast<std::uint64_t>(rates_.latency.count()) + 1));
  faults.error500 = happens(rates_.error500);
  faults.html = happens(rates_.html);
  faults.hang = happens(rates_.hang);
  faults.truncate = happens(rates_.truncate);
  faults.repeat = happens(rates_.repeat);
  if (happens(rates_.total)) faults.total_off_by = static_cast<int>(random_.below(7)) - 3;
  faults.gbk = happens(rates_.gbk);
  faults.strings = happens(rates_.strings);
  faults.revoke = happens(rates_.revoke);
  faults.limit = happens(rates_.limit);
  faults.storm = happens(rates_.storm);
  faults.busy = happens(rates_.busy);
  faults.malformed = happens(rates_.malformed);
  faults.ip = happens(rates_.ip);
  return faults;
}

bool FaultDice::denies(std::string_view stream) {
  const std::scoped_lock lock(mutex_);
  return rates_.deny.contains(stream);
}

void FaultDice::set(FaultRates rates) {
  const std::scoped_lock lock(mutex_);
  rates_ = std::move(rates);
}

}  // namespace tidemark::load::xiaoe
