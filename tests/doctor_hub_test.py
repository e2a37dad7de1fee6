"""`tidemark doctor --hub`: a sound state is called sound, and each kind of damage is found, on each
database."""

import json
import time

import pytest

import state_sql
from hub_fixture import Hub, Receiver, voucher, wait_until
from hub_states import fresh_state


class Patient:
    """The state of a hub that has stopped, with deliveries of every kind, and its doctor."""

    def __init__(self, hub):
        self.hub = hub

    def sql(self, *statements):
        return state_sql.run(self.hub.state, *statements)

    def findings(self, *words, code=0, **variables):
        variables.setdefault("TIDEMARK_MASTER_KEY",
                             self.hub.environment.get("TIDEMARK_MASTER_KEY"))
        variables = {name: value for name, value in variables.items() if value is not None}
        lines = [json.loads(line) for line in
                 self.hub.run("doctor", "--hub", "--state", self.hub.state, "--json", *words,
                              code=code, **variables).splitlines()]
        assert lines[-1]["message_type"] == "summary"
        assert code in (None, lines[-1]["exit_code"])
        assert lines[-1]["command"] == "doctor"
        return {line["check"]: line for line in lines if line["message_type"] == "finding"}

    def fault(self, check, words, verdict="failure", **variables):
        """There is this one, and nothing else but what is named."""
        found = self.findings(code=1 if verdict == "failure" else 0, **variables)
        assert found[check]["verdict"] == verdict, found
        assert words in found[check]["what"], found[check]
        return found[check]

    def sound(self, *apart):
        found = self.findings()
        wrong = {check: one for check, one in found.items()
                 if one["verdict"] != "ok" and check not in apart}
        assert not wrong
        return found


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def patient(request, tmp_path):
    state = None
    if request.param != "sqlite":
        state = fresh_state(request.param, request, tmp_path).url

    def answer(delivery):
        return (422, '{"code":422}') if delivery.json.get("voucher", {}).get("amount") == "13" else (
            200, "{}")

    hub = Hub(tmp_path, state)
    with Receiver(answer) as receiver, hub:
        receiver.trust(hub.subscribe(receiver.url)["secret"])
        ordered = hub.subscribe(receiver.url, ordering="source")
        receiver.trust(ordered["secret"])
        hub.post("/api/v1/vouchers/batch",
                 {"vouchers": [voucher(number) for number in range(5)] +
                              [voucher(7, amount="13"), voucher(7, amount="14")]})
        # The ordered one keeps voucher 7's second version behind the first, which is refused.
        wait_until(lambda: hub.get("/api/v1/sync/stats")["parked"] == 2)
        wait_until(lambda: len(hub.get("/api/v1/deliveries?status=delivered")["data"]) == 11)
        hub.stop()
        yield Patient(hub)


def test_a_sound_state_has_nothing_but_ok(patient):
    found = patient.sound()
    assert "2 subscriptions, 7 events, 14 deliveries" in found["hub_state"]["what"]
    assert {"due", "sequences", "signed", "bodies", "routing", "leases"} <= set(found)
    key = patient.hub.environment.get("TIDEMARK_MASTER_KEY")
    shown = patient.hub.run("doctor", "--hub", "--state", patient.hub.state, "--lang", "zh",
                            **({"TIDEMARK_MASTER_KEY": key} if key else {}))
    assert "失败 0 项" in shown and "序号" in shown


def test_the_doctor_looks_while_the_hub_runs(patient):
    patient.hub.start()
    patient.hub.post("/api/v1/vouchers", voucher(100))
    wait_until(lambda: len(patient.hub.get("/api/v1/deliveries?status=delivered")["data"]) == 13)
    found = patient.sound()
    if not patient.hub.state.startswith("sqlite:"):
        assert "1 hubs are running" in found["leases"]["what"]
    patient.hub.stop()


def test_deliveries_that_are_never_due(patient):
    patient.sql("UPDATE deliveries SET status = 'retrying', finished_at = NULL WHERE "
                "status = 'delivered' AND sequence = 2")
    finding = patient.fault("due", "never due: 2")
    patient.sql(finding["statement"])
    patient.sound("overdue")


def test_deliveries_due_far_too_late(patient):
    """As when the clock was set back by hours."""
    late = round((time.time() + 5 * 3600) * 1e6)
    for status, attempts in (("pending", 0), ("retrying", 1)):
        patient.sql(f"UPDATE deliveries SET status = '{status}', attempts = {attempts}, retry_step "
                    f"= {attempts}, due_at = {late}, finished_at = NULL WHERE sequence = 3")
        patient.fault("due", "later than their schedule allows", "warning")
    late -= round(4.5 * 3600 * 1e6)  # An answer may have asked for an hour's pause.
    patient.sql(f"UPDATE deliveries SET due_at = {late}, last_status_code = 503 WHERE sequence = 3")
    assert patient.findings()["due"]["verdict"] == "ok"


def test_finished_ones_that_would_be_sent_again(patient):
    patient.sql("UPDATE deliveries SET due_at = 5 WHERE status = 'delivered' AND sequence = 3")
    finding = patient.fault("finished", "sent again: 2")
    patient.sql(finding["statement"])
    patient.sound()
    patient.sql("UPDATE attempts SET status_code = NULL, error_code = 'ECONNREFUSED' WHERE "
                "sequence = 1")
    patient.fault("finished", "no attempt was answered with 2xx: 2")


def test_what_is_late(patient):
    patient.sql("UPDATE deliveries SET status = 'pending', due_at = 1, finished_at = NULL WHERE "
                "sequence = 4")
    assert "hub running" in patient.fault("overdue", "minutes", "warning")["mend"]


def test_holes_in_the_numbers(patient):
    patient.sql("DELETE FROM attempts WHERE sequence IN (2, 3)",
                "DELETE FROM deliveries WHERE sequence IN (2, 3)")
    patient.fault("sequences", "missing though nothing so young is pruned: 4")
    # Older than the retention they may have been pruned.
    patient.sql("UPDATE deliveries SET created_at = 1", "UPDATE subscriptions SET created_at = 1")
    assert patient.findings(code=None)["sequences"]["verdict"] == "ok"
    patient.fault("sequences", "missing", TIDEMARK_RELAY__RETENTION="0s")


def test_the_last_numbers_are_missing(patient):
    patient.sql("UPDATE subscriptions SET next_sequence = next_sequence + 2")
    patient.fault("sequences", "pruned: 4")


def test_counters_behind(patient):
    patient.sql("UPDATE subscriptions SET next_sequence = 3")
    finding = patient.fault("sequences", "given already")
    patient.sql(finding["statement"])
    patient.sound()
    patient.sql("UPDATE counters SET value = 1 WHERE counter = 'voucher_id'")
    patient.fault("counters", "5 vouchers", "warning")
    patient.sql("DELETE FROM counters WHERE counter = 'deliveries'")
    patient.sql(patient.fault("counters", "deliveries is missing")["statement"])


def test_rows_that_lost_what_they_belong_to(patient):
    patient.sql("DELETE FROM attempts WHERE sequence = 7",
                "UPDATE attempts SET sequence = 99 WHERE sequence = 6")
    patient.fault("orphans", "attempts whose delivery is gone: 2")
    patient.sql("DELETE FROM events WHERE voucher_no = (SELECT voucher_no FROM (SELECT "
                "MIN(voucher_no) AS voucher_no FROM events) a)")
    patient.fault("orphans", "event is gone")
    patient.sql("DELETE FROM subscriptions")
    patient.fault("orphans", "event is gone")


def test_nobody_signs(patient):
    patient.fault("signed", "2: sub_", TIDEMARK_MASTER_KEY="A" * 43 + "=")
    patient.fault("master_key", "TIDEMARK_MASTER_KEY", TIDEMARK_MASTER_KEY="too short")
    patient.sql("UPDATE subscriptions SET secrets = ''")
    patient.fault("signed", "without a secret")


def test_without_the_key_the_secrets_stay_closed(patient, tmp_path):
    key = tmp_path / "state/hub.db.key"
    if key.exists():
        key.unlink()
    found = patient.findings(TIDEMARK_MASTER_KEY=None)
    assert "not opened" in found["signed"]["what"]
    assert not key.exists()


def test_damaged_bodies(patient):
    patient.sql("UPDATE events SET body = '{\"event\":' WHERE source_id = '1'")
    patient.fault("bodies", "1: msg_")
    patient.sql("UPDATE events SET body = '{\"event\":\"l1_confirmed\",\"source_version\":9}'")
    patient.fault("bodies", "7: msg_")


def test_events_that_were_not_routed(patient):
    patient.sql("UPDATE subscriptions SET created_at = created_at - 3600000000, "
                "updated_at = updated_at - 3600000000")
    patient.sound()
    patient.sql("DELETE FROM attempts WHERE sequence = 2", "DELETE FROM deliveries WHERE sequence = 2")
    patient.fault("routing", "2: msg_")


def test_leases(patient):
    if patient.hub.state.startswith("sqlite:"):
        assert "one hub" in patient.findings()["leases"]["what"]
        return
    far = 1 << 60
    patient.sql(f"UPDATE leases SET expires_at = {far}")
    patient.sql(patient.fault("leases", "nobody else can take over: 2")["statement"])
    patient.sound()
    clock = ("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"
             if patient.hub.state.startswith("postgres") else
             "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)")
    soon = int(patient.sql(clock)[0][0]) + 30_000_000
    patient.sql(f"UPDATE leases SET expires_at = {soon}")
    patient.fault("leases", "hubs that are gone: 2", "warning")


def test_refused_entries_of_a_stream(patient):
    patient.sql("INSERT INTO stream_refusals (stream, entry_id, reason, fields, refused_at) VALUES "
                "('s', '1-0', 'no JSON', '{}', 1)")
    patient.fault("refusals", "1: 1-0", "warning")


def test_what_is_no_state_of_a_hub(tmp_path):
    patient = Patient(Hub(tmp_path))
    patient.hub.port = 1
    patient.fault("connection", "hub.db")
    (tmp_path / "state").mkdir()
    state_sql.run(patient.hub.state, "CREATE TABLE other (id INTEGER)")
    patient.fault("hub_state", "subscriptions")
    patient.hub.run("doctor", "--state", "sqlite:x", code=2)
    patient.hub.run("doctor", "--hub", "--create-index", code=2)
