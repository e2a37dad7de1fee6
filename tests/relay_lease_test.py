"""Leases of hubs on one state: one outlives every request that was begun under it, and what was sent
under an older one changes nothing."""

import time

import pytest

import state_sql
from hub_fixture import Hub, Receiver, voucher, wait_until
from hub_load import Witness
from hub_states import fresh_state

SLOW_S = 60
LEASE_S = 20


@pytest.fixture(params=["mariadb", "postgres"])
def state(request, tmp_path):
    return fresh_state(request.param, request, tmp_path)


def lost(hub):
    figures = hub.ask("GET", "/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in figures
                if line.startswith("tidemark_attempts_lost_total "))


def test_an_answer_to_a_request_of_an_older_lease_is_not_written(state, tmp_path):
    witness = Witness()
    witness.open.clear()
    with Receiver(witness.answer) as receiver, Hub(tmp_path, state.url) as hub:
        receiver.trust(hub.subscribe(receiver.url, fast_timeout_ms=SLOW_S * 1000,
                                     timeout_ms=SLOW_S * 1000)["secret"])
        hub.post("/api/v1/vouchers", voucher())
        wait_until(lambda: witness.times)
        # As if another hub had had it, and given it back.
        state_sql.run(state.url, "UPDATE leases SET epoch = epoch + 1")
        witness.open.set()
        wait_until(lambda: hub.get("/api/v1/deliveries?status=delivered")["data"])
        assert lost(hub) == 1 and set(witness.times.values()) == {2}
        assert state.rows("SELECT attempt, status_code FROM attempts") == [(1, 200)]
        assert "took the subscription over" in hub.log()
        hub.stop()


def test_a_lease_outlives_a_slow_request(state, tmp_path):
    witness = Witness()
    witness.open.clear()
    with Receiver(witness.answer) as receiver, Hub(tmp_path, state.url) as hub:
        receiver.trust(hub.subscribe(receiver.url, fast_timeout_ms=SLOW_S * 1000,
                                     timeout_ms=SLOW_S * 1000)["secret"])
        hub.post("/api/v1/vouchers", voucher())
        wait_until(lambda: witness.times)
        [(expires_at,)] = state.rows("SELECT expires_at FROM leases")
        assert expires_at / 1e6 > time.time() + SLOW_S
        witness.open.set()
        wait_until(lambda: hub.get("/api/v1/deliveries?status=delivered")["data"])
        # Then a short one is enough again: another hub need not wait long if this one dies.
        wait_until(lambda: state.rows("SELECT expires_at FROM leases")[0][0] / 1e6
                   < time.time() + LEASE_S + 1)
        hub.stop()
