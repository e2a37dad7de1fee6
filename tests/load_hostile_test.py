"""A shop that answers what it should not: rows of any form, pages that never end, totals that lie. What
can be stored is stored, what cannot is set aside to the byte, and nothing else stops."""

import contextlib
import datetime
import http.server
import json
import re
import threading

import pytest

from load_fixture import CREDENTIALS, make_warehouse
from programs import run

TOKEN = {"code": 0, "msg": "ok", "data": {"access_token": "xe_t", "expires_in": 7200}}
GOOD = {
    "orders": '{"order_id":"o_1","price":"19.90","order_state":1,"created_time":"2025-01-02 08:00:00",'
              '"title":"课程 😀 \'); DROP TABLE orders; --"}',
    "aftersales": '{"aftersale_id":"as_1","order_id":"o_1","state":13,"refund_money":1990,'
                  '"created_at":"2025-01-02 08:00:00","updated_at":"2025-01-02 09:00:00"}',
    "users": '{"user_id":"u_1","user_nickname":"小王","es_skip":{"id":1,"user_created_at":1}}',
    "products": '{"resource_id":"p_1","goods_name":"课程","price_low":1990}',
}
HOSTILE = {
    "orders": ['{"order_id":"o_2","price":"1.005","order_state":1,"created_time":"2025-01-02 08:00:00"}',
               '{"order_id":"o_3","price":1e400,"order_state":1,"created_time":"2025-01-02 08:00:00"}',
               '{"order_id":"o_4","order_state":1,"created_time":"2025-01-02 08:00:00"}',
               '{"order_id":{"a":1},"price":1}', '{"order_id":"o_5","price":[1]}', '[]', '17', '"x"',
               'null', '{"order_id":"' + "o" * 200 + '","price":1}', '{"order_id":"o\\u0000","price":1}',
               '{"order_id":"#1","price":true,"order_state":"?","created_time":"2025-13-45 99:00:00"}'],
    "aftersales": ['{"aftersale_id":"as_2","order_id":"","state":1,"created_at":"2025-01-02 08:00:00"}',
                   '{"aftersale_id":"as_3","order_id":"o_1","state":1,"created_at":"soon"}',
                   '{"aftersale_id":"as_4","order_id":"o_1","state":1,"refund_money":"1.5",'
                   '"created_at":"2025-01-02 08:00:00"}', '[]', '{}'],
    "users": ['{"user_id":"u_2","pay_sum":1.5}', '{"user_id":null}', '{"user_id":[]}', '3'],
    "products": ['{"resource_id":"p_2","price_low":"many"}', '{"resource_id":"p_3","sale_status":{}}',
                 '{}', 'false'],
}
# Stored, whatever else stands in the row: members nobody knows, codes nobody knows.
STRANGE = {
    "orders": '{"order_id":"o_9","price":0,"order_state":100,"ship_state":-7,"resource_type":12345,'
              '"created_time":"2025-01-02 08:00:00","goods_list":[{"deep":[[[[]]]]}],"new":null}',
    "aftersales": '{"aftersale_id":"as_9","order_id":"o_none","state":99,"created_at":"2025-01-02 08:00:00",'
                  '"updated_at":"-0001-11-30 00:00:00","goods_list":{"not":"a list"},"x":1e999}',
    "users": '{"user_id":9,"punch_count":"12","user_created_at":"0000-00-00 00:00:00","new":{}}',
    "products": '{"resource_id":"p_9","sale_status":77,"is_deleted":true,"new":[1,2,3]}',
}
UNKNOWN_CODES = {"orders": 3, "aftersales": 1, "users": 0, "products": 1}
TABLES = {"orders": "orders", "aftersales": "refunds", "users": "users", "products": "products"}
RANGES = {"orders": ("--from", "2025-01-02", "--to", "2025-01-02"),
          "aftersales": ("--from", "2025-01-01", "--to", "2025-01-05"),
          "users": ("--from", "2025-01-01", "--to", "2025-01-05"), "products": ()}


class Shop:
    """Answers each list with what `answer(interface, request)` makes of it."""

    def __init__(self, answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def send(self, body):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                self.send(json.dumps(TOKEN).encode())

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send(answer(self.path.strip("/"), request).encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@contextlib.contextmanager
def shop(answer):
    it = Shop(answer)
    thread = threading.Thread(target=it.server.serve_forever)
    thread.start()
    try:
        yield it
    finally:
        it.server.shutdown()
        thread.join()
        it.server.server_close()


def page(rows, total=None):
    total = len(rows) if total is None else total
    return (f'{{"code":0,"msg":"","data":{{"total":{total},"row_count":{total},'
            f'"list":[{",".join(rows)}]}}}}')


def load(url, warehouse, folder, stream, *words, code=0):
    return run(["tidemark", "load", stream, "--shop-url", url, "--warehouse", warehouse.url, "--json",
                "--progress", "off", *words], folder, code=code, **CREDENTIALS)


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def warehouse(request, tmp_path):
    return make_warehouse(request.param, request, tmp_path)


@pytest.fixture
def local(request, tmp_path):
    return make_warehouse("sqlite", request, tmp_path)


def test_rejects_are_listed_and_accepted_until_they_change(local, tmp_path):
    def rejects(*words, code=0):
        return run(["tidemark", "load", "rejects", *words, "--warehouse", local.url], tmp_path,
                   code=code)

    rows = [HOSTILE["orders"][0], GOOD["orders"]]
    with shop(lambda *_: page(rows)) as there:
        load(there.url, local, tmp_path, "orders", *RANGES["orders"], code=3)
        listed = [json.loads(line) for line in rejects("list", "--json").out.splitlines()]
        assert [line["message_type"] for line in listed] == ["reject", "summary"]
        assert not listed[0]["accepted"] and listed[-1]["rejects_open"] == 1
        rejects("accept", "orders", "no-such-id", code=1)
        rejects("accept", "orders", code=2)
        rejects("accept", "orders", listed[0]["id"])
        ran = load(there.url, local, tmp_path, "orders", *RANGES["orders"], code=0)
        assert (ran.summary["rows_rejected"], ran.summary["rejects_accepted"]) == (0, 1)
        assert json.loads(rejects("list", "--json").out.splitlines()[0])["accepted"]


def test_gaps_are_listed_and_accepted_until_they_agree(warehouse, tmp_path):
    second, lies = "2025-01-02 08:00:00", True
    around = ("--from", second, "--to", "2025-01-02 08:00:01")

    def answer(_, request):
        china = datetime.timezone(datetime.timedelta(hours=8))
        times = [str(datetime.datetime.fromtimestamp(int(time), china).replace(tzinfo=None))
                 for time in re.findall(r"\b1[67]\d{8}\b", json.dumps(request))]
        if not min(times) <= second <= max(times):
            return page([])
        return page([GOOD["orders"]] if request["page_index"] == 1 else [], total=2 if lies else 1)

    def gaps(*words, code=0):
        ran = run(["tidemark", "load", "gaps", *words, "--warehouse", warehouse.url, "--json"],
                  tmp_path, code=code)
        return [json.loads(line) for line in ran.out.splitlines()]

    with shop(answer) as there:
        ran = load(there.url, warehouse, tmp_path, "orders", *around, code=3)
        assert (ran.summary["orders_new"], ran.summary["gaps_open"]) == (1, 1)
        gap, summary = gaps("list")
        assert (gap["stream"], gap["from"], gap["upto"]) == ("orders", second, second)
        assert (gap["kind"], gap["accepted"], summary["gaps_open"]) == ("disputed", False, 1)
        # What names no gap, or no reason, accepts nothing.
        gaps("accept", "orders", "--from", "2025-01-03", "--to", "2025-01-04", "--reason", "x", code=1)
        gaps("accept", "users", "--from", second, "--to", second, "--reason", "x", code=1)
        gaps("accept", "orders", "--from", second, "--to", second, code=2)
        gaps("accept", "orders", "--from", second, "--to", second, "--reason", " ", code=2)
        gaps("accept", "nothing", "--from", second, "--to", second, "--reason", "x", code=2)
        assert gaps("list")[-1]["gaps_open"] == 1
        accepted = gaps("accept", "orders", "--from", second, "--to", second, "--reason", "已删除的订单")
        assert accepted[-1]["accepted"] == 1
        gap, summary = gaps("list")
        assert (gap["accepted"], gap["reason"], summary["gaps_open"]) == (True, "已删除的订单", 0)
        load(there.url, warehouse, tmp_path, "orders", *around)
        lies = False
        load(there.url, warehouse, tmp_path, "orders", *around)
        assert [line["message_type"] for line in gaps("list")] == ["summary"]


def test_rows_of_any_form_stop_nothing(warehouse, tmp_path):
    rows = []
    with shop(lambda *_: page(rows)) as there:
        for stream, table in TABLES.items():
            rows[:] = [*HOSTILE[stream], GOOD[stream], STRANGE[stream]]
            ran = load(there.url, warehouse, tmp_path, stream, *RANGES[stream], code=3)
            assert ran.summary[f"{table}_new"] == 2, stream
            assert ran.summary["rows_rejected"] == len(HOSTILE[stream]), stream
            assert ran.summary["errors"] == []
            assert len(ran.summary["unknown_codes"]) == UNKNOWN_CODES[stream], stream
            kept = {row["payload"] for row in warehouse.rows(
                f"SELECT payload FROM raw_records WHERE stream='{stream}'")}
            assert kept == set(rows), stream
            assert warehouse.value("SELECT COUNT(*) FROM load_rejects WHERE reason='' OR "
                                   "reason_zh=''") == 0
            # What is mended at the shop is stored, and no reject is left of it.
            before = warehouse.business()
            rows[:] = [GOOD[stream], STRANGE[stream]]
            load(there.url, warehouse, tmp_path, stream, *RANGES[stream])
            assert warehouse.business() == before


@pytest.mark.parametrize("stream", TABLES)
def test_a_total_that_is_never_reached_fails_the_window(stream, local, tmp_path):
    with shop(lambda *_: page([GOOD[stream]], total=5)) as there:
        words = ("--from", "2025-01-02", "--to", "2025-01-02 00:00:01") if RANGES[stream] else ()
        ran = load(there.url, local, tmp_path, stream, *words, code=3)
        assert "never agreed" in ran.summary["errors"][0]["message"]
        # What came is stored; the watermark does not move.
        assert ran.summary[f"{TABLES[stream]}_new"] == 1
        assert local.value("SELECT COUNT(*) FROM load_streams WHERE complete_upto IS NOT NULL") == 0


@pytest.mark.parametrize("stream", TABLES)
def test_a_page_that_never_ends_has_an_end(stream, local, tmp_path):
    sizes = {"orders": 200, "aftersales": 50, "users": 50, "products": 100}
    key = {"orders": "order_id", "aftersales": "aftersale_id", "users": "user_id",
           "products": "resource_id"}[stream]
    row = json.loads(GOOD[stream])
    rows = [json.dumps({**row, key: f"{row[key]}{i}"}) for i in range(sizes[stream])]
    with shop(lambda *_: page(rows, total=len(rows))) as there:
        words = RANGES[stream]
        ran = load(there.url, local, tmp_path, stream, *words, code=None)
        assert ran.summary[f"{TABLES[stream]}_new"] == sizes[stream]


def test_details_that_are_refused_set_one_live_stream_aside(local, tmp_path):
    lives = ['{"id":"l_1","title":"一","view_count":3}', '{"id":"l_2","title":"二"}', '{"title":"?"}']

    def answer(interface, request):
        if not interface.startswith("xe.alive.detail"):
            return page(lives)
        if request["id"] == "l_2":
            return '{"code":40004,"msg":"gone","data":null}'
        return '{"code":0,"msg":"","data":{"id":"l_1","alive_state":2,"reward_sum":0}}'

    with shop(answer) as there:
        ran = load(there.url, local, tmp_path, "live", code=3)
        assert ran.summary["live_streams_new"] == 1
        assert ran.summary["rows_rejected"] == 2
        assert local.rows("SELECT live_id, view_count, reward_sum FROM live_streams") == [
            {"live_id": "l_1", "view_count": 3, "reward_sum": "0.00"}]
        assert "40004" in local.value("SELECT reason FROM load_rejects WHERE record_id='l_2'")


def test_a_cursor_that_is_missing_fails_the_window(local, tmp_path):
    rows = [json.dumps({"user_id": f"u_{i}"}) for i in range(50)]
    with shop(lambda *_: page(rows, total=60)) as there:
        ran = load(there.url, local, tmp_path, "users", *RANGES["users"], code=3)
        assert "how to go on" in ran.summary["errors"][0]["message"]


def test_a_day_that_misses_orders_makes_the_run_partial(local, tmp_path):
    asked = []

    def answer(_, request):
        asked.append(request)
        # The whole window agrees; each single day counts one more than it lists.
        return page([GOOD["orders"]], total=1 if request["page_size"] > 1 else 2)

    with shop(answer) as there:
        ran = load(there.url, local, tmp_path, "orders", "--from", "2025-01-02", "--to", "2025-01-02",
                   code=3)
        assert ran.summary["days_checked"] == ran.summary["days_missing"] == 1
        assert "the shop counts 2, the warehouse 1" in ran.summary["day_differences"][0]


@pytest.mark.parametrize("code, exits", [(2017, 12), (2051, 12), (40004, 1), (2052, 1)])
def test_refusals_end_the_run(code, exits, local, tmp_path):
    with shop(lambda *_: json.dumps({"code": code, "msg": "不行", "data": None})) as there:
        for stream in [*TABLES, "live"]:
            ran = load(there.url, local, tmp_path, stream, *RANGES.get(stream, ()), code=exits)
            assert str(code) in ran.summary["errors"][0]["message"]


def refunds(count):
    return [{"aftersale_id": f"as_{i:03}", "order_id": "o", "state": 2,
             "created_at": "2025-01-01 00:00:00", "updated_at": f"2025-01-01 00:{i // 60:02}:{i % 60:02}"}
            for i in reversed(range(count))]


class Moving:
    """A list, newest first, of which `change(rows)` is done after so many pages."""

    def __init__(self, rows, after, change):
        self.rows, self.after, self.change = rows, after, change
        self.pages = 0

    def __call__(self, _, request):
        size, first = request["page_size"], (request["page_index"] - 1) * request["page_size"]
        answer = page([json.dumps(row) for row in self.rows[first:first + size]], len(self.rows))
        self.pages += 1
        if self.pages == self.after:
            self.change(self.rows)
        return answer


def test_what_moves_to_the_front_while_the_list_is_read_is_caught_up(local, tmp_path):
    def move(rows):
        moved = rows.pop(100) | {"state": 13, "updated_at": "2025-01-01 09:00:00"}
        rows.insert(0, moved)
        rows.insert(0, moved | {"aftersale_id": "as_new"})

    with shop(Moving(refunds(120), 1, move)) as there:
        ran = load(there.url, local, tmp_path, "aftersales", *RANGES["aftersales"])
        assert ran.summary["rereads"] == 0
        assert local.value("SELECT COUNT(*) FROM refunds") == 121
        assert local.value("SELECT COUNT(*) FROM refunds WHERE state=13") == 2


def test_what_leaves_the_window_while_it_is_read_makes_it_be_read_again(local, tmp_path):
    with shop(Moving(refunds(120), 1, lambda rows: rows.pop(0))) as there:
        ran = load(there.url, local, tmp_path, "aftersales", *RANGES["aftersales"])
        assert ran.summary["rereads"] == 1
        assert local.value("SELECT COUNT(*) FROM refunds") == 120
