#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/civil_time.h"
#include "base/text.h"
#include "load/benefit/benefit_facts.h"

namespace tidemark::load {

enum class Decision {
  granted,
  withdrawn,
  pending,  ///< Cannot be decided yet; the reason says what is missing.
  none,     ///< Not paid: there is nothing to grant.
};
[[nodiscard]] std::string_view name(Decision decision);
[[nodiscard]] std::optional<Decision> parse_decision(std::string_view name);
[[nodiscard]] Message title(Decision decision);

/// How benefits are decided. Its text is kept with each decision.
struct BenefitRule {
  bool part_withdraws = true;  ///< A refund in part takes the benefit back, too.

  /// `1:14d:any-refund` or `1:14d:whole-refund`; the first number changes with the rule's words.
  [[nodiscard]] std::string_view version() const;
};

/// What the rule says of an order, and why.
struct Verdict {
  Decision decision = Decision::pending;
  Message reason;
};

/// The last second in which a refund counts.
[[nodiscard]] CivilTime due_at(CivilTime created_at);

/// Pure: the same facts give the same verdict. The order must be due, and observed after that.
[[nodiscard]] Verdict judge(const BenefitFacts& facts, const BenefitRule& rule);

/// The order was last observed before its time was up.
[[nodiscard]] Verdict unobserved(CivilTime created_at, std::optional<CivilTime> observed_at);
/// Nor will it be: the source no longer lists it. Somebody has to look.
[[nodiscard]] Verdict unlisted(CivilTime observed_at);

/// It was observed, but in a state that cannot be stored.
[[nodiscard]] Verdict set_aside();

/// A decision that stood is replaced: says so at the end of the reason.
void tell_change(Verdict& verdict, Decision previous, CivilTime previously_decided_at);

}  // namespace tidemark::load
