"""`tidemark serve`: the API from end to end, on each database."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import jsonschema
import pytest

import servers
import state_sql
from hub_fixture import ADMIN, BINARY, Hub, Receiver, fresh_key, voucher, wait_until
from hub_states import fresh_state

WIRE = pathlib.Path(__file__).resolve().parent.parent / "docs/wire"
SCHEMAS = {path.stem: json.loads(path.read_bytes())
           for path in sorted((WIRE / "schema").glob("*.json"))}


def assert_fits(schema, document):
    store = {one["$id"]: one for one in SCHEMAS.values()}
    resolver = jsonschema.RefResolver("", SCHEMAS[schema], store)
    jsonschema.Draft202012Validator(SCHEMAS[schema], resolver=resolver).validate(document)


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def hub(request, tmp_path):
    """A hub on each database in turn."""
    with Hub(tmp_path, fresh_state(request.param, request, tmp_path).url) as made:
        yield made


@pytest.fixture
def local_hub(tmp_path):
    with Hub(tmp_path) as made:
        yield made


@pytest.fixture
def receiver():
    with Receiver() as made:
        yield made


def delivered(hub, query="status=delivered"):
    return hub.get(f"/api/v1/deliveries?{query}")["data"]


def test_a_voucher_arrives_signed_and_is_shown_as_delivered(hub, receiver):
    made = hub.subscribe(receiver.url, ["l1_confirmed", "invoice.*"])
    receiver.trust(made["secret"])
    published = hub.post("/api/v1/vouchers", voucher())
    assert_fits("voucher-answer", published)
    assert published["deliveries"] == 1 and published["source_version"] == 1
    assert not published["duplicate"]

    arrived = receiver.next()
    assert arrived.id == published["event_id"] and arrived.sequence == 1
    assert arrived.json["event"] == "l1_confirmed"
    assert arrived.json["data"] == voucher()["business_data"]
    assert b'"100000.00"' in arrived.body

    rows = wait_until(lambda: delivered(hub))
    assert len(rows) == 1
    assert_fits("delivery", rows[0])
    assert rows[0]["event_id"] == published["event_id"] and rows[0]["attempts"] == 1
    one = hub.get(f"/api/v1/deliveries/{rows[0]['id']}")
    assert one["body"].encode() == arrived.body
    assert [attempt["status_code"] for attempt in one["attempt_log"]] == [200]
    log = hub.get("/api/v1/sync-logs?status=success")["data"]
    assert log[0]["voucher_id"] == published["voucher_id"] and log[0]["retry_count"] == 0
    stats = hub.get("/api/v1/sync/stats")
    assert stats["success_rate_24h"] == 1 and stats["backlog"] == 0
    assert stats["latency_p99_ms_1h"] > 0


def test_publishing_again_and_versions(hub):
    first = hub.post("/api/v1/vouchers", voucher())
    again = hub.post("/api/v1/vouchers", voucher())
    assert again == {**first, "duplicate": True}
    changed = hub.post("/api/v1/vouchers", voucher(amount="5.00"))
    assert changed["source_version"] == 2 and changed["voucher_id"] == first["voucher_id"]
    conflict = hub.ask("POST", "/api/v1/vouchers", voucher(amount="7.00", source_version=2))
    assert conflict.status == 409 and conflict.json["code"] == "version_conflict"
    assert_fits("problem", conflict.json)

    found = hub.get("/api/v1/vouchers?source_system=settlement&source_type=purchase_goods"
                    "&source_id=1")["data"]
    assert [row["source_version"] for row in found] == [2]
    assert found[0]["voucher"]["amount"] == "5.00"
    whole = hub.get(f"/api/v1/vouchers/{first['voucher_id']}")
    assert [event["source_version"] for event in whole["events"]] == [2, 1]
    hub.get("/api/v1/vouchers/999999", 404)


def test_idempotency_key(hub):
    key = fresh_key()
    first = hub.post("/api/v1/vouchers", voucher(), Idempotency_Key=key)
    assert hub.post("/api/v1/vouchers", voucher(), Idempotency_Key=key)["event_id"] == \
        first["event_id"]
    other = hub.ask("POST", "/api/v1/vouchers", voucher(2), Idempotency_Key=key)
    assert other.status == 422 and other.json["code"] == "idempotency_conflict"
    publisher = hub.token("publisher")
    assert hub.post("/api/v1/vouchers", voucher(2), token=publisher,
                    Idempotency_Key=key)["source_version"] == 1
    too_long = hub.ask("POST", "/api/v1/vouchers", voucher(3), Idempotency_Key="k" * 200)
    assert too_long.status == 400


def test_batch_has_a_result_for_each(hub):
    answer = hub.ask("POST", "/api/v1/vouchers/batch",
                     {"vouchers": [voucher(1), {"source_system": "x"}, voucher(2), voucher(1)]})
    assert answer.status == 207
    assert [one["status"] for one in answer.json["results"]] == [202, 400, 202, 202]
    assert answer.json["results"][3]["duplicate"]
    assert hub.ask("POST", "/api/v1/vouchers/batch",
                   {"vouchers": [voucher(5), voucher(6)]}).status == 202
    for wrong in ("{", "[]", '{"vouchers":[]}', '{"vouchers":1}'):
        assert hub.ask("POST", "/api/v1/vouchers/batch", wrong).status == 400


def test_events_and_the_pull_on_the_same_numbers(hub, receiver):
    made = hub.subscribe(receiver.url, ["invoice.*"])
    receiver.trust(made["secret"])
    for number in range(5):
        hub.post("/api/v1/events", {"event": "invoice.recorded", "source_system": "erp",
                                    "source_id": number, "data": {"price": 1.10}})
    arrived = sorted((receiver.next() for _ in range(5)), key=lambda one: one.sequence)
    assert [one.sequence for one in arrived] == [1, 2, 3, 4, 5]
    page = hub.get(f"/api/v1/subscriptions/{made['id']}/events?after=2&limit=2")
    assert_fits("events-after", page)
    assert [row["sequence"] for row in page["data"]] == [3, 4]
    assert page["has_more"] and page["next_after"] == 4
    assert [row["body"].encode() for row in page["data"]] == [one.body for one in arrived[2:4]]
    rest = hub.get(f"/api/v1/subscriptions/{made['id']}/events?after=4")
    assert not rest["has_more"] and len(rest["data"]) == 1
    hub.get("/api/v1/subscriptions/sub_none/events", 404)
    hub.get("/api/v1/subscriptions/sub_none/events?after=7", 404)


def test_failures_are_parked_shown_and_retried(hub):
    refuse = [True]
    with Receiver(lambda _: (422, "no such tax number") if refuse[0] else (200, "")) as receiver:
        made = hub.subscribe(receiver.url)
        receiver.trust(made["secret"])
        hub.post("/api/v1/vouchers", voucher())
        parked = wait_until(lambda: delivered(hub, "status=parked"))[0]
        assert parked["last_error"] == "HTTP_422" and parked["reason"] == "refused"
        assert "no such tax number" in parked["last_message"]
        assert hub.get("/api/v1/sync/stats")["failures"] == {"HTTP_422": 1}
        assert delivered(hub, "error=HTTP_500") == []
        refuse[0] = False
        assert hub.post("/api/v1/deliveries/retry", {"error": "HTTP_422"})["retried"] == 1
        assert wait_until(lambda: delivered(hub))[0]["id"] == parked["id"]
    hub.post("/api/v1/deliveries/sub_none-1/retry", status=404)
    hub.post("/api/v1/deliveries/nonsense/retry", status=404)


def test_pause_holds_and_resume_delivers(hub, receiver):
    made = hub.subscribe(receiver.url)
    receiver.trust(made["secret"])
    path = f"/api/v1/subscriptions/{made['id']}"
    assert hub.post(f"{path}/pause", status=200)["state"] == "paused"
    hub.post("/api/v1/vouchers", voucher())
    held = delivered(hub, "status=held")
    assert len(held) == 1 and held[0]["reason"]
    assert delivered(hub, "status=pending") == []
    assert hub.post(f"{path}/resume", status=200)["state"] == "active"
    receiver.next()
    wait_until(lambda: delivered(hub))


def test_subscription_life(hub, receiver):
    made = hub.subscribe(receiver.url)
    path = f"/api/v1/subscriptions/{made['id']}"
    shown = hub.get(path)
    assert "secret" not in shown and made["secret"].startswith("whsec_")
    assert [one["id"] for one in hub.get("/api/v1/subscriptions")["data"]] == [made["id"]]
    patched = hub.ask("PATCH", path, {"event_types": ["a.b"]})
    assert patched.status == 200 and patched.json["event_types"] == ["a.b"]
    assert hub.ask("PATCH", path, {"nonsense": 1}).status == 400
    receiver.trust(hub.post(f"{path}/rotate-secret", {}, 200)["secret"])
    hub.post(f"{path}/test")
    arrived = receiver.next()
    assert len(arrived.headers["webhook-signature"].split()) == 2
    assert hub.ask("DELETE", path).status == 204
    assert hub.ask("DELETE", path).status == 404
    hub.get(path, 404)


def test_replay_plans_and_sends_again(hub, receiver):
    for number in range(3):
        hub.post("/api/v1/vouchers", voucher(number))
    hub.post("/api/v1/events", {"event": "other.thing", "source_system": "erp", "source_id": 1,
                                "data": {}})
    made = hub.subscribe(receiver.url)
    receiver.trust(made["secret"])
    path = f"/api/v1/subscriptions/{made['id']}/replay"
    plan = hub.post(path, {"since": "1h", "event_types": ["l1_confirmed", "invoice.*"],
                           "dry_run": True}, 200)
    assert plan["events"] == 3
    begun = hub.post(path, {"since": "1h", "event_types": ["l1_confirmed"]})
    assert begun["total"] == 3
    assert sorted(receiver.next().sequence for _ in range(3)) == [1, 2, 3]
    done = wait_until(lambda: [one for one in hub.get("/api/v1/replays")["data"]
                               if one["status"] == "done"])
    assert done[0]["done"] == 3
    hub.post(f"/api/v1/replays/{begun['id']}/cancel", status=404)
    assert hub.ask("POST", path, {"since": "yesterday"}).status == 400


def test_replays_by_command(local_hub, receiver):
    hub = local_hub
    for number in range(3):
        hub.post("/api/v1/vouchers", voucher(number))
    made = hub.subscribe(receiver.url)
    receiver.trust(made["secret"])
    plan = json.loads(hub.run("deliveries", "replay", made["id"], "--since", "1h", "--dry-run",
                              "--json"))
    assert plan["events"] == 3 and plan["dry_run"]
    hub.run("deliveries", "replay", made["id"], "--since", "1h", code=2)  # Nobody to ask.
    done = json.loads(hub.run("deliveries", "replay", made["id"], "--since", "1h", "--yes",
                              "--wait", "--json"))
    assert done["status"] == "done" and done["done"] == 3
    assert sorted(receiver.next().sequence for _ in range(3)) == [1, 2, 3]
    begun = json.loads(hub.run("subscriptions", "replay", made["id"], "--since", "1h", "--yes",
                               "--json"))
    assert "done" in hub.run("replays", "show", begun["id"], "--wait")
    assert begun["id"] in hub.run("replays", "list")
    hub.run("replays", "cancel", begun["id"], code=1)
    hub.run("replays", "show", "rpl_unknown", code=1)


def test_pages_neither_miss_nor_double_while_others_publish(hub, receiver):
    made = hub.subscribe(receiver.url)
    receiver.trust(made["secret"])
    known = [hub.post("/api/v1/vouchers", voucher(number))["event_id"] for number in range(30)]
    seen = []
    cursor = ""
    more = 100
    while cursor is not None:
        page = hub.get(f"/api/v1/deliveries?limit=4&cursor={cursor}" if cursor
                       else "/api/v1/deliveries?limit=4")
        seen += [row["event_id"] for row in page["data"]]
        cursor = page["next_cursor"]
        more += 1
        hub.post("/api/v1/vouchers", voucher(more))
    assert len(seen) == len(set(seen)) and set(known) <= set(seen)
    assert len(hub.pages("/api/v1/vouchers")) >= 30


def test_who_may_do_what(local_hub):
    hub = local_hub
    tokens = {role: hub.token(role) for role in ("publisher", "viewer", "operator", "admin")}
    wanted = {
        ("POST", "/api/v1/vouchers"): {"publisher", "operator", "admin"},
        ("GET", "/api/v1/vouchers"): {"viewer", "operator", "admin"},
        ("GET", "/api/v1/deliveries"): {"viewer", "operator", "admin"},
        ("POST", "/api/v1/deliveries/retry"): {"operator", "admin"},
        ("POST", "/api/v1/subscriptions"): {"admin"},
        ("GET", "/api/v1/tokens"): {"admin"},
    }
    for (method, path), allowed in wanted.items():
        for role, token in tokens.items():
            body = {} if method == "POST" else None
            status = hub.ask(method, path, body, token=token).status
            assert (status != 403) == (role in allowed), (method, path, role, status)
            assert status != 401
    for token in (None, "", "tmk_" + "A" * 43, ADMIN + "x", ADMIN[:-1]):
        answer = hub.ask("GET", "/api/v1/vouchers", token=token)
        assert answer.status == 401 and answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_token_ends_at_once(hub):
    made = hub.post("/api/v1/tokens", {"name": "x", "role": "viewer"}, 201)
    hub.get("/api/v1/vouchers", token=made["token"])
    assert hub.ask("DELETE", f"/api/v1/tokens/{made['id']}").status == 204
    hub.get("/api/v1/vouchers", 401, token=made["token"])
    assert hub.ask("DELETE", f"/api/v1/tokens/{made['id']}").status == 404
    listed = hub.get("/api/v1/tokens")["data"]
    assert made["token"] not in json.dumps(listed)
    assert hub.ask("POST", "/api/v1/tokens", {"name": "x", "role": "king"}).status == 400


def test_wrong_requests_are_told_what_is_wrong(local_hub):
    hub = local_hub
    for path, field in (("/api/v1/deliveries?limit=0", "limit"),
                        ("/api/v1/deliveries?limit=501", "limit"),
                        ("/api/v1/deliveries?status=lost", "status"),
                        ("/api/v1/deliveries?cursor=%00", "cursor"),
                        ("/api/v1/deliveries?cursor=abc", "cursor"),
                        ("/api/v1/deliveries?since=2026-01-15", "since"),
                        ("/api/v1/deliveries?voucher_id=1'--", "voucher_id"),
                        ("/api/v1/vouchers?sorce_id=1", "sorce_id")):
        answer = hub.ask("GET", path)
        assert answer.status == 400, path
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        if "%00" not in path:
            assert answer.json["errors"][0]["field"] == field, answer.text
    empty = hub.ask("POST", "/api/v1/vouchers", {})
    assert empty.json["errors"][0]["field"] == "/event_type", empty.text
    assert hub.ask("POST", "/api/v1/vouchers", "{").status == 400
    assert hub.ask("POST", "/api/v1/vouchers", b"\xff").status == 400
    assert hub.ask("POST", "/api/v1/vouchers", voucher(), Content_Type="text/plain").status == 415
    assert hub.ask("POST", "/api/v1/vouchers", "x" * (2 << 20)).status == 413
    assert hub.ask("POST", "/api/v1/vouchers", voucher(source_system="a'; DROP TABLE events; --")
                   ).status == 202
    assert hub.ask("GET", "/api/v1/vouchers?source_system=a%27%3B+DROP+TABLE+events%3B+--"
                   ).status == 200
    nowhere = hub.ask("GET", "/nowhere")
    assert nowhere.status == 404 and nowhere.json["detail_zh"], nowhere.text
    assert_fits("problem", nowhere.json)
    for kind in ("subscriptions", "deliveries", "replays"):
        unknown = hub.ask("GET", f"/api/v1/{kind}/none")
        assert unknown.status == 404 and f"tidemark {kind} list" in unknown.json["hint"], unknown.text
    assert hub.ask("PUT", "/api/v1/vouchers", {}).status == 405
    for url in ("ftp://x/", "http://user:pw@h/", "http://169.254.169.254/", "http://[::1]/",
                "http://10.0.0.1/", "nonsense"):
        body = {"name": "r", "target_system": "t", "url": url, "event_types": ["*"]}
        answer = hub.ask("POST", "/api/v1/subscriptions", body)
        assert answer.status == 400 and "url" in answer.json["detail"], url
        assert ("relay.allow_cidrs" in answer.json.get("hint", "")) == (
            url in ("http://169.254.169.254/", "http://[::1]/", "http://10.0.0.1/")), answer.text
    slip = hub.ask("POST", "/api/v1/subscriptions", {"name": "r", "target_sistem": "t"})
    assert slip.status == 400 and "target_system" in slip.json["hint"], slip.text
    assert_fits("problem", slip.json)
    (hub.folder / "slip.json").write_text('{"adress": "x", "ordring": "none"}', encoding="utf-8")
    hub.run("subscriptions", "create", "--settings", "slip.json", code=1)


def test_questions_are_answered_while_the_hub_cannot_store(local_hub):
    numbers = iter(range(1000))

    def answered_meanwhile():
        with contextlib.closing(state_sql.connect(local_hub.state)) as other, \
                ThreadPoolExecutor(1) as thread:
            other.execute("BEGIN IMMEDIATE")  # The hub's thread waits for its turn to write.
            published = thread.submit(local_hub.ask, "POST", "/api/v1/vouchers",
                                      voucher(next(numbers)))
            for path in ("deliveries", "deliveries?status=delivering", "sync/stats") * 2:
                local_hub.get(f"/api/v1/{path}")
            assert local_hub.ask("GET", "/metrics").status == 200
            other.rollback()
            # Had the questions waited for the hub, it would have given up: 503.
            return published.result().status == 202

    wait_until(answered_meanwhile)
    local_hub.stop()


def test_slow_clients_do_not_hold_up_others(local_hub):
    idle = [socket.create_connection(("127.0.0.1", local_hub.port)) for _ in range(50)]
    for connection in idle:
        connection.sendall(b"POST /api/v1/vouchers HTTP/1.1\r\nHost: x\r\n")
    assert local_hub.post("/api/v1/vouchers", voucher())["source_version"] == 1
    for connection in idle:
        connection.close()


def test_health_version_and_metrics(hub, receiver):
    assert hub.get("/livez", token=None)["status"] == "live"
    assert hub.get("/readyz", token=None)["status"] == "ready"
    assert hub.get("/version", token=None)["version"]
    made = hub.subscribe(receiver.url)
    receiver.trust(made["secret"])
    hub.post("/api/v1/vouchers", voucher())
    receiver.next()
    wait_until(lambda: delivered(hub))
    found = {"events": 9, "missing": 1, "older": 2, "different": 3, "cache": 4, "repaired": True}
    for cache in (5, 4):
        assert hub.ask("POST", f"/api/v1/subscriptions/{made['id']}/check",
                       {**found, "cache": cache}).status == 204
    text = hub.ask("GET", "/metrics", token=None).text
    assert "tidemark_events_published_total 1\n" in text
    assert 'result="ok",le="+Inf"} 1' in text
    assert "# TYPE tidemark_delivery_latency_seconds histogram\n" in text
    assert 'tidemark_delivery_latency_seconds_bucket{le="+Inf"} 1\n' in text
    assert "tidemark_delivery_latency_seconds_count 1\n" in text
    assert f'tidemark_receiver_differences{{endpoint="{made["id"]}"}} 10\n' in text
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                             encoding="utf-8", check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_restart_goes_on_where_it_was(tmp_path):
    with Receiver() as receiver, Hub(tmp_path) as hub:
        made = hub.subscribe(receiver.url)
        receiver.trust(made["secret"])
        hub.post(f"/api/v1/subscriptions/{made['id']}/pause", status=200)
        hub.post("/api/v1/vouchers", voucher())
        hub.stop()
        hub.start()
        assert hub.get(f"/api/v1/subscriptions/{made['id']}")["state"] == "paused"
        hub.post(f"/api/v1/subscriptions/{made['id']}/resume", status=200)
        assert receiver.next().sequence == 1
        hub.stop()


def test_second_hub_on_one_sqlite_state_is_refused(local_hub):
    second = subprocess.run(local_hub.command(), env=local_hub.environment, timeout=60,
                            cwd=local_hub.folder, capture_output=True, encoding="utf-8",
                            check=False)
    assert second.returncode == 11
    assert "another hub" in second.stderr


def test_first_start_prints_a_token_once(tmp_path):
    hub = Hub(tmp_path)
    del hub.environment["TIDEMARK_ADMIN_TOKEN"]
    with hub:
        line = next(line for line in hub.lines if "tmk_" in line)
        token = line.rsplit(" ", 1)[1]
        hub.get("/api/v1/tokens", token=token)
        key = tmp_path / "state/hub.db.key"
        assert os.stat(key).st_mode & 0o777 == 0o600
        hub.stop()
        hub.start()
        assert not any("tmk_" in line for line in hub.lines)
        hub.get("/api/v1/tokens", token=token)


def test_a_start_that_fails_does_not_lose_the_first_token(tmp_path):
    hub = Hub(tmp_path)
    del hub.environment["TIDEMARK_ADMIN_TOKEN"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        hub.listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(AssertionError, match="no address"):
            hub.start()
        assert hub.lines == []
        hub.kill()
    hub.listen = "127.0.0.1:0"
    with hub:
        token = next(line for line in hub.lines if "tmk_" in line).rsplit(" ", 1)[1]
        hub.get("/api/v1/tokens", token=token)
        hub.stop()


def test_a_first_token_that_cannot_be_shown_is_told(tmp_path):
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TIDEMARK_LANG": "en"}
    with open("/dev/full", "w", encoding="utf-8") as full, open(tmp_path / "err", "w+",
                                                                 encoding="utf-8") as errors:
        process = subprocess.Popen([BINARY, "serve", "--listen", "127.0.0.1:0", "--state",
                                    f"sqlite:{tmp_path}/hub.db"], env=environment, cwd=tmp_path,
                                   stdin=subprocess.DEVNULL, stdout=full, stderr=errors)
        try:
            wait_until(lambda: "TIDEMARK_ADMIN_TOKEN" in (tmp_path / "err").read_text())
        finally:
            process.terminate()
            process.wait(60)
    assert "could not be shown" in (tmp_path / "err").read_text()


def test_server_state_needs_a_master_key(tmp_path):
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TIDEMARK_LANG": "en"}
    ran = subprocess.run([BINARY, "serve", "--state", "mysql://nobody@127.0.0.1:1/none"],
                         env=environment, cwd=tmp_path, capture_output=True, encoding="utf-8",
                         timeout=60, check=False)
    assert ran.returncode == 2 and "TIDEMARK_MASTER_KEY" in ran.stderr


def test_address_in_use(local_hub, tmp_path):
    environment = dict(local_hub.environment, TIDEMARK_ADMIN_TOKEN=ADMIN)
    ran = subprocess.run([BINARY, "serve", "--listen", f"127.0.0.1:{local_hub.port}", "--state",
                          f"sqlite:{tmp_path}/other/hub.db"], env=environment, cwd=tmp_path,
                         capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert ran.returncode == 2


def test_a_hub_that_cannot_listen_sends_nothing_of_its_backlog(tmp_path):
    arrived = []

    def fail(delivery):
        arrived.append(delivery.id)
        return 503, ""

    with Receiver(fail) as receiver, socket.create_server(("127.0.0.1", 0)) as taken:
        with Hub(tmp_path) as hub:
            receiver.trust(hub.subscribe(receiver.url)["secret"])
            hub.post("/api/v1/vouchers/batch", {"vouchers": [voucher(n) for n in range(50)]})
            wait_until(lambda: arrived)
            hub.kill()
            before = len(arrived)
            hub.listen = f"127.0.0.1:{taken.getsockname()[1]}"
            ran = subprocess.run(hub.command(), env=hub.environment, cwd=tmp_path,
                                 capture_output=True, encoding="utf-8", timeout=60, check=False)
        assert ran.returncode == 2, ran.stderr
        assert "address already in use" in ran.stderr and "Sanitizer" not in ran.stderr
        # What the killed hub had under way may still have come in.
        assert len(arrived) <= before + 64


def test_the_body_of_a_stranger_is_not_waited_for(local_hub):
    for token, status in (("tmk_nobody", b"401"), (local_hub.token("viewer"), b"403")):
        with socket.create_connection(("127.0.0.1", local_hub.port), timeout=60) as connection:
            connection.sendall(f"POST /api/v1/vouchers HTTP/1.1\r\nHost: x\r\nAuthorization: "
                               f"Bearer {token}\r\nContent-Type: application/json\r\n"
                               "Content-Length: 1000000\r\n\r\n".encode())
            answer = connection.makefile("rb").read()  # Until the hub closes.
            assert answer.startswith(b"HTTP/1.1 " + status), answer


def test_what_sorted_json_cannot_sign_is_refused(local_hub, receiver):
    local_hub.subscribe(receiver.url, signature_style="sorted-json")
    long_integer = json.dumps(voucher()).replace('"0.10"', "1" * 5000)
    answer = local_hub.ask("POST", "/api/v1/vouchers", long_integer)
    assert answer.status == 400 and "sorted-json" in answer.json["detail"]
    assert local_hub.get("/api/v1/vouchers")["data"] == []


def test_bulk_retry_takes_the_newest_first_and_keeps_the_order(local_hub):
    arrived = []

    def answer(delivery):
        arrived.append(delivery.sequence)
        return (422, "no") if len(arrived) <= 3 else (200, "")

    with Receiver(answer) as receiver:
        receiver.trust(local_hub.subscribe(receiver.url, ordering="source",
                                           after_parked="skip")["secret"])
        for amount in ("1.00", "2.00", "3.00"):
            local_hub.post("/api/v1/vouchers", voucher(amount=amount))
        wait_until(lambda: len(delivered(local_hub, "status=parked")) == 3)
        assert local_hub.post("/api/v1/deliveries/retry", {})["retried"] == 3
        wait_until(lambda: len(delivered(local_hub)) == 3)
        assert arrived == [1, 2, 3, 1, 2, 3]
        assert local_hub.post("/api/v1/deliveries/retry", {})["retried"] == 0


def test_stop_lets_requests_under_way_finish(tmp_path):
    def slow(_):
        time.sleep(1)
        return 200, ""

    with Receiver(slow) as receiver, Hub(tmp_path) as hub:
        receiver.trust(hub.subscribe(receiver.url)["secret"])
        hub.post("/api/v1/vouchers", voucher())
        wait_until(lambda: delivered(hub, "status=delivering"))
        hub.stop()
        receiver.next()
        hub.start()
        assert delivered(hub)[0]["attempts"] == 1


def test_commands_talk_to_the_hub(local_hub, receiver):
    hub = local_hub
    made = json.loads(hub.run("subscriptions", "create", "--name", "tax", "--target", "tax",
                              "--url", receiver.url, "--event-type", "*", "--json"))
    receiver.trust(made["secret"])
    hub.run("subscriptions", "test", made["id"])
    receiver.next()
    wait_until(lambda: delivered(hub))
    rows = [json.loads(line) for line in
            hub.run("deliveries", "list", "--json", "--status", "delivered").splitlines()]
    assert len(rows) == 1
    assert "HTTP" in hub.run("deliveries", "show", rows[0]["id"])
    assert "tax" in hub.run("subscriptions", "list")
    hub.run("subscriptions", "pause", made["id"])
    hub.run("subscriptions", "resume", made["id"])
    hub.run("subscriptions", "update", made["id"], "--event-type", "a.b")
    hub.run("subscriptions", "rotate-secret", made["id"], "--overlap-hours", "1")
    assert "tidemark.test" in hub.run("deliveries", "list")
    hub.run("deliveries", "retry", "--status", "parked")
    hub.run("deliveries", "retry", code=2)
    token = json.loads(hub.run("tokens", "create", "shop", "--role", "publisher", "--json"))
    hub.run("tokens", "revoke", token["id"])
    assert "publisher" in hub.run("tokens", "list")
    hub.run("subscriptions", "delete", made["id"], "--yes")
    hub.run("subscriptions", "show", made["id"], code=1)
    hub.run("tokens", "list", code=12, TIDEMARK_TOKEN="tmk_wrong")
    hub.run("tokens", "list", code=2, TIDEMARK_TOKEN="")
    hub.run("tokens", "list", "--server", f"http://127.0.0.1:{servers.free_port()}", code=75)


def test_publish_sends_records_in_order_and_spools_while_the_hub_is_away(tmp_path):
    lines = "".join(json.dumps(voucher(number)) + "\n" for number in range(3))
    event = json.dumps({"event": "a.b", "source_system": "erp", "source_id": 1, "data": {}})
    with Hub(tmp_path) as hub:
        answers = [json.loads(line) for line in
                   hub.run("publish", "--json", stdin=lines + event).splitlines()]
        assert [one["duplicate"] for one in answers] == [False] * 4
        assert "voucher_id" not in answers[3]
        hub.run("publish", "--no-spool", stdin='{"event":1}', code=1)
        hub.run("publish", stdin="not json", code=1)
        port = hub.port
        hub.stop()

        away = "".join(json.dumps(voucher(number)) + "\n" for number in range(10, 13))
        assert "kept on disk" in hub.run("publish", stdin=away)
        hub.run("publish", "--no-spool", stdin=away, code=75)
        hub.run("publish", stdin=json.dumps(voucher(13)))
        hub.run("publish", stdin=json.dumps(voucher(14, event_type="not a type")))
        hub.listen = f"127.0.0.1:{port}"
        hub.start()
        assert "4" in hub.run("publish", "--flush", code=3)
        ids = [row["source_id"] for row in hub.pages("/api/v1/vouchers")]
        assert ids[:4] == ["13", "12", "11", "10"]
        hub.run("publish", "--flush")
