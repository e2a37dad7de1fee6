"""What the tests of the loader share: the sandbox of a shop as a process, and the warehouse it is
loaded into."""

import datetime
import json
import os
import signal
import sqlite3
import subprocess
import urllib.request

from hub_states import fresh_state
from programs import BINARY, run

CREDENTIALS = {"TIDEMARK_XIAOE__APP_ID": "sandbox_app", "TIDEMARK_XIAOE__CLIENT_ID": "sandbox_client",
               "TIDEMARK_XIAOE__SECRET_KEY": "sandbox_secret"}
BUSINESS = {"orders": "platform, order_id", "order_items": "platform, order_id, line_no",
            "order_history": "platform, order_id, previous_order_state, order_state",
            "refunds": "platform, aftersale_id", "users": "platform, user_id",
            "products": "platform, product_id", "live_streams": "platform, live_id"}
STAMPS = {"updated_at", "seen_at"}


class Shop:
    """`tidemark sandbox xiaoe` on a free port, its clock standing still. Ends with the block."""

    def __init__(self, folder, *words, orders=4000, first="2025-01-01", last="2025-01-31",
                 clock="2025-02-01 00:00:00"):
        self.words = [BINARY, "sandbox", "xiaoe", "--listen", "127.0.0.1:0", "--json",
                      "--orders", str(orders), "--from", first, "--to", last, "--clock", clock,
                      *words]
        self.folder = folder

    def __enter__(self):
        self.process = subprocess.Popen(
            self.words, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder)}, encoding="utf-8")
        line = self.process.stdout.readline()
        assert line, "the sandbox did not start"
        self.url = f"http://127.0.0.1:{json.loads(line)['port']}"
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/sandbox/{path}", data=data,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def truth(self, first="2025-01-01", last="2025-01-31", stream="orders"):
        return self.ask(f"truth?from={first}&to={last}&stream={stream}")


class PresentShop(Shop):
    """Its clock goes, and its orders are those of the last days."""

    def __init__(self, folder, *words):
        super().__init__(folder)
        self.words = [*self.words[:6], "--orders", "3000", *words]


class Warehouse:
    """A database and how to look into it."""

    def __init__(self, url, connect):
        self.url = url
        self.connect = connect

    def rows(self, sql):
        connection = self.connect()
        try:
            cursor = connection.cursor()
            cursor.execute(sql)
            return [dict(zip([column[0] for column in cursor.description], row))
                    for row in cursor.fetchall()]
        finally:
            connection.close()

    def value(self, sql):
        return next(iter(self.rows(sql)[0].values()))

    def business(self, stamps=True):
        """Every row of every business table; without stamps: but for when it was seen."""
        return {table: [tuple(str(value) for name, value in row.items()
                              if stamps or name not in STAMPS)
                        for row in self.rows(f"SELECT * FROM {table} ORDER BY {order}")]
                for table, order in BUSINESS.items()}

    def by_day(self):
        """Counts and sums in fen, as the sandbox tells its truth."""
        days = {}
        for row in self.rows("SELECT created_at, price_fen, coupon_price_fen, refund_money_fen, "
                             "refund_time FROM orders"):
            day = days.setdefault(str(row["created_at"])[:10], dict.fromkeys(
                ("orders", "price", "coupon", "refund", "refunded"), 0))
            day["orders"] += 1
            day["price"] += row["price_fen"]
            day["coupon"] += row["coupon_price_fen"] or 0
            day["refund"] += row["refund_money_fen"] or 0
            day["refunded"] += row["refund_time"] is not None
        return dict(sorted(days.items()))


def make_warehouse(kind, request, folder, name="warehouse"):
    """`kind` is sqlite, mariadb or postgres."""
    if kind == "sqlite":
        path = folder / f"{name}.db"
        return Warehouse(f"sqlite:{path}", lambda: sqlite3.connect(path))
    state = fresh_state(kind, request, folder)
    return Warehouse(state.url, state.connect)


def load(shop, warehouse, folder, *words, stream="orders", code=0, **variables):
    return run(["tidemark", "load", stream, "--shop-url", shop.url, "--warehouse", warehouse.url,
                "--json", "--progress", "off", *words], folder, code=code,
               **CREDENTIALS, **variables)


def days_ago(days):
    return (datetime.date.today() - datetime.timedelta(days=days)).isoformat()


JANUARY = ("--from", "2025-01-01", "--to", "2025-01-31")
