"""The views that answer what finance teams ask say the same as the API, on each database."""

import pytest

import state_sql
from hub_fixture import Hub, Receiver, voucher, wait_until
from hub_states import fresh_state


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def hub(request, tmp_path):
    state = None
    if request.param != "sqlite":
        state = fresh_state(request.param, request, tmp_path).url
    with Hub(tmp_path, state) as made:
        yield made


def test_the_three_questions(hub):
    def ask(sql):
        return state_sql.run(hub.state, sql)

    assert ask("SELECT delivered, failed, success_rate_percent FROM v_sync_success_24h") == [
        (0, 0, None)]
    assert ask("SELECT delivered, avg_delay_seconds FROM v_sync_delay_1h") == [(0, None)]
    assert not ask("SELECT * FROM v_sync_failures")

    def answer(delivery):
        return (422 if delivery.json["voucher"]["source_id"] == 9 else 200), "{}"

    with Receiver(answer) as receiver:
        receiver.trust(hub.subscribe(receiver.url)["secret"])
        for number in (1, 2, 3, 9):
            hub.post("/api/v1/vouchers", voucher(number))
        wait_until(lambda: hub.get("/api/v1/sync/stats")["parked"] == 1)
        wait_until(lambda: len(hub.get("/api/v1/deliveries?status=delivered")["data"]) == 3)
    stats = hub.get("/api/v1/sync/stats")

    [(delivered, failed, percent)] = ask(
        "SELECT delivered, failed, success_rate_percent FROM v_sync_success_24h")
    assert (delivered, failed, float(percent)) == (3, 1, 75.0)
    assert float(percent) == 100 * stats["success_rate_24h"]
    [(delivered, mean, longest)] = ask(
        "SELECT delivered, avg_delay_seconds, max_delay_seconds FROM v_sync_delay_1h")
    assert delivered == 3 and 0 < float(mean) <= float(longest) < 60
    assert float(mean) == pytest.approx(stats["latency_mean_ms_1h"] / 1000, abs=0.001)
    assert [(code, int(retrying), int(parked)) for code, retrying, parked in
            ask("SELECT error_code, retrying, parked FROM v_sync_failures")] == [
                ("HTTP_422", 0, 1)]

    # What ended longer ago does not count any more.
    state_sql.run(hub.state, "UPDATE deliveries SET finished_at = finished_at - 7200000000")
    assert ask("SELECT delivered FROM v_sync_delay_1h") == [(0,)]
    assert ask("SELECT delivered FROM v_sync_success_24h") == [(3,)]
    state_sql.run(hub.state, "UPDATE deliveries SET finished_at = finished_at - 86400000000")
    assert ask("SELECT delivered FROM v_sync_success_24h") == [(0,)]
