"""What `tidemark receive` asks of a hub: events that did not come, the latest version, everything.

The hub here is a stand-in that answers as docs/wire says, from a list of events."""

import http.server
import json
import threading
import urllib.parse

import pytest

from programs import run
from receive_fixture import (SUBSCRIPTION, Receiver, batch, contract, invoice, invoices, signed,
                             text_style, wait_until)

TOKEN = "reader"


class Hub:
    """`events` are those of the subscription, numbered from 1; None is one that is gone."""

    def __init__(self):
        self.events = []
        self.status = 200
        self.asked = []
        self.reports = []
        self.raw = None  # Sent instead of an answer.
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                query = dict(urllib.parse.parse_qsl(url.query))
                hub.asked.append(self.path)
                status, answer = hub.status, {}
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    status = 401
                elif status == 200 and url.path.endswith("/events"):
                    answer = hub.page(int(query["after"]), int(query["limit"]))
                elif status == 200:
                    answer = hub.latest(query)
                text = hub.raw or (answer if isinstance(answer, str) else json.dumps(answer)).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                hub.reports.append((self.path, json.loads(self.rfile.read(length))))
                self.send_response(204 if hub.status == 200 else hub.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, after, limit):
        numbered = list(enumerate(self.events, 1))[after:after + limit]
        upto = numbered[-1][0] if numbered else after
        return {"data": [{"sequence": number, "event_id": event["id"], "event": "invoice.recorded",
                          "body": event["body"].decode()} for number, event in numbered if event],
                "next_after": upto, "has_more": upto < len(self.events)}

    def latest(self, query):
        """As text: the hub gives `data` and `voucher` as they were written."""
        found = []
        for event in filter(None, self.events):
            text, body = event["body"].decode(), json.loads(event["body"])
            source = {name: str(body["voucher"][name])
                      for name in ("source_system", "source_type", "source_id")}
            if any(source[name] != query[name] for name in source):
                continue
            head = {"voucher_id": body["voucher_id"], "voucher_no": body["voucher"]["voucher_no"],
                    "event_id": event["id"], "event_type": body["event"], **source,
                    "source_version": body["source_version"], "published_at": body["timestamp"]}
            parts = text[text.index('"data":'):text.index(',"type":')]
            found.append((body["source_version"], json.dumps(head)[:-1] + "," + parts + "}"))
        return '{"data":[' + "".join(text for _, text in sorted(found)[-1:]) + '],"next_cursor":null}'


@pytest.fixture
def hub():
    made = Hub()
    yield made
    made.server.shutdown()
    made.server.server_close()


def settings(hub):
    return {"TIDEMARK_RECEIVE__HUB": hub.url, "TIDEMARK_TOKEN": TOKEN,
            "TIDEMARK_RECEIVE__GAP_GRACE": "200ms"}


def sequences(database):
    return database.run("SELECT contiguous, highest, missing FROM received_sequences")


@pytest.fixture
def database(source):
    for table in ("received_events", "received_vouchers", "received_sequences",
                  "tax_invoice_cache", "schema_version"):
        source.run(f"DROP TABLE IF EXISTS {table}")
    return source


def test_what_did_not_come_is_asked_for(hub, database, tmp_path):
    hub.events = [invoice(number) for number in range(1, 251)]
    with Receiver(tmp_path, database.url, **settings(hub)) as receiver:
        for number in (1, 2, 250):
            assert receiver.deliver(hub.events[number - 1], number)[0] == 200
        wait_until(lambda: sequences(database) == [(250, 250, 0)])
        assert sorted(invoices(database)) == list(range(1, 251))
        summary = receiver.stop()
    assert (summary["events_stored"], summary["events_pulled"]) == (3, 247)


def test_a_short_gap_is_left_to_the_retries(hub, sqlite, tmp_path):
    hub.events = [invoice(number) for number in range(1, 4)]
    with Receiver(tmp_path, sqlite.url, **{**settings(hub), "TIDEMARK_RECEIVE__GAP_GRACE": "1h"}
                  ) as receiver:
        for number in (1, 3, 2):
            assert receiver.deliver(hub.events[number - 1], number)[0] == 200
        assert sequences(sqlite) == [(3, 3, 0)]
    assert hub.asked == []


def test_a_hub_that_is_away_is_asked_again(hub, sqlite, tmp_path):
    hub.events = [invoice(1), invoice(2)]
    hub.status = 503
    with Receiver(tmp_path, sqlite.url, **settings(hub)) as receiver:
        assert receiver.deliver(hub.events[1], 2)[0] == 200
        wait_until(lambda: hub.asked)
        hub.status = 200
        wait_until(lambda: sequences(sqlite) == [(2, 2, 0)])
        assert "asking the hub" in receiver.log()
    assert sorted(invoices(sqlite)) == [1, 2]


def test_a_number_that_the_hub_never_gave_is_forgotten(hub, sqlite, tmp_path):
    """The header is not signed."""
    hub.events = [invoice(1), invoice(2), invoice(3)]
    with Receiver(tmp_path, sqlite.url, **settings(hub)) as receiver:
        assert receiver.deliver(hub.events[0], 10 ** 15)[0] == 200
        wait_until(lambda: sequences(sqlite) == [(3, 3, 0)])
        hub.events.append(invoice(4))
        assert receiver.deliver(hub.events[3], 4)[0] == 200
        assert sequences(sqlite) == [(4, 4, 0)]


@pytest.mark.parametrize("sort", [False, True])
def test_what_came_in_text_style_is_no_news_when_it_is_asked_for(sort, hub, sqlite, tmp_path):
    """It was named by what is signed; the hub's page names it by its own id."""
    hub.events = [invoice(number) for number in range(1, 5)]
    with Receiver(tmp_path, sqlite.url, **{**settings(hub), "TIDEMARK_RECEIVE__SECRET": "of people"}
                  ) as receiver:
        for number in (1, 3, 4):
            body = hub.events[number - 1]["body"]
            headers = text_style(body, secret="of people", sort=sort) | {
                "X-Tidemark-Delivery": f"{SUBSCRIPTION}-{number}",
                "X-Tidemark-Sequence": str(number)}
            assert receiver.post(body, headers)[0] == 200
        wait_until(lambda: "asked the hub: 1 events stored" in receiver.log())
        assert sequences(sqlite) == [(4, 4, 0)]
        assert sqlite.run("SELECT COUNT(*) FROM received_events") == [(4,)]
    assert sorted(invoices(sqlite)) == [1, 2, 3, 4]


def test_an_event_that_cannot_be_read_does_not_hold_up_the_others(hub, sqlite, tmp_path):
    hub.events = [None, {"id": "msg_broken", "body": b'{"data":{}}'}, invoice(3), invoice(4)]
    with Receiver(tmp_path, sqlite.url, **settings(hub)) as receiver:
        assert receiver.deliver(hub.events[3], 4)[0] == 200
        wait_until(lambda: sequences(sqlite) == [(4, 4, 0)])
        assert "msg_broken" in receiver.log()
    assert sorted(invoices(sqlite)) == [3, 4]


def test_a_gap_within_batches_is_found_too(hub, sqlite, tmp_path):
    hub.events = [invoice(number) for number in range(1, 6)]
    with Receiver(tmp_path, sqlite.url, "--subscription", SUBSCRIPTION, **settings(hub)) as receiver:
        body = batch(hub.events[3:], first_sequence=4)
        headers = signed(body, "msg_batch") | {"X-Tidemark-Sequence": "4"}
        assert receiver.post(body, headers)[0] == 200
        wait_until(lambda: sequences(sqlite) == [(5, 5, 0)])
    assert sorted(invoices(sqlite)) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("raw", [
    b"<html>login</html>", b"{", b"[]", b'{"data":[],"next_after":-1,"has_more":false}',
    b'{"data":[],"next_after":0,"has_more":true}', b'{"data":{},"next_after":9,"has_more":false}',
    b'{"data":[{"sequence":7,"event_id":"a b","body":"{}"}],"next_after":9,"has_more":false}',
    b'{"data":[{"sequence":99,"event_id":"m","body":"{}"}],"next_after":9,"has_more":false}',
    b'{"data":[{"sequence":1,"event_id":"m","body":7}],"next_after":9,"has_more":false}'])
def test_an_answer_that_is_no_hubs_changes_nothing(raw, hub, sqlite, tmp_path):
    hub.raw = raw
    with Receiver(tmp_path, sqlite.url, **settings(hub)) as receiver:
        assert receiver.deliver(invoice(2), 2)[0] == 200
        wait_until(lambda: any(words in receiver.log() for words in ("cannot be read",
                                                                      "is no JSON: is it a hub?")))
        assert sequences(sqlite) == [(0, 2, 1)]
        assert receiver.deliver(invoice(3), 3)[0] == 200
    assert sorted(invoices(sqlite)) == [2, 3]


# lookup

def lookup(folder, database, hub, number, code=0, kind="invoice"):
    return run(["tidemark", "receive", "lookup", "--database", database.url, "--hub", hub.url,
                "--source-system", "settlement", "--source-type", kind, "--source-id", number,
                "--json"], folder, code, TIDEMARK_TOKEN=TOKEN)


def test_lookup_refreshes_what_is_older(hub, database, tmp_path):
    with Receiver(tmp_path, database.url) as receiver:
        assert receiver.deliver(invoice(5, 1, "1.00"))[0] == 200
    hub.events = [invoice(5, 1, "1.00")]
    assert lookup(tmp_path, database, hub, 5).summary["state"] == "current"
    hub.events.append(invoice(5, 2, "2.50"))
    refreshed = lookup(tmp_path, database, hub, 5).summary
    assert (refreshed["state"], refreshed["source_version"]) == ("refreshed", 2)
    assert invoices(database)[5][0] == 2
    assert invoices(database)[5][1].startswith("2.5")
    assert lookup(tmp_path, database, hub, 5).summary["state"] == "current"


def test_lookup_fetches_what_was_never_here(hub, sqlite, tmp_path):
    hub.events = [contract(7)]
    assert lookup(tmp_path, sqlite, hub, 7, kind="purchase_goods").summary["state"] == "refreshed"
    assert sqlite.run("SELECT body FROM received_vouchers") == [(hub.events[0]["body"].decode(),)]
    assert lookup(tmp_path, sqlite, hub, 8, code=1)


def test_lookup_does_not_guess_without_the_hub(hub, sqlite, tmp_path):
    hub.status = 503
    assert "503" in lookup(tmp_path, sqlite, hub, 5, code=75).err
    hub.status = 403
    lookup(tmp_path, sqlite, hub, 5, code=12)
    ran = run(["tidemark", "receive", "lookup", "--source-system", "s", "--source-type", "t",
               "--source-id", "1"], tmp_path, 2)
    assert "no hub is configured" in ran.err


# check

def check(folder, database, hub, *words, code=0):
    return run(["tidemark", "receive", "check", "--database", database.url, "--hub", hub.url,
                "--subscription", SUBSCRIPTION, "--json", *words], folder, code,
               TIDEMARK_TOKEN=TOKEN)


def test_check_finds_and_repairs_what_differs(hub, database, tmp_path):
    hub.events = [invoice(1, amount="1.00"), invoice(2, 1), contract(3), invoice(4), invoice(5)]
    with Receiver(tmp_path, database.url) as receiver:
        for event in hub.events:
            assert receiver.deliver(event)[0] == 200
    hub.events.append(invoice(2, 2))
    assert check(tmp_path, database, hub, code=3).summary["older"] == 1
    database.run("DELETE FROM received_vouchers WHERE source_id = '1'")
    database.run("UPDATE received_vouchers SET body = ? WHERE source_type = 'purchase_goods'",
                 (contract(3)["body"].decode().replace("100000.00", "1.00"),))
    database.run("UPDATE tax_invoice_cache SET amount = 7 WHERE invoice_id = 4")
    ran = check(tmp_path, database, hub, code=3)
    assert {name: ran.summary[name] for name in ("events", "missing", "older", "different", "cache")
            } == {"events": 6, "missing": 1, "older": 1, "different": 1, "cache": 1}
    found = {json.loads(line)["source_id"]: json.loads(line)["difference"]
             for line in ran.out.splitlines() if '"message_type":"difference"' in line}
    assert found == {"1": "missing", "2": "older", "3": "different", "4": "cache"}
    assert check(tmp_path, database, hub, "--repair").summary["repaired"] is True
    assert check(tmp_path, database, hub).summary["missing"] == 0
    path = f"/api/v1/subscriptions/{SUBSCRIPTION}/check"
    found = {"events": 6, "missing": 1, "older": 1, "different": 1, "cache": 1}
    nothing = {**dict.fromkeys(found, 0), "events": 6}
    assert hub.reports[1:] == [(path, {**found, "repaired": False}),
                               (path, {**found, "repaired": False}),
                               (path, {**nothing, "repaired": True}),
                               (path, {**nothing, "repaired": False})]
    assert invoices(database)[2][0] == 2
    assert invoices(database)[4][1].startswith("100000")


def test_what_is_newer_here_is_no_difference(hub, sqlite, tmp_path):
    with Receiver(tmp_path, sqlite.url) as receiver:
        assert receiver.deliver(invoice(1, 3))[0] == 200
    hub.events = [invoice(1, 2), None]
    assert check(tmp_path, sqlite, hub).summary["events"] == 1
    assert invoices(sqlite)[1][0] == 3


def test_check_needs_a_subscription(hub, sqlite, tmp_path):
    ran = run(["tidemark", "receive", "check", "--hub", hub.url], tmp_path, 2)
    assert "--subscription" in ran.err
