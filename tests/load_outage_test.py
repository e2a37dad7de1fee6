"""What a load needs goes away in the midst of it: the warehouse's server, the room on its disk. The
load says so and ends; the same command goes on where it was, and loses nothing."""

import json
import os
import sqlite3
import subprocess

import pytest

import servers
from hub_fixture import wait_until
from hub_states import State
from load_fixture import BINARY, CREDENTIALS, JANUARY, Shop, Warehouse, load


class Loading:
    """A load of January in its own time."""

    def __init__(self, shop, warehouse, folder):
        self.process = subprocess.Popen(
            [BINARY, "load", "orders", "--shop-url", shop.url, "--warehouse", warehouse.url, "--json",
             "--progress", "off", *JANUARY], cwd=folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
            env={"PATH": os.environ["PATH"], "HOME": str(folder), **CREDENTIALS})

    def end(self):
        """Exit code, summary, and what was said on stderr."""
        out, err = self.process.communicate(timeout=180)
        assert "Sanitizer" not in err and "runtime error" not in err, err
        return self.process.returncode, json.loads(out.splitlines()[-1]), err


@pytest.mark.parametrize("kind", [servers.MariaDB, servers.Postgres], ids=["mariadb", "postgres"])
def test_a_warehouse_that_goes_away_and_comes_back(kind, tmp_path):
    with kind() as server, Shop(tmp_path, "--faults", "latency=150ms", orders=20000) as shop:
        state = State(server.url)
        warehouse = Warehouse(state.url, state.connect)
        loading = Loading(shop, warehouse, tmp_path)
        wait_until(lambda: shop.ask("calls")["lists"] > 40)
        server.kill9()
        code, summary, err = loading.end()
        # What was stored before makes it partial; without, the warehouse was never reached.
        assert code in (3, 75), summary
        assert summary["errors"][0]["kind"] == "unreachable", summary
        assert not summary["stopped"] and "; again" in err
        server.start()
        shop.ask("faults", {"spec": ""})
        ran = load(shop, warehouse, tmp_path, *JANUARY)
        assert warehouse.by_day() == shop.truth()
        assert ran.summary["windows_resumed"] == summary["windows_finished"]
        before = warehouse.business()
        load(shop, warehouse, tmp_path, *JANUARY)
        assert warehouse.business() == before


@pytest.mark.parametrize("small_disk", ["8m"], indirect=True)
def test_a_disk_that_is_full_loses_nothing(small_disk, tmp_path):
    path = small_disk / "warehouse.db"
    warehouse = Warehouse(f"sqlite:{path}", lambda: sqlite3.connect(path))
    with Shop(tmp_path, orders=6000) as shop:
        code, summary, _ = Loading(shop, warehouse, tmp_path).end()
        assert code in (1, 3), summary
        assert summary["errors"][0]["kind"] == "no_space", summary
        assert warehouse.value("PRAGMA integrity_check") == "ok"
        assert warehouse.value("SELECT COUNT(*) FROM orders") < 6000
        subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
        load(shop, warehouse, tmp_path, *JANUARY)
        assert warehouse.by_day() == shop.truth()
