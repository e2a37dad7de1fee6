"""`tidemark publish` and its spool, when it is not the hub that answers, or the hub fails."""

import contextlib
import http.server
import json
import os
import signal
import subprocess
import threading

import pytest
from hub_fixture import wait_until
from programs import BINARY, run

TOKEN = "tmk_token-of-the-tests"


class Server:
    """Answers each request as `answer(body)` says: status, content type, body, headers."""

    def __init__(self, answer):
        self.answer = answer
        self.keys = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                outer.keys.append(self.headers["idempotency-key"])
                status, kind, text = outer.answer(body)
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(text)))
                if status == 301:
                    self.send_header("location", "https://elsewhere.example.com/")
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"


def taken(_):
    return 202, "application/json", json.dumps(
        {"event_id": "msg_1", "source_version": 1, "deliveries": 0, "duplicate": False}).encode()


def problem(status, code):
    return lambda _: (status, "application/problem+json", json.dumps(
        {"type": f"urn:tidemark:problem:{code}", "status": status, "code": code,
         "detail": f"the words of {code}"}).encode())


def page(status):
    return lambda _: (status, "text/html", b"<html>nginx</html>")


@pytest.fixture(name="server")
def server_fixture():
    with contextlib.closing(Server(page(503))) as server:
        yield server


def taken_by_one(_):
    return 202, "application/json", json.dumps(
        {"event_id": "msg_1", "source_version": 1, "deliveries": 1, "duplicate": False}).encode()


def publish(server, folder, *records, code=0):
    file = folder / "records.ndjson"
    file.write_text("".join(json.dumps(
        {"event": "a.b", "source_system": "erp", "source_id": str(record), "data": {}}) + "\n"
        for record in records))
    words = ["--flush"] if not records else [file]
    return run(["tidemark", "publish", "--server", server.url, *words], folder, code=code,
               TIDEMARK_TOKEN=TOKEN, TIDEMARK_LANG="en").out


def refused(folder):
    found = []
    for path, _, files in os.walk(folder):
        if "refused.ndjson" in files:
            with open(os.path.join(path, "refused.ndjson"), encoding="utf-8") as lines:
                found += [json.loads(json.loads(line)["record"])["source_id"] for line in lines]
    return found


@pytest.mark.parametrize("answer", [page(301), page(400), page(404), page(413), page(200)])
def test_a_proxys_answer_refuses_nothing(server, tmp_path, answer):
    publish(server, tmp_path, 1, 2, 3)
    server.answer = answer
    assert "not as a hub does" in publish(server, tmp_path, code=75) or answer(None)[0] == 200
    publish(server, tmp_path, 4, code=75)
    assert refused(tmp_path) == []
    server.answer = taken
    server.keys.clear()
    assert "sent from the spool: 4" in publish(server, tmp_path)
    assert len(set(server.keys)) == 4


def test_a_refusal_of_the_hub_sets_the_record_aside(server, tmp_path):
    publish(server, tmp_path, 1, 2, 3)
    server.answer = lambda body: (problem(400, "invalid_request") if body["source_id"] == "2"
                                  else taken)(body)
    assert "set aside" in publish(server, tmp_path, code=3)
    assert refused(tmp_path) == ["2"]
    publish(server, tmp_path)


def test_on_a_full_disk_what_is_refused_waits_until_it_can_be_set_aside_whole(
        server, tmp_path, small_disk):
    def flush(code):
        return run(["tidemark", "publish", "--server", server.url, *words], small_disk, code=code,
                   TIDEMARK_TOKEN=TOKEN, TIDEMARK_LANG="en")

    words = [tmp_path / "records.ndjson"]
    words[0].write_text("".join(json.dumps({"event": "a.b", "source_system": "erp", "source_id": record,
                                            "data": {"text": 6000 * "x"}}) + "\n" for record in "12"))
    flush(0)
    ballast = small_disk / "ballast"
    with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    os.truncate(ballast, os.path.getsize(ballast) - 4096)  # Room for the first half of a line.
    words = ["--flush"]
    server.answer = problem(400, "invalid_request")
    assert "refused.ndjson: No space left" in flush(1).err
    assert refused(small_disk) == []
    ballast.unlink()
    assert "set aside" in flush(3).out
    assert refused(small_disk) == ["1", "2"]


def signals(process, which):
    """A set of signals of a process, by its name in /proc."""
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as lines:
        return int(next(line for line in lines if line.startswith(f"{which}:")).split()[1], 16)


def test_one_signal_ends_the_waiting_for_standard_input(server, tmp_path):
    process = subprocess.Popen([BINARY, "publish", "--server", server.url], cwd=tmp_path,
                               env={"HOME": str(tmp_path), "TIDEMARK_TOKEN": TOKEN,
                                    "TIDEMARK_LANG": "en"},
                               stdin=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    process.stdin.write('{"event":"a.b","source_system":"erp","source_id":"1","data":{}}\n')
    process.stdin.flush()

    try:
        wait_until(lambda: signals(process, "SigCgt") >> (signal.SIGINT - 1) & 1)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert "nothing was published" in process.stderr.read()
    finally:
        process.kill()
        process.wait()
    assert server.keys == []


def test_a_record_that_the_hub_fails_with_is_named_and_kept(server, tmp_path):
    publish(server, tmp_path, 1, 2)
    server.answer = lambda body: (problem(500, "internal_error") if body["source_id"] == "2"
                                  else taken)(body)
    said = publish(server, tmp_path, code=75)
    assert "sent from the spool: 1" in said and "the words of internal_error" in said
    assert server.keys[-1] in said
    assert "kept on disk" in publish(server, tmp_path, 3, code=75)
    server.answer = taken
    assert "sent from the spool: 2" in publish(server, tmp_path)
    assert refused(tmp_path) == []


class Process(threading.Thread):
    """`tidemark publish` beside others. It reads the records that feed() gives it."""

    def __init__(self, server, folder, *records):
        super().__init__(daemon=True)
        self.file = folder / f"records{records[0]}.ndjson"
        self.file.write_text("".join(json.dumps(
            {"event": "a.b", "source_system": "erp", "source_id": str(record), "data": {}}) + "\n"
            for record in records))
        self.server = server
        self.folder = folder
        self.out = None
        self.start()

    def run(self):
        self.out = run(["tidemark", "publish", "--server", self.server.url, self.file],
                       self.folder, TIDEMARK_TOKEN=TOKEN, TIDEMARK_LANG="en").out

    def end(self):
        self.join()
        return self.out


def test_of_two_processes_the_one_that_sends_sends_what_the_other_kept(server, tmp_path):
    arrived = []
    first_is_there = threading.Event()
    go_on = threading.Event()

    def answer(body):
        arrived.append(body["source_id"])
        if body["source_id"] == "1":
            first_is_there.set()
            go_on.wait()
        return taken(body)

    server.answer = answer
    sender = Process(server, tmp_path, 1, 3)
    first_is_there.wait()
    said = Process(server, tmp_path, 2).end()
    assert "kept on disk, to be sent later: 1" in said
    assert "another process is sending" in said and "away" not in said
    go_on.set()
    assert "sent from the spool: 1" in sender.end()
    assert arrived == ["1", "2", "3"]  # What came first goes first.
    assert "sent" not in publish(server, tmp_path)


def test_many_processes_at_once_leave_nothing_on_disk(server, tmp_path):
    arrived = []

    def answer(body):
        arrived.append(body["source_id"])
        return taken(body)

    server.answer = answer
    processes = [Process(server, tmp_path, number) for number in range(8)]
    for process in processes:
        assert process.end() is not None
    assert sorted(arrived) == [str(number) for number in range(8)]


def test_what_a_signal_left_out_is_told(server, tmp_path):
    asked, go_on = threading.Event(), threading.Event()

    def answer(body):
        asked.set()
        go_on.wait()
        return taken(body)

    server.answer = answer
    file = tmp_path / "records.ndjson"
    file.write_text("".join(json.dumps({"event": "a.b", "source_system": "erp", "source_id": number,
                                        "data": {}}) + "\n" for number in "123"))
    process = subprocess.Popen([BINARY, "publish", "--server", server.url, file], cwd=tmp_path,
                               env={"HOME": str(tmp_path), "TIDEMARK_TOKEN": TOKEN,
                                    "TIDEMARK_LANG": "en"}, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, encoding="utf-8")
    try:
        asked.wait()
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: signals(process, "ShdPnd") == 0)
        go_on.set()
        assert process.wait(60) == 143
        assert "stopped: 1 of 3 records are published or on disk" in process.stdout.read()
    finally:
        process.kill()
        process.wait()


def test_a_record_that_no_subscription_wants_is_told(server, tmp_path):
    server.answer = lambda body: (taken_by_one if body["source_id"] == "2" else taken)(body)
    assert "no subscription wants 2 of these" in publish(server, tmp_path, 1, 2, 3)
    assert "no subscription" not in publish(server, tmp_path, 2)
    server.answer = lambda _: (202, "application/json", json.dumps(
        {"event_id": "msg_1", "source_version": 1, "deliveries": 0, "duplicate": True}).encode())
    assert "no subscription" not in publish(server, tmp_path, 1)


def test_a_hub_that_is_away_is_told(server, tmp_path):
    publish(server, tmp_path, 1)
    assert "stays on disk" in publish(server, tmp_path)
    for answer in [problem(503, "unavailable"), problem(507, "no_space"), page(500)]:
        server.answer = answer
        assert "stays on disk" in publish(server, tmp_path)
