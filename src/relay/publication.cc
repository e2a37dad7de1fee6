#include "relay/publication.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

#include "base/bytes.h"
#include "base/json_check.h"
#include "base/json_object.h"
#include "base/nearest.h"
#include "http/sha256.h"
#include "relay/publication_field.h"

namespace tidemark::relay {
namespace {

constexpr std::size_t letters_shown = 60;
constexpr std::size_t extra_name_bytes_max = 64;

using Members = std::vector<JsonMember>;

/// How deep arrays and objects are nested in valid JSON; not looked at where there is no room for
/// more levels than allowed.
std::size_t depth_of(std::string_view text) {
  if (text.size() <= 2 * publication_depth_max) return 0;
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

std::unexpected<Error> refuse_twice(std::string_view name) {
  return fail(ErrorKind::rejected, {"field {} stands there twice", "字段 {} 出现了两次"},
              printable(name, letters_shown));
}

/// The members of the request, each name once.
Result<Members> members_of(std::string_view json) {
  if (const auto fault = check_json(json)) {
    return fail(ErrorKind::rejected, {"not JSON: {} at byte {}", "不是 JSON：第 {1} 字节处 {0}"},
                fault->reason, fault->position);
  }
  auto members = json_members(json);
  if (!members) return fail(ErrorKind::rejected, {"must be a JSON object", "必须是 JSON 对象"});
  if (depth_of(json) > publication_depth_max) {
    return fail(ErrorKind::rejected, {"nested deeper than {} levels", "嵌套超过 {} 层"},
                publication_depth_max);
  }
  std::vector<std::string_view> names;
  names.reserve(members->size());
  for (const JsonMember& member : *members) names.push_back(member.name);
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end())
    return refuse_twice(*twice);
  return *std::move(members);
}

std::unexpected<Error> refuse_unknown(std::string_view name, std::string_view meant) {
  Error error = make_error(ErrorKind::rejected, {"unknown field {}", "未知字段 {}"},
                           printable(name, letters_shown));
  if (meant.empty()) return fail(std::move(error));
  return fail(std::move(error).with_hint({"did you mean {}?", "是否要写 {}？"}, meant));
}

std::unexpected<Error> refuse_missing(std::string_view name) {
  return fail(ErrorKind::rejected, {"field {} is missing", "缺少字段 {}"}, name);
}

void append_member(std::string& fields, std::string_view name, std::string_view value) {
  fields.append(fields.empty() ? "\"" : ",\"").append(name).append("\":").append(value);
}

std::int64_t number_of(std::string_view digits) {
  std::int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

/// Where the text form of a field goes.
constexpr std::array<std::pair<std::string_view, std::string Publication::*>, 8> text_places = {{
    {"event_type", &Publication::event_type},
    {"source_system", &Publication::source_system},
    {"source_type", &Publication::source_type},
    {"source_id", &Publication::source_id},
    {"source_module", &Publication::source_module},
    {"company_id", &Publication::company_id},
    {"voucher_no", &Publication::voucher_no},
    {"business_data", &Publication::data},
}};

/// Puts a field that read_field has passed where it belongs. `text` is its text form.
void keep(Publication& publication, const FieldRule& rule, std::string text) {
  if (rule.name == "voucher_id") {
    publication.voucher_id = number_of(text);
  } else if (rule.name == "source_version") {
    publication.source_version = number_of(text);
  } else if (rule.name == "sync_target_systems") {
    publication.target_systems = read_systems(text);
  } else if (const auto* const place = std::ranges::find(text_places, rule.name,
                                                         &decltype(text_places)::value_type::first);
             place != text_places.end()) {
    publication.*(place->second) = std::move(text);
  }
}

/// The same for the same members in any order, whatever blanks stand between their tokens.
/// source_version is left out: content is compared between versions.
std::string hash_of(const Members& members) {
  std::vector<const JsonMember*> sorted;
  sorted.reserve(members.size());
  for (const JsonMember& member : members)
    if (member.name != "source_version") sorted.push_back(&member);
  std::ranges::sort(sorted, {}, &JsonMember::name);
  std::string content;
  for (const JsonMember* const member : sorted) {
    content.append(member->name).append(1, ':');
    append_json_compact(content, member->value);
    content += '\n';
  }
  const http::Sha256Digest digest = http::sha256({content});
  return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

/// Fields that the body has in places of their own.
bool beside_the_voucher(std::string_view name) {
  return name == "voucher_id" || name == "business_data" || name == "event_type" ||
         name == "source_version";
}

std::string_view nearest_voucher_field(std::string_view name) {
  std::vector<std::string_view> names;
  for (const FieldRule& rule : voucher_fields()) names.push_back(rule.name);
  return nearest(name, names);
}

/// Those fields of a voucher that an event without one may have too.
const FieldRule* event_field(std::string_view name) {
  if (name == "voucher_id" || name == "voucher_no" || name == "business_data") return nullptr;
  return voucher_field(name);
}

/// The field that `name` was probably meant to be. What steers an event must not be lost in its
/// other members by a slip of the pen.
std::string_view misspelt(std::string_view name) {
  constexpr std::size_t slips_max = 2;
  if (name == "business_data") return "data";
  if (name.starts_with("target")) return "sync_target_systems";
  for (const std::string_view field :
       {"source_system", "source_module", "source_type", "source_id", "source_version",
        "sync_target_systems", "company_id", "event_type"}) {
    if (edit_distance(name, field) <= slips_max) return field;
  }
  return {};
}

/// A further member of an event, which travels along.
Result<void> check_extra(const JsonMember& member) {
  if (const std::string_view meant = misspelt(member.name); !meant.empty())
    return refuse_unknown(member.name, meant);
  if (member.name.starts_with("voucher")) return refuse_unknown(member.name, {});
  const bool plain = !member.name.empty() && member.name.size() <= extra_name_bytes_max &&
                     std::ranges::all_of(member.name, [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') || c == '_';
                     });
  if (!plain) {
    return fail(ErrorKind::rejected,
                {"field {}: names have up to {} letters, digits and underscores",
                 "字段 {}：名称最多 {} 个字母、数字或下划线"},
                printable(member.name, letters_shown), extra_name_bytes_max);
  }
  if (member.value.starts_with('{') || member.value.starts_with('[')) {
    return fail(ErrorKind::rejected,
                {"field {}: objects and arrays belong into data", "字段 {}：对象和数组应放入 data"},
                member.name);
  }
  return {};
}

}  // namespace

Result<Publication> parse_voucher(std::string_view json) {
  auto members = members_of(json);
  if (!members) return fail(std::move(members));
  Publication publication{.is_voucher = true};
  for (const JsonMember& member : *members) {
    const FieldRule* const rule = voucher_field(member.name);
    if (rule == nullptr) return refuse_unknown(member.name, nearest_voucher_field(member.name));
    auto text = read_field(*rule, member.value);
    if (!text) return fail(std::move(text));
    keep(publication, *rule, *std::move(text));
    if (!beside_the_voucher(rule->name))
      append_member(publication.fields, rule->name, member.value);
  }
  if (publication.event_type.empty()) return refuse_missing("event_type");
  if (publication.source_system.empty()) return refuse_missing("source_system");
  if (publication.source_type.empty()) return refuse_missing("source_type");
  if (publication.source_id.empty()) return refuse_missing("source_id");
  if (publication.data.empty()) return refuse_missing("business_data");
  publication.content_hash = hash_of(*members);
  return publication;
}

Result<Publication> parse_event(std::string_view json) {
  auto members = members_of(json);
  if (!members) return fail(std::move(members));
  Publication publication;
  for (JsonMember& member : *members) {
    if (member.name == "event") {
      if (!publication.event_type.empty()) return refuse_twice("event_type");
      member.name = "event_type";
    } else if (member.name == "event_type" && !publication.event_type.empty()) {
      return refuse_twice(member.name);
    } else if (member.name == "data") {
      auto data = read_field({.name = "data", .kind = FieldKind::object}, member.value);
      if (!data) return fail(std::move(data));
      publication.data = *std::move(data);
      continue;
    }
    const FieldRule* const rule = event_field(member.name);
    if (rule != nullptr) {
      auto text = read_field(*rule, member.value);
      if (!text) return fail(std::move(text));
      keep(publication, *rule, *std::move(text));
    } else if (auto fit = check_extra(member); !fit) {
      return fail(std::move(fit));
    }
    if (!beside_the_voucher(member.name) && member.name != "sync_target_systems")
      append_member(publication.fields, member.name, member.value);
  }
  if (publication.event_type.empty()) return refuse_missing("event");
  if (publication.source_system.empty()) return refuse_missing("source_system");
  if (publication.source_id.empty()) return refuse_missing("source_id");
  if (publication.data.empty()) return refuse_missing("data");
  if (publication.source_type.empty()) {
    if (publication.event_type.size() > source_name_bytes_max) {
      return fail(ErrorKind::rejected,
                  {"field source_type is missing, and the event's name is too long to stand in",
                   "缺少字段 source_type，而事件名称过长，无法代替"});
    }
    publication.source_type = publication.event_type;
    append_member(publication.fields, "source_type", '"' + publication.source_type + '"');
  }
  publication.content_hash = hash_of(*members);
  return publication;
}

}  // namespace tidemark::relay
