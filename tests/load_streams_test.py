"""After-sales, users, goods and live streams from end to end, and what all loads have in common."""

import collections
import json

import pytest

from load_fixture import CREDENTIALS, JANUARY, Shop, days_ago, load, make_warehouse
from programs import run

EVER = {"first": "2016-01-01", "last": days_ago(-1)}
# What `tidemark load` is given, the table, and the name of the truth.
STREAMS = {"aftersales": (JANUARY, "refunds", "aftersales"), "users": ((), "users", "users"),
           "products": ((), "products", "goods"), "live": ((), "live_streams", "live")}
FAULTS = ("error500=0.03,truncate=0.03,repeat=0.05,total=0.1,gbk=0.03,revoke=0.02,storm=0.03,"
          "busy=0.03")


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def warehouse(request, tmp_path):
    return make_warehouse(request.param, request, tmp_path)


@pytest.fixture
def local(request, tmp_path):
    return make_warehouse("sqlite", request, tmp_path)


def by_day(rows):
    """Sums per day of (day, {name: value})."""
    days = collections.defaultdict(collections.Counter)
    for day, sums in rows:
        days[str(day)[:10]].update(sums)
    return {day: dict(sums) for day, sums in sorted(days.items())}


def content(warehouse, stream):
    """What a table holds, in the words of the sandbox's truth."""
    rows = warehouse.rows(f"SELECT * FROM {STREAMS[stream][1]}")
    if stream == "aftersales":
        asked = [(row["created_at"], {"cases": 1, "asked": row["apply_refund_money_fen"],
                                      "refunds": 0, "refund": 0}) for row in rows]
        paid = [(row["source_updated_at"], {"cases": 0, "asked": 0, "refunds": 1,
                                            "refund": row["refund_money_fen"]})
                for row in rows if row["refund_money_fen"]]
        return by_day(asked + paid)
    if stream == "users":
        return by_day((row["created_at"], {"users": 1, "pay_sum": row["pay_sum_fen"] or 0})
                      for row in rows)
    if stream == "products":
        return by_day((row["created_at"], {"goods": 1, "on_sale": int(row["sale_status"] == 1),
                                           "price": row["price_low_fen"]}) for row in rows)
    return by_day((row["started_at"], {"lives": 1, "views": row["view_count"],
                                       "purchases": row["purchase_count"],
                                       "reward": row["reward_sum_fen"]}) for row in rows)


def plain(truth):
    """Counters drop no zeros, but days of zeros may be told on one side only."""
    return {day: sums for day, sums in truth.items() if any(sums.values())}


def matches(warehouse, shop, stream):
    return plain(content(warehouse, stream)) == plain(shop.truth(**EVER, stream=STREAMS[stream][2]))


def test_all_streams_arrive_to_the_cent_and_again_change_nothing(warehouse, tmp_path):
    with Shop(tmp_path) as shop:
        for stream, (words, table, _) in STREAMS.items():
            ran = load(shop, warehouse, tmp_path, *words, stream=stream)
            assert ran.summary[f"{table}_new"] > 0
            assert ran.summary["unknown_codes"] == []
            assert matches(warehouse, shop, stream), stream
        before = warehouse.business()
        for stream, (words, table, _) in STREAMS.items():
            ran = load(shop, warehouse, tmp_path, *words, "--restart" if words else "-v",
                       stream=stream)
            assert ran.summary[f"{table}_new"] == ran.summary[f"{table}_changed"] == 0, stream
        assert warehouse.business() == before
        ran = run(["tidemark", "load", "rederive", "--warehouse", warehouse.url, "--json"], tmp_path)
        assert ran.summary["refunds_unchanged"] == len(before["refunds"])
        assert ran.summary["rows_rejected"] == 0
        assert warehouse.business() == before


@pytest.mark.parametrize("stream", STREAMS)
def test_faults_of_the_shop_change_nothing_of_the_truth(stream, local, tmp_path):
    with Shop(tmp_path, "--faults", FAULTS) as shop:
        words = STREAMS[stream][0]
        for _ in range(3):
            ran = load(shop, local, tmp_path, *words, stream=stream, code=None)
            if ran.code == 0:
                break
        assert ran.code == 0, ran.out
        assert matches(local, shop, stream)


def test_a_refund_on_day_sixteen_is_in_the_next_incremental_load(local, tmp_path):
    with Shop(tmp_path, clock="2025-01-20 00:00:00") as shop:
        first = load(shop, local, tmp_path, "--from", "2025-01-01", "--to", "2025-01-19",
                     stream="aftersales")
        assert first.summary["complete"]["upto"].startswith("2025-01-19")
        shop.ask("clock", {"now": "2025-03-20 00:00:00"})
        # What the machine's clock calls now is long after.
        load(shop, local, tmp_path, "--from", "2025-01-20", "--to", "2025-03-20", stream="aftersales")
        assert matches(local, shop, "aftersales")


def test_an_incremental_load_goes_on_from_the_watermark(local, tmp_path):
    # A load goes by the machine's clock: of an older shop it would read months without news.
    with Shop(tmp_path, first=days_ago(30), last=days_ago(10),
              clock=f"{days_ago(0)} 00:00:00") as shop:
        begin = {"TIDEMARK_LOAD__HISTORY_START": days_ago(30)}
        first = load(shop, local, tmp_path, stream="aftersales", **begin)
        assert first.summary["mode"] == "incremental"
        assert matches(local, shop, "aftersales")
        again = load(shop, local, tmp_path, stream="aftersales", **begin)
        assert again.summary["range"]["from"] > first.summary["range"]["from"]
        assert again.summary["windows"] == 1


def test_a_dry_run_writes_nothing(local, tmp_path):
    with Shop(tmp_path) as shop:
        for stream, (words, table, _) in STREAMS.items():
            ran = load(shop, local, tmp_path, *words, "--dry-run", stream=stream)
            assert ran.summary[f"{table}_new"] > 0
        assert not (tmp_path / "warehouse.db").exists()


def test_live_streams_by_their_ids(local, tmp_path):
    with Shop(tmp_path) as shop:
        load(shop, local, tmp_path, stream="live")
        ids = [row["live_id"] for row in local.rows("SELECT live_id FROM live_streams")]
        before = local.business()
        local_rows = local.rows("SELECT complete_upto FROM load_streams WHERE stream='live'")
        (tmp_path / "ids.txt").write_text("# some\n" + "\n".join(ids[:60]) + "\n\n", encoding="utf-8")
        ran = load(shop, local, tmp_path, "--ids", str(tmp_path / "ids.txt"), stream="live")
        assert ran.summary["mode"] == "picked"
        assert ran.summary["live_streams_unchanged"] == len(ids[:60])
        (tmp_path / "ids.txt").write_text(ids[0] + "\nl_missing\n", encoding="utf-8")
        # The one that is there is read, without news; so nothing was done.
        ran = load(shop, local, tmp_path, "--ids", str(tmp_path / "ids.txt"), stream="live", code=1)
        assert ran.summary["live_streams_unchanged"] == 1
        assert "l_missing" in ran.out
        assert local.business() == before
        assert local.rows("SELECT complete_upto FROM load_streams WHERE stream='live'") == local_rows
        (tmp_path / "ids.txt").write_text("\n", encoding="utf-8")
        load(shop, local, tmp_path, "--ids", str(tmp_path / "ids.txt"), stream="live", code=2)


def test_runs_are_recorded_by_their_stream(local, tmp_path):
    with Shop(tmp_path) as shop:
        load(shop, local, tmp_path, stream="users")
        listed = run(["tidemark", "runs", "list", "--json"], tmp_path)
        assert any(json.loads(line).get("job") == "load users" for line in listed.out.splitlines())
        # Telephone numbers are in the raw layer and nowhere else.
        assert local.value("SELECT COUNT(*) FROM raw_records WHERE payload LIKE '%bind_phone%'") > 0
        assert "phone" not in ",".join(local.rows("SELECT * FROM users LIMIT 1")[0])


def test_a_platform_that_is_none(local, tmp_path):
    run(["tidemark", "load", "users", "--platform", "nobody", "--warehouse", local.url], tmp_path,
        code=2, **CREDENTIALS)


def test_the_progress_of_the_old_script_is_taken_over(local, tmp_path):
    words = ["tidemark", "load", "import-progress", "last_sync_timestamp_list_only.txt",
             "--warehouse", local.url]
    file = tmp_path / "last_sync_timestamp_list_only.txt"
    file.write_text("1738339199\n", encoding="utf-8")
    run([*words, "--json"], tmp_path, code=2)  # Nobody agreed.
    ran = run([*words, "--yes", "--json"], tmp_path)
    assert ran.summary["complete_upto"] == "2025-01-31 23:59:59"
    assert local.rows("SELECT complete_from, complete_upto FROM load_streams") == [
        {"complete_from": "2025-01-01 00:00:00", "complete_upto": "2025-01-31 23:59:59"}]
    run([*words, "--yes"], tmp_path, code=2)  # There is a watermark now.
    with Shop(tmp_path) as shop:
        ran = load(shop, local, tmp_path, "--dry-run")
        assert ran.summary["range"]["from"] == "2025-02-01 00:00:00"


@pytest.mark.parametrize("text", ["", "soon", "1738339199000", "2099-01-01 00:00:00", "12\n13"])
def test_progress_that_is_nonsense_is_refused(text, local, tmp_path):
    (tmp_path / "progress.txt").write_text(text, encoding="utf-8")
    ran = run(["tidemark", "load", "import-progress", "progress.txt", "--yes", "--warehouse",
               local.url], tmp_path, code=None)
    assert ran.code not in (0, 3)
    assert not (tmp_path / "warehouse.db").exists()
