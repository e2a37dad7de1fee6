"""Publishers that misbehave: each gets the right refusal, nothing of it is kept, and others go on."""

import contextlib
import json
import resource
import socket
import time

import pytest

from hub_fixture import ADMIN, Hub, Receiver, voucher, wait_until
from hub_states import fresh_state

HEADER_TIMEOUT_S = 10
SLACK_S = 20  # For a machine with more to do.
BODY = json.dumps(voucher()).encode()


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with Hub(tmp_path_factory.mktemp("hub")) as made:
        yield made
        made.stop()


def request(body=BODY, length=None, path="/api/v1/vouchers", fields=b"", token=ADMIN):
    length = len(body) if length is None else length
    return (f"POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\n").encode() + \
        fields + b"\r\n" + body


def talk(hub, text, shut=False):
    """Everything that is answered until the hub closes the connection (after 'Connection: close',
    a refusal, or the end of what we send)."""
    with socket.create_connection(("127.0.0.1", hub.port), timeout=60) as connection:
        connection.sendall(text)
        if shut:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                answer += piece
    return answer


def statuses(answer):
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def vouchers(hub, source_id):
    return hub.get("/api/v1/vouchers?source_system=settlement&source_type=purchase_goods"
                   f"&source_id={source_id}")["data"]


CLOSE = b"Connection: close\r\n"
REFUSED = {
    "a body over the limit": (request(b" " * (1 << 20) + BODY), 413),
    "a length over the limit": (request(b"", length=1 << 40), 413),
    "a length beyond numbers": (request(b"", length=10 ** 30), 400),
    "a negative length": (request(b"", length=-1), 400),
    "two lengths": (request(fields=b"Content-Length: 5\r\n"), 400),
    "a length and chunks": (request(fields=b"Transfer-Encoding: chunked\r\n"), 400),
    "a line end in a header": (request(fields=b"X-A: b\rc\r\n"), 400),
    "a NUL in a header": (request(fields=b"X-A: b\0c\r\n"), 400),
    "too large a header": (request(fields=b"X-A: " + b"a" * (1 << 16) + b"\r\n"), 431),
    "too many headers": (request(fields=b"A: b\r\n" * 5_000), 431),
    "no JSON": (request(b"{", fields=CLOSE), 400),
    "invalid UTF-8": (request(BODY.replace(b"CNY", b"\xc3\x28"), fields=CLOSE), 400),
    "half a surrogate": (request(BODY.replace(b"CNY", b"\\ud800"), fields=CLOSE), 400),
    "a NUL in a name": (request(BODY.replace(b"CNY", b"\\u0000"), fields=CLOSE), 400),
    "deep JSON": (request(b"[" * 500_000, fields=CLOSE), 400),
    "deep data": (request(BODY.replace(b'{"items"', b'{"a":' * 5_000 + b'{"items"')
                          + b"}" * 5_000, fields=CLOSE), 400),
    "a huge amount": (request(BODY.replace(b"100000.00", b"1" * 400), fields=CLOSE), 400),
    "an exponent as an amount": (request(BODY.replace(b"100000.00", b"1e9"), fields=CLOSE), 400),
    "an infinite amount": (request(BODY.replace(b'"100000.00"', b"Infinity"), fields=CLOSE), 400),
    "a huge version": (request(BODY[:-1] + b',"source_version":9223372036854775808}',
                               fields=CLOSE), 400),
    "a huge id": (request(BODY[:-1] + b',"voucher_id":1e30}', fields=CLOSE), 400),
    "a name twice": (request(BODY[:-1] + b',"source_id":2}', fields=CLOSE), 400),
    "a token of another": (request(token="tmk_" + "A" * 43, fields=CLOSE), 401),
    "a very long token": (request(token="t" * 8_000, fields=CLOSE), 401),
    "no ASCII in the token": (request(token="令牌", fields=CLOSE), 401),
    "two tokens": (request(fields=b"Authorization: Bearer x\r\n" + CLOSE), 401),
    "an empty token": (request(token="", fields=CLOSE), 401),
}


@pytest.mark.parametrize("text, status", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_is_refused_and_nothing_is_kept(hub, text, status):
    given = statuses(talk(hub, text))
    assert given[0] == status
    # What stood behind a fault is not taken for a request of its own.
    assert given[1:] in ([], [400])
    assert vouchers(hub, 1) == []


def test_a_body_that_breaks_off_is_not_published(hub):
    assert statuses(talk(hub, request(length=len(BODY) + 1), shut=True)) in ([], [400])
    assert vouchers(hub, 1) == []


def test_a_body_longer_than_said_does_not_become_a_request(hub):
    extra = request(json.dumps(voucher(31)).encode(), fields=CLOSE)
    answer = talk(hub, request(b"{}" + extra, length=2))
    assert statuses(answer)[0] == 400  # {} is no voucher. What follows is a request, and whole:
    assert len(vouchers(hub, 31)) == 1  # it is another one of the same publisher.
    cut = json.dumps(voucher(32)).encode()
    assert statuses(talk(hub, request(cut, length=len(cut) - 1)))[0] == 400
    assert vouchers(hub, 32) == []


def test_pipelined_requests_are_answered_in_order(hub):
    count = 200
    text = b"".join(request(json.dumps(voucher(1_000 + number)).encode(),
                            fields=CLOSE if number == count - 1 else b"") for number in range(count))
    answer = talk(hub, text)
    assert statuses(answer) == [202] * count
    ids = [json.loads(part.partition(b"\r\n\r\n")[2])["event_id"]
           for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert [vouchers(hub, 1_000 + number)[0]["event_id"] for number in range(count)] == ids


def test_those_who_drip_are_ended_and_hold_up_nobody(hub):
    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        def connect(text):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", hub.port)))
            connection.sendall(text)
            connection.settimeout(HEADER_TIMEOUT_S + SLACK_S)
            return connection

        heads = [connect(b"POST /api/v1/vouchers HTTP/1.1\r\nHost: a\r\nX-Slow: ")
                 for _ in range(200)]
        bodies = [connect(request(BODY[:10], length=len(BODY))) for _ in range(200)]
        left = heads
        while left and time.monotonic() < begun + HEADER_TIMEOUT_S + SLACK_S:
            asked = time.monotonic()
            assert hub.post("/api/v1/vouchers", voucher(2_000))["event_id"]
            assert time.monotonic() - asked < 5
            left = [one for one in left if still_open(one, b"a")]
            bodies = [one for one in bodies if still_open(one, b" ")]
            time.sleep(0.5)
        assert not left
    assert vouchers(hub, 1) == []


def still_open(connection, piece):
    """Drips a piece; False when the other side has refused it or gone."""
    connection.setblocking(False)
    try:
        connection.send(piece)
        connection.recv(1)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def test_ten_thousand_idle_connections_leave_room_for_a_publisher(hub):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = min(10_000, hard - 200)
    idle = []
    try:
        for _ in range(wanted):
            idle.append(socket.create_connection(("127.0.0.1", hub.port), timeout=60))
        wait_until(lambda: publishes(hub, 3_000))
        assert hub.descriptors < 4_096 + 200  # serve.connections_max
    finally:
        for connection in idle:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    print(f"{wanted} idle connections, {hub.memory_bytes_max >> 20} MiB")
    assert hub.memory_bytes_max < 1 << 30


def publishes(hub, source_id):
    try:
        return hub.ask("POST", "/api/v1/vouchers", voucher(source_id)).status == 202
    except OSError:
        return False


@pytest.mark.parametrize("kind", ["sqlite", "mariadb", "postgres"])
def test_odd_contents_arrive_as_they_were_written(kind, request, tmp_path):
    """NUL, astral letters, numbers that no double holds: bytes in, the same bytes out."""
    data = ('{"nul":"a\\u0000b","emoji":"\U0001f600","escaped":"\\ud83d\\ude00","long":%s,'
            '"tiny":1e-400,"huge":1e999999999,"money":100000.00,"minus":-0.0,"empty":"","deep":%s}'
            % ("9" * 400, "[" * 60 + "]" * 60))
    text = ('{"event_type":"l1_confirmed","source_system":"settlement","source_type":"odd",'
            '"source_id":"a\'b\\"c%_\\\\","amount":-0.00,"business_data":' + data + "}")
    with Receiver() as receiver, Hub(tmp_path, fresh_state(kind, request, tmp_path).url) as hub:
        receiver.trust(hub.subscribe(receiver.url)["secret"])
        published = hub.post("/api/v1/vouchers", text)
        arrived = receiver.next()
        assert f'"data":{data},'.encode() in arrived.body and b'"amount":-0.00' in arrived.body
        assert arrived.json["voucher"]["source_id"] == 'a\'b"c%_\\'
        assert hub.post("/api/v1/vouchers", text) == {**published, "duplicate": True}
        answer = hub.ask("POST", "/api/v1/vouchers", voucher("a\0b"))
        assert answer.status == 400, answer.text
        hub.stop()


def test_the_highest_version_has_no_successor(hub):
    """Beyond it there is no number: the next one is refused, not wrapped round."""
    hub.post("/api/v1/vouchers", voucher(4_000, source_version=2 ** 63 - 1))
    answer = hub.ask("POST", "/api/v1/vouchers", voucher(4_000, amount="1.00"))
    assert answer.status == 400 and answer.json["errors"][0]["field"] == "/source_version"
