#include "relay/receive/sequence_track.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tidemark::receive {
namespace {

/// Takes a number off the front of `text`.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take(std::string_view& text, char mark) {
  if (!text.starts_with(mark)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<SequenceHole> take_hole(std::string_view& text) {
  const auto first = take_number(text);
  if (!first || !take(text, '-')) return std::nullopt;
  const auto last = take_number(text);
  if (!last || !take(text, '@')) return std::nullopt;
  const auto since = take_number(text);
  if (!since || *first < 1 || *last < *first) return std::nullopt;
  return SequenceHole{
      .first = *first, .last = *last, .since = WallTime(std::chrono::microseconds(*since))};
}

}  // namespace

std::optional<SequenceTrack> SequenceTrack::parse(std::string_view text) {
  SequenceTrack track;
  const auto highest = take_number(text);
  if (!highest) return std::nullopt;
  track.highest_ = *highest;
  std::int64_t before = -1;
  for (char mark = ';'; !text.empty(); mark = ',') {
    if (!take(text, mark)) return std::nullopt;
    const auto hole = take_hole(text);
    if (!hole || hole->first <= before + 1 || hole->last >= *highest) return std::nullopt;
    before = hole->last;
    track.holes_.push_back(*hole);
  }
  return track;
}

std::string SequenceTrack::to_text() const {
  std::string text = std::to_string(highest_);
  for (char mark = ';'; const SequenceHole& hole : holes_) {
    text += fmt::format("{}{}-{}@{}", mark, hole.first, hole.last,
                        hole.since.time_since_epoch().count());
    mark = ',';
  }
  return text;
}

bool SequenceTrack::add(std::int64_t sequence, WallTime now) {
  if (sequence < 1) return false;
  if (sequence > highest_) {
    if (sequence > highest_ + 1)
      holes_.push_back({.first = highest_ + 1, .last = sequence - 1, .since = now});
    highest_ = sequence;
    if (holes_.size() > holes_max) {
      const SequenceHole newest = holes_.back();
      holes_.pop_back();
      holes_.back().last = newest.last;
    }
    return true;
  }
  const auto hole = std::ranges::lower_bound(holes_, sequence, std::less<>{}, &SequenceHole::last);
  if (hole == holes_.end() || hole->first > sequence) return false;
  const SequenceHole whole = *hole;
  if (whole.first == sequence && whole.last == sequence) {
    holes_.erase(hole);
  } else if (whole.first == sequence) {
    ++hole->first;
  } else if (whole.last == sequence) {
    --hole->last;
  } else if (holes_.size() < holes_max) {
    hole->last = sequence - 1;
    holes_.insert(hole + 1, {.first = sequence + 1, .last = whole.last, .since = whole.since});
  } else {
    return false;  // Full: the number stays in its hole, and is asked for once more.
  }
  return true;
}

void SequenceTrack::complete(std::int64_t sequence) {
  std::erase_if(holes_, [&](const SequenceHole& hole) { return hole.last <= sequence; });
  if (!holes_.empty()) holes_.front().first = std::max(holes_.front().first, sequence + 1);
  highest_ = std::max(highest_, sequence);
}

void SequenceTrack::forget_above(std::int64_t sequence, WallTime before) {
  const auto hole = std::ranges::find_if(holes_, [&](const SequenceHole& candidate) {
    return candidate.last > sequence && candidate.since < before;
  });
  if (hole == holes_.end()) return;
  const std::int64_t end = std::max(sequence, hole->first - 1);
  holes_.erase(hole, holes_.end());
  highest_ = end;
}

std::int64_t SequenceTrack::contiguous() const {
  return holes_.empty() ? highest_ : holes_.front().first - 1;
}

std::int64_t SequenceTrack::missing() const {
  std::int64_t count = 0;
  for (const SequenceHole& hole : holes_) count += hole.last - hole.first + 1;
  return count;
}

std::optional<WallTime> SequenceTrack::oldest_hole() const {
  if (holes_.empty()) return std::nullopt;
  return std::ranges::min(holes_, std::less<>{}, &SequenceHole::since).since;
}

}  // namespace tidemark::receive
