"""Receivers that misbehave: each attempt ends in time, with the right word for it, at a bounded cost,
and nowhere but where it was sent."""

import datetime
import gzip
import socket

import pytest

from hub_fixture import Hub, wait_until
from raw_receiver import RawReceiver, reset

TIMEOUT_MS = 1_000
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
HUGE_BODY_BYTES = 1 << 30
MEMORY_BYTES_MAX = 1 << 30  # AddressSanitizer included.
DESCRIPTORS_SPARE = 64


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with Hub(tmp_path_factory.mktemp("hub")) as made:
        descriptors = made.descriptors
        yield made
        assert made.descriptors < descriptors + DESCRIPTORS_SPARE
        assert made.memory_bytes_max < MEMORY_BYTES_MAX
        made.stop()


def attempt(hub, url, **fields):
    """One delivery to `url`, as it is shown after its first attempt."""
    made = hub.subscribe(url, timeout_ms=TIMEOUT_MS, fast_timeout_ms=TIMEOUT_MS,
                         connect_timeout_ms=TIMEOUT_MS, **{"retry_schedule_s": [3600], **fields})
    path = f"/api/v1/subscriptions/{made['id']}"
    hub.post(f"{path}/test")
    rows = wait_until(lambda: [row for row in hub.get(
        f"/api/v1/deliveries?subscription_id={made['id']}")["data"]
        if row["attempts"] > 0 and row["status"] != "delivering"])
    shown = hub.get(f"/api/v1/deliveries/{rows[0]['id']}")
    shown["state"] = hub.get(path)["state"]
    assert hub.ask("DELETE", path).status == 204
    return shown


def answered(hub, script, **fields):
    with RawReceiver(script) as receiver:
        return attempt(hub, receiver.url, **fields)


def says(text):
    return lambda receiver, connection: connection.sendall(text)


def drips(beginning):
    """A byte a moment, without end."""
    def script(receiver, connection):
        connection.sendall(beginning)
        while not receiver.over.wait(0.1):
            connection.sendall(b"x")
    return script


def floods(beginning, piece):
    def script(_, connection):
        connection.sendall(beginning)
        while True:
            connection.sendall(piece)
    return script


def resets(beginning):
    def script(_, connection):
        connection.sendall(beginning)
        reset(connection)
    return script


def hangs(receiver, _):
    receiver.over.wait()


NO_ANSWER = {
    "never answers": (hangs, "ETIMEDOUT"),
    "drips its head": (drips(b"HTTP/1.1 200 OK\r\nX-Slow: "), "ETIMEDOUT"),
    "drips fields": (drips(b"HTTP/1.1 200"), "ETIMEDOUT"),
    "fields without end": (floods(b"HTTP/1.1 200 OK\r\n", b"X-More: y\r\n" * 100), "PROTOCOL_ERROR"),
    "a field without end": (floods(b"HTTP/1.1 200 OK\r\nX-Long: ", b"y" * 1000), None),
    "early hints without end": (floods(b"", b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 20),
                                "PROTOCOL_ERROR"),
    "continue and no more": (says(b"HTTP/1.1 100 Continue\r\n\r\n"), "ECONNRESET"),
    "switches protocols": (says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), None),
    "resets at once": (resets(b""), "ECONNRESET"),
    "resets in its head": (resets(b"HTTP/1.1 200 OK\r\nContent-Le"), "ECONNRESET"),
    "closes at once": (says(b""), "ECONNRESET"),
    "closes in its head": (says(b"HTTP/1.1 200 OK\r\nContent-Le"), "ECONNRESET"),
    "is no HTTP": (says(b"SSH-2.0-OpenSSH_9.2\r\n"), "PROTOCOL_ERROR"),
    "speaks HTTP/0.9": (says(b"<html>fine</html>"), "PROTOCOL_ERROR"),
    "has a NUL in its head": (says(b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"), None),
    "has a status of two digits": (says(b"HTTP/1.1 20 OK\r\n\r\n"), "PROTOCOL_ERROR"),
}


@pytest.mark.parametrize("script, error", NO_ANSWER.values(), ids=NO_ANSWER.keys())
def test_what_is_no_answer_is_tried_again(hub, script, error):
    shown = answered(hub, script)
    assert shown["status"] == "retrying" and shown["state"] == "active"
    assert shown["last_status_code"] is None and shown["last_error"] == (error or shown["last_error"])
    assert shown["last_message"]
    assert shown["attempt_log"][0]["latency_ms"] < 10 * TIMEOUT_MS


def gzip_bomb():
    body = gzip.compress(bytes(64 << 20))
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body


DELIVERED = {
    "204": says(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "299": says(b"HTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n"),
    "early hints first": says(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK),
    "no length": says(b"HTTP/1.1 200 OK\r\n\r\nfine"),
    "drips its body": drips(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
    "breaks off its body": resets(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc"),
    "a gzip bomb": says(gzip_bomb()),
    "bad chunks": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"),
}


@pytest.mark.parametrize("script", DELIVERED.values(), ids=DELIVERED.keys())
def test_a_2xx_counts_whatever_comes_behind_it(hub, script):
    shown = answered(hub, script)
    assert shown["status"] == "delivered" and not shown["last_error"]
    assert len(shown["attempt_log"][0]["response"] or "") <= 4_000


def test_of_a_huge_body_only_the_beginning_is_read(hub):
    sent = 0

    def script(_, connection):
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % HUGE_BODY_BYTES)
        while sent < HUGE_BODY_BYTES:
            sent += connection.send(bytes(1 << 16))

    assert answered(hub, script)["status"] == "delivered"
    assert sent < HUGE_BODY_BYTES // 16


@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308, 399])
def test_a_redirect_is_a_failure_and_never_followed(hub, status):
    with RawReceiver(says(OK)) as target:
        for place in (f"http://127.0.0.1:{target.port}/", "http://169.254.169.254/latest/meta-data/",
                      "file:///etc/passwd", "//127.0.0.1/"):
            shown = answered(hub, says(b"HTTP/1.1 %d Away\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"
                                       % (status, place.encode())))
            assert shown["status"] == "retrying" and shown["last_error"] == f"HTTP_{status}"
        assert target.connections == 0


RETRY_AFTER = {
    "in the year 9999": ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
    "in the past": ("Sat, 01 Jan 2000 00:00:00 GMT", 0),
    "negative": ("-5", 0),
    "far too many seconds": ("99999999999999999999999", 3600),
    "of a week": ("604800", 3600),
    "a fraction": ("1.5", 0),
    "empty": ("", 0),
    "no time": ("tomorrow", 0),
    "two minutes": ("120", 120),
}


@pytest.mark.parametrize("text, wait_s", RETRY_AFTER.values(), ids=RETRY_AFTER.keys())
def test_retry_after_is_obeyed_within_limits(hub, text, wait_s):
    script = says(b"HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n" % text.encode())
    begun = datetime.datetime.now(datetime.timezone.utc)
    shown = answered(hub, script, retry_schedule_s=[20])  # Spread by a fifth.
    next_at = datetime.datetime.fromisoformat(shown["next_attempt_at"].replace("Z", "+00:00"))
    took_s = (datetime.datetime.now(datetime.timezone.utc) - begun).total_seconds()
    assert max(wait_s, 16) <= (next_at - begun).total_seconds() <= max(wait_s, 24) + took_s


def test_words_of_a_receiver_are_shown_harmless(hub):
    words = b"\x1b[2J\xff\xfe\x00 <script>\xe4\xb8\x8a" + b"\xe6" * 10 + b"x" * 100_000
    shown = answered(hub, says(b"HTTP/1.1 422 No\r\n\r\n" + words))
    assert shown["status"] == "parked" and shown["last_error"] == "HTTP_422"
    for text in (shown["last_message"], shown["attempt_log"][0]["response"]):
        assert "上" in text and "\x1b" not in text and "\0" not in text and len(text) < 4_000


@pytest.mark.parametrize("words", [b"", b"\x15\x03\x01\x00\x02\x02\x28", b"\x16\x03\x03\xff\xff" * 99],
                         ids=["silence", "alert", "noise"])
def test_what_is_no_tls_is_refused(hub, words):
    with RawReceiver(says(words), reads=False) as receiver:
        shown = attempt(hub, receiver.url.replace("http:", "https:"))
    assert shown["status"] == "retrying" and shown["last_error"] in ("TLS_ERROR", "ETIMEDOUT",
                                                                     "ECONNRESET")


REFUSALS = ("ADDRESS_REFUSED", "DNS_ERROR", "INVALID_REQUEST")
ODD_HOSTS = ["localhost", "LOCALHOST.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.",
             "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::1]", "0.0.0.0", "[::]", "①②⑦.⓪.⓪.①",
             "127.0.0.1%2f.example.com", "a@127.0.0.1", socket.gethostname()]


def test_no_spelling_of_our_own_address_is_connected_to(tmp_path):
    with RawReceiver(says(OK)) as target, Hub(tmp_path, TIDEMARK_RELAY__ALLOW_CIDRS="") as hub:
        for host in ODD_HOSTS:
            url = f"http://{host}:{target.port}/"
            body = {"name": "r", "target_system": "t", "url": url, "event_types": ["*"]}
            answer = hub.ask("POST", "/api/v1/subscriptions", body)
            if answer.status == 201:  # The name must be looked up first.
                assert attempt(hub, url)["last_error"] in REFUSALS, host
            else:
                assert answer.status == 400, host
        assert target.connections == 0
        hub.stop()
