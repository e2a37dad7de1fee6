#include "samples/invoice_generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "base/check.h"
#include "base/random.h"
#include "samples/invoice_payload.h"
#include "samples/lifelike.h"

namespace tidemark::samples {
namespace {

using std::chrono::seconds;

/// Fixed-point fractions: 2^32 is one.
constexpr std::uint64_t one = std::uint64_t{1} << 32;

std::uint64_t squared(std::uint64_t fraction) { return (fraction * fraction) >> 32; }

std::int64_t part_of(std::int64_t whole, std::uint64_t fraction) {
  return static_cast<std::int64_t>(
      (static_cast<__int128>(whole) * static_cast<__int128>(fraction)) >> 32);
}

std::string tenant_name(std::int64_t index) {
  static constexpr std::array<std::string_view, 8> first = {
      "1", "123", "456", "acme-eu", "华东分公司", "7890123456", "retail_uk", "T0008"};
  if (index < std::ssize(first)) return std::string(first[static_cast<std::size_t>(index)]);
  return index % 5 == 0 ? fmt::format("tenant-{}", index) : fmt::format("{}", 100'000 + index * 37);
}

const Country& pick_country(SeededRandom& random) {
  const std::span<const Country> all = countries();
  static const std::uint64_t total = [all] {
    std::uint64_t sum = 0;
    for (const Country& country : all) sum += country.weight;
    return sum;
  }();
  std::uint64_t draw = random.below(total);
  for (const Country& country : all) {
    if (draw < country.weight) return country;
    draw -= country.weight;
  }
  return all.front();
}

std::int64_t pick_status(SeededRandom& random) {
  // 0 draft, 1 in issue, 2 failed, 3 issued, 4 voided.
  const std::uint64_t draw = random.below(100);
  if (draw < 90) return 3;
  return draw < 92 ? 0 : draw < 94 ? 1 : draw < 97 ? 2 : 4;
}

/// How long after its issue an invoice is touched for the last time: mostly at once, sometimes
/// weeks later.
seconds pick_delay(SeededRandom& random) {
  const std::uint64_t draw = random.below(100);
  const std::uint64_t longest = draw < 85 ? 3600 : draw < 97 ? 864'000 : 7'776'000;
  return seconds{random.below(longest)};
}

void write_number(SeededRandom& random, const Country& country, std::int64_t index,
                  int hostile_permille, Invoice& out) {
  static constexpr std::array<std::string_view, 10> hostile = {
      "../", "a/b:", "*?", "<\"x\">|", " . ", "发票 №", "🧾", "\\\\srv\\", "\t", "-.-"};
  out.number.clear();
  if (random.below(1000) < static_cast<std::uint64_t>(hostile_permille)) {
    out.number += hostile[random.below(hostile.size())];
  }
  out.number += country.number_front;
  const std::chrono::year_month_day date{
      std::chrono::floor<std::chrono::days>(out.issue_date.time())};
  fmt::format_to(std::back_inserter(out.number), "{}{}{:0{}}", static_cast<int>(date.year()),
                 country.number_middle, index + 1, country.serial_digits);
}

}  // namespace

InvoiceGenerator::InvoiceGenerator(const GeneratorOptions& options) : options_(options) {
  check(options.tenants > 0 && options.count > 0, "a generator needs tenants and a count");
  check(options.from < options.until, "a generator needs a time range");
  for (std::int64_t i = 0; i < options.tenants; ++i) tenants_.push_back(tenant_name(i));
}

void InvoiceGenerator::make(std::int64_t index, Invoice& out) const { fill(index, nullptr, out); }

void InvoiceGenerator::make_at(std::int64_t index, CivilTime stamp, Invoice& out) const {
  fill(index, &stamp, out);
}

void InvoiceGenerator::fill(std::int64_t index, const CivilTime* stamp, Invoice& out) const {
  // The seed is mixed before the index is added, so that neighbours of seeds share no invoices.
  SeededRandom random(SeededRandom(options_.seed).next() + static_cast<std::uint64_t>(index));
  random = SeededRandom(random.next());

  out.id = index + 1;
  out.status = stamp != nullptr ? 3 : pick_status(random);

  std::size_t tenant = 0;
  const bool tail = random.below(100) >= static_cast<std::uint64_t>(options_.big_tenant_percent);
  const std::uint64_t place = squared(random.below(one));
  if (tail && tenants_.size() > 1) tenant = 1 + ((place * (tenants_.size() - 1)) >> 32);
  out.tenant = tenants_[tenant];

  const Country& country = pick_country(random);
  const std::uint64_t known = random.below(1000);
  if (known < 10) {
    out.country.reset();
  } else if (known < 13) {
    out.country.emplace();
  } else {
    out.country.emplace(country.code);
  }

  CivilTime issued;
  if (stamp != nullptr) {
    out.update_time = *stamp;
    issued = *stamp - pick_delay(random);
  } else {
    // Business grows: time runs slower and slower over the rows, as 1 - (1 - p)^2.
    const auto position = static_cast<std::uint64_t>(
        (static_cast<__int128>(std::min(index, options_.count)) << 32) / options_.count);
    const std::int64_t span = (options_.until - options_.from).count() / 1'000'000;
    issued =
        options_.from + seconds{part_of(span, one - squared(one - std::min(position, one - 1)))};
    issued = std::min(issued, options_.until);
    const CivilTime touched = issued + pick_delay(random);
    // What would lie in the future is spread over the time that is left.
    const std::int64_t left = (options_.until - issued).count() / 1'000'000;
    out.update_time =
        touched <= options_.until ? touched : issued + seconds{part_of(left, random.below(one))};
  }
  out.issue_date = issued - std::chrono::microseconds{issued.microseconds() % 86'400'000'000};

  write_number(random, country, index, options_.hostile_permille, out);
  write_payload(random, country, out);
}

}  // namespace tidemark::samples
