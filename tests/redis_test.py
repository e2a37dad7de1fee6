"""A Redis Stream as second way into the hub, and hubs that wake each other through Redis: every entry
becomes exactly one event, whatever is killed, restarted, or wiped meanwhile."""

import contextlib
import json
import socket
import ssl
import struct
import threading
import time

import pytest

import servers
import state_sql
from certificates import Authority
from gate import Gate
from hub_fixture import Hub, Receiver, voucher, wait_until
from hub_states import fresh_state

STREAM = "tidemark:vouchers"
NUMBERS = iter(range(10_000, 20_000))  # Of vouchers; each once.


@pytest.fixture(scope="module")
def redis_server():
    with servers.Redis() as server:
        yield server


@pytest.fixture
def redis(redis_server):
    """An empty Redis that runs."""
    if redis_server.process is None:
        redis_server.start()
    redis_server.ask("FLUSHALL")
    yield redis_server


def settings(server, consumer="hub-1", **more):
    return {"TIDEMARK_RELAY__REDIS__URL": server.url,
            "TIDEMARK_RELAY__REDIS__CONSUMER": consumer, **more}


def add(server, *records):
    """XADDs each, in order; their ids."""
    with server.connection() as connection:
        for field, record in records:
            text = record if isinstance(record, (str, bytes)) else json.dumps(record)
            connection.send("XADD", STREAM, "*", field, text)
        return [connection.answer() for _ in records]


def add_vouchers(server, numbers):
    return add(server, *[("voucher", voucher(number)) for number in numbers])


def published(hub):
    return int(state_sql.run(hub.state, "SELECT COUNT(*) FROM events")[0][0])


def refused(hub):
    return state_sql.run(hub.state, "SELECT entry_id, reason, fields FROM stream_refusals "
                                    "ORDER BY entry_id")


def pending(server, group="tidemark"):
    try:
        return server.ask("XPENDING", STREAM, group)[0]
    except servers.ServerError:
        return -1


def metric(hub, name, **labels):
    for line in hub.ask("GET", "/metrics", token=None).text.splitlines():
        if line.startswith(name) and all(f'{label}="{value}"' in line
                                         for label, value in labels.items()):
            return float(line.rpartition(" ")[2])
    return None


def settled(hub, server, events):
    """Everything is stored, and nothing waits for its acknowledgement."""
    wait_until(lambda: published(hub) == events)
    wait_until(lambda: pending(server) == 0)
    assert published(hub) == events


def test_vouchers_and_events_come_in_and_arrive(redis, tmp_path):
    with Receiver() as receiver, Hub(tmp_path, **settings(redis)) as hub:
        receiver.trust(hub.subscribe(receiver.url)["secret"])
        add(redis, ("voucher", voucher(1)),
            ("event", {"event": "invoice.recorded", "source_system": "erp", "source_id": "7",
                       "data": {"price": 1.10}}))
        first, second = receiver.next(), receiver.next()
        assert first.json["data"] == voucher()["business_data"]
        assert b'"100000.00"' in first.body and b"1.1" in second.body
        settled(hub, redis, 2)
        # The same voucher once more is the same event.
        add_vouchers(redis, [1])
        wait_until(lambda: metric(hub, "tidemark_stream_entries_total", result="duplicate") == 1)
        settled(hub, redis, 2)
        assert metric(hub, "tidemark_stream_entries_total", result="published") == 2
        assert metric(hub, "tidemark_stream_up", stream=STREAM) == 1
        wait_until(lambda: metric(hub, "tidemark_stream_lag") == 0)
        assert redis.ask("XLEN", STREAM) == 3  # Nothing is trimmed.
        hub.stop()


def test_the_login_may_come_from_a_file_and_the_way_be_a_socket(redis, tmp_path):
    (tmp_path / "password").write_text(servers.PASSWORD + "\n", encoding="utf-8")
    url = f"unix://{redis.socket}?db=0"
    with Hub(tmp_path, **settings(redis, TIDEMARK_RELAY__REDIS__URL=url,
                                  TIDEMARK_RELAY__REDIS__PASSWORD_FILE=str(
                                      tmp_path / "password"))) as hub:
        add_vouchers(redis, range(3))
        settled(hub, redis, 3)
        hub.stop()


def test_a_wrong_login_or_url(redis, tmp_path):
    with Hub(tmp_path, **settings(redis, TIDEMARK_RELAY__REDIS__URL=redis.url.replace(
            servers.PASSWORD, "hunter2"))) as hub:
        wait_until(lambda: "WRONGPASS" in hub.log())
        assert "hunter2" not in hub.log()
        assert metric(hub, "tidemark_stream_up") == 0
        hub.stop()
    shown = Hub(tmp_path)
    shown.port = 1
    for wrong in ("http://x", "rediss://", "redis://"):
        shown.run("serve", code=2, TIDEMARK_RELAY__REDIS__URL=wrong)
    text = shown.run("config", "show", TIDEMARK_RELAY__REDIS__URL="redis://:hunter2@h/0")
    assert "hunter2" not in text and "redis://:***@h/0" in text


def tls_settings(server, authority=None, **more):
    return settings(server, TIDEMARK_RELAY__REDIS__URL=server.tls_url,
                    **({"TIDEMARK_RELAY__REDIS__TLS_CA": str(authority.certificate)}
                       if authority else {}), **more)


def test_entries_come_over_tls(tmp_path, request):
    authority = Authority(tmp_path, "ours")
    state = fresh_state("postgres", request, tmp_path).url
    with servers.Redis(tls=(authority.certificate, *authority.issue("redis"))) as server, \
            Receiver() as receiver, Hub(tmp_path, state, **tls_settings(server, authority)) as hub:
        receiver.trust(hub.subscribe(receiver.url)["secret"])
        # More than one record of TLS, and more than a read takes.
        add(server, ("voucher", voucher(0, business_data={"note": "长" * 100_000})))
        add_vouchers(server, range(1, 1000))
        settled(hub, server, 1000)
        largest = state_sql.run(hub.state, "SELECT MAX(LENGTH(body)) FROM events")[0][0]
        assert int(largest) >= 300_000
        receiver.next()
        wait_until(lambda: int(server.ask("PUBSUB", "NUMSUB", "tidemark:wake")[1]) == 1)
        assert "rediss://:***@" in hub.log()
        for fault in (server.restart, server.kill9):
            fault()
            if server.process is None:
                server.start()
            add_vouchers(server, [next(NUMBERS)])
        settled(hub, server, 1002)
        hub.stop()


def test_a_server_that_is_not_believed_gets_nothing(tmp_path):
    ours, others = Authority(tmp_path, "ours"), Authority(tmp_path, "others")
    certificates = {
        "unable to get local issuer certificate": others.issue("redis"),
        "IP address mismatch": ours.issue("redis", "IP:127.0.0.2,DNS:localhost"),
        "certificate has expired": ours.issue("old", days=-1)}
    for reason, files in certificates.items():
        with servers.Redis(tls=(ours.certificate, *files)) as server, \
                Hub(tmp_path, **tls_settings(server, ours)) as hub:
            add_vouchers(server, [next(NUMBERS)])
            wait_until(lambda reason=reason: reason in hub.log())
            assert metric(hub, "tidemark_stream_up") == 0
            assert pending(server) == -1  # No command has reached it: there is no group.
            hub.post("/api/v1/vouchers", voucher(next(NUMBERS)))  # The hub works without it.
            hub.stop()
    assert "relay.redis.tls_ca names the certificate of its authority" in hub.log()
    assert "the URL must name it as its certificate does" in hub.log()
    # Nobody told which authority: the system's do not know ours.
    with servers.Redis(tls=(ours.certificate, *ours.issue("redis"))) as server, \
            Hub(tmp_path, **tls_settings(server)) as hub:
        wait_until(lambda: "self-signed certificate" in hub.log()
                   or hub.log().count("unable to get local issuer certificate") > 1)
        hub.stop()


def test_a_certificate_that_is_wanted_is_named_when_the_connection_breaks(tmp_path):
    """What a server says of it is lost where our first words are on their way already."""
    files = Authority(tmp_path, "ours")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, files.issue("redis")))
    context.load_verify_locations(files.certificate)
    context.verify_mode = ssl.CERT_OPTIONAL
    listener = socket.create_server(("127.0.0.1", 0))

    def break_all():
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                context.wrap_socket(peer, server_side=True).close()

    threading.Thread(target=break_all, daemon=True).start()
    port = listener.getsockname()[1]
    url = f"rediss://127.0.0.1:{port}"
    with Hub(tmp_path, TIDEMARK_RELAY__REDIS__STREAM=STREAM, TIDEMARK_RELAY__REDIS__URL=url,
             TIDEMARK_RELAY__REDIS__TLS_CA=str(files.certificate)) as hub:
        wait_until(lambda: "relay.redis.tls_certificate and relay.redis.tls_key" in hub.log())
        hub.stop()
    listener.close()


def test_a_redis_that_wants_to_know_its_clients(tmp_path):
    ours, others = Authority(tmp_path, "ours"), Authority(tmp_path, "others")
    files = (ours.certificate, *ours.issue("redis"))
    with servers.Redis(tls=files, clients="yes") as server:
        with Hub(tmp_path, **tls_settings(server, ours)) as hub:
            wait_until(lambda: "relay.redis.tls_certificate and relay.redis.tls_key" in hub.log())
            hub.stop()
        certificate, key = map(str, ours.issue("hub"))
        with Hub(tmp_path, **tls_settings(server, ours, TIDEMARK_RELAY__REDIS__TLS_KEY=key,
                                          TIDEMARK_RELAY__REDIS__TLS_CERTIFICATE=certificate)) as hub:
            add_vouchers(server, range(3))
            settled(hub, server, 3)
            hub.stop()
        # What no repetition mends is told at the start.
        wrong = Hub(tmp_path)
        wrong.port = 1
        more = tls_settings(server, ours)
        name = "TIDEMARK_RELAY__REDIS__TLS_"
        for given in ({name + "CA": str(tmp_path / "nowhere.pem")},
                      {name + "CA": key},
                      {name + "CERTIFICATE": certificate},
                      {name + "KEY": key},
                      {name + "CERTIFICATE": certificate,
                       name + "KEY": str(others.issue("hub")[1])},
                      {"TIDEMARK_RELAY__REDIS__URL": server.url}):
            wrong.run("serve", code=2, **{**more, **given})


def test_with_and_without_tls_mistaken_for_each_other(tmp_path):
    ours = Authority(tmp_path, "ours")
    with servers.Redis(tls=(ours.certificate, *ours.issue("redis"))) as server:
        plain = server.tls_url.replace("rediss://", "redis://")
        with Hub(tmp_path, **settings(server, TIDEMARK_RELAY__REDIS__URL=plain)) as hub:
            wait_until(lambda: "write rediss://" in hub.log())
            hub.stop()
        secure = server.url.replace("redis://", "rediss://")
        with Hub(tmp_path, **settings(server, TIDEMARK_RELAY__REDIS__URL=secure)) as hub:
            wait_until(lambda: "tls-port of its redis.conf" in hub.log())
            hub.stop()


def test_poison_is_kept_with_its_reason_and_holds_nothing_up(redis, tmp_path):
    with Hub(tmp_path, **settings(redis)) as hub:
        add_vouchers(redis, [1])
        ids = add(redis, ("voucher", "{"), ("voucher", b"\x00\xff\xfe"), ("other", "x"),
                  ("voucher", {"source_system": "x"}), ("event", "[]"),
                  ("voucher", voucher(2, source_version=1)),
                  ("voucher", voucher(2, source_version=1, amount="7.00")),
                  ("voucher", '"' + "x" * (1 << 20) + '"'), ("voucher", "[" * 5000))
        add_vouchers(redis, [3])
        settled(hub, redis, 3)
        kept = refused(hub)
        assert [row[0] for row in kept] == sorted(ids[:5] + ids[6:])
        reasons = {row[0]: row[1] for row in kept}
        assert "version_conflict" in reasons[ids[6]] and "larger than" in reasons[ids[7]]
        assert json.loads(dict((row[0], row[2]) for row in kept)[ids[0]]) == {"voucher": "{"}
        assert metric(hub, "tidemark_stream_entries_total", result="refused") == 8
        # Read again they are kept once.
        redis.ask("XGROUP", "DESTROY", STREAM, "tidemark")
        wait_until(lambda: metric(hub, "tidemark_stream_entries_total", result="refused") == 16)
        settled(hub, redis, 3)
        assert len(refused(hub)) == 8
        hub.stop()


@pytest.mark.parametrize("database", ["sqlite", "mariadb", "postgres"])
def test_refused_entries_are_shown_mended_and_forgotten(redis, tmp_path, request, database):
    state = fresh_state(database, request, tmp_path).url
    with Receiver() as receiver, Hub(tmp_path, state, **settings(redis)) as hub:
        receiver.trust(hub.subscribe(receiver.url)["secret"])
        ids = add(redis, ("voucher", "{"), ("event", "[]"), ("voucher", b"\xff"),
                  ("voucher", voucher(1, source_version=1)),
                  ("voucher", voucher(1, source_version=1, amount="7.00")), ("other", "x"))
        wait_until(lambda: len(refused(hub)) == 5)
        names = [f"{entry}@{STREAM}" for entry in ids[:3] + ids[4:]]
        rows = hub.pages("/api/v1/stream-refusals", limit=2)
        assert [row["id"] for row in rows] == names
        assert {row["stream"] for row in rows} == {STREAM}
        assert rows[0]["entry_id"] == ids[0] and "JSON" in rows[0]["reason"]
        assert hub.pages("/api/v1/stream-refusals?stream=other") == []
        assert len(hub.pages("/api/v1/stream-refusals?since=1h")) == 5
        assert hub.pages("/api/v1/stream-refusals?until=1h") == []
        path = f"/api/v1/stream-refusals/{names[0]}"
        shown = hub.get(path)
        assert (shown["fields"], shown["complete"]) == ({"voucher": "{"}, True)
        assert hub.get(f"/api/v1/stream-refusals/{names[2]}")["complete"] is False

        # Published as it was kept it is refused again, with the reason, and stays.
        again = hub.ask("POST", path + "/publish")
        assert (again.status, again.json["code"]) == (400, "invalid_request"), again.text
        assert hub.ask("POST", f"/api/v1/stream-refusals/{names[3]}/publish").status == 409
        lossy = hub.ask("POST", f"/api/v1/stream-refusals/{names[2]}/publish")
        assert lossy.status == 400 and "to the byte" in lossy.json["detail"]
        assert hub.ask("POST", path + "/publish", "{").status == 400
        assert len(refused(hub)) == 5

        # Mended they are published, and gone from here.
        receiver.next()
        done = hub.post(path + "/publish", voucher(2))
        assert done["deliveries"] == 1 and done["voucher_id"]
        assert receiver.next().json["voucher"]["source_id"] == 2
        file = tmp_path / "mended.json"
        file.write_text(json.dumps({"event": "a.b", "source_system": "erp", "source_id": "7",
                                    "data": {}}), encoding="utf-8")
        done = json.loads(hub.run("stream-refusals", "publish", names[1], "--mended", file,
                                  "--json"))
        assert done["event_id"].startswith("msg_") and "voucher_id" not in done
        assert receiver.next().json["event"] == "a.b"
        listed = hub.run("stream-refusals", "list")
        assert names[2] in listed and names[1] not in listed
        assert "\\xff" in hub.run("stream-refusals", "show", names[2])
        hub.run("stream-refusals", "publish", names[2], "--mended", "-", stdin=" \n", code=2)
        hub.run("stream-refusals", "publish", names[2], "--mended", "-",
                stdin=json.dumps(voucher(3)))
        hub.run("stream-refusals", "forget", names[3], "--yes")
        assert json.loads(hub.run("stream-refusals", "forget", names[4], "--yes", "--json")) == {
            "id": names[4], "forgotten": True}
        assert refused(hub) == []
        assert "no entry" in hub.run("stream-refusals", "list")

        # What is not there, and who may not.
        for word in ("show", "publish"):
            hub.run("stream-refusals", word, names[0], code=1)
        hub.run("stream-refusals", "forget", names[0], "--yes", code=1)
        assert hub.ask("GET", "/api/v1/stream-refusals/nothing").status == 404
        assert hub.ask("GET", "/api/v1/stream-refusals?cursor=x").status == 400
        assert hub.ask("GET", "/api/v1/stream-refusals?streams=x").status == 400
        viewer = hub.token("viewer")
        hub.get("/api/v1/stream-refusals", token=viewer)
        assert hub.ask("DELETE", path, token=viewer).status == 403
        assert hub.ask("POST", path + "/publish", token=viewer).status == 403
        hub.stop()


def test_a_refused_entry_is_published_as_it_was_once_its_fault_is_mended_elsewhere(redis, tmp_path):
    small = {"TIDEMARK_SERVE__BODY_MAX": "1KiB"}
    large = voucher(1, summary="长" * 1000)
    with Hub(tmp_path, **settings(redis, **small)) as hub:
        entry = add(redis, ("voucher", large))[0]
        wait_until(lambda: len(refused(hub)) == 1)
        hub.stop()
    with Hub(tmp_path, **settings(redis)) as hub:
        hub.run("stream-refusals", "publish", f"{entry}@{STREAM}")
        assert published(hub) == 1 and refused(hub) == []
        # Read once more it is known.
        redis.ask("XGROUP", "DESTROY", STREAM, "tidemark")
        wait_until(lambda: metric(hub, "tidemark_stream_entries_total", result="duplicate") == 1)
        settled(hub, redis, 1)
        assert refused(hub) == []
        hub.stop()


@pytest.mark.parametrize("database", ["mariadb", "postgres"])
def test_poison_is_kept_on_servers_too(redis, tmp_path, request, database):
    state = fresh_state(database, request, tmp_path).url
    with Hub(tmp_path, state, **settings(redis)) as hub:
        add(redis, ("voucher", b"\x00\xff"), ("voucher", "上海示例公司😀"))
        add_vouchers(redis, [1])
        settled(hub, redis, 1)
        fields = [json.loads(row[2])["voucher"] for row in refused(hub)]
        assert fields == ["\\x00\\xff", "上海示例公司😀"]
        hub.stop()


def test_ten_thousand_entries_are_ten_thousand_events(redis, tmp_path):
    add_vouchers(redis, range(5000))
    with Hub(tmp_path, **settings(redis)) as hub:
        add_vouchers(redis, range(5000, 10_000))
        settled(hub, redis, 10_000)
        assert metric(hub, "tidemark_stream_entries_total", result="duplicate") == 0
        versions = state_sql.run(hub.state, "SELECT MAX(source_version) FROM events")
        assert versions == [(1,)]
        hub.stop()


def test_killed_between_read_and_commit(redis, tmp_path):
    with Hub(tmp_path, **settings(redis)) as hub:
        add_vouchers(redis, [1])
        settled(hub, redis, 1)
        with contextlib.closing(state_sql.connect(hub.state)) as other:
            other.execute("BEGIN IMMEDIATE")  # No commit while somebody else writes.
            add_vouchers(redis, range(2, 12))
            wait_until(lambda: pending(redis) >= 1)
            hub.kill()
            other.rollback()
        assert published(hub) == 1
        hub.start()
        settled(hub, redis, 11)
        hub.stop()


class HeldGate(Gate):
    """Lets nothing pass from the first XACK on."""

    def __init__(self, target):
        super().__init__(target)
        self.hold = threading.Event()
        self.held = threading.Event()

    def pump(self, source, sink, pair, limit):
        if source is pair[0]:
            source = HeldSource(source, self)
        super().pump(source, sink, pair, limit)


class HeldSource:
    """What comes from the hub, up to its first acknowledgement."""

    def __init__(self, connection, gate):
        self.connection = connection
        self.gate = gate

    def recv(self, size):
        piece = self.connection.recv(size)
        if self.gate.hold.is_set() and b"XACK" in piece:
            self.gate.held.set()
            while self.gate.hold.is_set():
                time.sleep(0.01)
            return b""
        return piece

    def __getattr__(self, name):
        return getattr(self.connection, name)


def test_killed_between_commit_and_acknowledgement(redis, tmp_path):
    # Other content of one source in the same stream: read again, the first must not come to be a
    # third version.
    add(redis, ("voucher", voucher(1, amount="1.00")), ("voucher", voucher(1, amount="2.00")))
    with HeldGate(("127.0.0.1", redis.port)) as gate:
        gate.hold.set()
        url = redis.url.replace(str(redis.port), str(gate.port))
        hold_and_kill(redis, gate, Hub(tmp_path, **settings(redis, TIDEMARK_RELAY__REDIS__URL=url)))


def hold_and_kill(redis, gate, made):
    with made as hub:
        assert gate.held.wait(60)
        wait_until(lambda: published(hub) == 2)
        hub.kill()
        gate.hold.clear()
        assert pending(redis) == 2
        hub.start()
        wait_until(lambda: metric(hub, "tidemark_stream_entries_total", result="duplicate") == 2)
        settled(hub, redis, 2)
        hub.stop()


def test_wiped_while_it_runs(redis, tmp_path):
    with Hub(tmp_path, **settings(redis)) as hub:
        add(redis, ("voucher", voucher(1, amount="1.00")), ("voucher", voucher(1, amount="2.00")))
        settled(hub, redis, 2)
        # The group is forgotten, the entries are there: all of them are known.
        redis.ask("XGROUP", "DESTROY", STREAM, "tidemark")
        wait_until(lambda: metric(hub, "tidemark_stream_entries_total", result="duplicate") == 2)
        add_vouchers(redis, [3])
        settled(hub, redis, 3)
        # Everything is forgotten.
        redis.ask("FLUSHALL")
        add_vouchers(redis, [4, 5])
        settled(hub, redis, 5)
        assert metric(hub, "tidemark_stream_groups_made_total") >= 3
        # Something else has the stream's name for a while.
        redis.ask("DEL", STREAM)
        redis.ask("SET", STREAM, "x")
        wait_until(lambda: "WRONGTYPE" in hub.log())
        redis.ask("DEL", STREAM)
        add_vouchers(redis, [6])
        settled(hub, redis, 6)
        hub.stop()


def test_groups_destroyed_under_load(redis, tmp_path):
    ended = threading.Event()

    def destroy():
        while not ended.is_set():
            with contextlib.suppress(servers.ServerError):
                redis.ask("XGROUP", "DESTROY", STREAM, "tidemark")
            time.sleep(0.05)

    with Hub(tmp_path, **settings(redis)) as hub:
        destroyer = threading.Thread(target=destroy)
        destroyer.start()
        try:
            for begin in range(0, 1000, 100):
                add_vouchers(redis, range(begin, begin + 100))
                time.sleep(0.05)
        finally:
            ended.set()
            destroyer.join()
        settled(hub, redis, 1000)
        hub.stop()


def test_redis_away_at_the_start_and_restarted_under_load(redis, tmp_path):
    redis.stop()
    with Hub(tmp_path, **settings(redis)) as hub:
        hub.post("/api/v1/vouchers", voucher(10_000))  # The hub works without it.
        assert hub.get("/readyz")["status"] == "ready"
        wait_until(lambda: metric(hub, "tidemark_stream_errors_total") >= 1)
        redis.start()
        done = 0
        for fault in (redis.restart, redis.kill9, None):
            add_vouchers(redis, range(done, done + 400))
            done += 400
            if fault:
                fault()
            if redis.process is None:
                redis.start()
        settled(hub, redis, done + 1)
        hub.stop()


def test_what_a_dead_consumer_read_is_taken_over(redis, tmp_path):
    redis.ask("XGROUP", "CREATE", STREAM, "tidemark", "0", "MKSTREAM")
    add_vouchers(redis, range(300))
    redis.ask("XREADGROUP", "GROUP", "tidemark", "dead", "COUNT", 280, "STREAMS", STREAM, ">")
    assert pending(redis) == 280
    with Hub(tmp_path, **settings(redis, TIDEMARK_RELAY__REDIS__CLAIM_AFTER="1s")) as hub:
        settled(hub, redis, 300)
        hub.stop()


def test_entries_that_were_trimmed_while_pending_are_told(redis, tmp_path):
    redis.ask("XGROUP", "CREATE", STREAM, "tidemark", "0", "MKSTREAM")
    add_vouchers(redis, range(3))
    redis.ask("XREADGROUP", "GROUP", "tidemark", "hub-1", "COUNT", 2, "STREAMS", STREAM, ">")
    redis.ask("XTRIM", STREAM, "MAXLEN", "=", 1)
    with Hub(tmp_path, **settings(redis)) as hub:
        settled(hub, redis, 1)
        wait_until(lambda: metric(hub, "tidemark_stream_entries_total", result="gone") == 2)
        assert "trimmed or deleted" in hub.log()
        hub.stop()


def test_entries_are_deleted_only_if_asked_for_and_stored(redis, tmp_path):
    with Hub(tmp_path, **settings(redis, TIDEMARK_RELAY__REDIS__DELETE_DONE="true")) as hub:
        add_vouchers(redis, range(5))
        bad = add(redis, ("voucher", "{"))
        settled(hub, redis, 5)
        wait_until(lambda: redis.ask("XLEN", STREAM) == 1)
        assert redis.ask("XRANGE", STREAM, "-", "+")[0][0] == bad[0]
        hub.stop()


@pytest.mark.parametrize("database", ["mariadb", "postgres"])
def test_two_consumers_share_the_stream(redis, tmp_path, request, database):
    state = fresh_state(database, request, tmp_path).url
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    add_vouchers(redis, range(1000))
    with Hub(folders[0], state, **settings(redis, "a")) as one, \
            Hub(folders[1], state, **settings(redis, "b", TIDEMARK_RELAY__REDIS__CLAIM_AFTER="1s")) \
            as two:
        wait_until(lambda: published(one) >= 300)
        one.kill()  # The other one takes over what it had read.
        add_vouchers(redis, range(1000, 1500))
        settled(two, redis, 1500)
        two.stop()


def test_hubs_wake_each_other(redis, tmp_path, request):
    """What one hub takes and another sends arrives long before the next look, which comes after 5
    s."""
    state = fresh_state("postgres", request, tmp_path).url
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    more = {"TIDEMARK_RELAY__POLL_INTERVAL": "5s", "TIDEMARK_RELAY__REDIS__STREAM": ""}
    with Receiver() as receiver, Hub(folders[0], state, **settings(redis, **more)) as one, \
            Hub(folders[1], state, **settings(redis, **more)) as two:
        secrets = [one.subscribe(receiver.url)["secret"] for _ in range(4)]
        for secret in secrets:
            receiver.trust(secret)
        wait_until(lambda: int(redis.ask("PUBSUB", "NUMSUB", "tidemark:wake")[1]) == 2)
        owners = "SELECT COUNT(*) FROM leases WHERE expires_at > 0"
        wait_until(lambda: state_sql.run(state, owners) == [(4,)])
        begun = time.monotonic()
        for number in range(40):
            (one if number % 2 else two).post("/api/v1/vouchers", voucher(number))
            for _ in range(4):
                receiver.next()
        # Without a call 40 times 2.5 s on average.
        assert time.monotonic() - begun < 40
        one.stop()
        two.stop()


def test_without_redis_hubs_find_what_others_published(redis, tmp_path, request):
    state = fresh_state("postgres", request, tmp_path).url
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    more = {"TIDEMARK_RELAY__REDIS__STREAM": ""}
    with Receiver() as receiver, Hub(folders[0], state, **settings(redis, **more)) as one, \
            Hub(folders[1], state, **settings(redis, **more)) as two:
        receiver.trust(one.subscribe(receiver.url)["secret"])
        redis.kill9()
        for number in range(20):
            (one if number % 2 else two).post("/api/v1/vouchers", voucher(number))
        for _ in range(20):
            receiver.next()
        redis.start()
        wait_until(lambda: int(redis.ask("PUBSUB", "NUMSUB", "tidemark:wake")[1]) == 2)
        one.stop()
        two.stop()
