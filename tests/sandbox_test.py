"""`tidemark sandbox xiaoe` as a client in another language meets it: the shop's API over HTTP."""

import collections
import csv
import datetime
import decimal
import email.utils
import gzip
import json
import os
import sqlite3
import urllib.error
import urllib.request

import pytest

from load_fixture import Shop, Warehouse, load
from programs import public_data, run

YEAR = ("2024-01-01", "2025-12-31")


class Api:
    """A client without mercy: no retries, no patience."""

    def __init__(self, shop):
        self.shop = shop
        self.token = self.envelope("token?app_id=sandbox_app&client_id=sandbox_client"
                                   "&secret_key=sandbox_secret&grant_type=client_credential"
                                   )["data"]["access_token"]

    def answer(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.shop.url}/{path}", data=data,
                                         headers={"Content-Type": "application/json"})
        return urllib.request.urlopen(request, timeout=60)

    def envelope(self, path, body=None):
        with self.answer(path, body) as answer:
            return json.load(answer)

    def call(self, name, **fields):
        return self.envelope(name, {"access_token": self.token, **fields})

    def data(self, name, **fields):
        envelope = self.call(name, **fields)
        assert envelope["code"] == 0, envelope
        return envelope["data"]

    def pages(self, name, number, size, **fields):
        page = 1
        while True:
            rows = self.data(name, **{number: page, "page_size": size}, **fields)["list"]
            yield from rows
            if len(rows) < size:
                return
            page += 1

    def after_sales(self, first, last, **fields):
        return list(self.pages("xe.ecommerce.after_sale.list/1.0.0", "page_index", 50,
                               created_at=f"{first}||{last}", **fields))

    def users(self, **fields):
        skip = {}
        while True:
            rows = self.data("xe.user.batch.get/2.0.0", page_size=50, **skip, **fields)["list"]
            yield from rows
            if len(rows) < 50:
                return
            skip = {"es_skip": rows[-1]["es_skip"]}


def by_day(rows, day):
    days = collections.defaultdict(collections.Counter)
    for row, sums in rows:
        days[day(row)[:10]].update(sums)
    return {name: dict(sums) for name, sums in sorted(days.items())}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with Shop(tmp_path_factory.mktemp("shop"), clock="2025-03-01 12:00:00") as shop:
        yield shop


def truth(shop, stream):
    return shop.ask(f"truth?from={YEAR[0]}&to={YEAR[1]}&stream={stream}")


def test_after_sales_add_up_to_the_truth(shop):
    api = Api(shop)
    told = truth(shop, "aftersales")
    cases = api.after_sales(*YEAR)
    assert sum(day["cases"] for day in told.values()) == len(cases) > 400
    assert len({case["aftersale_id"] for case in cases}) == len(cases)
    asked = by_day([(case, {"cases": 1, "asked": int(case["apply_refund_money"])})
                    for case in cases], lambda case: case["created_at"])
    assert asked == {day: {"cases": sums["cases"], "asked": sums["asked"]}
                     for day, sums in told.items() if sums["cases"]}
    refunds = api.after_sales(*YEAR, date_type="refund_time")
    paid = by_day([(case, {"refunds": 1, "refund": int(case["refund_money"])})
                   for case in refunds], lambda case: case["updated_at"])
    assert paid == {day: {"refunds": sums["refunds"], "refund": sums["refund"]}
                    for day, sums in told.items() if sums["refunds"]}
    orders = truth(shop, "orders")
    assert sum(day["refund"] for day in told.values()) == sum(
        day["refund"] for day in orders.values())


def test_users_goods_and_live_sessions_add_up_to_the_truth(shop):
    api = Api(shop)
    users = by_day([(user, {"users": 1, "pay_sum": int(user["pay_sum"])}) for user in api.users()],
                   lambda user: user["user_created_at"])
    assert users == {day: sums for day, sums in truth(shop, "users").items()}
    some = list(api.users(user_created_start="2025-01-10", user_created_end="2025-01-11"))
    assert len(some) == sum(users.get(f"2025-01-{day}", {"users": 0})["users"] for day in (10, 11))
    goods = by_day([(good, {"goods": 1, "on_sale": good["sale_status"], "price": good["price_low"]})
                    for good in api.pages("xe.goods.list.get/4.0.0", "page", 100)],
                   lambda good: good["created_at"])
    shown = shop.ask("truth?from=2023-01-01&to=2025-12-31&stream=goods")
    assert goods == shown
    ids = [live["id"] for live in api.pages("xe.alive.list.get/1.0.0", "page", 50)]
    listed = api.data("xe.alive.list.by_ids/1.0.0", ids=ids[:50])["list"]
    details = {id: api.data("xe.alive.detail.get/1.0.0", id=id) for id in ids}
    assert [live["view_count"] for live in listed] == [details[id]["view_count"]
                                                       for id in ids[:50]]
    lives = by_day([(live, {"lives": 1, "views": live["view_count"],
                            "purchases": live["purchase_count"],
                            "reward": int(decimal.Decimal(str(live["reward_sum"])) * 100)})
                    for live in details.values()], lambda live: live["alive_start_at"])
    assert lives == truth(shop, "live")


def test_the_shop_lives_on(tmp_path):
    with Shop(tmp_path, clock="2025-01-20 12:00:00") as shop:
        api = Api(shop)
        first = {case["aftersale_id"]: case for case in api.after_sales(*YEAR)}
        names = {user["user_id"]: user["user_nickname"] for user in api.users()}
        goods = {good["resource_id"]: good for good in api.pages("xe.goods.list.get/4.0.0", "page", 100)}
        shop.ask("clock", {"now": "2025-02-20 12:00:00"})
        api = Api(shop)
        later = {case["aftersale_id"]: case for case in api.after_sales(*YEAR)}
        assert set(first) < set(later)
        moved = [id for id in first if first[id]["state"] != later[id]["state"]]
        assert moved
        assert all(later[id]["updated_at"] > first[id]["updated_at"] for id in moved)
        assert any(user["user_nickname"] != names.get(user["user_id"], user["user_nickname"])
                   for user in api.users())
        edited = [good for good in api.pages("xe.goods.list.get/4.0.0", "page", 100)
                  if good["updated_at"] >= "2025-01-20 12:00:01"]
        assert any(good["goods_name"] != goods[good["resource_id"]]["goods_name"] for good in edited
                   if good["resource_id"] in goods)


def test_limits_are_those_that_are_published(tmp_path):
    with Shop(tmp_path) as shop:
        api = Api(shop)
        ids = {"ids": ["l_none"]}
        codes = [api.call("xe.alive.list.by_ids/1.0.0", **ids)["code"] for _ in range(110)]
        # More than one window of ten seconds may pass meanwhile, on a slow machine.
        assert codes[:100] == [0] * 100
        assert set(codes) <= {0, 2053}
        calls = shop.ask("calls")
        assert calls["interfaces"]["xe.alive.list.by_ids/1.0.0"] == calls["lists"] == 110


@pytest.mark.parametrize("spec,code", [("ip=1", 2051), ("deny=goods", 2017), ("limit=1", 2053),
                                       ("storm=1", 2054), ("busy=1", 1001), ("malformed=1", 1002),
                                       ("revoke=1", 2008)])
def test_faults_with_a_code(spec, code, shop):
    api = Api(shop)
    shop.ask("faults", {"spec": spec})
    try:
        assert api.call("xe.goods.list.get/4.0.0")["code"] == code
        if spec == "deny=goods":
            assert api.call("xe.user.batch.get/2.0.0")["code"] == 0
        if spec == "ip=1":
            assert api.envelope("token")["code"] == 2051
    finally:
        shop.ask("faults", {"spec": ""})


@pytest.mark.parametrize("name", ["xe.goods.list.get/4.0.0", "xe.user.batch.get/2.0.0",
                                  "xe.alive.list.get/1.0.0"])
def test_faults_of_the_answer(name, shop):
    api = Api(shop)

    def raw(spec):
        shop.ask("faults", {"spec": spec})
        with api.answer(name, {"access_token": api.token}) as answer:
            return answer.read()
    try:
        assert raw("html=1").startswith(b"<html>")
        with pytest.raises(json.JSONDecodeError):
            json.loads(raw("truncate=1"))
        with pytest.raises(UnicodeDecodeError):
            raw("gbk=1").decode()
        row = json.loads(raw("strings=1"))["data"]["list"][0]
        assert not any(isinstance(value, (int, float)) for value in row.values())
        with pytest.raises(urllib.error.HTTPError) as failed:
            raw("error500=1")
        assert failed.value.code == 500
        total = json.loads(raw(""))["data"]["total"]
        assert {json.loads(raw("total=1"))["data"]["total"] - total for _ in range(30)} > {0}
    finally:
        shop.ask("faults", {"spec": ""})


def test_pages_that_come_again(shop):
    api = Api(shop)

    def pages():
        users = api.data("xe.user.batch.get/2.0.0", page_size=10)["list"]
        more = {"page_size": 10, "es_skip": users[-1]["es_skip"]}
        return [[row["user_id"] for row in rows] for rows in (
            users, api.data("xe.user.batch.get/2.0.0", **more)["list"])], [
                [row["resource_id"] for row in
                 api.data("xe.goods.list.get/4.0.0", page=page)["list"]] for page in (1, 2)]
    users, goods = pages()
    assert users[0] != users[1] and goods[0] != goods[1]
    shop.ask("faults", {"spec": "repeat=1"})
    try:
        users, goods = pages()
        assert users[0] == users[1] and goods[0] == goods[1]
    finally:
        shop.ask("faults", {"spec": ""})


def test_the_date_is_that_of_the_machine_wrong_by_the_skew(shop):
    api = Api(shop)

    def ahead(spec):
        shop.ask("faults", {"spec": spec})
        before = datetime.datetime.now(datetime.timezone.utc)
        with api.answer("xe.goods.list.get/4.0.0", {"access_token": api.token}) as answer:
            date = email.utils.parsedate_to_datetime(answer.headers["Date"])
        after = datetime.datetime.now(datetime.timezone.utc)
        second = datetime.timedelta(seconds=1)
        return date - after - second, date - before + second
    try:
        # Though the shop stands still in 2025: a loader compares the Date with its own clock.
        for seconds, spec in ((0, ""), (-7200, "skew=-7200s")):
            least, most = ahead(spec)
            assert least.total_seconds() <= seconds <= most.total_seconds()
    finally:
        shop.ask("faults", {"spec": ""})


def test_a_hundred_thousand_orders(tmp_path):
    with Shop(tmp_path, orders=100_000, clock="2025-02-15 00:00:00") as shop:
        api = Api(shop)
        window = {"begin_time": 1736956800, "end_time": 1736956800 + 7 * 86400}
        data = api.data("xe.order.list.get/1.0.1", page_index=40, **window)
        assert len(data["list"]) == 200 and data["total"] > 20_000
        refunds = api.after_sales("2025-01-20", "2025-01-20", date_type="refund_time")
        told = shop.ask("truth?from=2025-01-20&to=2025-01-20&stream=aftersales")["2025-01-20"]
        assert sum(int(case["refund_money"]) for case in refunds) == told["refund"]
        assert len(refunds) == told["refunds"] > 50
        assert len(api.data("xe.user.batch.get/2.0.0", page_size=50)["list"]) == 50


def test_orders_arrive_whatever_the_shop_does(tmp_path):
    warehouse = Warehouse(f"sqlite:{tmp_path / 'w.db'}", lambda: sqlite3.connect(tmp_path / "w.db"))
    with Shop(tmp_path, "--faults", "html=0.05,malformed=0.05,strings=0.5,gbk=0.05,truncate=0.05,"
              "total=0.1,repeat=0.1,revoke=0.05") as shop:
        load(shop, warehouse, tmp_path, "--from", "2025-01-01", "--to", "2025-01-31")
        assert warehouse.by_day() == shop.truth()


# The data set Online Retail.

RETAIL = '''\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,85123A,"HEART, ""red""",6,2025-01-01 08:26:00,2.55,17850,EIRE
1,POST,POSTAGE,1,2025-01-01 08:26:00,18.0,17850,EIRE
C2,85123A,"HEART, ""red""",-2,2025-01-03 09:00:00,2.55,17850,EIRE
3,71053,,3,2025-01-02 10:00:00,0.125,,France
'''


def retail_of(path):
    """Orders and refunds as the manual says how they are made, read another way: sums in fen per
    day of the order, and refunds per day of the cancellation."""
    def fen(quantity, price):
        amount = decimal.Decimal(quantity) * decimal.Decimal(price)
        return int((amount * 100).quantize(0, decimal.ROUND_HALF_UP))
    opened = gzip.open(path, "rt", encoding="utf-8", newline="")
    with opened as file:
        lines = list(csv.DictReader(file))
    sales = [line for line in lines if not line["InvoiceNo"].startswith("C")
             and int(line["Quantity"]) > 0 and fen(line["Quantity"], line["UnitPrice"]) > 0]
    sales.sort(key=lambda line: line["InvoiceDate"])
    by_key = collections.defaultdict(list)
    for sale in sales:
        sale["amount"] = sale["paid"] = fen(sale["Quantity"], sale["UnitPrice"])
        sale["left"] = int(sale["Quantity"])
        by_key[sale["CustomerID"], sale["StockCode"], decimal.Decimal(sale["UnitPrice"])].append(sale)
    refunds = collections.Counter()
    backs = [line for line in lines if line["InvoiceNo"].startswith("C") and int(line["Quantity"]) < 0]
    for back in sorted(backs, key=lambda line: line["InvoiceDate"]):
        key = back["CustomerID"], back["StockCode"], decimal.Decimal(back["UnitPrice"])
        pieces = -int(back["Quantity"])
        for sale in reversed(by_key[key] if back["CustomerID"] else []):
            if sale["InvoiceDate"] <= back["InvoiceDate"] and sale["left"] >= pieces:
                amount = min(sale["amount"], fen(pieces, back["UnitPrice"]))
                sale["left"] -= pieces
                sale["amount"] -= amount
                refunds[back["InvoiceDate"][:10]] += amount
                break
    days = collections.defaultdict(collections.Counter)
    for sale in sales:
        refund = sale["paid"] - sale["amount"]
        days[sale["InvoiceDate"][:10]].update(
            orders=1, price=sale["paid"], coupon=0, refund=refund, refunded=int(refund > 0))
    return {day: dict(sums) for day, sums in sorted(days.items())}, dict(sorted(refunds.items()))


class RetailShop(Shop):
    def __init__(self, folder, path, clock):
        super().__init__(folder)
        self.words = [*self.words[:6], "--from-file", path, "--clock", clock]


def test_orders_of_a_file(tmp_path):
    path = tmp_path / "retail.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(RETAIL)
    days, refunds = retail_of(path)
    assert days["2025-01-01"] == {"orders": 2, "price": 3330, "coupon": 0, "refund": 510,
                                  "refunded": 1}
    with RetailShop(tmp_path, path, "2025-02-01") as shop:
        api = Api(shop)
        window = {"begin_time": 1735660800, "end_time": 1735660800 + 7 * 86400}
        rows = api.data("xe.order.list.get/1.0.1", **window)["list"]
        assert [(row["order_id"], row["user_id"], row["resource_id"], row["title"],
                 row["created_time"]) for row in rows] == [
            ("1-1", "u_17850", "85123A", 'HEART, "red"', "2025-01-01 08:26:00"),
            ("1-2", "u_17850", "POST", "POSTAGE", "2025-01-01 08:26:00"),
            ("3-1", "guest", "71053", "", "2025-01-02 10:00:00")]
        assert shop.truth() == days
        [case] = api.after_sales(*YEAR)
        assert (case["order_id"], case["state"], int(case["refund_money"])) == ("1-1", 13, 510)
        assert [user["user_id"] for user in api.users()] == ["guest", "u_17850"]
    for words in (["--orders", "5"], ["--from", "2025-01-01"]):
        run(["tidemark", "sandbox", "xiaoe", "--from-file", path, *words], tmp_path, code=2)
    (tmp_path / "no.csv").write_text("a,b\n1,2\n")
    run(["tidemark", "sandbox", "xiaoe", "--from-file", "no.csv"], tmp_path, code=None)


# Half a million orders take minutes; one month of them, with refunds over a year, is as telling.
RANGE = ("2010-12-01", "2011-12-31") if os.environ.get("LOAD_WHOLE_SET") else (
    "2011-01-01", "2011-01-31")


def test_the_real_set_arrives_to_the_cent(tmp_path):
    path = public_data("online-retail/online_retail.csv.gz")
    if path is None:
        pytest.skip("the public data set is not here")
    days, refunds = retail_of(path)
    within = {day: sums for day, sums in days.items() if RANGE[0] <= day <= RANGE[1]}
    warehouse = Warehouse(f"sqlite:{tmp_path / 'w.db'}", lambda: sqlite3.connect(tmp_path / "w.db"))
    with RetailShop(tmp_path, path, "2012-01-01") as shop:
        ran = load(shop, warehouse, tmp_path, "--from", RANGE[0], "--to", RANGE[1])
        assert ran.summary["orders_new"] == sum(day["orders"] for day in within.values()) > 30_000
        assert warehouse.by_day() == within
        told = shop.ask("truth?from=2010-12-01&to=2011-12-31&stream=aftersales")
        assert {day: sums["refund"] for day, sums in told.items() if sums["refund"]} == refunds
