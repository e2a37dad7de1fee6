"""A real hub sends batches to the Python kit: one bad event brings none of the others back."""

import pathlib
import sqlite3
import sys
import threading

import pytest

from hub_fixture import Hub, Receiver as Server, voucher, wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "sdk/python"))

from tidemark_receiver import (  # noqa: E402: the kit is not installed here
    Inbox, Receiver, RefusalError, UnavailableError)

EVENTS = 6
REFUSED, FAILING = 2, 4


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with Hub(tmp_path_factory.mktemp("hub")) as made:
        yield made
        made.stop()


class Business:
    """What a user of the kit writes: `take`, with a transaction for each event."""

    def __init__(self, path):
        self.database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.database.execute("CREATE TABLE applied (number INTEGER NOT NULL)")
        self.inbox = Inbox("settlement", "sqlite")
        self.inbox.create(self.database.cursor())
        self.lock = threading.Lock()
        self.calls = []
        self.away = self.mended = False

    def take(self, event):
        number = event.voucher["source_id"]
        with self.lock:
            self.calls.append(number)
            if self.away:
                raise UnavailableError("the database is away")
            cursor = self.database.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            try:
                if self.inbox.first_time(cursor, event.id) and self.inbox.newer(
                        cursor, event.record, event.source_version):
                    cursor.execute("INSERT INTO applied VALUES (?)", (number,))
                    if number == REFUSED:
                        raise RefusalError("金额不符")
                    if number == FAILING and not self.mended:
                        raise KeyError("a column that is missing")
                cursor.execute("COMMIT")
            except Exception:
                cursor.execute("ROLLBACK")
                raise

    def applied(self):
        with self.lock:
            return sorted(number for number, in self.database.execute("SELECT number FROM applied"))


def subscribe(hub, server):
    made = hub.subscribe(server.url, mode="batch", retry_schedule_s=[1] * 50,
                         batch={"size": EVENTS, "interval_s": 1, "at": "", "pace_ms": 10})
    server.trust(made["secret"])
    return made


def test_one_bad_event_brings_none_of_the_others_back(hub, tmp_path):
    business = Business(tmp_path / "business.db")
    with Server() as server:
        made = subscribe(hub, server)
        receiver = Receiver([made["secret"]])
        failures = []

        def answer(delivery):
            given = receiver.handle(delivery.headers, delivery.body, business.take)
            failures.extend(given.failures)
            return given.status, given.body.decode()

        server.answer = answer
        hub.post("/api/v1/vouchers/batch",
                 {"vouchers": [voucher(number) for number in range(1, EVENTS + 1)]})

        def rows():
            found = hub.get(f"/api/v1/deliveries?subscription_id={made['id']}")["data"]
            return {row["sequence"]: row for row in found}

        good = set(range(1, EVENTS + 1)) - {REFUSED, FAILING}
        wait_until(lambda: rows()[FAILING]["attempts"] >= 2)
        business.mended = True
        wait_until(lambda: rows()[FAILING]["status"] == "delivered")
        given = rows()
        assert (given[REFUSED]["status"], given[REFUSED]["attempts"]) == ("parked", 1)
        assert (given[REFUSED]["last_error"], given[REFUSED]["last_message"]) == (
            "HTTP_422", "金额不符")
        for number in good:
            assert (given[number]["status"], given[number]["attempts"]) == ("delivered", 1)
            assert business.calls.count(number) == 1
        assert business.applied() == sorted(good | {FAILING})
        assert isinstance(failures[0].error, RefusalError)
        assert hub.get(f"/api/v1/subscriptions/{made['id']}")["state"] == "active"
        assert hub.ask("DELETE", f"/api/v1/subscriptions/{made['id']}").status == 204


def test_while_nothing_can_be_taken_the_batch_waits_as_a_whole(hub, tmp_path):
    business = Business(tmp_path / "business.db")
    business.away = True
    with Server() as server:
        made = subscribe(hub, server)
        receiver = Receiver([made["secret"]])

        def answer(delivery):
            given = receiver.handle(delivery.headers, delivery.body, business.take)
            return given.status, given.body.decode()

        server.answer = answer
        numbers = range(101, 101 + EVENTS)
        hub.post("/api/v1/vouchers/batch", {"vouchers": [voucher(number) for number in numbers]})
        server.next()
        assert business.calls == [101], "the others are not tried"
        business.mended, business.away = True, False
        wait_until(lambda: business.applied() == list(numbers))
        assert hub.ask("DELETE", f"/api/v1/subscriptions/{made['id']}").status == 204
