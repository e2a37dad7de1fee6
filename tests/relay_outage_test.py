"""The state database goes away under load and comes back; or has no room left."""

import json

import pytest

import servers
from hub_fixture import Hub, Receiver, voucher, wait_until
from hub_load import Load, Witness, check_nothing_is_lost
from hub_states import State


@pytest.fixture(params=[servers.MariaDB, servers.Postgres], ids=["mariadb", "postgres"])
def server(request):
    with request.param() as made:
        yield made


def test_a_database_that_is_restarted_under_load(server, tmp_path):
    witness = Witness()
    with Receiver(witness.answer) as receiver, Hub(tmp_path, server.url) as hub:
        receiver.trust(hub.subscribe(receiver.url)["secret"])
        with Load([hub], pause_s=0.005) as load:
            for end in (server.stop, server.kill9):
                load.wait_for_more(30)
                end()
                load.wait_for_refusal(503)
                wait_until(lambda: hub.ask("GET", "/readyz", token=None).status == 503)
                assert hub.ask("GET", "/livez", token=None).status == 200
                server.start()
                load.wait_for_more(30)
                wait_until(lambda: hub.ask("GET", "/readyz", token=None).status == 200)
        assert set(load.statuses) == {202, 503}
        assert load.without_retry_after == 0 and load.unanswered == 0
        check_nothing_is_lost(hub, witness, load.acknowledged)
        hub.stop()


@pytest.mark.parametrize("small_disk", ["12m"], indirect=True)
def test_a_full_disk_refuses_publishers_and_loses_nothing(small_disk, tmp_path):
    state = State(f"sqlite:{small_disk}/hub.db")
    witness = Witness()
    with Receiver(witness.answer) as receiver, Hub(tmp_path, state.url) as hub:
        receiver.trust(hub.subscribe(receiver.url)["secret"])
        with Load([hub], publishers=2, pause_s=0.005) as load:
            for _ in range(2):
                load.wait_for_more(30)
                ballast = small_disk / "ballast"
                fill_up(ballast)
                load.wait_for_refusal(507)
                # A publisher that spools keeps what a full hub does not take.
                hub.run("publish", stdin=json.dumps(voucher(7_000_000)))
                assert hub.ask("GET", "/livez", token=None).status == 200
                ballast.unlink()
                load.wait_for_more(30)
        hub.run("publish", "--flush")
        assert set(load.statuses) == {202, 507}
        assert load.without_retry_after == 0 and load.unanswered == 0
        check_nothing_is_lost(hub, witness, load.acknowledged)
        assert hub.get("/api/v1/vouchers?source_system=settlement&source_type=purchase_goods"
                       "&source_id=7000000")["data"]
        hub.stop()
    assert state.rows("PRAGMA integrity_check") == [("ok",)]


def fill_up(path):
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 14))
        except OSError:
            return
