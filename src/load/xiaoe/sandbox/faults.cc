#include "load/xiaoe/sandbox/faults.h"

#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "base/bytes.h"

namespace tidemark::load::xiaoe {
namespace {

struct Rate {
  std::string_view name;
  double FaultRates::* rate;
};

constexpr std::array named_rates = {
    Rate{"error500", &FaultRates::error500}, Rate{"hang", &FaultRates::hang},
    Rate{"truncate", &FaultRates::truncate}, Rate{"repeat", &FaultRates::repeat},
    Rate{"total", &FaultRates::total},       Rate{"gbk", &FaultRates::gbk},
    Rate{"revoke", &FaultRates::revoke},     Rate{"storm", &FaultRates::storm},
    Rate{"busy", &FaultRates::busy},
};

constexpr int latency_ms_max = 600'000;

std::unexpected<Error> not_understood(std::string_view part) {
  return fail(
      make_error(ErrorKind::usage, {"'{}' is no fault", "“{}”不是故障设置"}, printable(part))
          .with_hint({"write latency=50ms, or one of error500, hang, truncate, repeat, total, gbk, "
                      "revoke, storm, busy with a probability: truncate=0.05",
                      "可写 latency=50ms，或 error500、hang、truncate、repeat、total、gbk、revoke、"
                      "storm、busy 加概率：truncate=0.05"}));
}

Result<void> take_part(std::string_view part, FaultRates& into) {
  const std::size_t equals = part.find('=');
  if (equals == std::string_view::npos) return not_understood(part);
  const std::string_view name = part.substr(0, equals);
  std::string_view value = part.substr(equals + 1);
  if (name == "latency") {
    int count = 0;
    if (!value.ends_with("ms")) return not_understood(part);
    value.remove_suffix(2);
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
    if (error != std::errc{} || end != value.data() + value.size() || count < 0 ||
        count > latency_ms_max)
      return not_understood(part);
    into.latency = std::chrono::milliseconds(count);
    return {};
  }
  for (const Rate& rate : named_rates) {
    if (rate.name != name) continue;
    double probability = 0;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), probability);
    if (error != std::errc{} || end != value.data() + value.size() ||
        !(probability >= 0 && probability <= 1))
      return not_understood(part);
    into.*rate.rate = probability;
    return {};
  }
  return not_understood(part);
}

}  // namespace

Result<FaultRates> FaultRates::parse(std::string_view spec) {
  FaultRates parsed;
  while (!spec.empty()) {
    const std::size_t comma = spec.find(',');
    if (Result<void> taken = take_part(spec.substr(0, comma), parsed); !taken)
      return fail(std::move(taken).error());
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
  faults.hang = happens(rates_.hang);
  faults.truncate = happens(rates_.truncate);
  faults.repeat = happens(rates_.repeat);
  if (happens(rates_.total)) faults.total_off_by = static_cast<int>(random_.below(7)) - 3;
  faults.gbk = happens(rates_.gbk);
  faults.revoke = happens(rates_.revoke);
  faults.storm = happens(rates_.storm);
  faults.busy = happens(rates_.busy);
  return faults;
}

void FaultDice::set(FaultRates rates) {
  const std::scoped_lock lock(mutex_);
  rates_ = rates;
}

}  // namespace tidemark::load::xiaoe
