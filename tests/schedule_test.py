"""The scheduler of `tidemark serve`, with real hubs and real processes: run now, pause, no overlap, a
hub that dies, missed times, a backfill that gives way; on SQLite, MariaDB and PostgreSQL."""

import contextlib
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import servers
from hub_fixture import BINARY, Hub, wait_until
from hub_states import State, fresh_state
from load_fixture import CREDENTIALS, PresentShop, Shop, Warehouse, days_ago

JOBS = ("load-orders", "load-orders-rescan", "load-orders-deep", "load-history")


def quiet(**more):
    """Every job is due at another time of the year; tests say themselves when one runs."""
    off = {f"TIDEMARK_SCHEDULE__JOBS__{job.upper().replace('-', '_')}__CRON": "0 0 29 2 *"
           for job in JOBS}
    return {**off, "TIDEMARK_SCHEDULE__LEASE": "10s", **CREDENTIALS, **more}


@pytest.fixture(name="shop")
def a_shop(tmp_path):
    with Shop(tmp_path, orders=60, clock="2025-02-01 00:00:00") as shop:
        yield shop


@pytest.fixture(name="state", params=["sqlite", "mariadb", "postgres"])
def a_state(request, tmp_path):
    return fresh_state(request.param, request, tmp_path)


def hub_of(folder, state, shop, **more):
    return Hub(folder, state.url, TIDEMARK_XIAOE__URL=shop.url,
               TIDEMARK_LOAD__WAREHOUSE=f"sqlite:{folder}/warehouse.db", **quiet(**more))


def job(hub, name):
    return hub.get(f"/api/v1/schedules/{name}")


def ended(hub, name, runs=1):
    """The job, once it has ended so often."""
    def look():
        row = job(hub, name)
        return row if sum(row["runs"].values()) >= runs and row["hub"] is None else None
    return wait_until(look)


def orders(folder):
    with sqlite3.connect(f"{folder}/warehouse.db") as connection:
        return connection.execute("SELECT count(*) FROM orders").fetchone()[0]


def test_a_job_runs_on_request_and_pause_survives_a_restart(tmp_path, state, shop):
    with hub_of(tmp_path, state, shop, TIDEMARK_LOAD__HISTORY_START="2025-01-01") as hub:
        asked = hub.post("/api/v1/schedules/load-history/run")
        assert asked["state"] in ("requested", "running")
        done = ended(hub, "load-history")
        assert (done["last_status"], done["last_exit_code"]) == ("success", 0), done
        assert orders(tmp_path) == 60
        assert done["runs"] == {"success": 1}
        # The run is in the record of runs as if somebody had typed it.
        metrics = hub.ask("GET", "/metrics").text
        assert 'tidemark_sync_runs_total{job="load-history",status="success"} 1' in metrics
        assert 'tidemark_sync_in_progress{job="load-history"} 0' in metrics
        assert 'tidemark_sync_partial_for_long{job="load-history"} 0' in metrics
        load = 'job="load orders",mode="incremental"'
        assert f'tidemark_load_last_run{{{load},figure="windows_failed"}} 0' in metrics
        assert f"tidemark_load_last_run_exit_code{{{load}}} 0" in metrics
        assert f"tidemark_load_watermark_timestamp_seconds{{{load}}} 17" in metrics
        assert re.search(r'last_success_timestamp_seconds{job="load-history"} \d', metrics)
        assert re.search(r'last_duration_seconds{job="load-history"} \d', metrics)
        assert re.search(r'tidemark_disk_free_bytes{holds="warehouse"} [1-9]', metrics)

        answer = hub.ask("PATCH", "/api/v1/schedules/load-orders",
                         {"paused": True, "cron": "15 4 * * 1-5", "time_zone": "Asia/Shanghai"})
        assert answer.status == 200, answer.text
        assert answer.json["overridden"] == ["cron", "time_zone"]
        hub.stop()
        hub.start()
        kept = job(hub, "load-orders")
        assert (kept["state"], kept["cron"]) == ("paused", "15 4 * * 1-5")
        assert kept["next_due_at"].endswith("T20:15:00.000000Z")
        hub.stop()


def test_due_times_are_kept_and_missed_ones_made_up_once(tmp_path, state, shop):
    with hub_of(tmp_path, state, shop,
                TIDEMARK_SCHEDULE__JOBS__LOAD_ORDERS__CRON="0 0 1 1 *",
                TIDEMARK_SCHEDULE__JOBS__LOAD_ORDERS__TIME_ZONE="UTC") as hub:
        wait_until(lambda: state.rows("SELECT next_due_at FROM schedules "
                                      "WHERE name = 'load-orders'")[0][0])
        hub.stop()
        # As if the hub had been away since New Year of 2023.
        connection = state.connect()
        connection.cursor().execute(
            "UPDATE schedules SET next_due_at = 1672531200000000, next_start_at = 1672531200000000 "
            "WHERE name = 'load-orders'")
        connection.commit()
        connection.close()
        hub.start()
        row = ended(hub, "load-orders")
        year = int(row["last_due_at"][:4])
        assert row["last_due_at"][4:] == "-01-01T00:00:00.000000Z"
        assert row["last_missed"] == year - 2023 > 2
        assert sum(row["runs"].values()) == 1
        hub.stop()


def test_two_hubs_run_a_job_once(tmp_path, request, shop):
    state = fresh_state("mariadb", request, tmp_path)
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    with hub_of(folders[0], state, shop) as one, hub_of(folders[1], state, shop) as other:
        for number in range(1, 4):
            one.post("/api/v1/schedules/load-orders/run")
            other.post("/api/v1/schedules/load-orders/run")
            wait_until(lambda: job(one, "load-orders")["requested_at"] is None)
            ended(one, "load-orders", number)
        begun = sum(len(re.findall("job load-orders: started", hub.log())) for hub in (one, other))
        assert begun == sum(job(one, "load-orders")["runs"].values())
        one.stop()
        other.stop()


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        direct = file.read().split()
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
            direct += file.read().split()
    return sorted(set(map(int, direct)))


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Deaf:
    """A shop that takes connections and never answers: a load of it hangs."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def accept(self):
        """Waits for the first caller, and leaves it waiting."""
        self.socket.settimeout(60)
        self.caller = self.socket.accept()[0]


def running(hub, name):
    wait_until(lambda: job(hub, name)["state"] == "running" and children_of(hub.process.pid))
    return children_of(hub.process.pid)[0]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_killed_hub_takes_its_job_with_it_and_another_goes_on(tmp_path, request, kind):
    state = fresh_state(kind, request, tmp_path)
    with Deaf() as deaf, hub_of(tmp_path, state, deaf) as hub:
        hub.post("/api/v1/schedules/load-orders/run")
        child = running(hub, "load-orders")
        hub.kill()
        wait_until(lambda: not alive(child))
        hub.start()
        wait_until(lambda: job(hub, "load-orders")["runs"].get("lost") == 1)
        assert running(hub, "load-orders") != child
        # Stopping the hub stops the job.
        child = running(hub, "load-orders")
        hub.stop()
        assert not alive(child)


@pytest.mark.parametrize("kind", [servers.MariaDB, servers.Postgres], ids=["mariadb", "postgres"])
def test_a_state_database_that_is_away_ends_what_runs_and_all_goes_on_after_it(tmp_path, kind):
    with kind() as server, Deaf() as deaf, hub_of(tmp_path, State(server.url), deaf) as hub:
        hub.post("/api/v1/schedules/load-orders/run")
        child = running(hub, "load-orders")
        server.kill9()
        # Before its lease ends, for another hub may begin the job then.
        wait_until(lambda: not alive(child))
        assert hub.ask("GET", "/api/v1/schedules").status == 503
        assert hub.ask("POST", "/api/v1/schedules/load-orders-deep/run").status == 503
        assert hub.log().count("jobs wait for the state database") == 1
        server.start()
        wait_until(lambda: "the state database is back" in hub.log())
        wait_until(lambda: hub.ask("GET", "/api/v1/schedules").status == 200)
        wait_until(lambda: job(hub, "load-orders")["runs"].get("lost") == 1)
        assert running(hub, "load-orders") != child
        hub.post("/api/v1/schedules/load-orders-deep/run")
        assert job(hub, "load-orders-deep")["state"] == "requested"  # The same shop: one by one.
        hub.stop()
class SetuidHub(Hub):
    """Of a binary that is setuid root, run by nobody: exec() makes the kernel forget who is to die
    with whom, as for one with file capabilities."""

    def __init__(self, folder, state, **variables):
        super().__init__(folder, state, **variables)
        self.binary = os.path.join(folder, "tidemark")
        shutil.copy(BINARY, self.binary)
        os.chmod(self.binary, 0o4755)
        self.environment["ASAN_OPTIONS"] = "detect_leaks=0"  # Nobody may trace such a process.

    def command(self):
        return ["setpriv", "--reuid", "nobody", "--clear-groups", self.binary,
                *super().command()[1:]]


def test_a_killed_hub_takes_its_job_with_it_also_when_it_is_setuid(request):
    if os.geteuid() != 0 or os.statvfs("/tmp").f_flag & os.ST_NOSUID:
        pytest.skip("needs root, and a /tmp where setuid counts")
    folder = servers.make_folder()
    request.addfinalizer(lambda: shutil.rmtree(folder))
    state = fresh_state("sqlite", request, folder)
    with Deaf() as deaf, SetuidHub(folder, state.url, TIDEMARK_XIAOE__URL=deaf.url,
                                   TIDEMARK_LOAD__WAREHOUSE=f"sqlite:{folder}/warehouse.db",
                                   **quiet()) as hub:
        hub.post("/api/v1/schedules/load-orders/run")
        child = running(hub, "load-orders")
        with open(f"/proc/{child}/status", encoding="ascii") as file:
            uids = re.search(r"Uid:\s+(\d+)\s+(\d+)", file.read()).groups()
        assert uids[0] != "0" and uids[1] == "0"
        # The job has become its program, and has asked: it is on its way to the shop.
        deaf.accept()
        hub.kill()
        wait_until(lambda: not alive(child))


def test_a_job_whose_hub_is_gone_does_not_begin():
    ran = subprocess.run([BINARY, "version"], env={"TIDEMARK_JOB_OWNER": "4194305"}, check=False,
                         capture_output=True, encoding="utf-8", timeout=60)
    assert ran.returncode == 1 and "is gone" in ran.stderr
    owned = subprocess.run([BINARY, "version"], env={"TIDEMARK_JOB_OWNER": str(os.getpid())},
                           check=False, capture_output=True, encoding="utf-8", timeout=60)
    assert owned.returncode == 0, owned.stderr


def test_a_job_that_hangs_is_stopped_and_says_so(tmp_path, request):
    state = fresh_state("sqlite", request, tmp_path)
    with Deaf() as deaf, hub_of(
            tmp_path, state, deaf, TIDEMARK_SCHEDULE__STOP_GRACE="1s",
            TIDEMARK_SCHEDULE__JOBS__LOAD_ORDERS__DURATION_MAX="1s") as hub:
        hub.post("/api/v1/schedules/load-orders/run")
        row = ended(hub, "load-orders")
        assert row["last_status"] == "timed_out"
        assert "longer than 1 s" in row["last_error"]
        hub.stop()


def test_a_backfill_gives_way_to_fresh_orders(tmp_path, request):
    state = fresh_state("sqlite", request, tmp_path)
    with Deaf() as deaf, hub_of(tmp_path, state, deaf) as hub:
        hub.post("/api/v1/schedules/load-history/run")
        first = running(hub, "load-history")
        hub.post("/api/v1/schedules/load-orders/run")
        row = ended(hub, "load-history")
        assert row["last_status"] == "yielded", row
        second = running(hub, "load-orders")
        assert second != first and not alive(first)
        assert job(hub, "load-history")["again_at"]
        hub.stop()


def make_due(state, *names, hours=1):
    """As if the clock had been moved past the next time of these jobs."""
    ago = int((time.time() - 3600 * hours) * 1_000_000)
    connection = state.connect()
    for name in names:
        connection.cursor().execute(f"UPDATE schedules SET next_due_at = {ago}, "
                                    f"next_start_at = {ago} WHERE name = '{name}'")
    connection.commit()
    connection.close()


def said(hub):
    """What became of the jobs, in order."""
    return [tuple(found) for found in
            re.findall(r"job ([\w-]+): (started|asked to give way|success|yielded)", hub.log())]


def test_a_plan_walked_with_a_shop(tmp_path, request):
    """A history that gives way to what is fresh and goes on where it was; run now, pause, jitter."""
    state = fresh_state("sqlite", request, tmp_path)
    warehouse = Warehouse(f"sqlite:{tmp_path}/warehouse.db",
                          lambda: sqlite3.connect(tmp_path / "warehouse.db"))
    first = days_ago(40)

    def windows():
        try:
            return warehouse.value("SELECT COUNT(*) FROM load_windows w JOIN load_scans s ON "
                                   "s.scan_id=w.scan_id WHERE s.mode='incremental'")
        except sqlite3.OperationalError:  # Nothing is there yet.
            return 0

    with PresentShop(tmp_path, "--from", first, "--to", days_ago(0)) as shop, \
            hub_of(tmp_path, state, shop, TIDEMARK_LOAD__HISTORY_START=first) as hub:
        wait_until(lambda: state.rows("SELECT next_due_at FROM schedules "
                                      "WHERE name = 'load-history'")[0][0])
        shop.ask("faults", {"spec": "latency=300ms"})
        make_due(state, "load-history")
        wait_until(lambda: windows() > 0)
        done_before = windows()
        make_due(state, "load-orders", "load-orders-rescan")
        fresh = ended(hub, "load-orders-rescan")
        assert fresh["last_status"] == "success"
        shop.ask("faults", {"spec": ""})
        history = ended(hub, "load-history", 2)
        assert history["runs"] == {"yielded": 1, "success": 1}, said(hub)
        assert said(hub) == [
            ("load-history", "started"), ("load-history", "asked to give way"),
            ("load-history", "yielded"), ("load-orders", "started"), ("load-orders", "success"),
            ("load-orders-rescan", "started"), ("load-orders-rescan", "success"),
            ("load-history", "started"), ("load-history", "success")], hub.log()
        # What it had finished it has not read again, and nothing is missing.
        assert done_before > 0
        ranges = warehouse.rows("SELECT window_from, window_upto FROM load_windows w JOIN "
                                "load_scans s ON s.scan_id=w.scan_id WHERE s.mode='incremental' "
                                "ORDER BY window_from")
        for before, after in zip(ranges, ranges[1:]):
            assert before["window_upto"] < after["window_from"], ranges
        truth = {day: figures["orders"] for day, figures in shop.truth(first, days_ago(2)).items()}
        assert len(truth) > 30
        kept = {day: figures["orders"] for day, figures in warehouse.by_day().items()}
        assert {day: kept.get(day) for day in truth} == truth

        # Paused: nothing by the clock, also not afterwards; on request all the same.
        assert hub.ask("PATCH", "/api/v1/schedules/load-orders", {"paused": True}).status == 200
        make_due(state, "load-orders")
        make_due(state, "load-orders-rescan")
        ended(hub, "load-orders-rescan", 2)
        assert sum(job(hub, "load-orders")["runs"].values()) == 1
        hub.post("/api/v1/schedules/load-orders/run")
        assert ended(hub, "load-orders", 2)["state"] == "paused"
        answer = hub.ask("PATCH", "/api/v1/schedules/load-orders",
                         {"paused": False, "cron": "0 0 1 1 *", "jitter_seconds": 3600})
        assert answer.status == 200, answer.text
        # A rule with jitter: due when it says, begun somewhat later.
        wait_until(lambda: "3600" in state.rows("SELECT rule_text FROM schedules "
                                                "WHERE name = 'load-orders'")[0][0])
        due, start = state.rows("SELECT next_due_at, next_start_at FROM schedules "
                                "WHERE name = 'load-orders'")[0]
        assert 0 <= start - due <= 3600 * 1_000_000 and due > time.time() * 1_000_000
        assert sum(job(hub, "load-orders")["runs"].values()) == 2
        hub.stop()


@pytest.mark.parametrize("kind", ["mariadb", "postgres"])
def test_a_change_that_waits_for_a_lock_holds_up_no_question(tmp_path, request, shop, kind):
    state = fresh_state(kind, request, tmp_path)
    with hub_of(tmp_path, state, shop) as hub, contextlib.closing(state.connect()) as standing, \
            ThreadPoolExecutor(4) as threads:

        def change(number):
            return hub.ask("PATCH", "/api/v1/schedules/load-orders", {"jitter_seconds": number})

        def questions_pass_changes():
            # As a hub that stands still in the midst of its scheduler's transaction.
            standing.cursor().execute("SELECT name FROM schedules FOR UPDATE")
            changes = [threads.submit(change, number) for number in range(1, 5)]
            for _ in range(4):
                hub.get("/api/v1/schedules")
                hub.get("/api/v1/deliveries")
            standing.rollback()
            # More changes than threads that answer questions: had the questions waited for them,
            # they would have been refused, for the lock was held until now.
            return {answer.result().status for answer in changes} == {200}

        # A machine that is slow enough makes a change wait too long all the same.
        wait_until(questions_pass_changes)
        assert job(hub, "load-orders")["jitter_seconds"] in range(1, 5)

        # Who waits too long is told so, and nothing has changed.
        before = job(hub, "load-orders")["jitter_seconds"]
        standing.cursor().execute("SELECT name FROM schedules FOR UPDATE")
        for method, path, body in (("PATCH", "", {"jitter_seconds": 9}), ("POST", "/run", None)):
            refused = hub.ask(method, "/api/v1/schedules/load-orders" + path, body)
            assert (refused.status, refused.json["code"]) == (503, "unavailable"), refused.text
            assert "nothing was changed" in refused.json["detail"]
            assert int(refused.headers["Retry-After"]) >= 1
        standing.rollback()
        row = job(hub, "load-orders")
        assert (row["jitter_seconds"], row["requested_at"]) == (before, None)
        hub.stop()


def test_refusals(tmp_path, request, shop):
    state = fresh_state("sqlite", request, tmp_path)
    with hub_of(tmp_path, state, shop) as hub:
        def patch(body, status=400):
            answer = hub.ask("PATCH", "/api/v1/schedules/load-orders", body)
            assert answer.status == status, answer.text
            return answer.json
        assert "never comes" in patch({"cron": "0 0 30 2 *"})["detail"]
        assert patch({"cron": "0 0 30 2 *"})["errors"][0]["field"] == "/cron"
        assert "minute: 61" in patch({"cron": "61 * * * *"})["detail"]
        assert "Mars" in patch({"time_zone": "Mars/Olympus"})["detail"]
        patch({"jitter_seconds": -1})
        patch({"jitter_seconds": 1.5})
        patch({"paused": "yes"})
        patch({"colour": "red"})
        patch({})
        patch("[]")
        patch("{")
        before = job(hub, "load-orders")
        patch({"paused": True, "cron": "nonsense"})
        assert job(hub, "load-orders") == before
        patch({"cron": "5 4 * * *", "jitter_seconds": 7}, 200)
        assert patch({"cron": None, "jitter_seconds": None}, 200)["overridden"] == []
        for method, path in (("GET", ""), ("PATCH", ""), ("POST", "/run")):
            body = {"paused": True} if method == "PATCH" else None
            assert hub.ask(method, "/api/v1/schedules/nobody" + path, body).status == 404
        answer = hub.ask("POST", "/api/v1/schedules/export-sweep/run")
        assert (answer.status, answer.json["code"]) == (409, "job_disabled")
        viewer = hub.token("viewer")
        hub.get("/api/v1/schedules", token=viewer)
        assert hub.ask("POST", "/api/v1/schedules/load-orders/run", token=viewer).status == 403
        assert hub.ask("PATCH", "/api/v1/schedules/load-orders", {"paused": True},
                       token=viewer).status == 403
        hub.stop()


def test_the_tool(tmp_path, request, shop):
    state = fresh_state("sqlite", request, tmp_path)
    with hub_of(tmp_path, state, shop) as hub:
        listed = hub.run("schedule", "list")
        assert all(name in listed for name in JOBS) and "disabled" in listed
        rows = [json.loads(line) for line in hub.run("schedule", "list", "--json").splitlines()]
        assert [row["name"] for row in rows][:2] == ["load-orders", "load-orders-rescan"]
        assert json.loads(hub.run("schedule", "pause", "load-orders", "--json"))["paused"]
        assert "paused" in hub.run("schedule", "show", "load-orders")
        hub.run("schedule", "resume", "load-orders")
        hub.run("schedule", "set", "load-orders", "--cron", "*/10 8-22 * * *")
        assert "*/10 8-22 * * *" in hub.run("schedule", "list")
        hub.run("schedule", "set", "load-orders", "--cron", "61 * * * *", code=1)
        hub.run("schedule", "set", "load-orders", "--reset")
        assert "0 0 29 2 *" in hub.run("schedule", "show", "load-orders")
        hub.run("schedule", "run", "load-orders")
        ended(hub, "load-orders")
        hub.run("schedule", "show", "nobody", code=1)
        lines = hub.run("schedule", "crontab", "--user", "tidemark", **CREDENTIALS).splitlines()
        assert any(line.startswith("*/30 * * * * tidemark /usr/local/bin/tidemark load orders")
                   for line in lines)
        units = hub.run("schedule", "systemd", **CREDENTIALS)
        assert "OnCalendar=*-*-* *:00,30:00 Asia/Shanghai" in units
        folder = tmp_path / "units"
        folder.mkdir()
        hub.run("schedule", "systemd", "-o", folder, **CREDENTIALS)
        assert "tidemark-load-orders.timer" in os.listdir(folder)
        hub.stop()


def test_benefits_of_files_are_decided_as_well(tmp_path, request, shop):
    hub = hub_of(tmp_path, fresh_state("sqlite", request, tmp_path), shop)
    lines = hub.run("schedule", "crontab", TIDEMARK_LOAD__PLATFORM="file").splitlines()
    assert any(re.match(r"[0-9].* load benefits --progress off", line) for line in lines), lines
    assert not any(re.match(r"[0-9*].* load orders", line) for line in lines), lines


def test_a_rule_in_the_configuration_that_cannot_be_followed_is_refused(tmp_path, request, shop):
    state = fresh_state("sqlite", request, tmp_path)
    hub = hub_of(tmp_path, state, shop, TIDEMARK_SCHEDULE__JOBS__LOAD_ORDERS__CRON="0 0 30 2 *")
    ran = subprocess.run(hub.command(), env=hub.environment, capture_output=True, encoding="utf-8",
                         check=False, timeout=60)
    assert ran.returncode == 2
    assert "TIDEMARK_SCHEDULE__JOBS__LOAD_ORDERS__CRON" in ran.stderr
    assert "never comes" in ran.stderr


def test_a_hub_can_leave_the_schedule_to_others(tmp_path, request, shop):
    state = fresh_state("sqlite", request, tmp_path)
    with hub_of(tmp_path, state, shop, TIDEMARK_SCHEDULE__ENABLED="false") as hub:
        rows = hub.get("/api/v1/schedules")["data"]
        assert {row["state"] for row in rows} == {"disabled"}
        assert "schedule.enabled" in rows[0]["reason"]
        hub.stop()

