// Lets Python ask the signatures of src/http: one request a line, words parted by tabs, all but the
// first in base64; one line of answer each, `ok` and words in base64, or `refused` and the reason.
//   sorted BODY
//   key SECRET                                -> the key
//   sign STYLE ID TIMESTAMP BODY SECRET…         -> header name, value, name, value…
//   verify NOW TOLERANCE ACCEPTED HEADERS BODY SECRET…  -> the style, or the fault
// ACCEPTED is a list like `standard,raw`; HEADERS are lines `name: value`, names in lower case.
#include <fmt/format.h>

#include <charconv>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "base/base64.h"
#include "base/check.h"
#include "http/signature.h"
#include "http/sorted_json.h"

namespace tidemark::http {
namespace {

using Words = std::vector<std::string>;

Words split(std::string_view text, char separator) {
  Words words;
  while (true) {
    const std::size_t end = text.find(separator);
    words.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return words;
    text.remove_prefix(end + 1);
  }
}

std::chrono::seconds seconds_of(std::string_view text) {
  std::int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds{seconds};
}

std::string answer(const Words& words) {
  std::string line = "ok";
  for (const std::string& word : words) line += '\t' + base64(word);
  return line;
}

std::string refusal(std::string_view reason) { return "refused\t" + base64(reason); }

std::string sorted(const Words& words) {
  const auto text = sorted_json(words.at(1));
  return text ? answer({*text}) : refusal(text.error().what.en);
}

std::string key(const Words& words) {
  const auto found = webhook_key(words.at(1));
  return found ? answer({*found}) : refusal("no key");
}

std::string sign(const Words& words) {
  const Words secrets(words.begin() + 5, words.end());
  const auto headers = signature_headers(
      {.id = words.at(2),
       .timestamp = std::chrono::sys_seconds{seconds_of(words.at(3))},
       .body = words.at(4),
       .secrets = secrets,
       .style = words.at(1) == "sorted-json" ? BodyStyle::sorted_json : BodyStyle::raw});
  if (!headers) return refusal(headers.error().what.en);
  Words flat;
  for (const auto& [name, value] : *headers) {
    flat.push_back(name);
    flat.push_back(value);
  }
  return answer(flat);
}

std::string verify(const Words& words) {
  std::map<std::string, std::string> headers;
  for (const std::string& line : split(words.at(4), '\n')) {
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) headers[line.substr(0, colon)] = line.substr(colon + 2);
  }
  const auto header = [&](const std::string& name) -> std::optional<std::string_view> {
    const auto found = headers.find(name);
    if (found == headers.end()) return std::nullopt;
    return found->second;
  };
  const std::string accepted = ',' + words.at(3) + ',';
  const SignaturePolicy policy = {.tolerance = seconds_of(words.at(2)),
                                  .standard = accepted.contains(",standard,"),
                                  .raw = accepted.contains(",raw,"),
                                  .sorted_json = accepted.contains(",sorted-json,")};
  const Words secrets(words.begin() + 6, words.end());
  const auto verdict = verify_signature({.webhook_id = header("webhook-id"),
                                         .webhook_timestamp = header("webhook-timestamp"),
                                         .webhook_signature = header("webhook-signature"),
                                         .x_signature = header("x-signature"),
                                         .x_timestamp = header("x-timestamp")},
                                        words.at(5), secrets,
                                        std::chrono::sys_seconds{seconds_of(words.at(1))}, policy);
  return answer({std::string(verdict ? name(*verdict) : name(verdict.error()))});
}

std::string serve(const std::string& line) {
  Words words = split(line, '\t');
  for (std::size_t i = 1; i < words.size(); ++i) {
    auto word = base64_decoded(words[i]);
    check(word.has_value(), "words are base64");
    words[i] = *std::move(word);
  }
  if (words[0] == "sorted") return sorted(words);
  if (words[0] == "key") return key(words);
  if (words[0] == "sign") return sign(words);
  check(words[0] == "verify", "the request is known");
  return verify(words);
}

}  // namespace
}  // namespace tidemark::http

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << tidemark::http::serve(line) << std::endl;
  }
}
