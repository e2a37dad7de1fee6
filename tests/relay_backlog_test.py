"""A subscription with a long backlog is lined up, set free or deleted while others publish, and the
hub is killed in the midst of it: publishers never wait for it, the state is sound at every moment,
and the rest is done after the start."""

import threading

import pytest

from hub_fixture import Hub, Receiver, voucher, wait_until
from hub_load import Witness
from hub_states import fresh_state

SOURCES = 40
VERSIONS = 60  # Of each: four pieces and more.
BATCH = 100


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def state(request, tmp_path):
    return fresh_state(request.param, request, tmp_path)


class Publisher(threading.Thread):
    """Publishes one event after the other until stop(). None may fail."""

    def __init__(self, hub):
        super().__init__(daemon=True)
        self.hub = hub
        self.count = 0
        self.failed = []
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            answer = self.hub.ask("POST", "/api/v1/events", {
                "event": "other.thing", "source_system": "erp", "source_id": self.count,
                "data": {}})
            self.count += 1
            if answer.status != 202:
                self.failed.append(answer.text)

    def stop(self):
        self.ending.set()
        self.join()
        assert self.failed == [] and self.count > 0


def make_backlog(hub, url, **settings):
    made = hub.subscribe(url, ["l1_confirmed"], **settings)
    hub.post(f"/api/v1/subscriptions/{made['id']}/pause", status=200)
    rows = [voucher(source, amount=str(version))
            for version in range(VERSIONS) for source in range(SOURCES)]
    for first in range(0, len(rows), BATCH):
        hub.post("/api/v1/vouchers/batch", {"vouchers": rows[first:first + BATCH]})
    return made


def left(state):
    return state.rows("SELECT work FROM backlog_work")


def check_sound(hub):
    """In the midst of it: the hub stands still meanwhile."""
    key = {name: value for name, value in hub.environment.items() if name == "TIDEMARK_MASTER_KEY"}
    hub.run("doctor", "--hub", "--state", hub.state, "--json", **key)


def set_ordering(hub, made, ordering):
    answer = hub.ask("PATCH", f"/api/v1/subscriptions/{made['id']}", {"ordering": ordering})
    assert answer.status == 200, answer.text


def test_a_long_backlog_is_lined_up_and_sent_in_order(state, tmp_path):
    witness = Witness()
    with Receiver(witness.answer) as receiver, Hub(tmp_path, state.url) as hub:
        made = make_backlog(hub, receiver.url)
        receiver.trust(made["secret"])
        publisher = Publisher(hub)
        publisher.start()
        set_ordering(hub, made, "source")
        hub.freeze()
        check_sound(hub)
        hub.thaw()
        publisher.stop()
        hub.kill()
        hub.start()
        hub.post(f"/api/v1/subscriptions/{made['id']}/resume", status=200)
        wait_until(lambda: not left(state))
        wait_until(lambda: hub.get("/api/v1/sync/stats")["backlog"] == 0)
        newest = {}
        for delivery in witness.first["/hook"]:
            source = delivery.json["voucher"]["source_id"]
            assert delivery.json["source_version"] == newest.get(source, 0) + 1
            newest[source] = delivery.json["source_version"]
        assert newest == {source: VERSIONS for source in range(SOURCES)}
        hub.stop()
    check_sound(hub)


def test_a_long_ordered_backlog_is_set_free(state, tmp_path):
    witness = Witness()
    with Receiver(witness.answer) as receiver, Hub(tmp_path, state.url) as hub:
        made = make_backlog(hub, receiver.url, ordering="source")
        receiver.trust(made["secret"])
        set_ordering(hub, made, "none")
        hub.freeze()
        check_sound(hub)
        hub.thaw()
        hub.kill()
        check_sound(hub)
        hub.start()
        wait_until(lambda: not left(state))
        assert state.rows("SELECT COUNT(*) FROM deliveries WHERE due_at IS NULL OR open_key IS NOT "
                          "NULL") == [(0,)]
        hub.post(f"/api/v1/subscriptions/{made['id']}/resume", status=200)
        wait_until(lambda: hub.get("/api/v1/sync/stats")["backlog"] == 0)
        assert len(witness.times) == SOURCES * VERSIONS
        hub.stop()


def test_a_deleted_subscription_with_a_long_backlog_stops_nobody(state, tmp_path):
    with Receiver() as receiver, Hub(tmp_path, state.url) as hub:
        made = make_backlog(hub, receiver.url, ordering="source")
        publisher = Publisher(hub)
        publisher.start()
        answer = hub.ask("DELETE", f"/api/v1/subscriptions/{made['id']}")
        assert answer.status == 204
        hub.freeze()
        check_sound(hub)
        hub.thaw()
        assert hub.get("/api/v1/deliveries?status=pending")["data"] == []
        assert hub.get("/api/v1/sync/stats")["backlog"] == 0
        publisher.stop()
        hub.kill()
        hub.start()
        wait_until(lambda: not left(state))
        assert state.rows("SELECT status, COUNT(*) FROM deliveries GROUP BY status") == [
            ("cancelled", SOURCES * VERSIONS)]
        hub.stop()
    check_sound(hub)
