"""Several hubs on one state: they do not wait for each other in a circle, and nobody is told so."""

import threading

import pytest

from hub_fixture import Hub, Receiver, voucher, wait_until
from hub_states import fresh_state

HUBS = 2
PUBLISHERS = 6
VOUCHERS = 25  # Of each publisher.
SOURCES = 3    # Few, so that all of them meet.


@pytest.fixture(params=["mariadb", "postgres"])
def state(request, tmp_path):
    return fresh_state(request.param, request, tmp_path).url


def test_no_publisher_is_refused_while_hubs_and_endpoints_change(state, tmp_path):
    """Ordered subscriptions of both hubs, endpoints that fail now and then, replays, and publishers
    who send versions of the same sources to both hubs."""
    lock = threading.Lock()
    calls = [0]

    def flaky(_):
        with lock:
            calls[0] += 1
            return (503, "") if calls[0] % 7 == 0 else (200, "")

    refused = []
    published = []

    def publish(hubs, number):
        for count in range(VOUCHERS):
            answer = hubs[count % HUBS].ask("POST", "/api/v1/vouchers", voucher(
                count % SOURCES, amount=f"{number}.{count:02}"))
            if answer.status == 202:
                published.append(answer.json["event_id"])
            else:
                refused.append((answer.status, answer.text))

    folders = [tmp_path / f"hub{number}" for number in range(HUBS)]
    for folder in folders:
        folder.mkdir()
    with Receiver(flaky) as receiver, Hub(folders[0], state) as one, Hub(folders[1], state) as two:
        hubs = [one, two]
        for _ in range(4):
            receiver.trust(one.subscribe(receiver.url, ordering="source")["secret"])
        threads = [threading.Thread(target=publish, args=(hubs, number))
                   for number in range(PUBLISHERS)]
        for thread in threads:
            thread.start()
        # By hand, meanwhile: what is there is sent again, from the other hub too.
        for count in range(10):
            for row in hubs[count % HUBS].get("/api/v1/deliveries?limit=5")["data"]:
                hubs[count % HUBS].ask("POST", f"/api/v1/deliveries/{row['id']}/retry")
        for thread in threads:
            thread.join()
        assert refused == []
        assert len(set(published)) == PUBLISHERS * VOUCHERS
        # One that failed is tried again after a while; a person need not wait.
        wait_until(lambda: one.get("/api/v1/sync/stats")["backlog"] == 0, timeout=400)
        rows = one.pages("/api/v1/deliveries?status=delivered", limit=500)
        assert len(rows) == 4 * PUBLISHERS * VOUCHERS


def test_two_hubs_never_give_one_version_to_two_event_types(state, tmp_path):
    """Receivers apply what has the higher version: each publication of a source has its own."""
    versions = []
    folders = [tmp_path / f"hub{number}" for number in range(HUBS)]
    for folder in folders:
        folder.mkdir()
    with Hub(folders[0], state) as one, Hub(folders[1], state) as two:
        start = threading.Barrier(HUBS)

        def publish(hub, event_type):
            start.wait()
            for count in range(VOUCHERS):
                answer = hub.post("/api/v1/vouchers", voucher(
                    1, event_type=event_type, amount=f"{count}.00"))
                versions.append(answer["source_version"])

        threads = [threading.Thread(target=publish, args=pair)
                   for pair in ((one, "l1_confirmed"), (two, "invoice.issued"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(versions) == list(range(1, HUBS * VOUCHERS + 1))
