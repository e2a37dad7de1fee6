"""A hub of one's own for a test, and a receiver that checks every signature."""

import base64
import contextlib
import hashlib
import hmac
import http.client
import http.server
import json
import os
import queue
import secrets
import signal
import subprocess
import threading
import time

BINARY = os.environ["TIDEMARK_BINARY"]
ADMIN = "admin-token-of-the-tests-0123456789"
START_TIMEOUT_S = 60
WAIT_S = 60


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()

    @property
    def json(self):
        return json.loads(self.text)


class Hub:
    """`tidemark serve` on a free port."""

    def __init__(self, folder, state=None, options=(), **variables):
        self.folder = folder
        self.state = state or f"sqlite:{folder}/state/hub.db"
        self.options = [str(option) for option in options]
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder),
                            "TIDEMARK_ADMIN_TOKEN": ADMIN, "TIDEMARK_LANG": "en",
                            "TIDEMARK_RELAY__ALLOW_CIDRS": "127.0.0.0/8", **variables}
        if not self.state.startswith("sqlite:"):
            self.environment.setdefault("TIDEMARK_MASTER_KEY",
                                        base64.b64encode(bytes(range(32))).decode())
        self.listen = "127.0.0.1:0"
        self.process = None
        self.port = None
        self.lines = []

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def command(self):
        return [BINARY, "serve", "--listen", self.listen, "--state", self.state, *self.options]

    def start(self):
        self.errors = open(os.path.join(self.folder, "serve.err"), "ab")
        self.process = subprocess.Popen(self.command(), env=self.environment, cwd=self.folder,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self.errors, encoding="utf-8")
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith("listening on "):
                self.port = int(line.rsplit(":", 1)[1])
                return
        raise AssertionError(f"no address: {self.lines}\n{self.log()}")

    def log(self):
        with open(os.path.join(self.folder, "serve.err"), encoding="utf-8") as file:
            return file.read()

    def stop(self, code=0):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(START_TIMEOUT_S) == code, self.log()
        self.process.stdout.close()
        self.process = None
        assert "Sanitizer" not in self.log() and "runtime error" not in self.log(), self.log()

    def kill(self):
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def signal(self, number):
        self.process.send_signal(number)

    def freeze(self):
        """Stands still, as when its machine is asleep; until thaw()."""
        self.signal(signal.SIGSTOP)
        wait_until(lambda: self.figure("status", "State").startswith("T"))

    def thaw(self):
        self.signal(signal.SIGCONT)

    def figure(self, file, name):
        """`name: value` of a file in /proc."""
        with open(f"/proc/{self.process.pid}/{file}", encoding="utf-8") as lines:
            return next(line for line in lines if line.startswith(f"{name}:")).split(None, 1)[1]

    @property
    def memory_bytes_max(self):
        return int(self.figure("status", "VmHWM").split()[0]) * 1024

    @property
    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def ask(self, method, path, body=None, token=ADMIN, timeout=WAIT_S, **headers):
        """One request; `body` is sent as JSON, or as it stands if it is text or bytes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            if not isinstance(body, (str, bytes)):
                body = json.dumps(body, ensure_ascii=False)
            if isinstance(body, str):
                body = body.encode()
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            return Answer(connection.getresponse())

    def get(self, path, status=200, **more):
        answer = self.ask("GET", path, **more)
        assert answer.status == status, answer.text
        return answer.json

    def post(self, path, body=None, status=202, **more):
        answer = self.ask("POST", path, body, **more)
        assert answer.status == status, answer.text
        return answer.json

    def subscribe(self, url, event_types=("*",), **fields):
        body = {"name": "receiver", "target_system": "tax", "url": url,
                "event_types": list(event_types), **fields}
        return self.post("/api/v1/subscriptions", body, 201)

    def token(self, role):
        return self.post("/api/v1/tokens", {"name": role, "role": role}, 201)["token"]

    def pages(self, path, limit=7):
        """All rows of a list, page by page."""
        rows = []
        cursor = ""
        while cursor is not None:
            glue = "&" if "?" in path else "?"
            page = self.get(f"{path}{glue}limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
            assert len(page["data"]) <= limit
            rows += page["data"]
            cursor = page["next_cursor"]
        return rows

    def run(self, *words, code=0, stdin="", **variables):
        """The tool as a client of this hub."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder),
                       "TIDEMARK_LANG": "en", "TIDEMARK_SERVER": self.url,
                       "TIDEMARK_TOKEN": ADMIN, **variables}
        ran = subprocess.run([BINARY, *map(str, words)], env=environment, cwd=self.folder,
                             input=stdin, capture_output=True, timeout=WAIT_S, encoding="utf-8",
                             check=False)
        assert code in (None, ran.returncode), f"{ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        assert "Sanitizer" not in ran.stderr, ran.stderr
        return ran.stdout


class Delivery:
    def __init__(self, path, headers, body):
        self.path = path
        self.headers = headers
        self.body = body
        self.id = headers["webhook-id"]
        self.sequence = int(headers["x-tidemark-sequence"])

    @property
    def json(self):
        return json.loads(self.body)


class Receiver:
    """An HTTP server that keeps what it is sent. `answer(delivery)` gives status and body, and the
    secrets given to trust() must fit every request. It speaks TLS while `tls` is an SSLContext."""

    def __init__(self, answer=lambda delivery: (200, '{"code":0,"message":"success"}'), tls=None):
        self.answer = answer
        self.tls = tls
        self.headers = {}  # Of each answer, beside its length.
        self.secrets = []
        self.deliveries = queue.Queue()
        self.faults = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                delivery = Delivery(self.path, self.headers, body)
                receiver.check(delivery)
                status, text = receiver.answer(delivery)
                text = text.encode()
                self.send_response(status)
                for name, value in {"Content-Length": len(text), **receiver.headers}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(text)
                receiver.deliveries.put(delivery)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def get_request(self):
                connection, address = super().get_request()
                if receiver.tls:
                    connection = receiver.tls.wrap_socket(connection, server_side=True,
                                                          do_handshake_on_connect=False)
                return connection, address

            def handle_error(self, request, client_address):
                """A client that leaves, or that is refused, is no fault of the test."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        assert not self.faults

    def trust(self, secret):
        self.secrets.append(secret)

    def check(self, delivery):
        """Both styles, by the words of docs/wire."""
        stamp = delivery.headers["webhook-timestamp"]
        if abs(time.time() - int(stamp)) > 300:
            self.faults.append("too old")
        signed = f"{delivery.id}.{stamp}.".encode() + delivery.body
        given = delivery.headers["webhook-signature"].split()
        wanted = [b"v1," + base64.b64encode(hmac.digest(
            base64.b64decode(secret.removeprefix("whsec_")), signed, "sha256"))
            for secret in self.secrets]
        texts = ["sha256:" + hmac.new(secret.encode(), delivery.body, hashlib.sha256).hexdigest()
                 for secret in self.secrets]
        if not any(one.encode() in wanted for one in given):
            self.faults.append("standard signature")
        if delivery.headers["x-signature"] not in texts:
            self.faults.append("text signature")

    def next(self, timeout=WAIT_S):
        return self.deliveries.get(timeout=timeout)


def voucher(number=1, **fields):
    return {"event_type": "l1_confirmed", "source_system": "settlement",
            "source_type": "purchase_goods", "source_id": number, "amount": "100000.00",
            "currency": "CNY", "counterparty_name": "上海示例公司",
            "business_data": {"items": [{"sku": "A-1", "price": "0.10"}]}, **fields}


def wait_until(check, timeout=WAIT_S):
    """The first true value of check()."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        value = check()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def fresh_key():
    return secrets.token_hex(8)
