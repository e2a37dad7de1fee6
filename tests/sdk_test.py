"""The receiver kits for Node, Go and Java: their own tests, against docs/wire/vectors.json, and their
SQL on three real databases. Their standard libraries have no database driver, so they send each
statement over a socket to the bridge here, which runs it."""

import json
import os
import pathlib
import re
import socketserver
import subprocess
import threading

import pytest

SDK = pathlib.Path(__file__).resolve().parent.parent / "sdk"
DIALECTS = {"SqliteSource": "sqlite", "MariaSource": "mysql", "PostgresSource": "postgres"}
TIMEOUT_S = 300


def run(words, folder, **variables):
    """Output of a tool of a language; it must be installed (cmake/packages.txt)."""
    process = subprocess.run(list(map(str, words)), cwd=folder, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                             timeout=TIMEOUT_S, check=False, env={**os.environ, **variables})
    assert process.returncode == 0, process.stdout
    return process.stdout


class Node:
    def __init__(self, _):
        pass

    def tests(self):
        return run(["node", "--test", "test/"], SDK / "node")

    def inbox(self, **variables):
        output = run(["node", "--test", "test/inbox.test.js"], SDK / "node", **variables)
        assert re.search(r"skipped 0\b", output), output


class Go:
    def __init__(self, _):
        self.variables = {"GOTOOLCHAIN": "local", "GOPROXY": "off", "CGO_ENABLED": "0"}

    def tests(self):
        assert run(["gofmt", "-l", "."], SDK / "go", **self.variables) == ""
        return run(["go", "test", "./..."], SDK / "go", **self.variables)

    def inbox(self, **variables):
        output = run(["go", "test", "-count=1", "-v", "-run", "^TestInbox$", "./..."], SDK / "go",
                     **self.variables, **variables)
        assert "--- PASS: TestInbox" in output, output


class Java:
    def __init__(self, folder):
        self.classes = folder / "classes"

    def java(self, *words):
        if not self.classes.exists():
            sources = [*(SDK / "java/src").rglob("*.java"), *(SDK / "java/test").rglob("*.java")]
            run(["javac", "-encoding", "UTF-8", "-Xlint:all", "-Werror", "-d", self.classes, *sources],
                SDK / "java")
        output = run(["java", "-cp", self.classes, "tidemark.receiver.ReceiverTest", *words],
                     SDK / "java")
        assert output.splitlines()[-1:] == ["passed"], output

    def tests(self):
        self.java()

    def inbox(self, **variables):
        self.java("inbox", variables["TIDEMARK_SQL_BRIDGE"], variables["TIDEMARK_SQL_DIALECT"])


KITS = {"node": Node, "go": Go, "java": Java}


@pytest.fixture(scope="module", params=KITS)
def kit(request, tmp_path_factory):
    return KITS[request.param](tmp_path_factory.mktemp(request.param))


def test_against_the_vectors(kit):
    kit.tests()


class Bridge(socketserver.StreamRequestHandler):
    """Each line {"sql", "args"}: runs the statement, answers {"rows"}."""

    def handle(self):
        for line in self.rfile:
            request = json.loads(line)
            sql, args = request["sql"], request.get("args") or ()
            if self.server.dialect == "mysql":
                sql = sql.replace("?", "%s")
            elif self.server.dialect == "postgres":
                sql = re.sub(r"\$[0-9]+", "%s", sql) if args and "$" in sql else \
                    sql.replace("?", "%s")
            cursor = self.server.connection.cursor()
            cursor.execute(sql, tuple(args))
            self.wfile.write(json.dumps({"rows": cursor.rowcount}).encode() + b"\n")
            cursor.close()


def test_inbox(kit, source):
    for table in ("received", "version", "cursor"):
        source.run(f"DROP TABLE IF EXISTS tidemark_{table}")
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Bridge) as server:
        server.connection, server.dialect = source.connection, DIALECTS[type(source).__name__]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            kit.inbox(TIDEMARK_SQL_BRIDGE=f"127.0.0.1:{server.server_address[1]}",
                      TIDEMARK_SQL_DIALECT=server.dialect)
        finally:
            server.shutdown()
            thread.join()
    assert source.run("SELECT version FROM tidemark_version") == [(6,)]
    assert source.run("SELECT sequence FROM tidemark_cursor") == [(8,)]
