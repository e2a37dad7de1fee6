#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "alert/subject.h"
#include "base/text.h"

namespace tidemark::alert {

/// A message as a channel sends it.
struct Digest {
  std::string id{};   ///< The same each time that the same is sent.
  std::string title;  ///< One line; of a mail the subject.
  std::string text;   ///< Begins with the title; lines end with `\n` but the last.
};

/// One line that waits to be sent.
struct WaitingLine {
  Level level = Level::notice;
  bool over = false;
  std::string text;
};

/// All that waits as one message of at most `bytes_max` bytes of text, cut between lines where that
/// is possible; what is left out is counted in the last line. `site` (may be empty) tells one hub
/// from another.
[[nodiscard]] Digest make_digest(const std::vector<WaitingLine>& lines, std::string_view site,
                                 std::size_t bytes_max, Language language);

/// The first `bytes_max` bytes, cut in front of a character.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t bytes_max);

}  // namespace tidemark::alert
