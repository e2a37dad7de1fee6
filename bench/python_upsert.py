#!/usr/bin/python3
"""What people write in Python for an UPSERT of many rows: executemany with ON DUPLICATE KEY UPDATE
(pymysql), execute_values with ON CONFLICT (psycopg2), executemany (sqlite3), a transaction every
2,000 rows.

    python_upsert.py DATABASE FILE

Where the table is, the environment says (see load_cases.py). FILE holds the rows as LOAD DATA reads
them; reading it does not count. Prints {"seconds": …}.
"""

import json
import os
import sqlite3
import sys
import time

BATCH_ROWS = 2000
KEY = ("platform", "order_id")


def rows_of(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    # A field has no tab or line end in it here; only backslashes are escaped.
    return [tuple(None if field == "\\N" else field.replace("\\\\", "\\")
                  for field in line.split("\t")) for line in text.split("\n")[:-1]]


class MariaDB:
    def __init__(self):
        import pymysql
        env = os.environ
        self.connection = pymysql.connect(
            host=env["DB_HOST"], port=int(env["DB_PORT"]), user=env["DB_USER"],
            password=env["DB_PASSWORD"], database=env["DB_NAME"], charset="utf8mb4")

    def write(self, columns, batch):
        names = ",".join(columns)
        marks = ",".join(["%s"] * len(columns))
        changes = ",".join(f"{name}=VALUES({name})" for name in columns if name not in KEY)
        with self.connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO orders ({names}) VALUES ({marks})"
                               f" ON DUPLICATE KEY UPDATE {changes}", batch)


class PostgreSQL:
    def __init__(self):
        import psycopg2
        self.connection = psycopg2.connect("")  # PGHOST … say where.

    def write(self, columns, batch):
        from psycopg2.extras import execute_values
        names = ",".join(columns)
        changes = ",".join(f"{name}=excluded.{name}" for name in columns if name not in KEY)
        with self.connection.cursor() as cursor:
            execute_values(cursor, f"INSERT INTO orders ({names}) VALUES %s"
                           f" ON CONFLICT (platform, order_id) DO UPDATE SET {changes}", batch,
                           page_size=BATCH_ROWS)


class SQLite:
    def __init__(self):
        self.connection = sqlite3.connect(os.environ["SQLITE_FILE"])
        self.connection.execute("PRAGMA synchronous=FULL")

    def write(self, columns, batch):
        names = ",".join(columns)
        changes = ",".join(f"{name}=excluded.{name}" for name in columns if name not in KEY)
        self.connection.executemany(
            f"INSERT INTO orders ({names}) VALUES ({','.join('?' * len(columns))})"
            f" ON CONFLICT (platform, order_id) DO UPDATE SET {changes}", batch)


def main():
    database, path = sys.argv[1:]
    target = {"MariaDB": MariaDB, "PostgreSQL": PostgreSQL, "SQLite": SQLite}[database]()
    cursor = target.connection.cursor()
    cursor.execute("SELECT * FROM orders LIMIT 0")
    columns = [column[0] for column in cursor.description]
    cursor.close()
    rows = rows_of(path)
    began, cpu_began = time.perf_counter(), time.process_time()
    for first in range(0, len(rows), BATCH_ROWS):
        target.write(columns, rows[first:first + BATCH_ROWS])
        target.connection.commit()
    print(json.dumps({"seconds": time.perf_counter() - began,
                      "cpu_seconds": time.process_time() - cpu_began, "rows": len(rows)}))


if __name__ == "__main__":
    main()
