"""Who writes orders into a warehouse, and how: floors, Python, Tidemark."""

import pathlib
import sys
from dataclasses import dataclass
from typing import Callable

HERE = pathlib.Path(__file__).resolve().parent
# What is read: orders that are new, the same again, the same but that 1 % were refunded.
READINGS = ("first", "same", "changed")
KEY = ("platform", "order_id")


@dataclass(frozen=True)
class Contestant:
    """One way to write. `command`: reading → command line. Its readings come one after the other,
    into tables that are empty at first."""

    name: str
    who: str  # floor, merge, python, tidemark
    command: Callable
    readings: tuple = READINGS


def changes(columns, other):
    return ", ".join(f"{name}={other.format(name)}" for name in columns if name not in KEY)


def on_mariadb(warehouse):
    """LOAD DATA, alone and with a merge from a staging table."""
    env = warehouse.environment
    shell = ["mariadb", "--local-infile=1", "-h", env["DB_HOST"], "-P", env["DB_PORT"], "-u",
             env["DB_USER"], env["DB_NAME"], "-e"]

    def load(reading, table):
        return (f"LOAD DATA LOCAL INFILE '{warehouse.file(reading)}' INTO TABLE {table}"
                " CHARACTER SET utf8mb4;")

    def merge(reading):
        return [*shell, "CREATE TEMPORARY TABLE staging AS SELECT * FROM orders LIMIT 0;"
                f"{load(reading, 'staging')}"
                "INSERT INTO orders SELECT * FROM staging ON DUPLICATE KEY UPDATE "
                f"{changes(warehouse.columns, 'VALUES({})')}"]

    yield Contestant("LOAD DATA", "floor", lambda reading: [*shell, load(reading, "orders")],
                     ("first",))
    yield Contestant("LOAD DATA + merge", "merge", merge)


def on_postgres(warehouse):
    shell = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]

    def copy(reading, table):
        return ["-c", f"\\copy {table} FROM '{warehouse.file(reading)}'"]

    def merge(reading, condition=""):
        return [*shell, "-c", "CREATE TEMPORARY TABLE staging (LIKE orders)",
                *copy(reading, "staging"), "-c",
                "INSERT INTO orders SELECT * FROM staging ON CONFLICT (platform, order_id)"
                f" DO UPDATE SET {changes(warehouse.columns, 'excluded.{}')}{condition}"]

    yield Contestant("COPY", "floor", lambda reading: [*shell, *copy(reading, "orders")],
                     ("first",))
    yield Contestant("COPY + merge", "merge", merge)
    yield Contestant(
        "COPY + merge of what differs", "merge of differences",
        lambda reading: merge(reading, " WHERE orders.* IS DISTINCT FROM excluded.*"))


def python(warehouse):
    means = {"MariaDB": "pymysql executemany", "PostgreSQL": "psycopg2 execute_values",
             "SQLite": "sqlite3 executemany"}[warehouse.database]
    yield Contestant(f"Python, {means}", "python", lambda reading: [
        sys.executable, HERE / "python_upsert.py", warehouse.database, warehouse.file(reading)])


def tidemark(warehouse, build):
    for what, name in (("orders", "Tidemark, the table orders alone"),
                       ("whole", "Tidemark, all it writes")):
        yield Contestant(name, f"tidemark {what}", lambda reading, what=what: [
            build / "load_upsert", warehouse.url, what, reading, warehouse.rows])


def contestants(warehouse, build):
    if warehouse.database == "MariaDB":
        yield from on_mariadb(warehouse)
    if warehouse.database == "PostgreSQL":
        yield from on_postgres(warehouse)
    yield from python(warehouse)
    yield from tidemark(warehouse, build)
