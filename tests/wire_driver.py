"""Asks the C++ signatures of src/http, by way of tests/wire/wire_driver.cc."""

import base64
import os
import subprocess


class Refused(Exception):
    """The C++ side said no; the text says why."""


class WireDriver:
    """One process that answers questions until it is closed."""

    def __init__(self):
        self.process = subprocess.Popen([os.environ["WIRE_DRIVER"]], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(timeout=30) == 0

    def ask(self, verb, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        line = b"\t".join([verb.encode(), *map(base64.b64encode, words)])
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().rstrip(b"\n").split(b"\t")
        given = [base64.b64decode(word) for word in answer[1:]]
        if answer[0] == b"refused":
            raise Refused(given[0].decode())
        assert answer[0] == b"ok", answer
        return given

    def sorted_json(self, body):
        return self.ask("sorted", body)[0].decode("ascii")

    def sign(self, style, event_id, timestamp, body, secrets):
        flat = [word.decode() for word in
                self.ask("sign", style, event_id, timestamp, body, *secrets)]
        return dict(zip(flat[::2], flat[1::2]))

    def verify(self, headers, body, secrets, now, tolerance=300,
               accepted=("standard", "raw", "sorted-json")):
        lines = "\n".join(f"{name}: {value}" for name, value in headers.items())
        return self.ask("verify", now, tolerance, ",".join(accepted), lines, body,
                        *secrets)[0].decode()
