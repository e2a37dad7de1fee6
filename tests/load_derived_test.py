"""What is derived from the warehouse, from end to end on each database: benefits, sheets, views,
backups. What must come out is computed here anew from the rows of the tables."""

import collections
import contextlib
import csv
import datetime
import io
import os
import random
import re
import signal
import sqlite3
import subprocess
import time
import urllib.parse
import xml.etree.ElementTree
import zipfile

import psycopg2
import pymysql
import pytest

from load_fixture import BINARY, JANUARY, Shop, load, make_warehouse
from programs import run

PAID, CANCELLED = {1, 3, 8, 9, 10, 11}, {2, 6, 7}
FORTNIGHT = datetime.timedelta(days=14)


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def warehouses(request, tmp_path):
    return lambda name="warehouse": make_warehouse(request.param, request, tmp_path, name)


@pytest.fixture
def warehouse(warehouses):
    return warehouses()


@pytest.fixture
def local(request, tmp_path):
    return make_warehouse("sqlite", request, tmp_path)


def moment(value):
    return value if isinstance(value, datetime.datetime) else (
        datetime.datetime.fromisoformat(value) if value else None)


def benefits(warehouse, folder, *words, code=0):
    return run(["tidemark", "load", "benefits", "--warehouse", warehouse.url, "--json",
                "--progress", "off", *words], folder, code=code)


def execute(warehouse, *statements):
    connection = warehouse.connect()
    try:
        for statement in statements:
            connection.cursor().execute(statement)
        connection.commit()
    finally:
        connection.close()


def expected_decisions(warehouse, keep_parts=False):
    """By the order alone: the sandbox refunds an order once."""
    expected = {}
    for order in warehouse.rows("SELECT * FROM orders"):
        if order["order_state"] not in PAID:
            continue
        refunded = moment(order["refund_time"])
        in_time = refunded and refunded <= moment(order["created_at"]) + FORTNIGHT
        whole = order["order_state"] == 10
        withdrawn = in_time and (whole or not keep_parts)
        expected[order["order_id"]] = "withdrawn" if withdrawn else "granted"
    return expected


def decisions(warehouse):
    return {row["order_id"]: row["decision"]
            for row in warehouse.rows("SELECT order_id, decision FROM benefit_decisions")}


def dump(warehouse, table, without=()):
    return [tuple(str(value) for name, value in row.items() if name not in without)
            for row in warehouse.rows(f"SELECT * FROM {table} ORDER BY order_id, facts, decision")]


def test_benefits_follow_the_facts_and_nothing_else(warehouse, tmp_path):
    with Shop(tmp_path, orders=1500) as shop:
        load(shop, warehouse, tmp_path, *JANUARY)
        first = benefits(warehouse, tmp_path).summary
        early = expected_decisions(warehouse)
        assert decisions(warehouse) == early
        assert first["orders"] == 1500
        assert first["unpaid"] == 1500 - len(early)
        assert first["decided_first"] == len(early)

        before = dump(warehouse, "benefit_decisions"), dump(warehouse, "benefit_decision_history")
        again = benefits(warehouse, tmp_path).summary
        assert again["unchanged"] == len(early)
        assert again["decided_first"] == again["decided_anew"] == again["facts_changed"] == 0
        assert (dump(warehouse, "benefit_decisions"),
                dump(warehouse, "benefit_decision_history")) == before

        # Refunds of January and February become known, those within 14 days too late.
        shop.ask("clock", {"now": "2025-03-20 00:00:00"})
        load(shop, warehouse, tmp_path, *JANUARY)
        late = benefits(warehouse, tmp_path, "--report", "report.csv").summary
        now = expected_decisions(warehouse)
        assert decisions(warehouse) == now
        changed = {order for order in now if early.get(order) == "granted" != now[order]}
        assert changed
        assert late["granted_to_withdrawn"] == late["decided_anew"] == len(changed)
        assert {row["order_id"]: row["reason_zh"].count("之后才得知") for row in warehouse.rows(
            "SELECT order_id, reason_zh FROM benefit_decisions WHERE previous_decision='granted'")
        } == {order: 1 for order in changed}
        histories = collections.Counter(row["order_id"] for row in warehouse.rows(
            "SELECT order_id FROM benefit_decision_history"))
        assert all(histories[order] == 2 for order in changed)

        report = list(csv.DictReader(io.StringIO(
            (tmp_path / "report.csv").read_text(encoding="utf-8-sig"))))
        assert {row["order_id"]: row["decision"] for row in report} == now
        assert {row["order_id"] for row in report if row["change"] == "changed"} == changed
        assert all(row["reason"] for row in report)


def test_benefits_that_are_killed_end_as_others_do(warehouses, tmp_path):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    disturbed, calm = warehouses("disturbed"), warehouses("calm")
    with Shop(tmp_path, orders=3000, clock="2025-03-20 00:00:00") as shop:
        for warehouse in (disturbed, calm):
            load(shop, warehouse, tmp_path, *JANUARY)
    for _ in range(4):
        process = subprocess.Popen([BINARY, "load", "benefits", "--warehouse", disturbed.url],
                                   cwd=tmp_path, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
        time.sleep(chance.uniform(0.02, 0.3))
        process.kill()
        process.wait()
    benefits(disturbed, tmp_path)
    benefits(calm, tmp_path)
    for table in ("benefit_decisions", "benefit_decision_history"):
        assert (dump(disturbed, table, {"decided_at", "updated_at", "changed_at"}) ==
                dump(calm, table, {"decided_at", "updated_at", "changed_at"}))


def test_what_was_not_read_again_is_pending_and_told(local, tmp_path):
    with Shop(tmp_path, orders=400) as shop:
        load(shop, local, tmp_path, *JANUARY)
    execute(local, "UPDATE raw_seen SET observed_at='2025-01-10 00:00:00.000000'")
    execute(local, "UPDATE load_scans SET started_at='2025-01-10 00:00:00.000000'")
    summary = benefits(local, tmp_path, code=3).summary
    paid = len(expected_decisions(local))
    unseen = paid + local.value("SELECT COUNT(*) FROM orders WHERE order_state IN (0,4,5)")
    late = sum(moment(row["created_at"]) + FORTNIGHT >= datetime.datetime(2025, 1, 10)
               for row in local.rows("SELECT created_at FROM orders WHERE order_state NOT IN (2,6,7)"))
    assert summary["pending"] == summary["pending_unobserved"] == late == unseen
    assert summary["rescan_days"] > 600
    ran = run(["tidemark", "load", "benefits", "--warehouse", local.url, "--lang", "zh"], tmp_path,
              code=3)
    assert "自满 14 天以来未再观察" in ran.out and "--rescan" in ran.out
    execute(local, "UPDATE raw_seen SET observed_at='2025-03-10 00:00:00.000000'")
    assert benefits(local, tmp_path).summary["pending"] == 0
    assert decisions(local).items() >= expected_decisions(local).items()


def test_parts_keep_the_benefit_where_that_is_the_rule(local, tmp_path):
    with Shop(tmp_path, orders=1500, clock="2025-03-20 00:00:00") as shop:
        load(shop, local, tmp_path, *JANUARY)
    benefits(local, tmp_path, "--partial", "keep")
    kept = expected_decisions(local, keep_parts=True)
    assert decisions(local) == kept != expected_decisions(local)
    assert benefits(local, tmp_path).summary["other_rule"] == len(kept)
    assert decisions(local) == kept
    benefits(local, tmp_path, "--redecide")
    assert decisions(local) == expected_decisions(local)


@pytest.mark.parametrize("command", ["benefits", "rederive"])
@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_a_slip_in_the_name_of_the_warehouse_is_no_empty_warehouse(command, words, tmp_path):
    ran = run(["tidemark", "load", command, "--warehouse", "sqlite:wharehouse.db", "--json", *words],
              tmp_path, code=1)
    assert "wharehouse.db" in ran.summary["error"] and "first load makes it" in ran.err
    assert not (tmp_path / "wharehouse.db").exists()


def test_benefits_dry_run_and_stdout(local, tmp_path):
    with Shop(tmp_path, orders=300) as shop:
        load(shop, local, tmp_path, *JANUARY)
    before = (tmp_path / "warehouse.db").read_bytes()
    ran = run(["tidemark", "load", "benefits", "--warehouse", local.url, "-d", "--report", "-",
               "--lang", "zh"], tmp_path)
    assert ran.out.startswith("\ufeff平台,订单号,")
    assert len(list(csv.reader(io.StringIO(ran.out)))) == len(expected_decisions(local)) + 1
    assert "试运行" in ran.err
    assert (tmp_path / "warehouse.db").read_bytes() == before
    run(["tidemark", "load", "benefits", "--warehouse", local.url, "--json", "--report", "-"],
        tmp_path, code=2)
    listed = run(["tidemark", "runs", "list", "--json"], tmp_path)
    assert "load benefits" not in listed.out
    benefits(local, tmp_path)
    assert "load benefits" in run(["tidemark", "runs", "list", "--json"], tmp_path).out


# Sheets.

def export(kind, warehouse, folder, *words, code=0):
    return run(["tidemark", "load", f"export-{kind}", "--warehouse", warehouse.url, *words], folder,
               code=code)


HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "a,\"b\"\nc", "＝1", " =2"]


def plant(warehouse):
    """Texts from outside that are meant to be run."""
    ids = [row["order_id"] for row in warehouse.rows("SELECT order_id FROM orders ORDER BY order_id")]
    connection = warehouse.connect()
    try:
        cursor = connection.cursor()
        mark = "?" if isinstance(connection, sqlite3.Connection) else "%s"
        for order, title in zip(ids, HOSTILE):
            cursor.execute(f"UPDATE orders SET title={mark} WHERE order_id={mark}", (title, order))
        cursor.execute(f"UPDATE orders SET out_order_id={mark} WHERE order_id={mark}",
                       ("00420000012342025010112345678901", ids[0]))
        connection.commit()
    finally:
        connection.close()
    return dict(zip(ids, HOSTILE))


def shown(value):
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return "" if value is None else str(value)


def test_csv_is_what_the_table_holds(warehouse, tmp_path):
    with Shop(tmp_path, orders=500, clock="2025-03-20 00:00:00") as shop:
        load(shop, warehouse, tmp_path, *JANUARY)
    planted = plant(warehouse)
    export("csv", warehouse, tmp_path, "-o", "orders.csv", "--headers", "names")
    data = (tmp_path / "orders.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") and data.endswith(b"\r\n")
    assert oct((tmp_path / "orders.csv").stat().st_mode & 0o777) == "0o600"
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    table = {row["order_id"]: row for row in warehouse.rows("SELECT * FROM orders")}
    assert len(rows) == 500
    assert not [name for name in rows[0] if name.endswith("_fen")]
    assert rows == sorted(rows, key=lambda row: (row["created_at"], row["order_id"]))
    for row in rows:
        for name, cell in row.items():
            wanted = shown(table[row["order_id"]][name])
            if name == "updated_at":
                wanted = wanted[:19]
            if name == "title" and row["order_id"] in planted and planted[row["order_id"]][0] != "a":
                wanted = "'" + wanted
            assert cell.removeprefix("\t" if name != "title" else "") == wanted, (name, row)
    assert any(row["out_order_id"] == "\t00420000012342025010112345678901" for row in rows)

    # A program gets what stands in the table, and only what it asked for.
    ran = export("csv", warehouse, tmp_path, "-o", "-", "--plain", "--headers", "names", "--columns",
                 "order_id,title", "--columns", "price", "--from", "2025-01-03", "--to", "2025-01-05",
                 "--state", "1,10")
    rows = list(csv.DictReader(io.StringIO(ran.out.removeprefix("\ufeff"), newline="")))
    wanted = [row for row in table.values() if row["order_state"] in (1, 10)
              and "2025-01-03" <= shown(row["created_at"])[:10] <= "2025-01-05"]
    assert len(rows) == len(wanted) > 0
    assert list(rows[0]) == ["order_id", "title", "price"]
    assert all(row["price"] == str(table[row["order_id"]]["price"]) for row in rows)
    assert "rows" in ran.err


def test_headers_are_chinese(local, tmp_path):
    with Shop(tmp_path, orders=50) as shop:
        load(shop, local, tmp_path, *JANUARY)
    benefits(local, tmp_path)
    for table, words in {"orders": ["订单号", "实付金额（元）", "优惠券抵扣（元）", "退款金额（元）", "订单状态",
                                    "商品类型", "发货状态", "下单时间", "支付时间"],
                         "benefit_decisions": ["订单号", "决定", "理由（中文）"],
                         "refunds": ["售后单号", "退款金额（元）"], "users": ["用户编号"],
                         "products": ["商品名称"], "live_streams": ["直播名称"]}.items():
        ran = export("csv", local, tmp_path, "--table", table, "-o", "-")
        headers = next(csv.reader(io.StringIO(ran.out.removeprefix("\ufeff"))))
        assert set(words) <= set(headers), headers
        assert len(set(headers)) == len(headers)


def test_a_sheet_appears_whole_or_not_at_all(local, tmp_path):
    with Shop(tmp_path, orders=50) as shop:
        load(shop, local, tmp_path, *JANUARY)
    (tmp_path / "old.csv").write_text("old")
    broken = tmp_path / "broken.db"
    broken.write_bytes((tmp_path / "warehouse.db").read_bytes())
    with sqlite3.connect(broken) as connection:
        connection.execute("DROP VIEW v_orders")
        connection.execute("ALTER TABLE orders RENAME COLUMN ship_state TO gone")
    connection.close()
    run(["tidemark", "load", "export-csv", "--warehouse", f"sqlite:{broken}", "-o", "old.csv"],
        tmp_path, code=1)
    assert (tmp_path / "old.csv").read_text() == "old"
    run(["tidemark", "load", "export-xlsx", "--warehouse", f"sqlite:{broken}", "-o", "new.xlsx"],
        tmp_path, code=1)
    assert not [name for name in os.listdir(tmp_path) if "tmp" in name or name == "new.xlsx"]
    export("csv", local, tmp_path, "-o", "none/orders.csv", code=1)
    for words in (("--columns", "none"), ("--table", "raw_records"), ("--from", "x"),
                  ("--table", "users", "--state", "1"), ("--state", "abc"),
                  ("--state", "1,1x")):
        export("csv", local, tmp_path, "-o", "x.csv", *words, code=2)
    export("xlsx", local, tmp_path, "-o", "-", code=2)
    export("csv", local, tmp_path, code=2)
    assert not (tmp_path / "x.csv").exists()


SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def workbook(path):
    """{name of a sheet: rows of (kind, text, number format)}"""
    with zipfile.ZipFile(path) as archive:
        def parsed(name):
            return xml.etree.ElementTree.fromstring(archive.read(name))

        styles = parsed("xl/styles.xml")
        formats = {item.get("numFmtId"): item.get("formatCode") for item in styles.iter(f"{SHEET}numFmt")}
        formats |= {"0": "General", "2": "0.00", "49": "@"}
        cells = [formats[item.get("numFmtId")] for item in styles.find(f"{SHEET}cellXfs")]
        book = {}
        for number, sheet in enumerate(parsed("xl/workbook.xml").iter(f"{SHEET}sheet"), 1):
            rows = []
            for row in parsed(f"xl/worksheets/sheet{number}.xml").iter(f"{SHEET}row"):
                found = {}
                for cell in row:
                    text = "".join(part.text or "" for part in cell.iter(f"{SHEET}t"))
                    value = cell.find(f"{SHEET}v")
                    column = re.match("[A-Z]+", cell.get("r"))[0]
                    found[column] = ("text" if cell.get("t") == "inlineStr" else "number",
                                     text if value is None else value.text,
                                     cells[int(cell.get("s", 0))])
                    assert cell.find(f"{SHEET}f") is None
                rows.append(found)
            book[sheet.get("name")] = rows
        return book


def test_xlsx_has_exact_money_and_text_ids(warehouse, tmp_path):
    with Shop(tmp_path, orders=500, clock="2025-03-20 00:00:00") as shop:
        load(shop, warehouse, tmp_path, *JANUARY)
    planted = plant(warehouse)
    execute(warehouse, "UPDATE orders SET price='9999999999999.99', price_fen=999999999999999 WHERE "
            f"order_id='{min(planted)}'")
    words = ("--columns", "order_id,title,price,created_at,order_state,out_order_id")
    export("xlsx", warehouse, tmp_path, "-o", "orders.xlsx", *words)
    export("xlsx", warehouse, tmp_path, "-o", "again.xlsx", *words)
    assert (tmp_path / "orders.xlsx").read_bytes() == (tmp_path / "again.xlsx").read_bytes()
    rows = workbook(tmp_path / "orders.xlsx")["订单"]
    assert [rows[0][column][1] for column in "ABCDEF"] == [
        "订单号", "商品名称", "实付金额（元）", "下单时间", "订单状态代码", "外部订单号"]
    table = {row["order_id"]: row for row in warehouse.rows("SELECT * FROM orders")}
    assert len(rows) == 501
    for row in rows[1:]:
        order = table[row["A"][1]]
        assert row["A"][0::2] == ("text", "@")
        title = row["B"][1].replace("_x0009_", "\t")
        assert row["B"][0] == "text" and title == order["title"]
        assert row["C"][0::2] == ("number", "0.00")
        assert f"{float(row['C'][1]):.2f}" == str(order["price"])
        assert row["D"][0::2] == ("number", "yyyy-mm-dd hh:mm:ss")
        stamp = datetime.datetime(1899, 12, 30) + datetime.timedelta(
            seconds=round(float(row["D"][1]) * 86400))
        assert shown(stamp) == shown(order["created_at"])
        assert row["E"] == ("number", str(order["order_state"]), "General")
    assert any(row.get("F", ("", ""))[1] == "00420000012342025010112345678901" for row in rows)


# Views.

def yuan(fen):
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02}"


def day(value):
    return shown(value)[:10]


def fill(warehouse):
    """Rows of the tables beside orders."""
    ids = [row["resource_id"] for row in warehouse.rows(
        "SELECT DISTINCT resource_id FROM orders ORDER BY resource_id")]
    users = [row["user_id"] for row in warehouse.rows(
        "SELECT DISTINCT user_id FROM orders ORDER BY user_id")][:20]
    orders = [row["order_id"] for row in warehouse.rows(
        "SELECT order_id FROM orders WHERE refund_time IS NOT NULL ORDER BY order_id")][:30]
    stamp = "'+08:00', '2025-03-01 00:00:00'"
    statements = [
        "INSERT INTO products (platform, product_id, title, resource_type, resource_type_text, "
        f"sale_status_text, time_zone, updated_at) VALUES ('xiaoe', '{ids[0]}', '改名的课', 3, '视频', "
        f"'上架', {stamp})"]
    for number, live in enumerate(ids[:3] + ["l_never_sold"]):
        statements.append(
            "INSERT INTO live_streams (platform, live_id, title, started_at, ended_at, view_count, "
            f"reward_sum, reward_sum_fen, time_zone, updated_at) VALUES ('xiaoe', '{live}', '直播', "
            f"'2025-01-10 19:00:00', '2025-01-10 2{number}:30:15', {number * 100}, '1.05', 105, {stamp})")
    for number, user in enumerate(users):
        statements.append(
            "INSERT INTO users (platform, user_id, nickname, channel, created_at, time_zone, "
            f"updated_at) VALUES ('xiaoe', '{user}', '昵称{number}', '渠道{number % 3}', "
            f"'2025-01-0{number % 5 + 1} 10:00:00', {stamp})")
    for number, order in enumerate(orders):
        statements.append(
            "INSERT INTO refunds (platform, aftersale_id, order_id, state, state_text, "
            "apply_refund_money_fen, refund_money_fen, created_at, time_zone, updated_at) VALUES "
            f"('xiaoe', 'as_{number}', '{order}', {(13, 14, 4)[number % 3]}, '状态{number % 3}', "
            f"{number * 100 + 99}, {number * 100}, '2025-01-1{number % 5} 08:00:00', {stamp})")
    execute(warehouse, *statements)


def totals(orders):
    paid = [order for order in orders if order["pay_time"] is not None]
    sums = {"orders": len(orders), "paid_orders": len(paid),
            "buyers": len({order["user_id"] for order in paid}),
            "quantity": sum(order["quantity"] for order in paid),
            "paid_fen": sum(order["price_fen"] for order in paid),
            "coupon_fen": sum(order["coupon_price_fen"] or 0 for order in paid),
            "refunded_orders": sum(order["refund_time"] is not None or
                                   (order["refund_money_fen"] or 0) > 0 for order in orders),
            "refund_fen": sum(order["refund_money_fen"] or 0 for order in orders)}
    sums["net_fen"] = sums["paid_fen"] - sums["refund_fen"]
    return sums | {name.removesuffix("_fen"): yuan(value) for name, value in sums.items()
                   if name.endswith("_fen")}


def grouped(rows, key):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def view(warehouse, name, *key):
    """{key: row as texts}"""
    rows = [{column: value if value is None else str(value) for column, value in row.items()}
            for row in warehouse.rows(f"SELECT * FROM {name}")]
    found = {tuple(row[column] for column in key): row for row in rows}
    assert len(found) == len(rows)
    return found


def assert_view(warehouse, name, key, expected):
    found = view(warehouse, name, *key)
    assert set(found) == {tuple(None if part is None else str(part) for part in row_key)
                          for row_key in expected}
    for row_key, wanted in expected.items():
        row = found[tuple(None if part is None else str(part) for part in row_key)]
        for column in set(row) & set(wanted):
            value = wanted[column]
            assert row[column] == (None if value is None else str(value)), (name, row_key, column)


def test_views_show_what_the_tables_hold(warehouse, tmp_path):
    with Shop(tmp_path, orders=1000, clock="2025-03-20 00:00:00") as shop:
        load(shop, warehouse, tmp_path, *JANUARY)
    benefits(warehouse, tmp_path)
    fill(warehouse)
    # An amount that a double does not have, one that is negative, and no product.
    ids = [row["order_id"] for row in warehouse.rows("SELECT order_id FROM orders WHERE pay_time IS "
                                                     "NOT NULL AND refund_time IS NULL ORDER BY order_id")]
    execute(warehouse,
            "UPDATE orders SET price='90071992547409.93', price_fen=9007199254740993, "
            f"net_amount='90071992547409.93', net_amount_fen=9007199254740993 WHERE order_id='{ids[0]}'",
            "UPDATE orders SET price='0.05', price_fen=5, refund_money='1.10', refund_money_fen=110, "
            f"net_amount='-1.05', net_amount_fen=-105, client_type=NULL WHERE order_id='{ids[1]}'",
            f"UPDATE orders SET resource_id=NULL WHERE order_id='{ids[2]}'")
    orders = warehouse.rows("SELECT * FROM orders")

    assert_view(warehouse, "v_orders_daily", ("day",), {
        (group,): totals(rows) for group, rows in
        grouped(orders, lambda row: day(row["created_at"])).items()})
    assert_view(warehouse, "v_orders_by_channel", ("day", "client_type"), {
        group: totals(rows) for group, rows in
        grouped(orders, lambda row: (day(row["created_at"]), row["client_type"])).items()})

    products = grouped([row for row in orders if row["resource_id"] is not None],
                       lambda row: row["resource_id"])
    known = {row["product_id"]: row["title"] for row in warehouse.rows("SELECT * FROM products")}
    assert_view(warehouse, "v_products_rank", ("product_id",), {
        (group,): totals(rows) | {"title": known.get(
            group, max((row["title"] for row in rows), key=str.encode)),
            "first_order_at": min(row["created_at"] for row in rows)}
        for group, rows in products.items()})
    assert_view(warehouse, "v_products_daily", ("day", "product_id"), {
        group: totals(rows) for group, rows in grouped(
            [row for row in orders if row["resource_id"] is not None],
            lambda row: (day(row["created_at"]), row["resource_id"])).items()})

    def refund_totals(rows):
        fen = sum(row["refund_money_fen"] or 0 for row in rows)
        days = [(moment(row["refund_time"]) - moment(row["created_at"])).days for row in rows]
        return {"refunded_orders": len(rows), "refund_fen": fen, "refund": yuan(fen),
                "whole_orders": sum(row["order_state"] == 10 for row in rows),
                "days_to_refund": sum(days),
                "within_14_days": sum(moment(row["refund_time"]) - moment(row["created_at"]) <= FORTNIGHT
                                      for row in rows)}

    assert_view(warehouse, "v_refunds_daily", ("day",), {
        (group,): refund_totals(rows) for group, rows in grouped(
            [row for row in orders if row["refund_time"] is not None],
            lambda row: day(row["refund_time"])).items()})

    after_sales = warehouse.rows("SELECT * FROM refunds")
    assert_view(warehouse, "v_after_sales_daily", ("day", "state"), {
        (group, state): {
            "after_sales": len(rows), "state_text": rows[0]["state_text"],
            "asked": yuan(sum(row["apply_refund_money_fen"] for row in rows)),
            "refund": yuan(sum(row["refund_money_fen"] for row in rows) if state in (13, 14) else 0)}
        for (group, state), rows in grouped(
            after_sales, lambda row: (day(row["created_at"]), row["state"])).items()})

    buyers = grouped([row for row in orders if row["pay_time"] is not None],
                     lambda row: row["user_id"])
    nicknames = {row["user_id"]: row["nickname"] for row in warehouse.rows("SELECT * FROM users")}
    assert_view(warehouse, "v_users_value", ("user_id",), {
        (user,): totals(rows) | {"nickname": nicknames.get(user),
                                 "first_paid_at": min(row["created_at"] for row in rows)}
        for user, rows in buyers.items()})

    cohorts = collections.defaultdict(list)
    for rows in buyers.values():
        first = min(moment(row["created_at"]) for row in rows)
        for row in rows:
            created = moment(row["created_at"])
            later = (created.year - first.year) * 12 + created.month - first.month
            cohorts[shown(first)[:7], later].append(row)
    assert_view(warehouse, "v_users_cohort", ("cohort", "months_later"), {
        group: {"users": totals(rows)["buyers"], "orders": len(rows), "paid": totals(rows)["paid"],
                "net": totals(rows)["net"]} for group, rows in cohorts.items()})
    assert_view(warehouse, "v_users_daily", ("day", "channel"), {
        group: {"users": len(rows)} for group, rows in grouped(
            warehouse.rows("SELECT * FROM users"),
            lambda row: (day(row["created_at"]), row["channel"])).items()})

    assert_view(warehouse, "v_live_sessions", ("live_id",), {
        (live["live_id"],): totals(products.get(live["live_id"], [])) | {
            "reward": "1.05", "view_count": live["view_count"],
            "seconds": int((moment(live["ended_at"]) - moment(live["started_at"])).total_seconds())}
        for live in warehouse.rows("SELECT * FROM live_streams")})
    assert view(warehouse, "v_live_sessions", "live_id")[("l_never_sold",)]["paid"] == "0.00"

    decided = warehouse.rows("SELECT * FROM benefit_decisions")
    assert_view(warehouse, "v_benefits_daily", ("day", "decision"), {
        group: {"orders": len(rows), "changed": 0} for group, rows in grouped(
            decided, lambda row: (day(row["due_at"]), row["decision"])).items()})
    one = view(warehouse, "v_orders", "order_id")
    by_order = {row["order_id"]: row["decision"] for row in decided}
    assert len(one) == len(orders)
    for order in orders:
        row = one[(order["order_id"],)]
        assert row["day"] == day(order["created_at"])
        assert row["month"] == day(order["created_at"])[:7]
        assert row["paid"] == str(int(order["pay_time"] is not None))
        assert row["net_amount_fen"] == str(order["net_amount_fen"])
        assert row["benefit"] == by_order.get(order["order_id"])


# Backups.

def test_a_backup_is_whole_and_examined(local, tmp_path):
    with Shop(tmp_path, orders=500) as shop:
        load(shop, local, tmp_path, *JANUARY)
        run(["tidemark", "load", "backup", "--warehouse", local.url, "-o", "copy.db"], tmp_path)
        copy = sqlite3.connect(tmp_path / "copy.db")
        assert copy.execute("SELECT COUNT(*) FROM orders").fetchone() == (500,)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        copy.close()
        assert oct((tmp_path / "copy.db").stat().st_mode & 0o777) == "0o600"
        # It is a warehouse: a load finds nothing new in it.
        again = load(shop, type(local)(f"sqlite:{tmp_path}/copy.db", None), tmp_path, *JANUARY)
        assert again.summary["orders_unchanged"] == 500

    (tmp_path / "copies").mkdir()
    for year in (2020, 2021, 2022):
        (tmp_path / "copies" / f"warehouse-{year}0101T000000Z.db").write_text("old")
    (tmp_path / "copies" / "other.db").write_text("not ours")
    ran = run(["tidemark", "load", "backup", "--warehouse", local.url, "-o", "copies", "--keep", "2",
               "--json"], tmp_path)
    assert ran.summary["removed"] == 2 and ran.summary["rows"]["orders"] == 500
    names = sorted(os.listdir(tmp_path / "copies"))
    assert len(names) == 3 and names[0] == "other.db" and "warehouse-20220101T000000Z.db" in names


def test_backups_that_cannot_be(local, tmp_path):
    run(["tidemark", "load", "backup", "--warehouse", local.url, "-o", "copy.db"], tmp_path, code=1)
    assert not (tmp_path / "copy.db").exists()
    (tmp_path / "warehouse.db").write_bytes(b"x" * 9000)
    run(["tidemark", "load", "backup", "--warehouse", local.url, "-o", "copy.db"], tmp_path, code=1)
    run(["tidemark", "load", "backup", "--warehouse", local.url, "-o", "warehouse.db"], tmp_path, code=2)
    run(["tidemark", "load", "backup", "--warehouse", local.url, "-o", "copy.db", "--keep", "3"],
        tmp_path, code=2)
    ran = run(["tidemark", "load", "backup", "--warehouse", "mysql://x@127.0.0.1/y", "-o", "copy.db"],
              tmp_path, code=None)
    assert ran.code != 0 and "mysqldump --single-transaction" in ran.err
    ran = run(["tidemark", "load", "backup", "--warehouse", "postgres://x@127.0.0.1/y", "-o", "c.db"],
              tmp_path, code=None)
    assert "pg_dump" in ran.err
    assert sorted(os.listdir(tmp_path)) == sorted(
        {"warehouse.db"} | {name for name in os.listdir(tmp_path) if name.startswith(".")})


def test_a_backup_that_is_stopped_leaves_nothing(local, tmp_path):
    with Shop(tmp_path, orders=20000) as shop:
        load(shop, local, tmp_path, *JANUARY)
    process = subprocess.Popen([BINARY, "load", "backup", "--warehouse", local.url, "-o", "copy.db"],
                               cwd=tmp_path, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL,
                               env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    process.send_signal(signal.SIGTERM)
    code = process.wait(timeout=60)
    assert (code == 0) == (tmp_path / "copy.db").exists()
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".tidemark-")]


# The user for BI tools.

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@pytest.mark.parametrize("kind", ["mariadb", "postgres"])
def test_the_user_for_bi_tools_sees_the_views_and_nothing_else(kind, request, tmp_path):
    warehouse = make_warehouse(kind, request, tmp_path)
    with Shop(tmp_path, orders=50) as shop:
        load(shop, warehouse, tmp_path, *JANUARY)
    names = sorted(row["table_name"] for row in warehouse.rows(
        "SELECT table_name AS table_name FROM information_schema.views WHERE table_schema="
        + ("current_schema()" if kind == "postgres" else "DATABASE()")))
    script = {"mariadb": "reader_mysql.sql", "postgres": "reader_postgres.sql"}[kind]
    with open(os.path.join(ROOT, "deploy", "warehouse", script), encoding="utf-8") as file:
        text = "\n".join(line for line in file.read().splitlines() if not line.startswith("--"))
    drop = {"mariadb": ["DROP USER IF EXISTS 'bi_reader'@'%'"],
            "postgres": ["DROP OWNED BY bi_reader", "DROP ROLE bi_reader"]}[kind]
    # Users are a server's, not a database's: one may be left of a run that was killed.
    for statement in drop:
        with contextlib.suppress(psycopg2.Error, pymysql.Error):
            execute(warehouse, statement)
    try:
        execute(warehouse, *[statement for statement in text.split(";") if statement.strip()])
        address = urllib.parse.urlsplit(warehouse.url)
        if kind == "postgres":
            reader = psycopg2.connect(host=address.hostname, port=address.port, user="bi_reader",
                                      password="change-this-password", dbname=address.path[1:])
            reader.autocommit = True
        else:
            reader = pymysql.connect(host=address.hostname, port=address.port, user="bi_reader",
                                     password="change-this-password", database=address.path[1:])
        with contextlib.closing(reader):
            cursor = reader.cursor()
            assert len(names) == 13
            for name in names:
                cursor.execute(f"SELECT * FROM {name}")
            for table in ("orders", "raw_records", "users"):
                with pytest.raises((psycopg2.Error, pymysql.Error)):
                    cursor.execute(f"SELECT * FROM {table}")
            with pytest.raises((psycopg2.Error, pymysql.Error)):
                cursor.execute("UPDATE v_orders SET title='x'")
    finally:
        execute(warehouse, *drop)
