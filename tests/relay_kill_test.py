"""kill -9 of the hub under load, again and again: whatever got a 202 arrives, on each database.

More rounds: RELAY_KILLS=100."""

import http.client
import os
import random
import threading
import time

import pytest

from hub_fixture import Hub, Receiver, voucher, wait_until
from serve_test import fresh_database

KILLS = int(os.environ.get("RELAY_KILLS", "4"))
PUBLISHERS = 4


class Load:
    """Publishes without end; remembers which events were acknowledged."""

    def __init__(self, hub):
        self.hub = hub
        self.acknowledged = set()
        self.ended = threading.Event()
        self.number = 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.publish) for _ in range(PUBLISHERS)]
        for thread in self.threads:
            thread.start()

    def publish(self):
        while not self.ended.is_set():
            with self.lock:
                self.number += 1
                number = self.number
            try:
                answer = self.hub.ask("POST", "/api/v1/vouchers", voucher(number))
            except (OSError, http.client.HTTPException):
                time.sleep(0.01)  # The hub is dead; its next life gets other vouchers.
                continue
            if answer.status == 202:
                self.acknowledged.add(answer.json["event_id"])

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def state(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:{tmp_path}/hub.db"
    return fresh_database(request.param, request.getfixturevalue(f"{request.param}_server"))


def test_what_was_acknowledged_arrives(state, tmp_path):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    arrived = set()

    def answer(delivery):
        arrived.add(delivery.id)
        return 200, "{}"

    with Receiver(answer) as receiver, Hub(tmp_path, state) as hub:
        receiver.trust(hub.subscribe(receiver.url)["secret"])
        hub.listen = f"127.0.0.1:{hub.port}"
        load = Load(hub)
        try:
            for _ in range(KILLS):
                time.sleep(chance.uniform(0.2, 1.0))
                hub.kill()
                hub.start()
        finally:
            load.end()
        assert load.acknowledged
        wait_until(lambda: load.acknowledged <= arrived)
        # Every delivery is accounted for, and the numbers have no holes.
        wait_until(lambda: hub.get("/api/v1/sync/stats")["backlog"] == 0)
        rows = hub.pages("/api/v1/deliveries", limit=500)
        assert sorted(row["sequence"] for row in rows) == list(range(1, len(rows) + 1))
        assert {row["status"] for row in rows} == {"delivered"}
        hub.stop()
