"""A load that is killed anywhere, and killed again, ends with the content of one that nobody
disturbed: on each database, for each stream, and for a file of orders. LOAD_KILLS says how often it
is killed, LOAD_KILL_SEED which chance it was."""

import os
import random
import subprocess
import time

import pytest

from load_fixture import BINARY, CREDENTIALS, JANUARY, Shop, load, make_warehouse
from programs import run

KILLS = int(os.environ.get("LOAD_KILLS", "4"))
STREAMS = {"orders": JANUARY, "aftersales": JANUARY, "users": (), "products": (), "live": ()}


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def warehouses(request, tmp_path):
    return lambda name: make_warehouse(request.param, request, tmp_path, name)


def chance_of_this_run():
    seed = int(os.environ.get("LOAD_KILL_SEED", random.randrange(1 << 32)))
    print("LOAD_KILL_SEED", seed)
    return random.Random(seed)


def kill_while_loading(warehouse, folder, words, chance):
    """How long a load lives is a matter of chance; that of a dead one, and whether it had begun to
    write, does not matter for what must hold."""
    process = subprocess.Popen(
        [BINARY, "load", *words, "--warehouse", warehouse.url], cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **CREDENTIALS},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(chance.uniform(0.03, 0.6))
    process.kill()
    process.wait()


def test_killed_loads_end_as_one_that_was_not(warehouses, tmp_path):
    chance = chance_of_this_run()
    disturbed, calm = warehouses("disturbed"), warehouses("calm")
    with Shop(tmp_path, "--faults", "latency=5ms") as shop:
        for stream, words in STREAMS.items():
            for _ in range(KILLS):
                kill_while_loading(
                    disturbed, tmp_path, [stream, "--shop-url", shop.url, *words], chance)
            load(shop, disturbed, tmp_path, *words, stream=stream)
            load(shop, calm, tmp_path, *words, stream=stream)
        assert disturbed.by_day() == shop.truth()
        assert disturbed.business(stamps=False) == calm.business(stamps=False)
        complete = "SELECT stream, complete_from, complete_upto FROM load_streams ORDER BY stream"
        streams = disturbed.rows(complete)
        assert [row["stream"] for row in streams] == sorted(STREAMS)
        assert all(row["complete_upto"] for row in streams)
        # A range that is long past: both watermarks came to its end, however often one was killed.
        ranges = complete.replace("ORDER", "WHERE stream IN ('orders', 'aftersales') ORDER")
        assert disturbed.rows(ranges) == calm.rows(ranges)


def write_orders(path, orders):
    """Some with several lines, some that cannot be stored."""
    with open(path, "w", encoding="utf-8") as file:
        file.write("order_id,user_id,created_at,paid_at,status,sku,quantity,line_total\n")
        for order in range(orders):
            for line in range(1 + order % 3):
                amount = "much" if order % 1000 == 999 else f"{order % 500}.{line}9"
                file.write(f"A-{order},c{order % 700},2025-01-{1 + order % 28:02} 10:00:00,,paid,"
                           f"p{line},{line + 1},{amount}\n")


def test_a_file_that_was_killed_again_and_again_is_loaded_as_one_that_was_not(warehouses, tmp_path):
    chance = chance_of_this_run()
    disturbed, calm = warehouses("disturbed"), warehouses("calm")
    write_orders(tmp_path / "orders.csv", 12_000)
    words = ["file", "orders.csv", "--platform", "webshop"]
    for _ in range(KILLS):
        kill_while_loading(disturbed, tmp_path, words, chance)
    # One that was killed near its end has set the same rows aside.
    for warehouse in (disturbed, calm):
        ran = run(["tidemark", "load", *words, "--warehouse", warehouse.url, "--json"], tmp_path,
                  code=3)
        assert ran.summary["rows_rejected"] == 12
        assert warehouse.value("SELECT COUNT(*) FROM orders") == 12_000 - 12
        assert warehouse.value("SELECT COUNT(*) FROM load_rejects") == 12
    assert disturbed.business(stamps=False) == calm.business(stamps=False)
    seen = "SELECT record_id, content_hash FROM raw_records ORDER BY record_id"
    assert disturbed.rows(seen) == calm.rows(seen)
