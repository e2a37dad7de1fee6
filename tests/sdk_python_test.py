"""sdk/python against docs/wire, three real databases, and a hub's answers over HTTP."""

import decimal
import hashlib
import hmac
import http.server
import json
import pathlib
import sys
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "sdk/python"))

from tidemark_receiver import (  # noqa: E402: the kit is not installed here
    EventError, Hub, HubError, Inbox, Receiver, RefusalError, SignatureError, UnavailableError,
    verify)
from tidemark_receiver.signature import webhook_key  # noqa: E402

VECTORS = json.loads((ROOT / "docs/wire/vectors.json").read_bytes())
RECEIVING = json.loads((ROOT / "docs/wire/receiving.json").read_bytes())
SIGNED = {case["name"]: case for case in VECTORS["sign"]}
DIALECTS = {"SqliteSource": "sqlite", "MariaSource": "mysql", "PostgresSource": "postgres"}


@pytest.mark.parametrize("case", VECTORS["webhook_keys"], ids=lambda case: repr(case["secret"]))
def test_keys(case):
    key = webhook_key(case["secret"])
    assert (key.hex() if key is not None else None) == case["key_hex"]


@pytest.mark.parametrize("case", VECTORS["verify"], ids=lambda case: case["name"])
def test_verifying(case):
    try:
        verdict = verify(case["headers"], case["body"].encode(), case["secrets"], case["now"],
                         tolerance_s=case["tolerance_s"], accepted=case["accepted"])[0]
    except SignatureError as error:
        verdict = error.fault
    assert verdict == case["verdict"]


@pytest.mark.parametrize("case", VECTORS["sign"], ids=lambda case: case["name"])
def test_accepts_what_is_signed(case):
    headers = {name.title(): value for name, value in case["headers"].items()}
    style, _ = verify(headers, case["body"].encode(), case["secrets"], case["timestamp"])
    assert style in ("standard", case["style"], "raw")


def receiver_of(case, **options):
    return Receiver(case["secrets"], clock=lambda: case["timestamp"], **options)


def test_event_of_a_delivery():
    case = SIGNED["the event of the examples"]
    headers = {**case["headers"], "X-Tidemark-Sequence": "41"}
    [event] = receiver_of(case).receive(headers, case["body"].encode())
    assert (event.id, event.sequence, event.event) == (case["id"], 41, "l1_confirmed")
    assert event.data["amount"] == decimal.Decimal("100000.00")
    assert str(event.data["items"][0]["unit_price"]) == "5000.00"
    assert (event.voucher_id, event.source_version) == (1001, 1)
    assert event.voucher["counterparty_name"] == "上海示例公司"
    assert event.record == "settlement/purchase_goods/12345/l1_confirmed"


def test_events_of_a_batch():
    case = SIGNED["the batch of the examples"]
    first, second = receiver_of(case).receive(case["headers"], case["body"].encode())
    assert (first.sequence, second.sequence) == (41, 42)
    assert second.voucher is None and second.record == "settlement/supplier/88/supplier.changed"


def test_text_style_names_an_event_by_what_is_signed():
    """No header that anybody may change decides what counts as a repeat."""
    case = SIGNED["secret of people"]
    receiver = receiver_of(case)
    [event] = receiver.receive(case["headers"], case["body"].encode())
    [again] = receiver.receive({**case["headers"], "webhook-id": "msg_other",
                                "x-tidemark-delivery": "9"}, case["body"].encode())
    assert event.id == again.id and event.id.startswith("sha256-")
    pulled = receiver.pulled({"sequence": 41, "event_id": "msg_1", "body": case["body"]})
    assert pulled.id == event.id


@pytest.mark.parametrize("accepted", [("sorted-json",), ("raw", "sorted-json")])
def test_a_pulled_event_has_the_name_of_its_sorted_delivery(accepted):
    case = SIGNED["secret of people"]
    body = case["body"].replace(",", " , ", 1)
    signed = json.dumps(json.loads(body), sort_keys=True).encode()
    mac = hmac.new(case["secrets"][0].encode(), signed, hashlib.sha256).hexdigest()
    receiver = Receiver(case["secrets"], accepted=accepted, clock=lambda: case["timestamp"])
    [event] = receiver.receive({**case["headers"], "x-signature": f"sha256:{mac}"}, body.encode())
    pulled = receiver.pulled({"sequence": 41, "event_id": "msg_1", "body": body})
    assert pulled.id == event.id


@pytest.mark.parametrize("body", ["", "1", "[]", "{}", '{"event":"a"}', '{"events":[1]}',
                                  '{"events":[{"id":"a"}]}', "[" * 100000])
def test_signed_nonsense(body):
    case = {**SIGNED["secret of people"], "body": body}
    mac = hmac.new(case["secrets"][0].encode(), body.encode(), hashlib.sha256).hexdigest()
    headers = {**case["headers"], "x-signature": f"sha256:{mac}"}
    with pytest.raises(EventError):
        receiver_of(case).receive(headers, body.encode())


@pytest.mark.parametrize("case", RECEIVING["requests"], ids=lambda case: case["name"])
def test_answers(case):
    taken = []

    def take(event):
        taken.append(event.id)
        if event.id in case["refuses"]:
            raise RefusalError(case["refuses"][event.id])
        if event.id in case["fails"]:
            raise KeyError("a column")
        if event.id in case["unavailable"]:
            raise UnavailableError("the database")

    receiver = Receiver(case["secrets"], clock=lambda: case["now"])
    answer = receiver.handle(case["headers"], case["body"].encode(), take)
    given = json.loads(answer.body)
    assert (answer.status, taken) == (case["status"], case["taken"])
    wanted = case["answer"]
    for one, other in zip([given, *given.get("results", ())], [wanted, *wanted.get("results", ())]):
        if other["message"] is None:  # Each receiver has its own words.
            assert one["message"] and one.pop("message")
            other = {**other}
            other.pop("message")
        assert {**one, "results": None} == {**other, "results": None}
    assert len(given.get("results", ())) == len(wanted.get("results", ()))
    bad = [item["id"] for item in wanted.get("results", ()) if item["code"] != 0]
    if "results" in wanted:
        assert [failure.id for failure in answer.failures] == bad
    else:
        assert len(answer.failures) == (case["status"] != 200)


def test_the_errors_of_take_stay_here():
    case = SIGNED["the event of the examples"]

    def take(_):
        raise KeyError("INSERT INTO salaries")

    answer = receiver_of(case).handle(case["headers"], case["body"].encode(), take)
    assert b"salaries" not in answer.body
    [failure] = answer.failures
    assert failure.id == case["id"] and isinstance(failure.error, KeyError)


@pytest.mark.parametrize("case", RECEIVING["pulled"], ids=lambda case: case["name"])
def test_a_pulled_event_has_the_id_of_its_delivery(case):
    receiver = Receiver(case["secrets"], clock=lambda: case["now"])
    for delivery in case["deliveries"]:
        receiver.receive(delivery["headers"], delivery["body"].encode())
    assert receiver.pulled(case["item"]).id == case["id"]


@pytest.mark.parametrize("secrets", [[], [""], ["whsec_a", ""]])
def test_no_receiver_without_secrets(secrets):
    with pytest.raises(ValueError):
        Receiver(secrets)


@pytest.fixture
def inbox(source):
    made = Inbox("settlement", DIALECTS[type(source).__name__])
    for table in ("received", "version", "cursor"):
        source.run(f"DROP TABLE IF EXISTS tidemark_{table}")
    cursor = source.connection.cursor()
    made.create(cursor)
    made.create(cursor)
    cursor.close()
    return made


@pytest.fixture
def cursor(inbox, source):
    made = source.connection.cursor()
    yield made
    made.close()


def test_repeats(inbox, cursor):
    assert inbox.first_time(cursor, "msg_a")
    assert not inbox.first_time(cursor, "msg_a")
    assert inbox.first_time(cursor, "MSG_A")
    assert Inbox("other", inbox.dialect).first_time(cursor, "msg_a")
    for bad in ("", "a" * 256, "a b", "é"):
        with pytest.raises(ValueError):
            inbox.first_time(cursor, bad)


def test_only_newer_versions(inbox, cursor):
    given = [inbox.newer(cursor, "s/t/上海/e", version) for version in (2, 1, 2, 5, 3, 6)]
    assert given == [True, False, False, True, False, True]
    assert inbox.newer(cursor, "s/t/another/e", 1)
    with pytest.raises(ValueError):
        inbox.newer(cursor, "x" * 501, 1)


def test_gaps(inbox, cursor):
    assert [inbox.gap(cursor, sequence) for sequence in (1, 2, 5, 2, 3, 5)] == [
        None, None, 2, None, None, 3]
    inbox.filled(cursor, 7)
    assert [inbox.gap(cursor, sequence) for sequence in (5, 8)] == [None, None]
    inbox.filled(cursor, 3)
    assert inbox.gap(cursor, 9) is None


def test_rolls_back_with_the_business_write(inbox, source):
    connection = source.connect()
    cursor = connection.cursor()
    cursor.execute("BEGIN")
    assert inbox.first_time(cursor, "msg_a") and inbox.newer(cursor, "r", 1)
    cursor.execute("ROLLBACK")
    assert inbox.first_time(cursor, "msg_a") and inbox.newer(cursor, "r", 1)
    connection.close()


def test_each_event_of_a_batch_has_a_transaction_of_its_own(inbox, source):
    """What fails leaves nothing; it alone is taken when the batch comes again."""
    source.run("DROP TABLE IF EXISTS applied")
    source.run("CREATE TABLE applied (record VARCHAR(100) NOT NULL)")
    case = next(case for case in RECEIVING["requests"] if case["name"].startswith("one is refused, "))
    receiver = Receiver(case["secrets"], clock=lambda: case["now"])
    hole = "?" if inbox.dialect == "sqlite" else "%s"
    fails = {*case["fails"], *case["refuses"]}
    calls = []

    def take(event):
        connection = source.connect()
        cursor = connection.cursor()
        try:
            cursor.execute("BEGIN")
            if inbox.first_time(cursor, event.id):
                calls.append(event.id)
                assert inbox.newer(cursor, f"{event.record}/{event.id}", event.source_version)
                cursor.execute(f"INSERT INTO applied VALUES ({hole})", (event.id,))
                if event.id in fails:
                    raise RuntimeError
            cursor.execute("COMMIT")
        finally:
            connection.close()  # Rolls back what is not committed.

    def handle():
        answer = receiver.handle(case["headers"], case["body"].encode(), take)
        return [item["code"] for item in json.loads(answer.body)["results"]]

    assert handle() == [500, 500, 0]
    assert source.run("SELECT record FROM applied") == [("msg_third",)]
    fails.clear()
    calls.clear()
    assert handle() == [0, 0, 0]
    assert calls == case["taken"][:2]
    assert source.run("SELECT COUNT(*) FROM applied") == [(3,)]
    source.run("DROP TABLE applied")


def at_once(source, inbox, work, rounds):
    """What ten threads get from work(cursor, thread, round), each call in its own transaction."""
    given = []

    def loop(thread):
        connection = source.connect()
        cursor = connection.cursor()
        for i in range(rounds):
            cursor.execute("BEGIN IMMEDIATE" if inbox.dialect == "sqlite" else "BEGIN")
            given.append(work(cursor, thread, i))
            cursor.execute("COMMIT")
        connection.close()

    threads = [threading.Thread(target=loop, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == 10 * rounds
    return given


def test_an_event_counts_once_for_many_at_once(inbox, source):
    given = at_once(source, inbox, lambda cursor, _, i: inbox.first_time(cursor, f"msg_{i}"), 20)
    assert sum(given) == 20


def test_versions_only_grow_with_many_at_once(inbox, source):
    given = at_once(source, inbox,
                    lambda cursor, thread, i: inbox.newer(cursor, "record", 10 * i + thread + 1), 20)
    assert sum(given) >= 20
    assert source.run("SELECT version FROM tidemark_version") == [(200,)]


class Answers(http.server.BaseHTTPRequestHandler):
    """A hub that says what the test wants."""

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        status, body, headers = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def answers():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.asked, server.answer = [], (200, b"", {})
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_fetches_what_is_missing(answers):
    case = SIGNED["the event of the examples"]
    item = {"sequence": 42, "event_id": case["id"], "event": "l1_confirmed", "body": case["body"]}
    answers.answer = (200, json.dumps({"data": [item], "next_after": 42,
                                       "has_more": False}).encode(), {})
    items, next_after, more = Hub(answers.url + "/", "t0k").events_after("7/x", 41)
    assert answers.asked == [("/api/v1/subscriptions/7%2Fx/events?after=41", "Bearer t0k")]
    assert (next_after, more) == (42, False)
    event = receiver_of(case).pulled(items[0])
    assert (event.id, event.sequence, event.voucher_id) == (case["id"], 42, 1001)


@pytest.mark.parametrize("status, body, headers", [
    (401, b"{}", {}), (503, b"", {}), (200, b"<html>", {}), (200, b"[]", {}), (200, b"{}", {}),
    (200, b'{"data":[],"next_after":41,"has_more":true}', {}),
    (200, b'{"data":[],"next_after":40,"has_more":false}', {}),
    (200, b'{"data":{},"next_after":50,"has_more":false}', {}),
    (302, b"", {"Location": "/elsewhere"}),
])
def test_hubs_that_answer_otherwise(answers, status, body, headers):
    answers.answer = (status, body, headers)
    with pytest.raises(HubError):
        Hub(answers.url, "t0k").events_after(7, 41)
    assert len(answers.asked) == 1, "a redirect is not followed"


def test_hub_that_is_away():
    with pytest.raises(HubError):
        Hub("http://127.0.0.1:1", "t0k", timeout_s=2).events_after(7, 41)
