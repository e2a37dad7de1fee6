#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/check.h"
#include "run/cron.h"

/// Any bytes as an expression, at any time from 1800 to 2200, in zones that change their clocks:
/// the next time lies behind, and nothing lies between.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidemark;
  static const std::array zones = {watermark::ZoneRules::find("Europe/Berlin", WallTime{}).value(),
                                   watermark::ZoneRules::find("Asia/Shanghai", WallTime{}).value(),
                                   watermark::ZoneRules::find("Pacific/Apia", WallTime{}).value(),
                                   watermark::ZoneRules::find("-3:30", WallTime{}).value()};
  std::uint64_t chance = 0;
  if (size < sizeof chance) return 0;
  std::memcpy(&chance, data, sizeof chance);
  const std::string_view text(reinterpret_cast<const char*>(data) + sizeof chance,
                              size - sizeof chance);
  const auto cron = run::Cron::parse(text);
  if (!cron) {
    check(!cron.error().what.zh.empty(), "a refusal speaks both languages");
    return 0;
  }
  const auto& zone = zones.at(chance % zones.size());
  constexpr std::uint64_t years = 400;
  const WallTime after = std::chrono::sys_days(std::chrono::year(1800) / 1 / 1) +
                         std::chrono::seconds((chance >> 8U) % (years * 31'556'952));
  const auto next = cron->next(after, zone);
  if (!next) return 0;
  check(*next > after, "the next time lies behind");
  check(cron->next(*next - std::chrono::microseconds(1), zone) == *next, "it is found from near");
  const WallTime between = after + (*next - after) / 2;
  check(cron->next(between, zone) == *next, "nothing lies between");
  return 0;
}
