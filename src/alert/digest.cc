#include "alert/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace tidemark::alert {
namespace {

/// Room for the line that counts what was left out.
constexpr std::size_t rest_bytes = 60;

std::string title_of(const std::vector<WaitingLine>& lines, std::string_view site,
                     Language language) {
  const bool chinese = language == Language::chinese;
  const std::string from = site.empty() ? "[Tidemark]" : fmt::format("[Tidemark {}]", site);
  std::optional<Level> worst;
  std::size_t on = 0;
  for (const WaitingLine& line : lines) {
    if (line.over) continue;
    ++on;
    if (!worst || line.level > *worst) worst = line.level;
  }
  if (!worst) return from + (chinese ? " 告警恢复" : " alert over");
  return chinese ? fmt::format("{} {}告警 {} 条", from, words(*worst).zh, on)
                 : fmt::format("{} {}: {} alert{}", from, words(*worst).en, on, on == 1 ? "" : "s");
}

}  // namespace

std::string_view cut_utf8(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end);
}

Digest make_digest(const std::vector<WaitingLine>& lines, std::string_view site,
                   std::size_t bytes_max, Language language) {
  Digest digest{.title = title_of(lines, site, language), .text = {}};
  digest.title = std::string(cut_utf8(digest.title, std::min<std::size_t>(bytes_max, 200)));
  digest.text = digest.title;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i].text;
    const bool last = i + 1 == lines.size();
    const std::size_t room = bytes_max - std::min(bytes_max, digest.text.size() + 1);
    if (line.size() + (last ? 0 : rest_bytes) <= room) {
      digest.text += "\n" + line;
      continue;
    }
    // A single line that is too long is cut; of several, the rest is counted.
    if (i == 0 && room > rest_bytes)
      digest.text += "\n" + std::string(cut_utf8(line, room - rest_bytes));
    const std::size_t left = lines.size() - i - (i == 0 ? 1 : 0);
    if (left > 0)
      digest.text += language == Language::chinese ? fmt::format("\n……另有 {} 条", left)
                                                   : fmt::format("\n… and {} more", left);
    break;
  }
  digest.text = std::string(cut_utf8(digest.text, bytes_max));
  return digest;
}

}  // namespace tidemark::alert
