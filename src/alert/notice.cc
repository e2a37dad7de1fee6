#include "alert/notice.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utc_text.h"

namespace tidemark::alert {
namespace {

/// What comes one by one is not told one by one.
constexpr std::chrono::minutes growth_told_every{5};

const Firing* strongest(const std::vector<Firing>& firing, Subject subject,
                        const std::set<Level>& levels) {
  const Firing* best = nullptr;
  for (const Firing& one : firing) {
    if (one.rule.subject != subject || !levels.contains(one.rule.level)) continue;
    if (best == nullptr || one.rule.level > best->rule.level) best = &one;
  }
  return best;
}

std::optional<NoticeKind> kind_of(const Firing& firing, const std::optional<Told>& told,
                                  const NoticeOptions& options, WallTime now) {
  if (!told) return NoticeKind::begun;
  if (firing.rule.level > told->level) return NoticeKind::raised;
  if (firing.rule.level < told->level) return NoticeKind::lowered;
  const auto ago = now - told->told_at;
  if (info(firing.rule.subject).grows && firing.figure.value.value_or(0) > told->value &&
      ago >= growth_told_every)
    return NoticeKind::grown;
  if (ago >= options.repeat) return NoticeKind::still;
  return std::nullopt;
}

/// The departments that read it work by Beijing's time.
std::string time_text(WallTime time) {
  return utc_text(time + std::chrono::hours{8}, 0) + " UTC+8";
}

std::string duration_text(WallTime from, WallTime upto) {
  const auto span = std::max(upto - from, WallTime::duration{0});
  return value_text(Unit::seconds,
                    static_cast<double>(std::chrono::floor<std::chrono::seconds>(span).count()));
}

Message kind_words(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::begun:
      return {"", ""};
    case NoticeKind::raised:
      return {" (raised)", "（升级）"};
    case NoticeKind::lowered:
      return {" (lowered)", "（降级）"};
    case NoticeKind::grown:
      return {" (more)", "（增加）"};
    case NoticeKind::still:
      return {" (still)", "（持续）"};
    case NoticeKind::over:
      return {};
  }
  return {};
}

}  // namespace

std::string_view name(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::begun:
      return "begun";
    case NoticeKind::raised:
      return "raised";
    case NoticeKind::lowered:
      return "lowered";
    case NoticeKind::grown:
      return "grown";
    case NoticeKind::still:
      return "still";
    case NoticeKind::over:
      return "over";
  }
  return "";
}

Decision decide(const NoticeOptions& options, const std::vector<Firing>& firing,
                const Figures& figures, Memory memory, const std::set<Subject>& muted,
                WallTime now) {
  Decision decision;
  for (const SubjectInfo& about : subjects()) {
    const auto known = memory.find(about.subject);
    const std::optional<Told> told =
        known == memory.end() ? std::nullopt : std::optional(known->second);
    if (muted.contains(about.subject)) continue;
    const Firing* on = strongest(firing, about.subject, options.levels);
    if (on == nullptr) {
      if (!told) continue;
      decision.notices.push_back({.kind = NoticeKind::over,
                                  .subject = about.subject,
                                  .level = told->level,
                                  .since = told->since,
                                  .figure = figures[about.subject]});
      memory.erase(about.subject);
      continue;
    }
    const std::optional<NoticeKind> kind = kind_of(*on, told, options, now);
    if (!kind) {
      // What was mended and comes again is one more, though as many were told of before.
      if (Told& quiet = memory.at(about.subject); about.grows)
        quiet.value = std::min(quiet.value, on->figure.value.value_or(0));
      continue;
    }
    decision.notices.push_back({.kind = *kind,
                                .subject = about.subject,
                                .level = on->rule.level,
                                .since = on->since,
                                .figure = on->figure,
                                .threshold = on->rule.threshold});
    memory[about.subject] = {.level = on->rule.level,
                             .since = told ? told->since : on->since,
                             .told_at = now,
                             .value = on->figure.value.value_or(0)};
  }
  decision.memory = std::move(memory);
  return decision;
}

Message line(const Notice& notice, WallTime now) {
  const SubjectInfo& about = info(notice.subject);
  const Message level = words(notice.level);
  const Message kind = kind_words(notice.kind);
  const std::string value =
      notice.figure.value ? value_text(about.unit, *notice.figure.value) : std::string("-");
  if (notice.kind == NoticeKind::over)
    return {fmt::format("[OVER] {}: {} now; was {} for {}, until {}", about.en, value, level.en,
                        duration_text(notice.since, now), time_text(now)),
            fmt::format("【恢复】{}：现为 {}；此前为{}，历时 {}，于 {} 恢复", about.zh, value,
                        level.zh, duration_text(notice.since, now), time_text(now))};
  const std::string limit = value_text(about.unit, notice.threshold);
  const bool sampled = about.unit != Unit::count;
  Message text{fmt::format("[{}]{} {}: {} ({} {}", level.en, kind.en, about.en, value,
                           about.low_is_bad ? "below" : "above", limit),
               fmt::format("【{}】{}{}：{}（{} {}", level.zh, kind.zh, about.zh, value,
                           about.low_is_bad ? "低于" : "高于", limit)};
  if (sampled) {
    text.en += fmt::format("; of {}", notice.figure.sample);
    text.zh += fmt::format("；样本 {}", notice.figure.sample);
  }
  text.en += fmt::format("), since {}", time_text(notice.since));
  text.zh += fmt::format("），始于 {}", time_text(notice.since));
  if (!notice.figure.detail.empty()) {
    text.en += ": " + notice.figure.detail;
    text.zh += "：" + notice.figure.detail;
  }
  return text;
}

}  // namespace tidemark::alert
