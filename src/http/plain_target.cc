#include "http/plain_target.h"

#include <algorithm>

#include "http/curl_url.h"
#include "http/headers.h"

namespace tidemark::http {
namespace {

[[nodiscard]] bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7f && c != '\\' && c != '#';
}

[[nodiscard]] std::shared_ptr<const PlainTarget> parsed(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  if (!equal_fold(std::string_view(url).substr(0, scheme.size()), scheme) ||
      !std::ranges::all_of(url, is_plain))
    return nullptr;
  const CurlUrl parts(::curl_url());
  if (::curl_url_set(parts.get(), CURLUPART_URL, url.c_str(),
                     CURLU_DISALLOW_USER | CURLU_PATH_AS_IS) != CURLUE_OK)
    return nullptr;
  std::string host = part_of(parts.get(), CURLUPART_HOST);
  const std::string port = part_of(parts.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::string path = part_of(parts.get(), CURLUPART_PATH);
  const std::string query = part_of(parts.get(), CURLUPART_QUERY);
  if (host.empty() || port.empty() || !path.starts_with('/') ||
      !part_of(parts.get(), CURLUPART_ZONEID).empty())
    return nullptr;
  if (!query.empty()) path.append("?").append(query);
  std::string origin = host + ":" + port;
  return std::make_shared<const PlainTarget>(
      PlainTarget{.origin = origin,
                  .path = std::move(path),
                  .host = port == "80" ? std::move(host) : std::move(origin)});
}

}  // namespace

std::shared_ptr<const PlainTarget> PlainTargets::of(const std::string& url) {
  if (const auto known = known_.find(url); known != known_.end()) return known->second;
  if (known_.size() >= kept_max) known_.clear();
  return known_.emplace(url, parsed(url)).first->second;
}

}  // namespace tidemark::http
