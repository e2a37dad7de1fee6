#include "relay/receive/received_event.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/json_check.h"
#include "base/json_object.h"
#include "base/parse_integer.h"
#include "relay/publication.h"
#include "relay/receive/decimal_text.h"

namespace tidemark::receive {
namespace {

constexpr std::size_t event_id_bytes_max = 255;
constexpr std::size_t batch_events_max = 100;
constexpr std::size_t key_text_bytes_max = 191;
constexpr std::size_t timestamp_bytes = std::string_view("2026-01-15T08:30:00.000000Z").size();

using Members = std::vector<JsonMember>;

/// The value of a name; of a repeated name the last counts, as in the sorted-json style.
std::optional<std::string_view> find(const Members& members, std::string_view name) {
  const auto found = std::find_if(members.rbegin(), members.rend(),
                                  [&](const JsonMember& member) { return member.name == name; });
  if (found == members.rend() || found->value == "null") return std::nullopt;
  return found->value;
}

std::unexpected<Error> wrong(std::string_view field, std::string_view en, std::string_view zh) {
  return std::unexpected(Error{ErrorKind::rejected, Message{fmt::format("{} {}", field, en),
                                                            fmt::format("{} {}", field, zh)}});
}

/// The characters of a string or the digits of a number; nullopt for anything else, and for text
/// that no database takes (NUL, half of a surrogate pair).
std::optional<std::string> scalar(std::string_view value) {
  if (!value.starts_with('"')) {
    const bool number = value.starts_with('-') || (value[0] >= '0' && value[0] <= '9');
    return number ? std::optional(std::string(value)) : std::nullopt;
  }
  std::optional<std::string> text = json_text(value);
  if (text && text->find('\0') != std::string::npos) return std::nullopt;
  return text;
}

/// Reads the fields of one object, remembering the first that is wrong.
class Fields {
 public:
  explicit Fields(const Members& members, const Members* fallback = nullptr)
      : members_(members), fallback_(fallback) {}

  std::string text(std::string_view name, std::size_t bytes_max) {
    std::optional<std::string> found = optional_text(name);
    if (!found || found->empty() || found->size() > bytes_max) {
      note(name, fmt::format("must be a text of 1 to {} bytes", bytes_max),
           fmt::format("必须是 1 到 {} 字节的文本", bytes_max));
      return {};
    }
    return std::move(*found);
  }
  std::optional<std::string> optional_text(std::string_view name) {
    const auto value = any(name);
    if (!value) return std::nullopt;
    std::optional<std::string> read = scalar(*value);
    if (!read) note(name, "must be a text or a number", "必须是文本或数字");
    return read;
  }
  std::optional<std::int64_t> optional_number(std::string_view name) {
    const auto value = any(name);
    if (!value) return std::nullopt;
    const std::optional<std::string> read = scalar(*value);
    const std::optional<std::int64_t> number = read ? parse_integer(*read) : std::nullopt;
    if (!number || *number < 1) {
      note(name, "must be a whole number from 1", "必须是不小于 1 的整数");
      return std::nullopt;
    }
    return number;
  }
  std::optional<std::string> optional_amount(std::string_view name) {
    std::optional<std::string> amount = optional_text(name);
    if (amount && !is_plain_decimal(*amount))
      note(name, "must be a decimal number of at most 26 digits and 12 decimals",
           "必须是最多 26 位整数、12 位小数的十进制数");
    return amount;
  }
  std::optional<std::string_view> any(std::string_view name) const {
    auto value = find(members_, name);
    if (!value && fallback_ != nullptr) value = find(*fallback_, name);
    return value;
  }
  void note(std::string_view name, std::string_view en, std::string_view zh) {
    if (!fault_) fault_ = wrong(name, en, zh).error();
  }
  const std::optional<Error>& fault() const { return fault_; }

 private:
  const Members& members_;
  const Members* fallback_;
  std::optional<Error> fault_;
};

Result<Members> object_of(std::string_view name, std::optional<std::string_view> value) {
  if (!value) return wrong(name, "is missing", "缺失");
  std::optional<Members> members = json_members(*value);
  if (!members) return wrong(name, "must be an object", "必须是对象");
  return std::move(*members);
}

Result<std::optional<ReceivedInvoice>> invoice_of(const Members& data, const Members& source) {
  if (!find(data, "invoice_id") || !find(data, "invoice_no")) return std::nullopt;
  Fields fields(data, &source);
  ReceivedInvoice invoice;
  invoice.invoice_id = fields.optional_number("invoice_id").value_or(0);
  invoice.invoice_no = fields.text("invoice_no", key_text_bytes_max);
  invoice.amount = fields.optional_amount("amount");
  invoice.currency = fields.optional_text("currency");
  invoice.issue_date = fields.optional_text("issue_date");
  invoice.direction = fields.optional_text("direction");
  invoice.company_id = fields.optional_text("company_id");
  invoice.counterparty_type = fields.optional_text("counterparty_type");
  invoice.counterparty_id = fields.optional_text("counterparty_id");
  invoice.counterparty_name = fields.optional_text("counterparty_name");
  if (fields.fault()) return fail(Error{*fields.fault()}.within({"data", "data"}));
  return invoice;
}

Result<Members> checked_object(std::string_view text) {
  if (const std::optional<JsonFault> fault = check_json(text))
    return fail(ErrorKind::rejected,
                {"no valid JSON: {} at byte {}", "不是合法的 JSON：{}，位于第 {} 字节"},
                fault->reason, fault->position);
  return object_of("the body", text);
}

}  // namespace

bool ReceivedEvent::newer_than(const ReceivedEvent& other) const {
  if (source_version != other.source_version) return source_version > other.source_version;
  return timestamp > other.timestamp;
}

bool ReceivedEvent::replaces(const ReceivedEvent& other) const {
  const bool same_record = source_system == other.source_system &&
                           source_type == other.source_type && source_id == other.source_id;
  return same_record ? newer_than(other) : timestamp >= other.timestamp;
}

bool is_event_id(std::string_view text) {
  return !text.empty() && text.size() <= event_id_bytes_max &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

Result<ReceivedEvent> parse_event(std::string id, std::string_view body) {
  const Result<Members> members = checked_object(body);
  if (!members) return fail(members.error());
  const Result<Members> data = object_of("data", find(*members, "data"));
  if (!data) return fail(data.error());
  const bool voucher = find(*members, "voucher").has_value();
  const std::string_view origin = voucher ? "voucher" : "source";
  const Result<Members> source = object_of(origin, find(*members, origin));
  if (!source) return fail(source.error());

  ReceivedEvent event{.id = std::move(id), .body = std::string(body)};
  Fields top(*members);
  event.event_type = top.text("event", relay::event_type_bytes_max);
  event.voucher_id = top.optional_number("voucher_id");
  event.timestamp = top.optional_text("timestamp").value_or("");
  if (!event.timestamp.empty() &&
      (event.timestamp.size() != timestamp_bytes || !event.timestamp.ends_with('Z')))
    top.note("timestamp", "must look like 2026-01-15T08:30:00.000000Z",
             "必须形如 2026-01-15T08:30:00.000000Z");
  const std::optional<std::int64_t> version = top.optional_number("source_version");
  if (!version) top.note("source_version", "is missing", "缺失");
  event.source_version = version.value_or(0);
  if (top.fault()) return fail(*top.fault());

  Fields of_source(*source);
  event.source_system = of_source.text("source_system", relay::source_name_bytes_max);
  event.source_type = of_source.text("source_type", relay::source_name_bytes_max);
  event.source_id = of_source.text("source_id", relay::source_id_bytes_max);
  event.voucher_no = of_source.optional_text("voucher_no");
  if (of_source.fault()) return fail(Error{*of_source.fault()}.within({"{}", "{}"}, origin));

  Result<std::optional<ReceivedInvoice>> invoice = invoice_of(*data, *source);
  if (!invoice) return fail(std::move(invoice));
  event.invoice = std::move(*invoice);
  return event;
}

Result<std::optional<std::vector<BatchItem>>> parse_batch(std::string_view body) {
  const Result<Members> members = checked_object(body);
  if (!members) return fail(members.error());
  const auto events = find(*members, "events");
  if (!events || find(*members, "event")) return std::nullopt;
  const auto elements = json_elements(*events);
  if (!elements || elements->empty() || elements->size() > batch_events_max)
    return wrong("events", fmt::format("must be a list of 1 to {} events", batch_events_max),
                 fmt::format("必须是 1 到 {} 个事件的列表", batch_events_max));
  std::vector<BatchItem> items;
  for (const std::string_view element : *elements) {
    const Result<Members> item = object_of("events[]", element);
    if (!item) return fail(item.error());
    Fields fields(*item);
    BatchItem read{.id = fields.text("id", event_id_bytes_max),
                   .sequence = fields.optional_number("sequence"),
                   .payload = {}};
    if (!is_event_id(read.id))
      fields.note("id", "must be letters, digits, _ and -", "只能含字母、数字、_ 和 -");
    const auto payload = fields.any("payload");
    if (!payload) fields.note("payload", "is missing", "缺失");
    if (fields.fault()) return fail(Error{*fields.fault()}.within({"events[]", "events[]"}));
    read.payload = *payload;
    items.push_back(std::move(read));
  }
  return items;
}

Result<ReceivedEvent> event_of_record(std::string_view record) {
  const Result<Members> members = checked_object(record);
  if (!members) return fail(members.error());
  const auto part = [&](std::string_view name) { return find(*members, name).value_or("null"); };
  const auto voucher = find(*members, "voucher");
  const std::string source =
      fmt::format(R"({{"source_system":{},"source_type":{},"source_id":{}}})",
                  part("source_system"), part("source_type"), part("source_id"));
  const std::string body = fmt::format(
      R"({{"event":{0},{1}"data":{2},"{3}":{4},"type":{0},"timestamp":{5},"source_version":{6}}})",
      part("event_type"), voucher ? fmt::format("\"voucher_id\":{},", part("voucher_id")) : "",
      part("data"), voucher ? "voucher" : "source", voucher ? *voucher : std::string_view(source),
      part("published_at"), part("source_version"));
  Fields fields(*members);
  std::string id = fields.text("event_id", event_id_bytes_max);
  if (fields.fault()) return fail(*fields.fault());
  return parse_event(std::move(id), body);
}

}  // namespace tidemark::receive
