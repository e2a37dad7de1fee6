#include "load/unknown_codes.h"

#include "base/bytes.h"

namespace tidemark::load {

void UnknownCodes::add(const std::string& field, const std::string& code, std::uint64_t times) {
  constexpr std::size_t shown_max = 60;
  OfField& known = fields_[field];
  const std::string shown = printable(code, shown_max);
  if (const auto found = known.codes.find(shown); found != known.codes.end())
    found->second += times;
  else if (known.codes.size() < codes_max)
    known.codes.emplace(shown, times);
  else
    known.more += times;
}

void UnknownCodes::add(const UnknownCodes& others) {
  for (const auto& [field, other] : others.fields_) {
    for (const auto& [code, times] : other.codes) add(field, code, times);
    fields_[field].more += other.more;
  }
}

}  // namespace tidemark::load
