"""`tidemark load orders` from end to end, on each database."""

import contextlib
import json
import os
import signal
import subprocess
import time

import pytest

from load_fixture import BINARY, CREDENTIALS, JANUARY, Shop, days_ago, load, make_warehouse
from programs import run


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def warehouses(request, tmp_path):
    """Makes warehouses on each database in turn."""
    return lambda name="warehouse": make_warehouse(request.param, request, tmp_path, name)


@pytest.fixture
def local(request, tmp_path):
    return make_warehouse("sqlite", request, tmp_path)


def test_a_range_arrives_to_the_cent_and_again_changes_nothing(warehouses, tmp_path):
    warehouse = warehouses()
    with Shop(tmp_path) as shop:
        ran = load(shop, warehouse, tmp_path, *JANUARY)
        assert ran.summary["orders_new"] == 4000
        assert ran.summary["windows_finished"] == 5
        assert warehouse.by_day() == shop.truth()
        before = warehouse.business()
        again = load(shop, warehouse, tmp_path, *JANUARY)
        assert again.summary["orders_unchanged"] == 4000
        assert again.summary["orders_changed"] == again.summary["orders_new"] == 0
        assert warehouse.business() == before
        ran = run(["tidemark", "load", "rederive", "--warehouse", warehouse.url, "--json"], tmp_path)
        assert ran.summary["orders_unchanged"] == 4000
        assert ran.summary["histories_changed"] == 0
        assert warehouse.business() == before


def test_a_small_first_range_hides_no_history(local, tmp_path):
    # A load goes by the machine's clock: of an older shop it would read months without news.
    first, middle = days_ago(30), days_ago(15)
    history = {"TIDEMARK_LOAD__HISTORY_START": first}
    with Shop(tmp_path, first=first, last=days_ago(2), clock=f"{days_ago(0)} 00:00:00") as shop:
        load(shop, local, tmp_path, "--from", middle, "--to", middle)
        ran = load(shop, local, tmp_path, **history)
        assert ran.summary["earlier"] == {"from": f"{first} 00:00:00",
                                          "upto": f"{days_ago(16)} 23:59:59"}
        assert ran.summary["complete"]["from"] == f"{first} 00:00:00"
        assert local.by_day() == shop.truth(first, days_ago(2))
        assert load(shop, local, tmp_path, **history).summary["earlier"] is None


@pytest.mark.parametrize("skew", ["-900s", "900s"])
def test_a_clock_that_is_wrong_ends_the_load_before_it_writes(skew, local, tmp_path):
    with Shop(tmp_path, "--faults", f"skew={skew}") as shop:
        ran = load(shop, local, tmp_path, *JANUARY, code=1)
        assert "too far apart" in ran.out and "NTP" in ran.out
        assert local.value("SELECT COUNT(*) FROM raw_records") == 0
        assert local.value("SELECT complete_upto FROM load_streams") is None
        load(shop, local, tmp_path, *JANUARY, TIDEMARK_LOAD__MARGIN="40m")
        assert local.by_day() == shop.truth()


FAULTS = ["latency=20ms", "error500=0.2", "html=0.2", "hang=0.15", "truncate=0.2", "repeat=0.3",
          "total=0.3", "gbk=0.3", "strings=1", "revoke=0.2", "storm=0.2", "busy=0.2",
          "malformed=0.1", "ip=0.1", "deny=orders"]
# Those in which a load writes some, reads again, and goes on: what a database may take otherwise.
TELLING = "repeat=0.2,total=0.2,strings=0.5"


def faults_change_nothing_of_the_truth(faults, warehouse, folder):
    quick = {"TIDEMARK_XIAOE__TIMEOUT": "500ms"} if "hang" in faults else {}
    with Shop(folder, "--faults", faults, orders=400) as shop:
        ran = load(shop, warehouse, folder, *JANUARY, code=None, **quick)
        # A load that calls itself done is; one that does not goes on when the fault is over.
        if ran.summary["exit_code"] == 0:
            assert warehouse.by_day() == shop.truth()
        shop.ask("faults", {"spec": ""})
        load(shop, warehouse, folder, *JANUARY)
        assert warehouse.by_day() == shop.truth()


@pytest.mark.parametrize("faults", FAULTS)
def test_after_each_fault_counts_and_sums_per_day_are_the_shops(faults, local, tmp_path):
    faults_change_nothing_of_the_truth(faults, local, tmp_path)


@pytest.mark.parametrize("kind", ["mariadb", "postgres"])
def test_after_faults_each_database_has_the_shops_sums(kind, request, tmp_path):
    faults_change_nothing_of_the_truth(TELLING, make_warehouse(kind, request, tmp_path), tmp_path)


@contextlib.contextmanager
def load_under_way(shop, warehouse, folder, has_come_to):
    """A load of orders that has come to where the calls of the shop fulfil that condition."""
    words = [BINARY, "load", "orders", "--shop-url", shop.url, "--warehouse", warehouse.url,
             "--json", "--progress", "off", *JANUARY]
    with subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, encoding="utf-8",
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          env={"PATH": os.environ["PATH"], "HOME": str(folder),
                               **CREDENTIALS}) as process:
        while not has_come_to(shop.ask("calls")):
            assert process.poll() is None
            time.sleep(0.02)
        yield process


def test_when_others_use_up_the_calls_the_load_waits_and_is_whole(local, tmp_path):
    # Each 2053 costs the ten seconds of the shop's window, so the fault ends with the first.
    with Shop(tmp_path, "--faults", "limit=1", orders=400) as shop:
        with load_under_way(shop, local, tmp_path, lambda calls: "2053" in calls["refused"]) as process:
            shop.ask("faults", {"spec": ""})
            out, _ = process.communicate(timeout=120)
        assert process.returncode == 0, out
        assert local.by_day() == shop.truth()


def test_a_signal_stores_what_was_read(local, tmp_path):
    with Shop(tmp_path, "--faults", "latency=200ms", orders=20000) as shop:
        with load_under_way(shop, local, tmp_path, lambda calls: calls["lists"] >= 3) as process:
            process.send_signal(signal.SIGTERM)
            out, _ = process.communicate(timeout=120)
        assert process.returncode == 143, out
        assert json.loads(out.splitlines()[-1])["stopped"]
        shop.ask("faults", {"spec": ""})
        load(shop, local, tmp_path, *JANUARY)
        assert local.by_day() == shop.truth()


def test_the_same_load_runs_once_at_a_time(warehouses, tmp_path):
    warehouse = warehouses()
    with Shop(tmp_path, "--faults", "latency=500ms", orders=8000) as shop:
        words = [BINARY, "load", "orders", "--shop-url", shop.url, "--warehouse", warehouse.url,
                 "--json", "--progress", "off", *JANUARY]
        with subprocess.Popen(words, cwd=tmp_path, stdin=subprocess.DEVNULL, encoding="utf-8",
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              env={"PATH": os.environ["PATH"], "HOME": str(tmp_path),
                                   **CREDENTIALS}) as process:
            while shop.ask("calls")["lists"] < 3:
                assert process.poll() is None
                time.sleep(0.02)
            assert "is running already" in load(shop, warehouse, tmp_path, *JANUARY, code=11).out
            # A load of something else is another one, and so is one that writes nothing.
            load(shop, warehouse, tmp_path, "--from", "2025-01-01", "--to", "2025-01-02")
            load(shop, warehouse, tmp_path, *JANUARY, "--dry-run")
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=120)
        shop.ask("faults", {"spec": ""})
        load(shop, warehouse, tmp_path, *JANUARY)
        assert warehouse.by_day() == shop.truth()


def test_late_refunds_are_found_and_told(local, tmp_path):
    with Shop(tmp_path) as shop:
        load(shop, local, tmp_path, *JANUARY)
        shop.ask("clock", {"now": "2025-03-20 00:00:00"})
        # The machine's clock is long past January: what a usual re-scan reads is not there.
        found = load(shop, local, tmp_path, *JANUARY)
        assert found.summary["orders_changed"] > 0
        assert 0 < found.summary["missed_by_rescan"] <= found.summary["orders_changed"]
        assert found.summary["missed_orders"]
        assert local.by_day() == shop.truth()
        assert local.value("SELECT COUNT(*) FROM order_history WHERE refund_money_fen > 0") > 0


def test_a_run_is_recorded_and_the_secret_is_nowhere(local, tmp_path):
    with Shop(tmp_path) as shop:
        ran = load(shop, local, tmp_path, *JANUARY, "--verbose")
        listed = run(["tidemark", "runs", "list", "--json"], tmp_path)
        runs = [json.loads(line) for line in listed.out.splitlines()]
        assert any(line.get("job") == "load orders" for line in runs), listed.out
        assert "sandbox_secret" not in ran.out + ran.err + listed.out


def test_wrong_credentials_and_missing_ones(local, tmp_path):
    with Shop(tmp_path) as shop:
        words = ["tidemark", "load", "orders", "--shop-url", shop.url, "--warehouse", local.url,
                 "--json", *JANUARY]
        refused = run(words, tmp_path, code=12, **(CREDENTIALS | {
            "TIDEMARK_XIAOE__SECRET_KEY": "not-this"}))
        assert "not-this" not in refused.out + refused.err
        assert "2004" in refused.out
        assert run(words, tmp_path, code=2).summary["exit_code"] == 2


def test_a_dry_run_writes_nothing(local, tmp_path):
    with Shop(tmp_path) as shop:
        ran = load(shop, local, tmp_path, *JANUARY, "--dry-run")
        assert ran.summary["orders_new"] == 4000
        assert not (tmp_path / "warehouse.db").exists()
        load(shop, local, tmp_path, *JANUARY)
        before = (tmp_path / "warehouse.db").read_bytes()
        ran = load(shop, local, tmp_path, *JANUARY, "-d")
        assert ran.summary["orders_unchanged"] == 4000
        assert (tmp_path / "warehouse.db").read_bytes() == before


def test_a_dry_run_on_a_warehouse_that_is_not_migrated_yet(warehouses, tmp_path):
    warehouse = warehouses()
    days = ("--from", "2025-01-01", "--to", "2025-01-02")
    with Shop(tmp_path) as shop:
        orders = load(shop, warehouse, tmp_path, *days).summary["orders_new"]
        assert orders > 0
        with contextlib.closing(warehouse.connect()) as connection:
            cursor = connection.cursor()
            for view in ("v_products_rank", "v_products_daily", "v_order_products"):
                cursor.execute(f"DROP VIEW {view}")
            for column in ("price", "price_fen", "share_fen", "refund_share_fen"):
                cursor.execute(f"ALTER TABLE order_items DROP COLUMN {column}")
            cursor.execute("DELETE FROM raw_seen")  # All rows are held against the tables.
            connection.commit()
        ran = load(shop, warehouse, tmp_path, *days, "--restart", "--dry-run")
        assert (ran.summary["orders_unchanged"], ran.summary["orders_new"]) == (orders, 0)


def test_a_warehouse_on_a_disk_that_is_read_only_is_told_as_that(request, tmp_path):
    (tmp_path / "disk").mkdir()
    warehouse = make_warehouse("sqlite", request, tmp_path / "disk")
    read_only = ["unshare", "--map-root-user", "--mount", "sh", "-c",
                 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"',
                 str(tmp_path / "disk")]
    if run([*read_only, "true"], tmp_path, code=None).code != 0:
        pytest.skip("this machine lets nobody mount a folder read-only")
    with Shop(tmp_path) as shop:
        load(shop, warehouse, tmp_path, *JANUARY)
        words = ["load", "orders", "--shop-url", shop.url, "--warehouse", warehouse.url, *JANUARY]
        ran = run([*read_only, BINARY, *words], tmp_path, code=12, **CREDENTIALS)
        assert "cannot be written" in ran.err and "mounted read-only" in ran.err, ran.text()
        assert warehouse.by_day() == shop.truth()


@pytest.mark.parametrize("words", [("--from", "2025-01-01"), ("--from", "2025-02-01", "--to", "2025-01-01"),
                                   ("--rescan", "0s"), ("--rescan", "15"), ("--from", "x", "--to", "y"),
                                   ("--incremental", "--rescan", "15d")])
def test_ranges_that_are_none(words, local, tmp_path):
    run(["tidemark", "load", "orders", "--warehouse", local.url, *words], tmp_path, code=2,
        **CREDENTIALS)


@pytest.mark.parametrize("stream", ["orders", "aftersales", "users", "products"])
def test_a_range_in_the_future_is_no_range(stream, local, tmp_path):
    year = int(days_ago(0)[:4]) + 1
    ran = run(["tidemark", "load", stream, "--from", f"{year}-01-02", "--to", f"{year}-02-01",
               "--warehouse", local.url, "--json"], tmp_path, code=2, **CREDENTIALS)
    told = ran.out + ran.err
    assert f"{year}-01-02 00:00:00 to {year}-02-01 23:59:59 lies in the future" in told
    assert "clock shows" in told
    assert not (tmp_path / "warehouse.db").exists()


@pytest.mark.parametrize("words", [("--faults", "no=1"), ("--faults", "hang=2"), ("--faults", "latency=5"),
                                   ("--listen", "nowhere"), ("--from", "2025-02-01", "--to", "2025-01-01"),
                                   ("--orders", "-1")])
def test_sandboxes_that_are_none(words, tmp_path):
    run(["tidemark", "sandbox", "xiaoe", *words], tmp_path, code=2)
