#include "relay/stream/entry.h"

#include <fmt/format.h>

#include "http/hmac.h"

namespace tidemark::relay {

Result<Publication> parse_entry(const redis::StreamEntry& entry, std::size_t bytes_max) {
  const std::string* json = nullptr;
  bool voucher = false;
  for (const auto& [name, value] : entry.fields) {
    if (name != "voucher" && name != "event") continue;
    if (json != nullptr)
      return fail(ErrorKind::rejected,
                  {"has voucher or event more than once", "voucher 或 event 字段出现了多次"});
    json = &value;
    voucher = name == "voucher";
  }
  if (json == nullptr)
    return fail(ErrorKind::rejected,
                {"has neither a field voucher nor a field event", "没有 voucher 或 event 字段"});
  if (json->size() > bytes_max)
    return fail(ErrorKind::rejected, {"is larger than {} bytes: {}", "超过 {} 字节：{}"}, bytes_max,
                json->size());
  return voucher ? parse_voucher(*json) : parse_event(*json);
}

std::string entry_key(const std::string& stream, const redis::StreamEntry& entry) {
  std::string whole;
  const auto add = [&whole](const std::string& part) {
    fmt::format_to(std::back_inserter(whole), "{}:{}", part.size(), part);
  };
  add(entry.id);
  for (const auto& [name, value] : entry.fields) {
    add(name);
    add(value);
  }
  return "xadd:" + http::mac_hex(http::hmac_sha256(stream, whole));
}

}  // namespace tidemark::relay
