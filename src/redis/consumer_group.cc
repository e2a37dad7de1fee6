#include "redis/consumer_group.h"

#include <fmt/format.h>

#include <utility>

namespace tidemark::redis {
namespace {

using std::chrono::milliseconds;

std::unexpected<Error> not_understood(std::string_view command) {
  return fail(ErrorKind::unsupported,
              {"the answer to {} is not understood; Redis 6.2 or later is needed",
               "无法理解 {} 的应答；需要 Redis 6.2 或更高版本"},
              command);
}

/// `[id, [field, value, …]]`; nil for the fields, or in place of it all, when it was deleted.
bool take_entry(Reply& reply, Taken& taken) {
  if (reply.kind == Reply::Kind::nil) return true;
  if (!reply.is_list(2) || !reply.list[0].is_text()) return false;
  Reply& fields = reply.list[1];
  if (fields.kind == Reply::Kind::nil) {
    taken.gone.push_back(std::move(reply.list[0].text));
    return true;
  }
  if (!fields.is_list() || fields.list.size() % 2 != 0) return false;
  StreamEntry entry{.id = std::move(reply.list[0].text), .fields = {}};
  for (std::size_t i = 0; i < fields.list.size(); i += 2)
    entry.fields.emplace_back(std::move(fields.list[i].text), std::move(fields.list[i + 1].text));
  taken.entries.push_back(std::move(entry));
  return true;
}

bool take_entries(Reply& reply, Taken& taken) {
  if (!reply.is_list()) return false;
  for (Reply& entry : reply.list)
    if (!take_entry(entry, taken)) return false;
  return true;
}

Result<void> done(const Result<Reply>& reply) {
  if (!reply) return fail(reply.error());
  return {};
}

}  // namespace

ConsumerGroup::ConsumerGroup(Connection& connection, std::string stream, std::string group,
                             std::string consumer)
    : connection_(connection),
      stream_(std::move(stream)),
      group_(std::move(group)),
      consumer_(std::move(consumer)) {}

Result<bool> ConsumerGroup::create() {
  const std::string_view words[] = {"XGROUP", "CREATE", stream_, group_, "0", "MKSTREAM"};
  const Result<Reply> reply = connection_.command(words);
  if (reply) return true;
  if (reply.error().kind == ErrorKind::query && reply.error().what.en.starts_with("BUSYGROUP"))
    return false;
  return fail(reply.error());
}

Result<Taken> ConsumerGroup::read(std::string_view from, std::int64_t count,
                                  milliseconds patience) {
  const std::string most = fmt::format("{}", count);
  const std::string block = fmt::format("{}", patience.count());
  std::vector<std::string_view> words{"XREADGROUP", "GROUP", group_, consumer_, "COUNT", most};
  if (patience.count() > 0) words.insert(words.end(), {"BLOCK", block});
  words.insert(words.end(), {"STREAMS", stream_, from});
  Result<Reply> reply = connection_.command(words, patience);
  if (!reply) return fail(std::move(reply));
  Taken taken;
  if (reply->kind == Reply::Kind::nil) return taken;
  if (!reply->is_list(1) || !reply->list[0].is_list(2) ||
      !take_entries(reply->list[0].list[1], taken))
    return not_understood("XREADGROUP");
  return taken;
}

Result<Taken> ConsumerGroup::read_new(std::int64_t count, milliseconds patience) {
  return read(">", count, patience);
}

Result<Taken> ConsumerGroup::read_own(const std::string& after, std::int64_t count) {
  return read(after, count, {});
}

Result<Taken> ConsumerGroup::claim(milliseconds idle, const std::string& start,
                                   std::int64_t count) {
  const std::string least = fmt::format("{}", idle.count());
  const std::string most = fmt::format("{}", count);
  const std::string_view words[] = {"XAUTOCLAIM", stream_, group_,  consumer_,
                                    least,        start,   "COUNT", most};
  Result<Reply> reply = connection_.command(words);
  if (!reply) return fail(std::move(reply));
  Taken taken;
  if (!reply->is_list(2) || !reply->list[0].is_text() || !take_entries(reply->list[1], taken))
    return not_understood("XAUTOCLAIM");
  taken.next = std::move(reply->list[0].text);
  // Since Redis 7.0 those that were deleted are named, and no longer pending.
  if (reply->list.size() > 2 && reply->list[2].is_list())
    for (Reply& id : reply->list[2].list) taken.gone.push_back(std::move(id.text));
  return taken;
}

Result<void> ConsumerGroup::acknowledge(std::span<const std::string> ids) {
  if (ids.empty()) return {};
  std::vector<std::string_view> words{"XACK", stream_, group_};
  words.insert(words.end(), ids.begin(), ids.end());
  return done(connection_.command(words));
}

Result<void> ConsumerGroup::remove(std::span<const std::string> ids) {
  if (ids.empty()) return {};
  std::vector<std::string_view> words{"XDEL", stream_};
  words.insert(words.end(), ids.begin(), ids.end());
  return done(connection_.command(words));
}

Result<GroupState> ConsumerGroup::state() {
  const std::string_view words[] = {"XINFO", "GROUPS", stream_};
  Result<Reply> reply = connection_.command(words);
  if (!reply) return fail(std::move(reply));
  if (!reply->is_list()) return not_understood("XINFO GROUPS");
  for (const Reply& group : reply->list) {
    GroupState state;
    bool ours = false;
    for (std::size_t i = 0; group.is_list() && i + 1 < group.list.size(); i += 2) {
      const Reply& value = group.list[i + 1];
      const std::string& name = group.list[i].text;
      if (name == "name") ours = value.text == group_;
      if (name == "pending") state.pending = value.integer;
      if (name == "lag" && value.kind == Reply::Kind::integer) state.lag = value.integer;
    }
    if (ours) return state;
  }
  return fail(ErrorKind::query, {"NOGROUP {} of {}", "NOGROUP {} of {}"}, group_, stream_);
}

}  // namespace tidemark::redis
