"""An empty warehouse for each contestant of a load, on each database."""

import os
import pathlib
import sqlite3
import subprocess
from dataclasses import dataclass

import pymysql

from measure import Failed
from table import psql


def call(*words, env=None):
    done = subprocess.run([str(word) for word in words], check=False, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, env=env or os.environ)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, words))}:\n{done.stderr[-2000:]}")
    return done.stdout


@dataclass
class Warehouse:
    """`rows` orders are to be written to it; file(reading) holds them as LOAD DATA reads them."""

    database: str
    url: str
    environment: dict
    rows: int
    folder: pathlib.Path
    build: pathlib.Path
    columns: tuple = ()

    def empty(self):
        """The tables as a first load makes them."""
        self.forget()
        call(self.build / "load_upsert", self.url, "migrate")

    def file(self, reading):
        return self.folder / ("changed.tsv" if reading == "changed" else "first.tsv")

    def make_files(self):
        """What the peers write is what Tidemark has written."""
        self.empty()
        for reading in ("first", "changed"):
            call(self.build / "load_upsert", self.url, "orders", reading, self.rows)
            call(self.build / "load_upsert", self.url, "dump", self.file(reading))
        self.columns = self.read_columns()

    def remove_files(self):
        for reading in ("first", "changed"):
            self.file(reading).unlink(missing_ok=True)
        self.forget()


class OnMariaDB(Warehouse):
    def __init__(self, server, rows, folder, build):
        super().__init__("MariaDB", f"mysql://tidemark:tidemark@127.0.0.1:{server.port}/warehouse", {
            "DB_HOST": "127.0.0.1", "DB_PORT": str(server.port), "DB_USER": "tidemark",
            "DB_PASSWORD": "tidemark", "DB_NAME": "warehouse", "MYSQL_PWD": "tidemark",
        }, rows, folder, build)
        self.port = server.port

    def execute(self, *statements):
        with pymysql.connect(host="127.0.0.1", port=self.port, user="tidemark",
                             password="tidemark", autocommit=True) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return cursor.description

    def forget(self):
        self.execute("DROP DATABASE IF EXISTS warehouse", "CREATE DATABASE warehouse")

    def read_columns(self):
        return tuple(column[0] for column in self.execute("SELECT * FROM warehouse.orders LIMIT 0"))


class OnPostgres(Warehouse):
    def __init__(self, server, rows, folder, build):
        super().__init__(
            "PostgreSQL", f"postgres://tidemark:tidemark@127.0.0.1:{server.port}/warehouse", {
                "PGHOST": server.socket, "PGPORT": str(server.port), "PGUSER": "tidemark",
                "PGPASSWORD": "tidemark", "PGDATABASE": "warehouse",
            }, rows, folder, build)
        self.server = server

    def forget(self):
        psql(self.server, "postgres", "DROP DATABASE IF EXISTS warehouse")
        psql(self.server, "postgres", "CREATE DATABASE warehouse")

    def read_columns(self):
        return tuple(psql(self.server, "warehouse",
                          "SELECT attname FROM pg_attribute WHERE attrelid = 'orders'::regclass"
                          " AND attnum > 0 ORDER BY attnum").split("\n"))


class OnSQLite(Warehouse):
    def __init__(self, rows, folder, build):
        self.path = folder / "warehouse.db"
        super().__init__("SQLite", f"sqlite:{self.path}", {"SQLITE_FILE": str(self.path)}, rows,
                         folder, build)

    def forget(self):
        for suffix in ("", "-wal", "-shm"):
            pathlib.Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def read_columns(self):
        with sqlite3.connect(self.path) as connection:
            return tuple(column[0] for column in
                         connection.execute("SELECT * FROM orders LIMIT 0").description)
