"""A load that is killed anywhere, and killed again, ends with the content of one that nobody
disturbed: on each database, for each stream. LOAD_KILLS says how often it is killed, LOAD_KILL_SEED
which chance it was."""

import os
import random
import subprocess
import time

import pytest

from load_fixture import BINARY, CREDENTIALS, JANUARY, Shop, load, make_warehouse

KILLS = int(os.environ.get("LOAD_KILLS", "4"))
STREAMS = {"orders": JANUARY, "aftersales": JANUARY, "users": (), "products": (), "live": ()}


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def warehouses(request, tmp_path):
    return lambda name: make_warehouse(request.param, request, tmp_path, name)


def kill_while_loading(shop, warehouse, folder, stream, words, chance):
    """How long a load lives is a matter of chance; that of a dead one, and whether it had begun to
    write, does not matter for what must hold."""
    process = subprocess.Popen(
        [BINARY, "load", stream, "--shop-url", shop.url, "--warehouse", warehouse.url, *words],
        cwd=folder, env={"PATH": os.environ["PATH"], "HOME": str(folder), **CREDENTIALS},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(chance.uniform(0.03, 0.6))
    process.kill()
    process.wait()


def test_killed_loads_end_as_one_that_was_not(warehouses, tmp_path):
    seed = int(os.environ.get("LOAD_KILL_SEED", random.randrange(1 << 32)))
    print("LOAD_KILL_SEED", seed)
    chance = random.Random(seed)
    disturbed, calm = warehouses("disturbed"), warehouses("calm")
    with Shop(tmp_path, "--faults", "latency=5ms") as shop:
        for stream, words in STREAMS.items():
            for _ in range(KILLS):
                kill_while_loading(shop, disturbed, tmp_path, stream, words, chance)
            load(shop, disturbed, tmp_path, *words, stream=stream)
            load(shop, calm, tmp_path, *words, stream=stream)
        assert disturbed.by_day() == shop.truth()
        assert disturbed.business(stamps=False) == calm.business(stamps=False)
        complete = "SELECT stream, complete_from, complete_upto FROM load_streams ORDER BY stream"
        streams = disturbed.rows(complete)
        assert [row["stream"] for row in streams] == sorted(STREAMS)
        assert all(row["complete_upto"] for row in streams)
