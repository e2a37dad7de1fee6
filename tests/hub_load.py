"""A load of publishers, and what must be true of a hub after it, whatever happened meanwhile."""

import collections
import http.client
import itertools
import threading
import time

from hub_fixture import voucher, wait_until

PAUSE_AFTER_REFUSAL_S = 0.02


class Load:
    """Publishes from several threads until end(): each thread has sources of its own and publishes
    their versions one after the other. What fails is sent again, to the next hub, until a hub has
    acknowledged it: publishers that never give up."""

    def __init__(self, hubs, publishers=4, sources=20, pause_s=0, timeout_s=60,
                 event_types=("l1_confirmed",)):
        self.hubs = list(hubs)
        self.sources = sources
        self.pause_s = pause_s
        self.timeout_s = timeout_s
        self.event_types = event_types
        self.acknowledged = {}  # {event id: event type}
        self.statuses = collections.Counter()  # Of all answers.
        self.unanswered = 0
        self.without_retry_after = 0  # Of the answers that say "later".
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.publish_all, args=(own,))
                        for own in range(publishers)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def publish_all(self, own):
        hub = own
        for number in itertools.count():
            source = number % self.sources
            body = voucher(own * 1_000 + source, amount=f"{number}.00",
                           event_type=self.event_types[source % len(self.event_types)])
            while not self.acknowledge(self.hubs[hub % len(self.hubs)], body):
                if self.ended.wait(PAUSE_AFTER_REFUSAL_S):
                    return
                hub += 1
            if self.ended.wait(self.pause_s):
                return

    def acknowledge(self, hub, body):
        try:
            answer = hub.ask("POST", "/api/v1/vouchers", body, timeout=self.timeout_s)
        except (OSError, http.client.HTTPException):
            self.unanswered += 1
            return False
        self.statuses[answer.status] += 1
        if answer.status in (503, 507) and "Retry-After" not in answer.headers:
            self.without_retry_after += 1
        if answer.status == 202:
            self.acknowledged[answer.json["event_id"]] = body["event_type"]
        return answer.status == 202

    def wait_for_more(self, count):
        """Until so many more vouchers were acknowledged."""
        wanted = len(self.acknowledged) + count
        wait_until(lambda: len(self.acknowledged) >= wanted)

    def wait_for_refusal(self, status):
        """Until one more publisher was told so."""
        before = self.statuses[status]
        wait_until(lambda: self.statuses[status] > before)


class Witness:
    """What a receiver has seen: its `answer`, which comes after a pause and while `open` is set."""

    def __init__(self, pause_s=0):
        self.pause_s = pause_s
        self.open = threading.Event()
        self.open.set()
        self.lock = threading.Lock()
        self.first = collections.defaultdict(list)  # {path: deliveries, each event once}
        self.times = collections.Counter()  # {(path, event id): how often it came}

    def answer(self, delivery):
        self.note(delivery)
        time.sleep(self.pause_s)
        self.open.wait()
        return 200, "{}"

    def note(self, delivery):
        with self.lock:
            self.times[delivery.path, delivery.id] += 1
            if self.times[delivery.path, delivery.id] == 1:
                self.first[delivery.path].append(delivery)

    def ids(self, path="/hook"):
        with self.lock:
            return {delivery.id for delivery in self.first[path]}


def check_nothing_is_lost(hub, witness, acknowledged):
    """Everything acknowledged arrives; every delivery is accounted for; the numbers have no holes.
    All subscriptions take every event."""
    check_all_is_delivered(hub)
    assert set(acknowledged) <= witness.ids()


def check_all_is_delivered(hub):
    """However long the backlog is, it becomes shorter all the time."""
    backlog = hub.get("/api/v1/sync/stats")["backlog"]
    while backlog > 0:
        before = backlog
        wait_until(lambda: hub.get("/api/v1/sync/stats")["backlog"] < before)
        time.sleep(0.1)
        backlog = hub.get("/api/v1/sync/stats")["backlog"]
    numbers = collections.defaultdict(list)
    for row in hub.pages("/api/v1/deliveries", limit=500):
        assert row["status"] == "delivered", row
        numbers[row["subscription_id"]].append(row["sequence"])
    for sequences in numbers.values():
        assert sorted(sequences) == list(range(1, len(sequences) + 1))
