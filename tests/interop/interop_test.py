"""What we sign is accepted by the official Standard Webhooks libraries, and what they sign by us.

Run by tests/interop/run, which installs them. Their verification reads the machine's clock, so here
the messages are from now."""

import base64
import json
import os
import pathlib
import random
import subprocess
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from wire_driver import WireDriver  # noqa: E402: stands one folder up

CACHE = pathlib.Path(os.environ["INTEROP_CACHE"])
SEED = int(os.environ.get("TIDEMARK_SEED", "20260115"))
COMMANDS = {
    "npm": (["node", HERE / "peer.mjs"], CACHE / "node", {}),
    "PyPI": (["/usr/bin/python3", "-B", HERE / "peer.py"], HERE, {"PYTHONPATH": str(CACHE / "python")}),
    "Go": ([CACHE / "go/peer"], HERE, {}),
}
WRONG = "v1," + base64.b64encode(bytes(32)).decode()


class Peer:
    def __init__(self, name):
        words, folder, variables = COMMANDS[name]
        self.process = subprocess.Popen(list(map(str, words)), cwd=folder, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, encoding="utf-8",
                                        env={**os.environ, **variables})

    def ask(self, **question):
        print(json.dumps(question), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def sign(self, secret, event_id, timestamp, body):
        return self.ask(Do="sign", Secret=secret, ID=event_id, Timestamp=timestamp, Body=body)["said"]

    def accepts(self, secret, headers, body):
        given = self.ask(Do="verify", Secret=secret, Headers=headers, Body=body)
        return given.get("said") == "accepted"


@pytest.fixture(scope="module", params=os.environ["INTEROP_PEERS"].split())
def peer(request):
    made = Peer(request.param)
    yield made
    made.process.stdin.close()
    made.process.stdout.close()
    assert made.process.wait(timeout=30) == 0


@pytest.fixture(scope="module")
def driver():
    with WireDriver() as made:
        yield made


def messages():
    """Seeded secrets of every length, ids, and bodies of every kind of character."""
    chance = random.Random(SEED)
    for length in range(24, 65):
        secret = "whsec_" + base64.b64encode(chance.randbytes(length)).decode()
        text = "".join(chr(chance.choice([chance.randint(32, 126), chance.randint(0x4e00, 0x9fff),
                                          chance.randint(0x1f300, 0x1f6ff)])) for _ in range(60))
        body = json.dumps({"event": "l1_confirmed", "data": {"text": text, "amount": length / 4}},
                          ensure_ascii=False)
        yield secret, f"msg_{chance.getrandbits(64):x}", body


def test_they_accept_what_we_sign(peer, driver):
    now = int(time.time())
    for secret, event_id, body in messages():
        headers = driver.sign("raw", event_id, now, body, [secret])
        assert peer.accepts(secret, headers, body)
        assert not peer.accepts(secret, headers, body + " ")
        assert not peer.accepts(secret, {**headers, "webhook-id": "msg_other"}, body)
        assert not peer.accepts(secret, {**headers, "webhook-signature": WRONG}, body)


def test_they_accept_either_secret_during_a_rotation(peer, driver):
    now = int(time.time())
    (new, event_id, body), (old, _, _), (other, _, _), *_ = messages()
    headers = driver.sign("raw", event_id, now, body, [new, old])
    assert peer.accepts(new, headers, body) and peer.accepts(old, headers, body)
    assert not peer.accepts(other, headers, body)


def test_they_refuse_what_is_too_old(peer, driver):
    now = int(time.time())
    secret, event_id, body = next(messages())
    for age in (-600, 600):
        assert not peer.accepts(secret, driver.sign("raw", event_id, now - age, body, [secret]), body)


def test_we_accept_what_they_sign(peer, driver):
    now = int(time.time())
    for secret, event_id, body in messages():
        headers = {"webhook-id": event_id, "webhook-timestamp": str(now),
                   "webhook-signature": peer.sign(secret, event_id, now, body)}
        assert driver.verify(headers, body, [secret], now) == "standard"
        assert driver.verify(headers, body + " ", [secret], now) == "mismatch"
        assert driver.sign("raw", event_id, now, body, [secret])["webhook-signature"] == headers[
            "webhook-signature"]
