#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/bytes.h"
#include "base/check.h"
#include "http/sorted_json.h"
#include "relay/batch_time.h"
#include "relay/engine.h"
#include "relay/event_id.h"
#include "relay/published_text.h"
#include "relay/transaction.h"

// Publishing: identity and version, the event, one delivery for each subscription that wants it.
namespace tidemark::relay {
namespace {

/// `V20260115-1001`
std::string make_voucher_no(WallTime now, std::int64_t voucher_id) {
  return fmt::format("V{:%Y%m%d}-{}", std::chrono::floor<std::chrono::seconds>(now), voucher_id);
}

/// A body that the style `sorted-json` has no text for (http/sorted_json.h) would never arrive.
Result<void> check_signable(std::string_view body, const Subscription& subscription) {
  if (subscription.settings.signature_style != http::BodyStyle::sorted_json) return {};
  Result<std::string> text = http::sorted_json(body);
  if (text) return {};
  return fail(make_error(ErrorKind::rejected,
                         {"cannot be signed in the style sorted-json, which the subscription {} "
                          "({}) wants: {}",
                          "无法按订阅 {}（{}）要求的 sorted-json 样式签名：{}"},
                         subscription.id, printable(subscription.name), text.error().what.en));
}

Published answer_for(const StoredEvent& stored, std::int64_t deliveries) {
  return {.voucher_id = stored.voucher_id,
          .voucher_no = stored.voucher_no,
          .event_id = stored.event_id,
          .source_version = stored.source_version,
          .deliveries = deliveries,
          .duplicate = true};
}

}  // namespace

Result<Published> Engine::publish(PublishRequest& request) {
  const Publication& publication = request.publication;
  if (!request.idempotency_key.empty()) {
    const auto known = store_.idempotent_answer(request.idempotency_key);
    if (!known) return fail(known.error());
    if (*known) {
      if ((*known)->request_hash != request.request_hash)
        return fail(ErrorKind::rejected,
                    {"idempotency_conflict: this Idempotency-Key was used with another body",
                     "idempotency_conflict：该 Idempotency-Key 已用于其他内容"});
      ++transaction_->counters.duplicates;
      return parse_published((*known)->answer);
    }
  }
  const Result<History> history = history_of(publication);
  if (!history) return fail(history.error());
  const std::optional<StoredEvent>& before = history->before;

  Result<Published> published;
  if (before && before->content_hash == publication.content_hash) {
    const Result<std::int64_t> count = store_.delivery_count(before->event_id);
    if (!count) return fail(count.error());
    published = answer_for(*before, *count);
    ++transaction_->counters.duplicates;
  } else if (before && publication.source_version) {
    return fail(
        make_error(ErrorKind::rejected,
                   {"version_conflict: version {} of {} {} {} is stored with other content",
                    "version_conflict：{1} {2} {3} 的版本 {0} 已存在，且内容不同"},
                   *publication.source_version, publication.source_system, publication.source_type,
                   publication.source_id)
            .with_hint({"publish the change as the next version", "请以下一个版本号发布变更"}));
  } else {
    const Result<Identity> identity = identity_for(publication, *history);
    if (!identity) return fail(identity.error());
    published = store_new(publication, *identity, nullptr);
    if (!published) return published;
  }
  if (!request.idempotency_key.empty())
    if (Result<void> kept = store_.keep_answer(
            request.idempotency_key,
            {.request_hash = request.request_hash, .answer = published_text(*published)}, now());
        !kept)
      return fail(std::move(kept).error());
  return published;
}

Result<Engine::History> Engine::history_of(const Publication& publication) {
  const Result<std::int64_t> highest = store_.highest_version(publication);
  if (!highest) return fail(highest.error());
  if (*highest == 0) return History{};  // Nearly always: the source is new.
  Result<std::optional<StoredEvent>> before =
      publication.source_version ? store_.version(publication, *publication.source_version)
                                 : store_.latest(publication);
  if (!before) return fail(std::move(before));
  return History{.highest_version = *highest, .before = std::move(*before)};
}

Result<Identity> Engine::identity_for(const Publication& publication, const History& history) {
  Identity identity{.voucher_id = publication.voucher_id, .voucher_no = publication.voucher_no};
  if (publication.source_version) {
    identity.source_version = *publication.source_version;
  } else if (history.highest_version == std::numeric_limits<std::int64_t>::max()) {
    return fail(ErrorKind::rejected,
                {"source_version: {} is taken, and there is no higher one",
                 "source_version: {} 已被使用，没有更大的版本号"},
                history.highest_version);
  } else {
    identity.source_version = history.highest_version + 1;
  }
  if (publication.voucher_id)
    if (Result<void> free = check_voucher_id(publication); !free) return fail(std::move(free));
  if (!publication.is_voucher || (identity.voucher_id && !identity.voucher_no.empty()))
    return identity;
  std::optional<StoredEvent> known = history.before;
  if (!known && history.highest_version > 0) {
    Result<std::optional<StoredEvent>> of_source = store_.voucher_of(publication);
    if (!of_source) return fail(std::move(of_source).error());
    known = std::move(*of_source);
  }
  if (known && known->voucher_id) {
    if (!identity.voucher_id) identity.voucher_id = known->voucher_id;
    if (identity.voucher_no.empty() && identity.voucher_id == known->voucher_id)
      identity.voucher_no = known->voucher_no;
  }
  if (!identity.voucher_id) {
    const Result<std::int64_t> made = next_voucher_id();
    if (!made) return fail(made.error());
    identity.voucher_id = *made;
  }
  if (identity.voucher_no.empty())
    identity.voucher_no = make_voucher_no(now(), *identity.voucher_id);
  return identity;
}

Result<std::int64_t> Engine::next_voucher_id() {
  std::optional<std::int64_t>& last = transaction_->last_voucher_id;
  if (!last) {
    const Result<std::int64_t> stored = store_.last_voucher_id();
    if (!stored) return fail(stored.error());
    last = *stored;
  }
  const Result<std::int64_t> free = store_.free_voucher_id(*last + 1);
  if (free) last = *free;
  return free;
}

Result<void> Engine::check_voucher_id(const Publication& publication) {
  const std::int64_t id = *publication.voucher_id;
  const Result<std::optional<std::string>> owner = store_.source_of_voucher(id);
  if (!owner) return fail(owner.error());
  if (!*owner || **owner == ordering_key(publication.source_system, publication.source_type,
                                         publication.source_id))
    return {};
  std::string source = **owner;
  std::ranges::replace(source, ordering_key_separator, ' ');
  return fail(make_error(ErrorKind::rejected,
                         {"voucher_conflict: voucher_id {} is that of another source, {}",
                          "voucher_conflict：voucher_id {} 属于另一个来源 {}"},
                         id, printable(source))
                  .with_hint({"leave voucher_id out, and the hub makes one",
                              "不填 voucher_id 则由 hub 生成"}));
}

Result<Published> Engine::store_new(const Publication& publication, Identity identity,
                                    const std::string* only) {
  const WallTime at = now();
  auto event = std::make_shared<Event>();
  event->id = event_id(event_ulids_.next(at, random_));
  event->type = publication.event_type;
  event->source_system = publication.source_system;
  event->source_type = publication.source_type;
  event->source_id = publication.source_id;
  event->source_version = identity.source_version;
  event->voucher_id = identity.voucher_id;
  event->voucher_no = identity.voucher_no;
  event->body = std::make_shared<const std::string>(event_body(publication, identity, at));
  event->created_at = at;
  std::vector<std::string> wanted;
  Result<void> sendable;
  each_subscription([&](const Subscription& one) {
    if (only != nullptr ? one.id != *only : !one.wants(publication)) return;
    if (sendable) sendable = check_signable(*event->body, one);
    wanted.push_back(one.id);
  });
  if (!sendable) return fail(std::move(sendable));
  if (Result<void> stored = store_.insert(*event, publication); !stored) {
    if (!sql::is_too_long(stored.error())) return fail(std::move(stored));
    return fail(make_error(ErrorKind::rejected,
                           {"body_too_large: the state database takes no event of {} bytes: {}",
                            "body_too_large：状态库无法写入 {} 字节的事件：{}"},
                           event->body->size(), stored.error().what.en)
                    .with_hint({"raise max_allowed_packet on the database server",
                                "请在数据库服务器上调大 max_allowed_packet"}));
  }
  for (const std::string& id : wanted)
    if (Result<void> added = add_delivery(id, event); !added) return fail(std::move(added));
  ++transaction_->counters.published;
  return Published{.voucher_id = event->voucher_id,
                   .voucher_no = event->voucher_no,
                   .event_id = event->id,
                   .source_version = event->source_version,
                   .deliveries = std::ssize(wanted)};
}

Result<void> Engine::add_delivery(const std::string& subscription_id,
                                  const std::shared_ptr<const Event>& event) {
  Subscription* subscription = draft(subscription_id);
  check(subscription != nullptr, "a delivery for a subscription that is there");
  Draft& changed = transaction_->drafts.at(subscription_id);
  if (store_.shared() && !changed.sequence_changed) {
    const Result<std::int64_t> next = locked_sequence(subscription_id);
    if (!next) return fail(next.error());
    subscription->next_sequence = *next;
  }
  const SubscriptionSettings& settings = subscription->settings;
  const WallTime at = now();
  const DeliveryKey key{subscription_id, subscription->next_sequence++};
  changed.sequence_changed = true;

  Store::NewDelivery delivery{.key = key, .event_id = event->id, .due_at = at};
  if (settings.mode == Mode::batch)
    delivery.due_at = delivery.wanted_at = next_batch_time(settings.batch, at);
  if (settings.ordering == Ordering::source) {
    delivery.open_key = event->ordering_key();
    const Result<bool> behind = store_.has_open(subscription_id, *delivery.open_key);
    if (!behind) return fail(behind.error());
    if (*behind) delivery.due_at.reset();
  }
  if (Result<void> stored = store_.insert_delivery(delivery, at); !stored) return stored;
  changed.fresh.push_back({.sequence = key.sequence,
                           .due_at = delivery.due_at.value_or(at),
                           .wanted_at = delivery.wanted_at.value_or(at),
                           .ordered = delivery.open_key.has_value(),
                           .event = event});
  return {};
}

}  // namespace tidemark::relay
