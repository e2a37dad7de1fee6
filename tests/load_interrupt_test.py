"""Ctrl-C on a real terminal, in the middle of each kind of load: it says how to go on and ends with
130, leaves no half file and a terminal as it was, and the same command goes on."""

import json
import os
import pty
import re
import select
import signal
import sqlite3
import subprocess
import termios

import pytest

from load_fixture import CREDENTIALS, JANUARY, Shop, Warehouse, load
from programs import BINARY, run

ORDERS = 20000
WAIT_S = 120


class Interrupted:
    def __init__(self, code, shown, clean):
        self.code = code
        self.shown = shown
        self.clean = clean

    @property
    def last(self):
        """What stands on the screen below the bar, or in its place."""
        return self.shown.rsplit("\r\x1b[K", 1)[-1].replace("\r\n", "\n")


def interrupted(words, folder):
    """Runs the tool in the foreground of a terminal of its own and types Ctrl-C once the bar shows
    that there is some work done."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execve(BINARY, [BINARY, *map(str, words)],
                  {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "xterm",
                   "TIDEMARK_LANG": "en", **CREDENTIALS})
    before = termios.tcgetattr(terminal)
    shown, asked = b"", False
    while True:
        ready, _, _ = select.select([terminal], [], [], WAIT_S)
        if not ready:
            os.kill(pid, signal.SIGKILL)
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # How Linux tells that nobody has the other side open.
            break
        if not piece:
            break
        shown += piece
        if not asked and re.search(rb"\x1b\[K[1-9][\d,]* \[", shown):
            os.write(terminal, b"\x03")
            asked = True
    # Before the last one goes: afterwards the terminal has none.
    clean = termios.tcgetattr(terminal)[:4] == before[:4]
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    text = shown.decode()
    assert "Sanitizer" not in text and "runtime error" not in text, text
    assert asked, text
    return Interrupted(os.waitstatus_to_exitcode(status), text, clean)


def assert_ended_well(ended, again):
    assert ended.code == 130, ended.shown
    assert ended.clean
    assert "stop" in ended.last and again in ended.last, ended.shown
    assert ended.last.endswith("\n"), ended.shown  # The prompt stands on a line of its own.
    # Nothing was switched that would have to be switched back: colours, the cursor, the screen.
    left = re.findall(r"\x1b\[[^a-zA-Z]*[a-zA-Z]", ended.shown)
    assert left.count("\x1b[0m") == sum(1 for one in left if re.fullmatch(r"\x1b\[[1-9]\d*m", one))
    assert set(left) <= {"\x1b[K", "\x1b[0m", "\x1b[31m", "\x1b[33m"}, left


def files(folder):
    """Those that a command makes beside its state and the warehouse."""
    return {name for name in os.listdir(folder)
            if not name.startswith("warehouse.db") and name != ".local"}


@pytest.fixture(name="shop", scope="module")
def a_shop(tmp_path_factory):
    with Shop(tmp_path_factory.mktemp("shop"), orders=ORDERS) as shop:
        yield shop


def warehouse_in(folder):
    return Warehouse(f"sqlite:{folder}/warehouse.db",
                     lambda: sqlite3.connect(folder / "warehouse.db"))


@pytest.fixture(name="full", scope="module")
def a_full_warehouse(shop, tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    warehouse = warehouse_in(folder)
    load(shop, warehouse, folder, *JANUARY)
    return warehouse


def test_orders(shop, tmp_path):
    warehouse = warehouse_in(tmp_path)
    shop.ask("faults", {"spec": "latency=30ms"})
    words = ["load", "orders", "--shop-url", shop.url, "--warehouse", warehouse.url, *JANUARY]
    ended = interrupted(words, tmp_path)
    shop.ask("faults", {"spec": ""})
    assert_ended_well(ended, f"again:         tidemark load orders --shop-url {shop.url}")
    assert "what was read is stored" in ended.last
    assert files(tmp_path) == set()
    # The lock is free, and the same command goes on.
    again = load(shop, warehouse, tmp_path, *JANUARY)
    assert again.summary["days_missing"] == 0
    assert warehouse.by_day() == shop.truth()
    runs = run(["tidemark", "runs", "list", "--json"], tmp_path).out
    assert {json.loads(line).get("status") for line in runs.splitlines()
            if "status" in json.loads(line)} == {"cancelled", "success"}, runs


def test_a_file(tmp_path):
    path = tmp_path / "orders.csv"
    count = 150000
    with open(path, "w", encoding="utf-8") as file:
        file.write("order_id,customer_id,created_at,price\n")
        for i in range(count):
            file.write(f"{i},c,2025-01-{i % 28 + 1:02d} 08:00:00,1.00\n")
    warehouse = warehouse_in(tmp_path)
    words = ["load", "file", path, "--warehouse", warehouse.url]
    ended = interrupted(words, tmp_path)
    assert_ended_well(ended, f"again:         tidemark load file {path}")
    assert files(tmp_path) == {"orders.csv"}
    stored = warehouse.value("SELECT COUNT(*) FROM orders")
    assert stored < count
    again = run(["tidemark", *words, "--json", "--progress", "off"], tmp_path).summary
    assert (again["orders_unchanged"], again["orders_new"]) == (stored, count - stored)


def test_benefits(full, tmp_path):
    report = tmp_path / "benefits.csv"
    words = ["load", "benefits", "--warehouse", full.url, "--report", report]
    ended = interrupted(words, tmp_path)
    assert_ended_well(ended, "tidemark load benefits --warehouse")
    assert files(tmp_path) == set()  # Half a report would pass for the whole.
    run(["tidemark", *words], tmp_path)
    decided = full.value("SELECT COUNT(*) FROM benefit_decisions")
    assert report.read_text(encoding="utf-8-sig").count("\n") == decided + 1


def test_a_workbook(full, tmp_path):
    words = ["load", "export-xlsx", "--warehouse", full.url, "-o", tmp_path / "orders.xlsx"]
    ended = interrupted(words, tmp_path)
    assert_ended_well(ended, "again: tidemark load export-xlsx --warehouse")
    assert "no file was written" in ended.last
    assert files(tmp_path) == set()
    run(["tidemark", *words], tmp_path)
    assert (tmp_path / "orders.xlsx").read_bytes().startswith(b"PK")


def test_deriving_again(full, tmp_path):
    connection = full.connect()
    connection.execute("UPDATE orders SET title='?'")
    connection.commit()
    connection.close()
    words = ["load", "rederive", "--warehouse", full.url]
    ended = interrupted(words, tmp_path)
    assert_ended_well(ended, "again: tidemark load rederive --warehouse")
    assert files(tmp_path) == set()
    run(["tidemark", *words], tmp_path)
    assert full.value("SELECT COUNT(*) FROM orders WHERE title='?'") == 0
