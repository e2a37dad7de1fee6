"""The invoice table, filled without Tidemark."""

import contextlib
import datetime
import json
import random

import pymysql

from cases import Table

GROUPS = [("1", "CN", 40), ("1", "HK", 6), ("1", "DE", 4), ("7", "CN", 12), ("7", "SG", 3),
          ("123", "CN", 10), ("123", "FR", 4), ("123", "IT", 2), ("456", "CN", 8), ("456", "ES", 2),
          ("456", "PL", 1), ("789", "BE", 3), ("789", "NL", 2), ("900", "CN", 2), ("900", None, 1)]


def payload(rng, key, tenant, country):
    lines = [{"id": i + 1, "item": {"name": "办公用品 Büromaterial %d" % rng.randrange(1000),
              "code": "SKU-%06d" % rng.randrange(10**6)}, "quantity": "%d" % rng.randrange(1, 99),
              "unitPrice": "%.2f" % (rng.random() * 1000), "taxRate": "13.00",
              "lineAmount": "%.2f" % (rng.random() * 10000), "uom": "EA"} for i in range(11)]
    return json.dumps({"invoiceNo": "FP-%08d" % key, "tenant": tenant, "country": country,
                       "currency": "CNY", "seller": {"name": "上海示例科技有限公司",
                       "taxId": "91310000MA1K%06d" % rng.randrange(10**6)}, "buyer": {"name":
                       "Müller & Söhne GmbH", "taxId": "DE%09d" % rng.randrange(10**9)},
                       "lines": lines, "total": "%.2f" % (rng.random() * 100000)},
                      ensure_ascii=False)


@contextlib.contextmanager
def filled(port, database, rows):
    """The table, filled; dropped at the end."""
    fill(port, database, rows)
    try:
        yield Table(
            rows,
            {"DB_HOST": "127.0.0.1", "DB_PORT": str(port), "DB_USER": "root", "DB_PASSWORD": "",
             "DB_NAME": database},
            f"mysql://root@127.0.0.1:{port}/{database}",
        )
    finally:
        with pymysql.connect(host="127.0.0.1", port=port, user="root") as db:
            db.cursor().execute(f"DROP DATABASE {database}")


def fill(port, database, rows, seed=1):
    """Creates `database`.t_invoice with so many issued invoices."""
    rng = random.Random(seed)
    db = pymysql.connect(host="127.0.0.1", port=port, user="root", autocommit=False,
                         charset="utf8mb4")
    cursor = db.cursor()
    cursor.execute(f"CREATE DATABASE {database}")
    cursor.execute(f"USE {database}")
    cursor.execute(
        "CREATE TABLE t_invoice (fid BIGINT NOT NULL PRIMARY KEY, ftenant_id VARCHAR(64) NOT NULL,"
        " fcountry VARCHAR(32), fissue_date DATETIME, finvoice_no VARCHAR(128), fissue_status INT"
        " NOT NULL, fext_field LONGTEXT, fupdate_time DATETIME, KEY idx_incremental_export"
        " (ftenant_id, fissue_status, fupdate_time)) CHARSET=utf8mb4 COLLATE=utf8mb4_bin")
    weights = [g[2] for g in GROUPS]
    day = datetime.datetime(2025, 1, 1)
    templates = [payload(rng, i, "1", "CN") for i in range(2000)]
    for start in range(0, rows, 2000):
        values = []
        picked = rng.choices(GROUPS, weights, k=min(2000, rows - start))
        for key, (tenant, country, _) in enumerate(picked, start + 1):
            date = day + datetime.timedelta(days=rng.randrange(330))
            values.append((key, tenant, country, date, "FP-%08d" % key, 3,
                           templates[key % 2000], date))
        cursor.executemany("INSERT INTO t_invoice VALUES (%s,%s,%s,%s,%s,%s,%s,%s)", values)
    db.commit()
    db.close()
