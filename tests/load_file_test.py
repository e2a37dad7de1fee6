"""`tidemark load file`: orders of files, from end to end on each database. The real sets are loaded
where they are there; what must come out is computed here from the files themselves."""

import contextlib
import csv
import decimal
import glob
import io
import json
import os
import sqlite3
import subprocess

import pytest

from load_fixture import make_warehouse
from programs import public_data, run

LINES = """Order No,Customer,Ordered,Line total,SKU,Qty,Status,Paid at
A-1,c1,2025-01-02 10:00:00,19.90,p1,2,paid,2025-01-02 10:05:00
A-1,c1,2025-01-02 10:00:00,0.10,p2,1,paid,2025-01-02 10:05:00
A-2,c2,2025-01-03 11:00:00,5,p1,1,returned,
"""
LINES_MAP = ("--map", "user_id=Customer", "--map", "created_at=Ordered")


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def warehouse(request, tmp_path):
    return make_warehouse(request.param, request, tmp_path)


@pytest.fixture
def local(request, tmp_path):
    return make_warehouse("sqlite", request, tmp_path)


def load_file(warehouse, folder, path, *words, code=0):
    return run(["tidemark", "load", "file", path, "--warehouse", warehouse.url, "--json",
                "--progress", "off", *words], folder, code=code).summary


def written(folder, text, name="orders.csv", changed="2025-02-01"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    day = {"2025-01-31": 1738281600, "2025-02-01": 1738368000, "2025-02-02": 1738454400}[changed]
    os.utime(path, (day, day))
    return path


def data(path):
    found = public_data("orders/" + path)
    if found is None:
        pytest.skip("the public data sets are not at ../shared/data")
    return found


def rows_of(path, **reading):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, **reading))


def fen(text):
    """None for what has parts of a fen."""
    amount = decimal.Decimal(text) * 100
    return int(amount) if amount == amount.to_integral_value() else None


def test_lines_become_orders_and_the_same_again_changes_nothing(warehouse, tmp_path):
    path = written(tmp_path, LINES)
    summary = load_file(warehouse, tmp_path, path, "--platform", "webshop", *LINES_MAP)
    assert (summary["platform"], summary["orders_new"]) == ("webshop", 2)
    assert summary["unknown_codes"] == [{"field": "order_state", "code": "returned"}]
    first, second = warehouse.rows("SELECT * FROM orders ORDER BY order_id")
    assert (first["order_id"], first["user_id"], first["price_fen"]) == ("A-1", "c1", 2000)
    assert (first["order_state"], first["quantity"], first["net_amount_fen"]) == (1, 3, 2000)
    assert str(first["created_at"]) == "2025-01-02 10:00:00"
    assert (second["order_state"], second["order_state_text"]) == (-1, "returned")
    items = warehouse.rows("SELECT * FROM order_items ORDER BY order_id, line_no")
    assert [(item["order_id"], item["line_no"], item["product_id"], item["quantity"])
            for item in items] == [("A-1", 1, "p1", 2), ("A-1", 2, "p2", 1), ("A-2", 1, "p1", 1)]
    raw = warehouse.value("SELECT payload FROM raw_records WHERE record_id='A-1'")
    payload = json.loads(raw if isinstance(raw, str) else bytes(raw))
    assert payload["rows"] == LINES.splitlines()[1:3]
    assert payload["source"]["header"] == LINES.splitlines()[0]

    before = warehouse.business()
    os.utime(path)  # A copy of the file: its time is new, its contents are not.
    again = load_file(warehouse, tmp_path, path, "--platform", "webshop", *LINES_MAP)
    assert (again["orders_new"], again["orders_changed"], again["orders_unchanged"]) == (0, 0, 2)
    assert again["unknown_codes"] == summary["unknown_codes"]
    derived = run(["tidemark", "load", "rederive", "--warehouse", warehouse.url, "--json",
                   "--progress", "off"], tmp_path).summary
    assert (derived["records"], derived["orders_unchanged"], derived["orders_changed"]) == (2, 2, 0)
    assert warehouse.business() == before


def test_rows_that_cannot_be_stored_are_set_aside_and_mended(warehouse, tmp_path):
    bad = "order_id,created_at,price\n1,2025-01-01,9.99\n2,2025-01-01,9.999\n3,soon,1\n,2025-01-01,1\n"
    summary = load_file(warehouse, tmp_path, written(tmp_path, bad), code=3)
    assert (summary["orders_new"], summary["rows_rejected"]) == (1, 3)
    assert warehouse.value("SELECT COUNT(*) FROM load_rejects") == 3
    good = bad.replace("9.999", "9.98").replace("soon", "2025-01-02").replace("\n,2025-01-01,1", "")
    summary = load_file(warehouse, tmp_path, written(tmp_path, good, changed="2025-02-02"))
    assert (summary["orders_new"], summary["orders_unchanged"]) == (2, 1)
    assert [row["price_fen"] for row in
            warehouse.rows("SELECT price_fen FROM orders ORDER BY order_id")] == [999, 998, 100]


def test_accepting_rejects_of_another_platform_says_which(warehouse, tmp_path):
    bad = "order_id,created_at,price\n1,2025-01-01,9.999\n2,2025-01-01,9.999\n"
    load_file(warehouse, tmp_path, written(tmp_path, bad), "--platform", "nd", code=3)
    accept = ["tidemark", "load", "rejects", "accept", "orders", "--warehouse", warehouse.url]
    ran = run([*accept, "--all"], tmp_path)
    assert "0 rejects accepted" in ran.out
    assert "platform nd has 2 open rejects of orders: --platform nd" in ran.out
    assert "--platform nd" in run([*accept, "--all", "--lang", "zh"], tmp_path).out
    ran = run([*accept, "--all", "--json"], tmp_path)
    assert (ran.summary["accepted"], ran.summary["open_elsewhere"]) == (0, {"nd": 2})
    ran = run([*accept, "1"], tmp_path, code=1)
    assert "--platform nd" in ran.out + ran.err
    ran = run([*accept, "--platform", "nd", "--all", "--json"], tmp_path)
    assert (ran.summary["accepted"], ran.summary["open_elsewhere"]) == (2, {})
    assert "nd" not in run([*accept, "--all"], tmp_path).out


def test_numbers_in_the_columns_of_states_are_codes(local, tmp_path):
    rows = "order_id,created_at,price,order_state\n1,2025-01-01,1,1\n2,2025-01-01,1,100\n"
    summary = load_file(local, tmp_path, written(tmp_path, rows))
    assert summary["unknown_codes"] == [{"field": "order_state", "code": "100"}]
    assert [(row["order_state"], row["order_state_text"]) for row in local.rows(
        "SELECT order_state, order_state_text FROM orders ORDER BY order_id")] == [
            (1, "支付成功"), (100, None)]


def test_orders_that_do_not_say_when_they_were_paid_have_true_sums(warehouse, tmp_path):
    text = ("order_id,user_id,created_at,price,status,sku,refund_amount\n"
            "1,c1,2025-01-01 10:00:00,19.90,paid,p,\n"
            "2,c1,2025-01-01 11:00:00,10.00,refunded,p,10.00\n"
            "3,c2,2025-01-01 12:00:00,8.00,refunded,p,\n"
            "4,c3,2025-01-01 13:00:00,6.00,partially_refunded,p,2.00\n"
            "5,c4,2025-01-01 14:00:00,5.00,partially_refunded,p,\n"
            "6,c5,2025-01-01 15:00:00,4.00,cancelled,p,4.00\n"
            "7,c6,2025-01-01 16:00:00,3.00,pending,p,\n")
    path = written(tmp_path, text)
    summary = load_file(warehouse, tmp_path, path)
    assert summary["unknown_codes"] == [{"field": "refund_money", "code": ""}]
    again = load_file(warehouse, tmp_path, path)
    assert (again["orders_unchanged"], again["unknown_codes"]) == (7, summary["unknown_codes"])
    assert warehouse.value("SELECT COUNT(*) FROM orders WHERE pay_time IS NOT NULL") == 0
    sums = {"orders": 7, "paid_orders": 6, "buyers": 5, "paid": "52.90", "refund": "24.00",
            "net": "28.90"}
    for name in ("v_orders_daily", "v_orders_by_channel", "v_products_rank", "v_products_daily"):
        row, = warehouse.rows(f"SELECT * FROM {name}")
        assert {key: row[key] if isinstance(row[key], int) else str(row[key])
                for key in sums if key in row} == {key: sums[key] for key in sums if key in row}
        assert name != "v_orders_daily" or row["refunded_orders"] == 4
    users = {row["user_id"]: str(row["net"]) for row in
             warehouse.rows("SELECT user_id, net FROM v_users_value")}
    assert users == {"c1": "19.90", "c2": "0.00", "c3": "4.00", "c4": "5.00", "c5": "0.00"}
    assert warehouse.value("SELECT SUM(paid) FROM v_orders") == 6
    assert warehouse.value("SELECT SUM(net_fen) FROM v_users_cohort") == 2890


def test_a_warehouse_of_before_gets_the_rows_that_are_loaded_now(local, tmp_path):
    path = written(tmp_path, "order_id,user_id,created_at,price,status,sku\n"
                   "1,c1,2025-01-01 10:00:00,10.00,refunded,p\n"
                   "2,c1,2025-01-01 11:00:00,5.00,paid,p\n")
    load_file(local, tmp_path, path)
    def rows():
        return [local.rows(sql) for sql in ("SELECT * FROM orders ORDER BY order_id",
                                            "SELECT * FROM order_history ORDER BY order_id",
                                            "SELECT paid, refund, net FROM v_orders_daily")]
    now = rows()
    assert [str(value) for value in now[2][0].values()] == ["15.00", "10.00", "5.00"]
    # As the first version left it: its tables, views and amounts.
    with contextlib.closing(local.connect()) as connection:
        for view in ("v_products_rank", "v_products_daily", "v_order_products"):
            connection.execute(f"DROP VIEW {view}")
        for column in ("price", "price_fen", "share_fen", "refund_share_fen"):
            connection.execute(f"ALTER TABLE order_items DROP COLUMN {column}")
        connection.execute("UPDATE orders SET refund_money=NULL, refund_money_fen=NULL, "
                           "net_amount='0.00', net_amount_fen=0")
        connection.execute("UPDATE order_history SET refund_money=NULL, refund_money_fen=NULL")
        connection.execute("UPDATE schema_version SET version=version-11 WHERE room='load'")
        connection.execute("UPDATE schema_version SET version=12 WHERE room='load.views'")
        connection.commit()
    dry = load_file(local, tmp_path, path, "--dry-run")
    assert (dry["orders_new"], dry["orders_unchanged"]) == (0, 2)
    derive = ["tidemark", "load", "rederive", "--warehouse", local.url, "--json", "--progress", "off"]
    assert run([*derive, "--dry-run"], tmp_path).summary["orders_changed"] == 2
    assert load_file(local, tmp_path, path)["orders_unchanged"] == 2
    assert rows() == now
    derived = run(derive, tmp_path).summary
    assert (derived["orders_changed"], derived["histories_changed"]) == (0, 0)


def test_products_have_the_amounts_of_their_lines(warehouse, tmp_path):
    head = "order_id,customer_id,created_at,status,sku,title,quantity,line_total,total,refund_amount\n"
    text = head + (
        "1,c1,2025-01-01 10:00:00,paid,mug,Mug,2,30.00,,4.00\n"
        "1,c1,2025-01-01 10:00:00,paid,pen,Pen,1,10.00,,\n"
        "1,c1,2025-01-01 10:00:00,paid,pen,Pen,3,10.00,,\n"
        "2,c1,2025-01-01 11:00:00,paid,pen,Pen,1,10.00,,\n"
        "3,c2,2025-01-02 11:00:00,pending,pen,Pen,1,10.00,,\n"
        "3,c2,2025-01-02 11:00:00,pending,mug,Mug,1,5.00,,\n"
        "4,c2,2025-01-02 12:00:00,paid,mug,Mug,1,1.00,1.00,\n"
        "4,c2,2025-01-02 12:00:00,paid,pen,Pen,1,1.00,1.00,\n"
        "4,c2,2025-01-02 12:00:00,paid,cap,Cap,1,1.00,1.00,\n"
        "5,c3,2025-01-03 12:00:00,paid,cap,Cap,1,,8.00,\n"
        "5,c3,2025-01-03 12:00:00,paid,mug,Mug,1,,8.00,\n")
    load_file(warehouse, tmp_path, written(tmp_path, text))
    columns = "orders, paid_orders, buyers, quantity, paid_fen, refund_fen, net_fen"
    def ranked():
        return {row["product_id"]: tuple(int(row[name]) for name in columns.split(", ")) for row in
                warehouse.rows(f"SELECT product_id, {columns} FROM v_products_rank")}
    # Order 5 tells no amounts of its lines: it counts for the product of the first.
    assert ranked() == {"mug": (3, 2, 2, 3, 3033, 240, 2793), "pen": (4, 3, 2, 6, 3034, 160, 2874),
                        "cap": (2, 2, 2, 3, 833, 0, 833)}
    daily = warehouse.rows("SELECT * FROM v_products_daily")
    totals = warehouse.rows("SELECT * FROM v_orders_daily ORDER BY day")
    for total in totals:
        products = [row for row in daily if str(row["day"]) == str(total["day"])]
        for name in ("paid_fen", "refund_fen", "net_fen"):
            assert sum(row[name] for row in products) == total[name], (name, total)
    one, = warehouse.rows("SELECT * FROM v_order_products WHERE order_id='1' AND product_id='pen'")
    assert (one["paid"], one["quantity"], str(one["price"]), str(one["refund"]),
            str(one["net_amount"])) == (1, 4, "20.00", "1.60", "18.40")
    assert warehouse.value("SELECT SUM(price_fen) FROM order_items WHERE order_id='3'") == 1500

    # A newer file: another amount, a line less, an order without amounts of lines.
    newer = head + (
        "1,c1,2025-01-01 10:00:00,paid,mug,Mug,2,35.00,,4.00\n"
        "1,c1,2025-01-01 10:00:00,paid,pen,Pen,1,5.00,,\n"
        "4,c2,2025-01-02 12:00:00,paid,mug,Mug,1,,1.00,\n"
        "4,c2,2025-01-02 12:00:00,paid,pen,Pen,1,,1.00,\n")
    summary = load_file(warehouse, tmp_path, written(tmp_path, newer, changed="2025-02-02"))
    assert (summary["orders_changed"], summary["missed_by_rescan"]) == (2, 0)
    assert ranked() == {"mug": (3, 2, 2, 4, 3600, 350, 3250), "pen": (3, 2, 1, 2, 1500, 50, 1450),
                        "cap": (1, 1, 1, 2, 800, 0, 800)}
    # Derived again the same; and lines that lost their amounts get them back.
    derive = ["tidemark", "load", "rederive", "orders", "--warehouse", warehouse.url, "--json",
              "--progress", "off"]
    assert run(derive, tmp_path).summary["orders_changed"] == 0
    with contextlib.closing(warehouse.connect()) as connection:
        connection.cursor().execute("UPDATE order_items SET price=NULL, price_fen=NULL, "
                                    "share_fen=NULL, refund_share_fen=NULL WHERE order_id='1'")
        connection.commit()
    assert run(derive, tmp_path).summary["orders_changed"] == 1
    assert ranked()["mug"] == (3, 2, 2, 4, 3600, 350, 3250)


def test_that_no_row_tells_who_paid_is_said(local, tmp_path):
    path = written(tmp_path, "order_id,created_at,price\n1,2025-01-01,5\n")
    summary = load_file(local, tmp_path, path, "--dry-run")
    assert summary["unknown_codes"] == [{"field": "order_state", "code": ""}]
    ran = run(["tidemark", "load", "file", path, "--warehouse", local.url, "--progress", "off",
               "--lang", "en"], tmp_path)
    assert "whether some orders were paid" in ran.out and "--map" in ran.out


def test_rejects_and_refusals_say_what_to_do(local, tmp_path):
    text = ('order_id,created_at,price\n1,2025-01-01,"1,234.50"\n2,2025-01-01,1.5E+03\n'
            '3,2025-01-01,¥5\n4,01/31/2025,5\n')
    summary = load_file(local, tmp_path, written(tmp_path, text), code=3)
    assert summary["command"] == "load file" and summary["rows_rejected"] == 4
    reasons = {row["record_id"]: (row["reason"], row["reason_zh"]) for row in
               local.rows("SELECT record_id, reason, reason_zh FROM load_rejects")}
    for order, said, said_zh in (("1", "thousands separators", "千位分隔符"),
                                 ("2", "an exponent", "科学计数法"), ("3", "currency", "货币符号"),
                                 ("4", "no time such as", "这样的时间")):
        assert said in reasons[order][0] and said_zh in reasons[order][1]
    # As Excel writes them: a byte order mark, CRLF, and within quotes what needs them.
    for order, head in (("8", "order_id;user_id"), ("9", '\ufeff"order_id";user_id')):
        semicolons = tmp_path / "semicolons.csv"
        semicolons.write_bytes((f'{head};created_at;price;title\r\n{order};c;2025-01-01;19.9;'
                                '"a; b\r\nc"\r\n').encode())
        refused = run(["tidemark", "load", "file", semicolons, "--warehouse", local.url, "--lang",
                       "en", "--progress", "off"], tmp_path, code=None)
        assert refused.code in (1, 2)
        command = refused.err.split("such as by: ")[1].strip().replace(" < FILE", f" < {semicolons}")
        assert command.splitlines() == [command]
        converted = subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True,
                                   stdout=subprocess.PIPE).stdout
        (tmp_path / "commas.csv").write_bytes(converted)
        assert load_file(local, tmp_path, tmp_path / "commas.csv")["orders_new"] == 1
        assert local.value(f"SELECT title FROM orders WHERE order_id='{order}'") == "a; b\r\nc"


def test_an_unchanged_row_that_can_no_longer_be_stored_is_told(warehouse, tmp_path):
    text = "order_id,created_at,price,refund_amount\n1,2025-01-01,5,-2\n2,2025-01-01,5,\n"
    path = written(tmp_path, text)
    assert load_file(warehouse, tmp_path, path, code=3)["rows_rejected"] == 1
    # As a version left it that stored what is negative.
    with contextlib.closing(warehouse.connect()) as connection:
        connection.cursor().execute("UPDATE raw_seen SET rejected=0")
        connection.cursor().execute("DELETE FROM load_rejects")
        connection.commit()
    for words in (["--dry-run"], []):
        summary = load_file(warehouse, tmp_path, path, *words, code=3)
        assert (summary["rows_rejected"], summary["orders_unchanged"]) == (1, 1)
    assert "negative" in summary["rejects"][0]
    assert warehouse.value("SELECT record_id FROM load_rejects") == "1"
    assert load_file(warehouse, tmp_path, path, code=3)["rows_rejected"] == 1
    run(["tidemark", "load", "rejects", "accept", "orders", "--all", "--platform", "file", "--warehouse",
         warehouse.url], tmp_path)
    assert load_file(warehouse, tmp_path, path)["rejects_accepted"] == 1
    corrected = written(tmp_path, text.replace("-2", "2"), changed="2025-02-02")
    load_file(warehouse, tmp_path, corrected)
    assert warehouse.value("SELECT COUNT(*) FROM load_rejects") == 0
    assert warehouse.value("SELECT net_amount_fen FROM orders WHERE order_id='1'") == 300


def test_benefits_of_refunds_without_a_time_can_be_accepted(warehouse, tmp_path):
    text = ("order_id,created_at,price,status,refund_time\n1,2025-01-01,10,refunded,\n"
            "2,2025-01-01,10,paid,\n")
    load_file(warehouse, tmp_path, written(tmp_path, text), "--platform", "webshop")
    def benefits(code):
        return run(["tidemark", "load", "benefits", "--warehouse", warehouse.url, "--json",
                    "--progress", "off"], tmp_path, code=code).summary
    assert benefits(3)["pending_undated"] == 1
    pending = ["tidemark", "load", "pending"]
    where = ["--warehouse", warehouse.url]
    listed = run([*pending, "list", *where, "--json"], tmp_path).out.splitlines()
    assert json.loads(listed[0])["order_id"] == "1" and not json.loads(listed[0])["accepted"]
    reason = ["--reason", "no times were kept"]
    refused = run([*pending, "accept", "1", *where, *reason, "--lang", "en"], tmp_path, code=None)
    assert refused.code != 0 and "--platform webshop" in refused.err
    run([*pending, "accept", "1", *where, "--platform", "webshop"], tmp_path, code=2)
    for wrong in ("", " \t", "\u3000", "\udcff\udcfe"):
        run([*pending, "accept", "1", *where, "--platform", "webshop", "--reason", wrong], tmp_path,
            code=2)
    ran = run([*pending, "accept", "1", *where, "--platform", "webshop", *reason, "--json"], tmp_path)
    assert ran.summary["accepted"] == 1
    summary = benefits(0)
    assert (summary["pending"], summary["pending_accepted"], summary["granted"]) == (1, 1, 1)
    assert "no times were kept" in run([*pending, "list", *where], tmp_path).out
    # A newer file tells when: decided.
    text = text.replace("refunded,", "refunded,2025-01-05")
    load_file(warehouse, tmp_path, written(tmp_path, text, changed="2025-02-02"), "--platform",
              "webshop")
    summary = benefits(0)
    assert (summary["pending"], summary["withdrawn"], summary["granted_to_withdrawn"]) == (0, 1, 0)
    assert run([*pending, "list", *where, "--json"], tmp_path).summary["pending_open"] == 0


def test_a_list_of_pending_orders_that_is_cut_says_so(local, tmp_path):
    rows = "".join(f"{order},2025-01-01,10,refunded\n" for order in (1, 2, 3))
    load_file(local, tmp_path, written(tmp_path, "order_id,created_at,price,status\n" + rows))
    where = ["--warehouse", local.url]
    run(["tidemark", "load", "benefits", *where, "--progress", "off"], tmp_path, code=3)
    listed = ["tidemark", "load", "pending", "list", *where, "--lang", "en"]
    assert "2 more" in run([*listed, "--limit", "1"], tmp_path).out
    assert "more" not in run([*listed, "--limit", "3"], tmp_path).out
    assert run([*listed, "--limit", "1", "--json"], tmp_path).summary["more"] == 2


def test_what_no_row_tells_is_told_alike_when_deriving_again(local, tmp_path):
    text = ("order_id,created_at,amount,status,sku\n1,2025-01-01,5.00,part_refunded,a\n"
            "1,2025-01-01,5.00,part_refunded,b\n2,2025-01-01,5.00,partially_refunded,a\n")
    path = written(tmp_path, text)
    words = ["--warehouse", local.url, "--progress", "off", "--lang", "en"]
    loaded = run(["tidemark", "load", "file", path, *words], tmp_path).out
    derived = run(["tidemark", "load", "rederive", *words], tmp_path).out
    for told in ("how much came back of some orders", "it was taken as the order's. --map line_price",
                 "order_state = part_refunded has no text"):
        assert told in loaded and told in derived
    assert "refund_money =" not in derived
    # As it is told: they are each row's.
    again = run(["tidemark", "load", "file", path, "--map", "line_price=amount", "--as-of", "now",
                 *words], tmp_path).out
    assert "it was taken as the order's" not in again
    assert local.value("SELECT price FROM orders WHERE order_id='1'") == "10.00"
    assert local.value("SELECT SUM(share_fen) FROM order_items WHERE order_id='1'") == 1000


def test_a_reader_of_the_file_and_a_load_do_not_wait_for_each_other(local, tmp_path):
    text = "order_id,created_at,price,status\n1,2025-01-01,10,paid\n"
    load_file(local, tmp_path, written(tmp_path, text))
    reader = sqlite3.connect(f"file:{tmp_path}/warehouse.db?mode=ro", uri=True, isolation_level=None)
    daily = "SELECT orders, paid FROM v_orders_daily"
    reader.execute("BEGIN")
    assert reader.execute(daily).fetchall() == [(1, "10.00")]
    text += "2,2025-01-01,5,paid\n"
    summary = load_file(local, tmp_path, written(tmp_path, text, changed="2025-02-02"))
    assert summary["orders_new"] == 1
    assert reader.execute(daily).fetchall() == [(1, "10.00")]  # Of one moment.
    reader.execute("COMMIT")
    assert reader.execute(daily).fetchall() == [(2, "15.00")]
    with pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM orders")
    reader.close()
    # A copy can be read where nothing can be written beside it.
    run(["tidemark", "load", "backup", "--warehouse", local.url, "-o", "copy.db"], tmp_path)
    copy = sqlite3.connect(f"file:{tmp_path}/copy.db?immutable=1", uri=True)
    assert copy.execute(daily).fetchall() == [(2, "15.00")]
    copy.close()
    assert not (tmp_path / "copy.db-shm").exists()


def test_an_older_file_never_replaces_a_newer_one(warehouse, tmp_path):
    header = "order_id,created_at,price\n"
    newer = written(tmp_path, header + "1,2025-01-01,20\n", "newer.csv")
    older = written(tmp_path, header + "1,2025-01-01,10\n", "older.csv", changed="2025-01-31")
    load_file(warehouse, tmp_path, newer)
    assert load_file(warehouse, tmp_path, older)["rows_older"] == 1
    assert warehouse.value("SELECT price_fen FROM orders") == 2000
    # The same file with another meaning: the person says that it is so now.
    again = load_file(warehouse, tmp_path, newer, "--amount-unit", "fen")
    assert (again["rows_older"], again["rows_of_same_moment"]) == (1, 1)
    assert load_file(warehouse, tmp_path, newer, "--amount-unit", "fen", "--as-of",
                     "now")["orders_changed"] == 1
    assert warehouse.value("SELECT price_fen FROM orders") == 20


def test_rows_may_tell_their_version_themselves(local, tmp_path):
    header = "order_id,created_at,price,updated_at\n"
    load_file(local, tmp_path, written(tmp_path, header + "1,2025-01-01,20,2025-01-09 00:00:00\n"))
    late = written(tmp_path, header + "1,2025-01-01,10,2025-01-08 00:00:00\n", changed="2025-02-02")
    assert load_file(local, tmp_path, late)["rows_older"] == 1
    assert local.value("SELECT price_fen FROM orders") == 2000


def test_what_stands_for_none_is_none(local, tmp_path):
    path = written(tmp_path, "order_id,user_id,created_at,paid_at,price\n"
                             "1,NULL,2025-01-01,\\N,5\n2,NULL,2025-01-01,2025-01-01 08:00:00,6\n")
    assert load_file(local, tmp_path, path, "--null", "NULL", "--null", "\\N")["orders_new"] == 2
    assert local.rows("SELECT user_id, pay_time FROM orders ORDER BY order_id") == [
        {"user_id": None, "pay_time": None}, {"user_id": None, "pay_time": "2025-01-01 08:00:00"}]
    # It is kept with the rows.
    run(["tidemark", "load", "rederive", "--warehouse", local.url], tmp_path)
    assert local.value("SELECT COUNT(user_id) FROM orders") == 0


def test_a_dry_run_writes_nothing_and_stdin_is_read(local, tmp_path):
    path = written(tmp_path, LINES)
    assert load_file(local, tmp_path, path, "--dry-run", *LINES_MAP)["orders_new"] == 2
    assert not (tmp_path / "warehouse.db").exists()
    assert not run(["tidemark", "runs", "list", "--json"], tmp_path, code=None).out.count('"job":"load file"')
    load_file(local, tmp_path, path, *LINES_MAP)
    assert run(["tidemark", "runs", "list", "--json"], tmp_path, code=None).out.count('"job":"load file"') == 1
    empty = run(["tidemark", "load", "file", "-", "--format", "csv", "--warehouse", local.url],
                tmp_path, code=None)
    assert empty.code != 0 and "empty" in empty.err


@pytest.mark.parametrize("words, told", [
    (["x.txt"], "--format"),
    (["orders.xlsx"], "CSV UTF-8"),
    (["missing.csv"], "missing.csv"),
    (["orders.csv", "--map", "colour=SKU"], "order_id, user_id"),
    (["orders.csv", "--map", "price=Sum"], "Order No, Customer"),
    (["orders.csv"], "created_at"),
    (["orders.csv", "--platform", "xiaoe"], "--platform"),
    (["orders.csv", "--platform", "A b"], "--platform"),
    (["orders.csv", "--time-zone", "Mars"], "--time-zone"),
    (["orders.csv", "--as-of", "soon"], "--as-of"),
])
def test_what_cannot_be_is_told_before_anything_is_written(local, tmp_path, words, told):
    written(tmp_path, LINES)
    refused = run(["tidemark", "load", "file", *words, "--warehouse", local.url], tmp_path, code=None)
    assert refused.code != 0 and told in refused.err, refused.text()
    assert not (tmp_path / "warehouse.db").exists()


def test_what_columns_were_taken_for_is_told(local, tmp_path):
    path = written(tmp_path, LINES)
    summary = load_file(local, tmp_path, path, *LINES_MAP)
    assert summary["columns_taken"] == {
        "order_id": "Order No", "user_id": "Customer", "created_at": "Ordered", "order_state":
        "Status", "pay_time": "Paid at", "resource_id": "SKU", "quantity": "Qty", "line_price":
        "Line total"}
    assert summary["columns_left"] == []
    text = run(["tidemark", "load", "file", path, "--warehouse", local.url, "--dry-run", "--map",
                "created_at=Ordered"], tmp_path).out
    assert "created_at = Ordered" in text and "columns left:  Customer" in text, text


@pytest.mark.parametrize("table, said", [
    ("shopify-format/shopify_product_variant_data.csv", "--map order_id=id"),
    ("shopify-format/shopify_gql_product_variant_data.csv", "--map order_id=id"),
    ("shopify-format/shopify_transaction_data.csv", "--map order_id=order_id"),
    ("shopify-format/shopify_refund_data.csv", "price"),
    ("shopify-format/shopify_customer_data.csv", "price"),
    ("northwind/products.csv", "created_at"),
])
def test_tables_that_are_no_orders_are_not_loaded(local, tmp_path, table, said):
    refused = run(["tidemark", "load", "file", data(table), "--warehouse", local.url], tmp_path,
                  code=2)
    assert said in refused.err and "--map" in refused.err, refused.text()
    assert not (tmp_path / "warehouse.db").exists()


@pytest.mark.parametrize("name, text", [
    ("refunds.csv", "order_id,user_id,amount,created_at,refund_id\no1,u,5,2025-01-03 10:00:00,f1\n"),
    ("refunds.ndjson", json.dumps({"order_id": "o1", "user_id": "u", "amount": 5,
                                   "created_at": "2025-01-03 10:00:00", "refund_id": "f1"}) + "\n"),
])
def test_refunds_do_not_overwrite_what_orders_cost(local, tmp_path, name, text):
    load_file(local, tmp_path, written(
        tmp_path, "order_id,user_id,amount,created_at\no1,u,99,2025-01-01 10:00:00\n"))
    path = written(tmp_path, text, name, changed="2025-02-02")
    refused = run(["tidemark", "load", "file", path, "--warehouse", local.url], tmp_path, code=2)
    assert "does not look like orders" in refused.err, refused.text()
    assert local.value("SELECT price_fen FROM orders WHERE order_id='o1'") == 9900


def test_of_all_real_tables_only_the_orders_are_taken(local, tmp_path):
    folder = data("")
    taken = set()
    paths = glob.glob(os.path.join(folder, "*/*.csv"))
    for path in paths:
        ran = run(["tidemark", "load", "file", path, "--warehouse", local.url, "--dry-run"],
                  tmp_path, code=None)
        assert ran.code in (0, 2, 3), ran.text()
        if ran.code != 2:
            taken.add(os.path.relpath(path, folder))
    assert len(paths) > 70
    assert taken == {"shopify-format/shopify_order_data.csv",
                     "shopify-format/shopify_gql_order_data.csv"}


def test_a_file_that_ends_within_a_quote_keeps_what_came_before(local, tmp_path):
    path = written(tmp_path, "order_id,created_at,price,title\n1,2025-01-01,1,a\n2,2025-01-01,1,\"b\n")
    summary = load_file(local, tmp_path, path, code=3)
    assert summary["orders_new"] == 1
    assert "line 3" in summary["errors"][0]["message"]


def test_orders_of_shopify_format(warehouse, tmp_path):
    path = data("shopify-format/shopify_order_data.csv")
    rows = rows_of(path)
    summary = load_file(warehouse, tmp_path, path, "--platform", "shopify", "--time-zone", "+00:00",
                        "--map", "pay_time=processed_at")
    assert summary["orders_new"] == len({row["id"] for row in rows}) == len(rows)
    stored = {row["order_id"]: row for row in warehouse.rows("SELECT * FROM orders")}
    for row in rows:
        order = stored[row["id"]]
        assert order["price_fen"] == fen(row["total_price"])
        assert order["order_state_text"] == row["financial_status"]
        assert (order["user_id"] or "") == row["customer_id"]
    before = warehouse.business()
    assert load_file(warehouse, tmp_path, path, "--platform", "shopify", "--time-zone", "+00:00",
                     "--map", "pay_time=processed_at")["orders_unchanged"] == len(rows)
    assert warehouse.business() == before


def test_orders_of_shopify_graphql_format(local, tmp_path):
    path = data("shopify-format/shopify_gql_order_data.csv")
    rows = rows_of(path)
    summary = load_file(local, tmp_path, path, "--time-zone", "+00:00")
    assert summary["orders_new"] == len(rows)
    assert {row["order_id"]: row["price_fen"] for row in local.rows("SELECT * FROM orders")} == {
        row["id"]: fen(row["total_price_set_shop_amount"]) for row in rows}


def test_northwind_with_its_lines(warehouse, tmp_path):
    orders = rows_of(data("northwind/orders.csv"))
    details = rows_of(data("northwind/order_details.csv"))
    lines = {}
    for line in details:
        amount = (decimal.Decimal(line["UnitPrice"]) * int(line["Quantity"])
                  * (1 - decimal.Decimal(line["Discount"]))).quantize(decimal.Decimal("0.01"))
        lines.setdefault(line["OrderID"], []).append({**line, "LineTotal": str(amount)})
    joined = io.StringIO()
    writer = csv.DictWriter(joined, [*orders[0], "ProductID", "Quantity", "LineTotal"],
                            extrasaction="ignore")
    writer.writeheader()
    for order in orders:
        writer.writerows({**order, **line} for line in lines[order["OrderID"]])
    path = written(tmp_path, joined.getvalue(), "northwind.csv")
    summary = load_file(warehouse, tmp_path, path, "--platform", "northwind")
    assert (summary["orders_new"], summary["rows_rejected"]) == (830, 0)
    assert warehouse.value("SELECT COUNT(*) FROM order_items") == 2155
    assert int(warehouse.value("SELECT SUM(price_fen) FROM orders")) == sum(
        fen(line["LineTotal"]) for some in lines.values() for line in some)
    assert {row["order_id"]: str(row["created_at"])[:10]
            for row in warehouse.rows("SELECT order_id, created_at FROM orders")} == {
        order["OrderID"]: order["OrderDate"] for order in orders}
    before = warehouse.business()
    assert load_file(warehouse, tmp_path, path, "--platform",
                     "northwind")["orders_unchanged"] == 830
    assert warehouse.business() == before


def test_jaffle_shop_as_objects_with_amounts_in_cents(local, tmp_path):
    orders = rows_of(data("jaffle-shop-classic/raw_orders.csv"))
    paid = {}
    for payment in rows_of(data("jaffle-shop-classic/raw_payments.csv")):
        paid[payment["order_id"]] = paid.get(payment["order_id"], 0) + int(payment["amount"])
    text = "".join(json.dumps({**order, "paid": paid[order["id"]]}) + "\n" for order in orders)
    path = written(tmp_path, text, "jaffle.ndjson")
    summary = load_file(local, tmp_path, path, "--map", "price=paid", "--amount-unit", "fen")
    assert summary["orders_new"] == 99
    assert {code["code"] for code in summary["unknown_codes"]} == {
        "placed", "shipped", "returned", "return_pending"}
    assert local.value("SELECT SUM(price_fen) FROM orders") == sum(paid.values())
    assert local.value("SELECT COUNT(*) FROM orders WHERE order_state=1") == 67


def test_adventureworks_has_no_header_and_parts_of_a_cent(local, tmp_path):
    path = data("adventureworks/PurchaseOrderHeader.csv")
    with open(data("adventureworks/columns.json"), encoding="utf-8") as file:
        columns = json.load(file)["columns"]["PurchaseOrderHeader"]
    rows = rows_of(path, fieldnames=columns, delimiter="\t")
    exact = {row["PurchaseOrderID"]: fen(row["TotalDue"]) for row in rows
             if fen(row["TotalDue"]) is not None}
    assert 0 < len(exact) < len(rows)
    summary = load_file(local, tmp_path, path, "--format", "tsv", "--columns", ",".join(columns),
                        "--map", "order_id=PurchaseOrderID", "--map", "price=TotalDue", "--map",
                        "user_id=VendorID", code=3)
    # Nothing is rounded: an amount that is no whole cent is set aside, and said to be.
    assert (summary["orders_new"], summary["rows_rejected"]) == (len(exact), len(rows) - len(exact))
    assert {row["order_id"]: row["price_fen"]
            for row in local.rows("SELECT order_id, price_fen FROM orders")} == exact


def test_objects_of_stripe_by_a_path(local, tmp_path):
    with open(data("stripe-objects/fixtures3.json"), encoding="utf-8") as file:
        charge = json.load(file)["resources"]["charge"]
    charge["made"] = "2025-01-01T00:00:00Z"  # Stripe counts seconds; the file needs a time.
    path = written(tmp_path, json.dumps(charge) + "\n", "charges.ndjson")
    load_file(local, tmp_path, path, "--map", "created_at=made", "--map",
              "user_id=payment_method_details.type", "--map", "refund_money=amount_refunded",
              "--amount-unit", "fen")
    order, = local.rows("SELECT * FROM orders")
    assert (order["order_id"], order["price_fen"]) == (charge["id"], charge["amount"])
    assert order["user_id"] == charge["payment_method_details"]["type"]
    assert str(order["created_at"]) == "2025-01-01 08:00:00"
