"""`tidemark receive` with each database: what is accepted, what is refused, what is kept."""

import base64
import concurrent.futures
import hashlib
import hmac
import json
import os
import pathlib
import time

import pytest

from programs import run
from receive_fixture import (OLD_SECRET, PATH, SECRET, SUBSCRIPTION, Receiver, batch, contract,
                             invoice, invoices, signed, standard, text_style)

SUCCESS = '{"code":0,"message":"success"}'
RECEIVING = json.loads((pathlib.Path(__file__).resolve().parent.parent /
                        "docs/wire/receiving.json").read_bytes())
# Those in which the receiver's own code has nothing against an event.
REQUESTS = [case for case in RECEIVING["requests"]
            if not (case["refuses"] or case["fails"] or case["unavailable"])]
TABLES = ("received_events", "received_vouchers", "received_sequences", "tax_invoice_cache",
          "schema_version")


@pytest.fixture
def database(source):
    """Each database in turn, without the receiver's tables."""
    for table in TABLES:
        source.run(f"DROP TABLE IF EXISTS {table}")
    return source


@pytest.fixture
def receiver(database, tmp_path):
    with Receiver(tmp_path, database.url) as started:
        yield started


@pytest.fixture
def on_sqlite(sqlite, tmp_path):
    with Receiver(tmp_path, sqlite.url) as started:
        yield started


def count(database, table):
    return database.run(f"SELECT COUNT(*) FROM {table}")[0][0]


def test_an_invoice_is_kept_as_it_was_written(receiver, database):
    event = invoice(5, amount="100000.00", issue_date="2026-01-15")
    assert receiver.deliver(event) == (200, SUCCESS)
    row = database.run("SELECT invoice_no, currency, issue_date, counterparty_name, voucher_no, "
                       "source_system, source_type, source_id, event_type, source_version "
                       "FROM tax_invoice_cache WHERE invoice_id = 5")
    assert row == [("F-5", "CNY", "2026-01-15", "上海示例公司", "V-5", "settlement", "invoice", "5",
                    "invoice.recorded", 1)]
    assert invoices(database)[5][1].rstrip("0").rstrip(".") == "100000"
    assert database.run("SELECT body FROM received_vouchers") == [(event["body"].decode(),)]


def test_of_two_vouchers_about_an_invoice_the_later_counts(receiver, database):
    def say(source, version, time, amount):
        body = json.loads(invoice(5)["body"])
        body["source_version"], body["timestamp"] = version, f"2026-01-15T08:{time}:00.000000Z"
        body["data"]["amount"] = amount
        (body.get("voucher") or body["source"]).update(source_type=source)
        receiver.deliver({"id": f"msg_{source}_{version}_{time}",
                          "body": json.dumps(body).encode()})
        return [str(amount).rstrip("0").rstrip(".") for amount, in database.run(
            "SELECT amount FROM tax_invoice_cache WHERE invoice_id = 5")]

    assert say("invoice", 7, 30, "7") == ["7"]
    assert say("correction", 1, 29, "1") == ["7"]
    assert say("correction", 2, 31, "9") == ["9"]
    assert say("correction", 1, 32, "1") == ["9"]
    assert say("invoice", 8, 33, "8") == ["8"]


def test_another_voucher_is_kept_with_its_body(receiver, database):
    event = contract(12345)
    assert receiver.deliver(event) == (200, SUCCESS)
    assert count(database, "tax_invoice_cache") == 0
    assert database.run("SELECT source_type, source_id, source_version, body "
                        "FROM received_vouchers") == [("purchase_goods", "12345", 1,
                                                       event["body"].decode())]


def test_a_repeat_is_answered_with_success_and_changes_nothing(receiver, database):
    for _ in range(3):
        assert receiver.deliver(invoice(5)) == (200, SUCCESS)
    assert count(database, "received_events") == 1
    summary = receiver.stop()
    assert (summary["events_stored"], summary["events_repeated"]) == (1, 2)


def test_twenty_at_once_are_applied_once(receiver, database):
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: receiver.deliver(invoice(5)), range(20)))
    assert answers == [(200, SUCCESS)] * 20
    assert count(database, "received_events") == 1
    assert receiver.stop()["events_stored"] == 1


def test_two_receivers_on_one_database_apply_once(receiver, database, tmp_path):
    (tmp_path / "other").mkdir()
    with Receiver(tmp_path / "other", database.url) as other:
        sends = [(each, number) for number in range(1, 61) for each in (receiver, other)]

        def send(each, number):
            while each.deliver(invoice(number), number)[0] != 200:  # As the hub does.
                pass

        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            list(pool.map(lambda pair: send(*pair), sends))
        stored = receiver.stop()["events_stored"] + other.stop()["events_stored"]
    assert stored == 60
    assert sorted(invoices(database)) == list(range(1, 61))
    assert database.run("SELECT contiguous, missing FROM received_sequences") == [(60, 0)]


def test_an_older_version_does_not_replace_a_newer_one(receiver, database):
    for version, amount in ((2, "2.00"), (3, "3.00"), (1, "1.00")):
        assert receiver.deliver(invoice(5, version, amount)) == (200, SUCCESS)
    assert invoices(database)[5][0] == 3
    assert invoices(database)[5][1].startswith("3.0")
    assert database.run("SELECT source_version FROM received_vouchers") == [(3,)]
    assert count(database, "received_events") == 3


def test_among_equal_versions_the_later_one_counts(receiver, database):
    later = invoice(5, 1, "2.00", seconds=9)
    later["id"] = "msg_later"
    earlier = invoice(5, 1, "1.00", seconds=3)
    for event in (earlier, later):
        assert receiver.deliver(event)[0] == 200
    first_again = dict(earlier, id="msg_again")
    assert receiver.deliver(first_again)[0] == 200
    assert invoices(database)[5][1].startswith("2.0")


def test_a_batch_is_answered_event_by_event(receiver, database):
    broken = {"id": "msg_broken", "body": b'{"event":"invoice.recorded","data":{}}'}
    body = batch([invoice(1), broken, invoice(2), invoice(1)])
    status, answer = receiver.post(body, signed(body, "msg_batch"))
    answer = json.loads(answer)
    assert status == 200
    assert (answer["code"], answer["message"]) == (0, "success")
    assert [(item["id"], item["code"]) for item in answer["results"]] == [
        ("msg_1v1", 0), ("msg_broken", 400), ("msg_2v1", 0), ("msg_1v1", 0)]
    assert answer["results"][1]["message"] == "source is missing"
    assert sorted(invoices(database)) == [1, 2]


@pytest.mark.parametrize("case", REQUESTS, ids=lambda case: case["name"])
def test_answers_as_the_kits_do(case, on_sqlite):
    """docs/wire/receiving.json, signed anew: the time of the cases is long past."""
    body = case["body"].encode()
    headers = case["headers"]
    if case["name"] == "forged":
        headers = signed(body, "msg_first") | {"webhook-id": "msg_other"}
    elif "webhook-id" in headers:
        headers = signed(body, headers["webhook-id"])
    else:
        headers = text_style(body)
    status, text = on_sqlite.post(body, headers)
    given, wanted = json.loads(text), case["answer"]
    said = [(item["id"], item["code"]) for item in given.get("results", ())]
    assert (status, given["code"], said) == (case["status"], wanted["code"], [
        (item["id"], item["code"]) for item in wanted.get("results", ())])
    assert ("results" in given) == ("results" in wanted)
    assert all(item["message"] for item in [given, *given.get("results", ())])


def test_many_events_in_parallel_all_arrive(receiver, database):
    events = [invoice(number) for number in range(1, 201)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(receiver.deliver, events, range(1, 201)))
    assert answers == [(200, SUCCESS)] * 200
    assert sorted(invoices(database)) == list(range(1, 201))
    assert database.run("SELECT contiguous, highest, missing FROM received_sequences "
                        f"WHERE subscription_id = '{SUBSCRIPTION}'") == [(200, 200, 0)]
    assert receiver.stop()["commits"] <= 200


def test_a_missing_number_is_known_and_reported(database, tmp_path):
    with Receiver(tmp_path, database.url, TIDEMARK_RECEIVE__GAP_GRACE="200ms") as receiver:
        for number in (1, 2, 5):
            assert receiver.deliver(invoice(number), number)[0] == 200
        assert database.run("SELECT contiguous, highest, missing FROM received_sequences") == [
            (2, 5, 2)]
        end = time.monotonic() + 30
        while f"{SUBSCRIPTION}: 2 events after number 2 did not come" not in receiver.log():
            assert time.monotonic() < end, receiver.log()
            time.sleep(0.05)
        for number in (4, 3):
            assert receiver.deliver(invoice(number), number)[0] == 200
        assert database.run("SELECT contiguous, missing, missing_since FROM received_sequences") == [
            (5, 0, None)]


def test_what_was_answered_outlives_kill_9_and_nothing_is_doubled(receiver, database):
    """Kills it under load; what has no answer is sent again, as a hub would."""
    wanted = {number: invoice(number) for number in range(1, 121)}
    acknowledged = set()

    def send(number):
        try:
            if receiver.deliver(wanted[number], number)[0] == 200:
                acknowledged.add(number)
        except OSError:
            pass

    for _ in range(3):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            left = [number for number in wanted if number not in acknowledged]
            sent = [pool.submit(send, number) for number in left]
            while len(acknowledged) < len(wanted) - len(left) + len(left) // 4:
                time.sleep(0.001)
            receiver.kill9()
            concurrent.futures.wait(sent)
        assert acknowledged <= set(invoices(database))
        receiver.start()
    for number in wanted:
        assert receiver.deliver(wanted[number], number) == (200, SUCCESS)
    assert sorted(invoices(database)) == sorted(wanted)
    assert count(database, "received_events") == len(wanted)
    assert database.run("SELECT contiguous, missing FROM received_sequences") == [(120, 0)]


@pytest.mark.parametrize("kind", ["mariadb", "postgres"])
def test_a_database_that_is_away_costs_no_event(kind, request, tmp_path):
    source = request.getfixturevalue(kind)
    server = request.getfixturevalue(f"{kind}_server")
    for table in TABLES:
        source.run(f"DROP TABLE IF EXISTS {table}")
    with Receiver(tmp_path, source.url) as receiver:
        assert receiver.deliver(invoice(1))[0] == 200
        server.kill9()
        try:
            status, answer = receiver.deliver(invoice(2))
        finally:
            server.start()
        assert (status, json.loads(answer)["code"]) == (500, 500)
        assert receiver.deliver(invoice(2)) == (200, SUCCESS)
    with source.connect() as connection:
        rows = source.run("SELECT invoice_id FROM tax_invoice_cache ORDER BY invoice_id",
                          connection=connection)
    assert rows == [(1,), (2,)]


# What concerns no database.

def refused(receiver, body, headers, fault):
    status, answer = receiver.post(body, headers)
    assert (status, json.loads(answer)) == (401, {"code": 401, "message":
                                                  f"signature refused: {fault}"})


def test_both_styles_are_accepted(on_sqlite, sqlite):
    for number, headers in enumerate([standard, lambda body, _: text_style(body),
                                      lambda body, _: text_style(body, sort=True), signed], 1):
        event = invoice(number)
        assert on_sqlite.post(event["body"], headers(event["body"], event["id"])) == (200, SUCCESS)
    assert sorted(invoices(sqlite)) == [1, 2, 3, 4]


def test_forged_late_and_early_requests_are_refused(on_sqlite, sqlite):
    event = invoice(5)
    body, event_id = event["body"], event["id"]
    now = time.time()
    refused(on_sqlite, body, {}, "missing_header")
    refused(on_sqlite, body, standard(body, event_id, secret=OLD_SECRET), "mismatch")
    refused(on_sqlite, body, text_style(body, secret="guessed"), "mismatch")
    refused(on_sqlite, body, standard(body, event_id, at=now - 320), "too_old")
    refused(on_sqlite, body, standard(body, event_id, at=now + 320), "too_new")
    refused(on_sqlite, body, text_style(body, at=now - 320), "too_old")
    refused(on_sqlite, body.replace(b"100000.00", b"1.00"), standard(body, event_id), "mismatch")
    refused(on_sqlite, body, standard(body, event_id) | {"webhook-id": "msg_other"}, "mismatch")
    refused(on_sqlite, body, standard(body, event_id) | {"webhook-timestamp": "x"}, "malformed")
    refused(on_sqlite, b"not even JSON", text_style(b"{}"), "mismatch")
    # A wrong standard signature is not rescued by a right one of the weaker style.
    refused(on_sqlite, body, signed(body, event_id) | {"webhook-signature": "v1,AAAA"}, "mismatch")
    assert invoices(sqlite) == {}
    assert on_sqlite.stop()["requests_unauthorized"] == 11


def test_a_replay_with_a_new_time_or_id_applies_nothing_twice(on_sqlite, sqlite):
    event = invoice(5)
    for event_id in ("msg_a", "msg_b"):
        headers = text_style(event["body"], at=time.time() - 5) | {"X-Forwarded-Id": event_id}
        assert on_sqlite.post(event["body"], headers) == (200, SUCCESS)
    assert count(sqlite, "received_events") == 1


def test_while_a_secret_is_replaced_both_count(sqlite, tmp_path):
    with Receiver(tmp_path, sqlite.url, TIDEMARK_RECEIVE__SECRET=f"{SECRET},{OLD_SECRET}") as both:
        for number, secret in ((1, SECRET), (2, OLD_SECRET)):
            event = invoice(number)
            assert both.post(event["body"], standard(event["body"], event["id"],
                                                     secret=secret))[0] == 200


def test_only_the_chosen_styles_are_accepted(sqlite, tmp_path):
    with Receiver(tmp_path, sqlite.url, "--style", "standard") as strict:
        event = invoice(1)
        refused(strict, event["body"], text_style(event["body"]), "missing_header")
        assert strict.deliver(event) == (200, SUCCESS)


@pytest.mark.parametrize("body, message", [
    (b"", "no valid JSON"), (b"{", "no valid JSON"), (b"\xff", "no valid JSON"),
    (b"[" * 5000, "no valid JSON"), (b"[]", "must be an object"), (b"{}", "data is missing"),
    (b'{"events":[]}', "events must be a list"), (b'{"events":[{"id":"a b","payload":{}}]}', "id"),
    (invoice(1, amount="1e5")["body"], "amount must be a decimal number")])
def test_what_cannot_be_read_is_a_400_after_a_right_signature(on_sqlite, body, message):
    status, answer = on_sqlite.post(body, standard(body, "msg_1"))
    assert status == 400
    assert json.loads(answer)["code"] == 400
    assert message in json.loads(answer)["message"]


def test_text_that_looks_like_sql_is_text(on_sqlite, sqlite):
    event = contract(1)
    event["body"] = event["body"].replace(b'"purchase_goods"', b'"x\'); DROP TABLE received_events; --"')
    assert on_sqlite.deliver(event) == (200, SUCCESS)
    assert sqlite.run("SELECT source_type FROM received_vouchers") == [
        ("x'); DROP TABLE received_events; --",)]


def test_an_oversized_body_is_refused_before_it_is_read(sqlite, tmp_path):
    with Receiver(tmp_path, sqlite.url, TIDEMARK_RECEIVE__BODY_MAX="4KiB") as small:
        body = b'{"padding":"' + b"x" * 8192 + b'"}'
        assert small.post(body, standard(body, "msg_1"))[0] == 413
        assert small.deliver(invoice(1)) == (200, SUCCESS)


def test_other_paths_and_methods(sqlite, tmp_path):
    with Receiver(tmp_path, sqlite.url, "--path", "/hooks/a", "--path", "/hooks/b") as two:
        event = invoice(1)
        headers = signed(event["body"], event["id"])
        assert two.post(event["body"], headers, "/hooks/a")[0] == 200
        assert two.post(event["body"], headers, "/hooks/b")[0] == 200
        assert two.post(event["body"], headers, PATH)[0] == 404
    assert count(sqlite, "received_events") == 1


def test_a_batch_belongs_to_the_configured_subscription(sqlite, tmp_path):
    with Receiver(tmp_path, sqlite.url, "--subscription", SUBSCRIPTION) as receiver:
        body = batch([invoice(1), invoice(2), invoice(3)])
        headers = signed(body, "msg_batch") | {"X-Tidemark-Sequence": "1"}
        assert receiver.post(body, headers)[0] == 200
        foreign = {"X-Tidemark-Delivery": "sub_OTHER-9", "X-Tidemark-Sequence": "9"}
        event = invoice(4)
        assert receiver.post(event["body"], signed(event["body"], event["id"]) | foreign)[0] == 200
    assert sqlite.run("SELECT subscription_id, contiguous, highest FROM received_sequences") == [
        (SUBSCRIPTION, 3, 3)]


def test_without_a_secret_it_does_not_start(tmp_path):
    ran = run(["tidemark", "receive", "--listen", "127.0.0.1:0"], tmp_path, code=2)
    assert "no secret is configured" in ran.err


@pytest.mark.parametrize("words, message", [
    (["--path", ""], "path"), (["--path", "hooks"], "is no path"), (["--path", "/a/{id}"], "is no path"),
    (["--listen", "example.com:80"], "receive.listen"), (["--style", "md5"], "--style")])
def test_wrong_settings_are_errors(words, message, tmp_path):
    ran = run(["tidemark", "receive", "--listen", "127.0.0.1:0", *words], tmp_path, code=2,
              TIDEMARK_RECEIVE__SECRET=SECRET)
    assert message in ran.err


def test_the_default_database_lies_in_the_state_folder(tmp_path):
    with Receiver(tmp_path, "") as receiver:
        assert receiver.deliver(invoice(1)) == (200, SUCCESS)
    folder = tmp_path / ".local/state/tidemark"
    assert os.stat(folder).st_mode & 0o777 == 0o700
    assert (folder / "receive.db").exists()


# verify

def stored(folder, headers, body):
    (folder / "headers.txt").write_text("".join(f"{name}: {value}\r\n"
                                                for name, value in headers.items()))
    (folder / "body.json").write_bytes(body)
    return ["tidemark", "receive", "verify", "--headers", "headers.txt", "--body", "body.json"]


def test_verify_says_which_style_was_accepted(tmp_path):
    event = invoice(1)
    words = stored(tmp_path, signed(event["body"], event["id"], at=1768465802), event["body"])
    ran = run([*words, "--now", "1768465802", "--json"], tmp_path, TIDEMARK_RECEIVE__SECRET=SECRET)
    assert ran.summary["accepted"] is True
    assert ran.summary["style"] == "standard"
    sent = [each["style"] for each in ran.summary["expected"] if each["sent"]]
    assert sent == ["standard", "raw"]
    ran = run([*words, "--now", "1768466802", "--json"], tmp_path, code=3,
              TIDEMARK_RECEIVE__SECRET=SECRET)
    assert ran.summary["fault"] == "too_old"
    assert ran.summary["age_seconds"] == 1000


def test_verify_shows_what_the_receiver_computed(tmp_path):
    event = invoice(1)
    words = stored(tmp_path, text_style(event["body"], at=1768465802, sort=True), event["body"])
    ran = run([*words, "--now", "1768465802", "--lang", "zh"], tmp_path,
              TIDEMARK_RECEIVE__SECRET=SECRET)
    assert "通过" in ran.out
    mac = hmac.new(SECRET.encode(), event["body"], hashlib.sha256).hexdigest()
    assert f"sha256:{mac}" in ran.out
    changed = event["body"] + b" "
    words = stored(tmp_path, standard(event["body"], "msg_1", at=1768465802), changed)
    ran = run([*words, "--now", "1768465802"], tmp_path, code=3, TIDEMARK_RECEIVE__SECRET=SECRET)
    assert "refused: mismatch" in ran.out
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mac = hmac.new(key, b"msg_1.1768465802." + changed, hashlib.sha256).digest()
    assert base64.b64encode(mac).decode() in ran.out
