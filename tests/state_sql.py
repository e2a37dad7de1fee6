"""SQL of a test's own on the state of a hub, whatever database it is in."""

import contextlib
import sqlite3
import urllib.parse

import psycopg2
import pymysql


def connect(state):
    if state.startswith("sqlite:"):
        return sqlite3.connect(state.removeprefix("sqlite:"), timeout=30)
    url = urllib.parse.urlsplit(state)
    name = url.path.lstrip("/")
    if url.scheme == "postgres":
        return psycopg2.connect(host=url.hostname, port=url.port, user=url.username,
                                password=url.password, dbname=name)
    return pymysql.connect(host=url.hostname, port=url.port, user=url.username,
                           password=url.password, database=name)


def run(state, *statements):
    """Runs them in one transaction; the rows of the last one, if it is a query."""
    with contextlib.closing(connect(state)) as connection:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
        connection.commit()
        return [tuple(row) for row in rows]
