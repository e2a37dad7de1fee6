#include "relay/stream/entry.h"

#include <fmt/format.h>

#include "base/parse_integer.h"
#include "http/hmac.h"

namespace tidemark::relay {
namespace {

/// September 2001, in milliseconds. What is below counts something else than time.
constexpr std::int64_t id_time_min = 1'000'000'000'000;

}  // namespace

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

Result<void> check_age(const redis::StreamEntry& entry, WallTime now,
                       std::chrono::hours retention) {
  const auto added = parse_integer(std::string_view(entry.id).substr(0, entry.id.find('-')));
  if (!added || *added < id_time_min || retention.count() == 0) return {};
  const auto now_ms = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
  if (now_ms.count() - *added < std::chrono::milliseconds(retention).count()) return {};
  return fail(make_error(ErrorKind::rejected,
                         {"was added more than {} hours ago (relay.retention): whether it was "
                          "published already is not known any more",
                          "加入已超过 {} 小时（relay.retention）：是否已经发布过无从得知"},
                         retention.count())
                  .with_hint({"publish it if it was not: tidemark stream-refusals",
                              "若未发布过，请发布：tidemark stream-refusals"}));
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
