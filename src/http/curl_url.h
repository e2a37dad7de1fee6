#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

namespace tidemark::http {

struct FreeUrl {
  void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};
/// A URL as libcurl reads it.
using CurlUrl = std::unique_ptr<CURLU, FreeUrl>;

/// One part of it; empty when it has none.
[[nodiscard]] inline std::string part_of(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (::curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&::curl_free)> owned(text, &::curl_free);
  return owned.get();
}

}  // namespace tidemark::http
