#include "export/accepted_rejects.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/atomic_file.h"
#include "base/base64.h"
#include "base/bytes.h"
#include "base/system_error.h"

namespace tidemark::exporter::accepted_rejects {
namespace {

constexpr std::size_t file_bytes_max = 256 << 20;
constexpr std::string_view taken_meta = "acceptances_taken";

std::string path_in(const std::string& state_directory) {
  return fmt::format("{}/{}", state_directory, file_name);
}

nlohmann::ordered_json json_of(const Reject& reject) {
  nlohmann::ordered_json json;
  if (reject.key.is_integer()) {
    json["key"] = reject.key.number();
  } else if (const std::string text = reject.key.text(); is_utf8(text)) {
    json["key"] = text;
  } else {
    json["key_base64"] = base64(text);
  }
  if (reject.tenant) json["tenant"] = *reject.tenant;
  json["country"] = reject.country;
  json["number"] = reject.number;
  json["reason"] = reject.reason;
  json["hash"] = base64(reject.hash.view());
  json["first_seen"] = reject.first_seen;
  json["last_seen"] = reject.last_seen;
  return json;
}

std::optional<Reject> reject_of(const nlohmann::json& json) {
  const auto text = [&](const char* name) -> std::optional<std::string> {
    const auto member = json.find(name);
    if (member == json.end() || !member->is_string()) return std::nullopt;
    return member->get<std::string>();
  };
  if (!json.is_object()) return std::nullopt;
  Reject reject{.tenant = text("tenant"),
                .country = text("country").value_or(""),
                .number = text("number").value_or(""),
                .first_seen = text("first_seen").value_or(""),
                .last_seen = text("last_seen").value_or(""),
                .accepted = true};
  if (const auto key = json.find("key"); key != json.end() && key->is_number_integer()) {
    reject.key = Key(key->get<std::int64_t>());
  } else if (std::optional<std::string> plain = text("key")) {
    reject.key = Key(std::move(*plain));
  } else if (const auto encoded = text("key_base64")) {
    std::optional<std::string> bytes = base64_decoded(*encoded);
    if (!bytes) return std::nullopt;
    reject.key = Key(std::move(*bytes));
  } else {
    return std::nullopt;
  }
  const std::optional<std::string> reason = text("reason");
  const std::optional<std::string> hash = base64_decoded(text("hash").value_or("?"));
  if (!reason || !hash) return std::nullopt;
  reject.reason = *reason;
  reject.hash = content_hash_from(*hash);
  return reject;
}

}  // namespace

Result<std::vector<Reject>> load(const std::string& state_directory) {
  const std::string path = path_in(state_directory);
  const Result<std::string> text = read_file(path, file_bytes_max);
  if (!text) {
    if (text.error().kind == ErrorKind::not_found) return std::vector<Reject>{};
    return fail(text.error());
  }
  const nlohmann::json json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  std::vector<Reject> rejects;
  bool whole = json.is_array();
  for (const nlohmann::json& entry : whole ? json : nlohmann::json::array()) {
    std::optional<Reject> reject = reject_of(entry);
    whole = whole && reject.has_value();
    if (reject) rejects.push_back(std::move(*reject));
  }
  if (whole) return rejects;
  return fail(make_error(ErrorKind::corrupt,
                         {"{} is no list of accepted rejects", "{} 不是已接受记录的清单"}, path)
                  .with_hint({"remove the file; what was accepted will have to be accepted again",
                              "请删除该文件；之前接受的记录需要重新接受"}));
}

Result<void> save(const std::string& state_directory, const std::vector<Reject>& rejects) {
  const std::string path = path_in(state_directory);
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Reject& reject : rejects) {
    if (reject.accepted) json.push_back(json_of(reject));
  }
  const Result<std::string> before = read_file(path, file_bytes_max);
  const bool exists = before || before.error().kind != ErrorKind::not_found;
  if (json.empty() && !exists) return {};
  // Of bytes that are no UTF-8 only the key matters, and that has a form of its own.
  const std::string text =
      json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (before && *before == text) return {};
  return write_file_atomically(path, text);
}

Result<TakenOver> take_over(TreeIndex& index, const std::string& state_directory) {
  const Result<std::string> taken = index.meta(taken_meta);
  if (!taken) return fail(taken.error());
  if (!taken->empty()) return TakenOver{};
  Result<std::vector<Reject>> accepted = load(state_directory);
  if (!accepted) return TakenOver{.unreadable = std::move(accepted.error())};
  if (Result<void> begun = index.begin(); !begun) return fail(std::move(begun.error()));
  const auto enter = [&]() -> Result<std::size_t> {
    const Result<std::vector<Reject>> before = index.rejects();
    if (!before) return fail(before.error());
    for (const Reject& reject : *accepted) {
      if (Result<void> put = index.put_accepted(reject); !put) return fail(std::move(put.error()));
    }
    if (Result<void> marked = index.set_meta(taken_meta, "1"); !marked) {
      return fail(std::move(marked.error()));
    }
    const Result<std::vector<Reject>> after = index.rejects();
    if (!after) return fail(after.error());
    if (Result<void> committed = index.commit(); !committed) {
      return fail(std::move(committed.error()));
    }
    return after->size() - before->size();
  };
  Result<std::size_t> count = enter();
  if (!count) {
    index.rollback();
    return fail(std::move(count.error()));
  }
  return TakenOver{.count = *count};
}

Result<void> keep(TreeIndex& index, const std::string& state_directory) {
  const Result<std::string> taken = index.meta(taken_meta);
  if (!taken) return fail(taken.error());
  if (taken->empty()) return {};
  const Result<std::vector<Reject>> rejects = index.rejects();
  if (!rejects) return fail(rejects.error());
  return save(state_directory, *rejects);
}

}  // namespace tidemark::exporter::accepted_rejects
