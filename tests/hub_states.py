"""State databases of the hubs under test, and a look into them."""

import contextlib
import sqlite3
import urllib.parse

import psycopg2
import pymysql

from hub_fixture import fresh_key


class State:
    """A database that a hub keeps its state in. `url` is the hub's --state."""

    def __init__(self, url):
        self.url = url

    def connect(self):
        kind, _, rest = self.url.partition(":")
        if kind == "sqlite":
            return sqlite3.connect(rest)
        if kind == "postgres":
            return psycopg2.connect(self.url)
        url = urllib.parse.urlsplit(self.url)
        return pymysql.connect(host=url.hostname, port=url.port, user=url.username,
                               password=url.password, database=url.path[1:], charset="utf8mb4")

    def rows(self, sql):
        """A question on a connection of its own."""
        with contextlib.closing(self.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]


def fresh_state(kind, request, folder):
    """An empty one: `kind` is sqlite, mariadb or postgres."""
    if kind == "sqlite":
        return State(f"sqlite:{folder}/state/hub.db")
    server = request.getfixturevalue(f"{kind}_server")
    name = f"hub_{fresh_key()}"
    with contextlib.closing(State(server.url).connect()) as connection:
        connection.autocommit = True  # PostgreSQL makes no database inside a transaction.
        connection.cursor().execute(f"CREATE DATABASE {name}")
    return State(f"{server.url.rpartition('/')[0]}/{name}")
