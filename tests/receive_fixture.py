"""What the tests of the receiving side share: the receiver as a process, and a sender."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import signal
import subprocess
import time

BINARY = os.environ["TIDEMARK_BINARY"]
SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
OLD_SECRET = "whsec_ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A="
PATH = "/api/v1/webhooks/l1-synced"
SUBSCRIPTION = "sub_TEST"
START_TIMEOUT_S = 60


class Receiver:
    """`tidemark receive` on a free port. Ends with the block."""

    def __init__(self, folder, database, *words, **variables):
        self.folder = folder
        self.words = [BINARY, "receive", "--listen", "127.0.0.1:0", "--database", database,
                      "--json", *words]
        self.variables = {"TIDEMARK_RECEIVE__SECRET": SECRET, **variables}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self.errors.close()

    def start(self):
        self.errors = open(os.path.join(self.folder, "receive.err"), "ab")
        self.process = subprocess.Popen(
            self.words, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=self.errors, encoding="utf-8",
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **self.variables})
        line = self.process.stdout.readline()
        assert line, self.log()
        self.port = json.loads(line)["port"]

    def log(self):
        with open(os.path.join(self.folder, "receive.err"), encoding="utf-8") as file:
            return file.read()

    def kill9(self):
        self.process.kill()
        self.process.communicate()

    def stop(self, code=143):
        """Ends it as a service manager would; its summary."""
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=START_TIMEOUT_S)
        assert self.process.returncode == code, self.log()
        assert "Sanitizer" not in self.log(), self.log()
        return json.loads(out.splitlines()[-1])

    def post(self, body, headers, path=PATH):
        """(status, body as it came)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", path, body=body,
                               headers={"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def deliver(self, event, sequence=None, **signing):
        """As the hub does it: both styles, and where the event stands."""
        body = event["body"]
        headers = signed(body, event["id"], **signing)
        if sequence is not None:
            headers |= {"X-Tidemark-Delivery": f"{SUBSCRIPTION}-{sequence}",
                        "X-Tidemark-Sequence": str(sequence)}
        return self.post(body, headers)


def standard(body, event_id, secret=SECRET, at=None):
    at = str(int(time.time() if at is None else at))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{event_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": event_id, "webhook-timestamp": at,
            "webhook-signature": "v1," + base64.b64encode(mac).decode()}


def text_style(body, secret=SECRET, at=None, sort=False):
    at = str(int(time.time() if at is None else at))
    signed_text = json.dumps(json.loads(body), sort_keys=True).encode() if sort else body
    mac = hmac.new(secret.encode(), signed_text, hashlib.sha256).hexdigest()
    return {"X-Signature": f"sha256:{mac}", "X-Timestamp": at, "X-Source-System": "settlement"}


def signed(body, event_id, **signing):
    return standard(body, event_id, **signing) | text_style(body, **signing)


def invoice(number, version=1, amount="100000.00", seconds=0, **fields):
    """An event about an invoice, as docs/wire has it; its text is exact."""
    stamp = f"2026-01-15T08:{seconds // 60:02}:{seconds % 60:02}.000000Z"
    extra = "".join(f",{json.dumps(name)}:{json.dumps(value)}" for name, value in fields.items())
    body = (f'{{"event":"invoice.recorded","voucher_id":{number},"data":{{"invoice_id":{number},'
            f'"invoice_no":"F-{number}","amount":{amount}{extra}}},"voucher":{{"voucher_no":"V-{number}",'
            f'"source_system":"settlement","source_type":"invoice","source_id":{number},'
            f'"counterparty_name":"上海示例公司","currency":"CNY"}},"type":"invoice.recorded",'
            f'"timestamp":"{stamp}","source_version":{version}}}').encode()
    return {"id": f"msg_{number}v{version}", "body": body}


def contract(number, version=1):
    """An event that is about no invoice."""
    body = (f'{{"event":"l1_confirmed","voucher_id":{number},"data":{{"contract_id":{number},'
            f'"amount":100000.00}},"voucher":{{"voucher_no":"V-{number}","source_system":"settlement",'
            f'"source_type":"purchase_goods","source_id":{number}}},"type":"l1_confirmed",'
            f'"timestamp":"2026-01-15T08:30:00.000000Z","source_version":{version}}}').encode()
    return {"id": f"msg_c{number}v{version}", "body": body}


def batch(events, first_sequence=1):
    parts = [f'{{"id":"{event["id"]}","sequence":{first_sequence + i},"payload":'.encode()
             + event["body"] + b"}" for i, event in enumerate(events)]
    return b'{"events":[' + b",".join(parts) + b"]}"


def invoices(source):
    """{invoice_id: (version, amount as a number's text)}"""
    rows = source.run("SELECT invoice_id, source_version, amount FROM tax_invoice_cache")
    return {row[0]: (row[1], str(row[2])) for row in rows}


def wait_until(reached, timeout_s=60):
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if reached():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")
