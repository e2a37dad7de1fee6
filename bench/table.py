"""The invoice table on each database, filled by `tidemark samples create`."""

import contextlib
import os
import sqlite3
import subprocess

import pymysql

import servers  # Those that tests start, here with the memory of one in use.
from cases import Table
from measure import Failed

ISSUED = "fissue_status = 3"


def mariadb(memory_mb):
    return servers.MariaDB(args=[f"--innodb-buffer-pool-size={memory_mb}M",
                                 "--innodb-log-file-size=512M", "--max-allowed-packet=256M"])


def postgres(memory_mb):
    return servers.Postgres(args=["-c", f"shared_buffers={memory_mb}MB", "-c", "max_wal_size=4GB"])


def create_on_mariadb(server, database):
    with pymysql.connect(host="127.0.0.1", port=server.port, user="tidemark", password="tidemark",
                         autocommit=True) as connection:
        connection.cursor().execute(f"CREATE DATABASE {database}")


def create_on_postgres(server, database):
    psql(server, "postgres", f"CREATE DATABASE {database}")


def fill(tidemark, source, invoices):
    """The same invoices on every database: they come from a seed."""
    done = subprocess.run(
        [tidemark, "samples", "create", "--to", source, "--invoices", str(invoices),
         "--no-reference", "--quiet"],
        check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )
    if done.returncode != 0:
        raise Failed(f"the table could not be filled:\n{done.stderr[-2000:]}")


@contextlib.contextmanager
def on_mariadb(server, tidemark, invoices):
    """Only issued invoices are left in the table, since mydumper knows no condition."""
    name = f"bench_{invoices}"
    where = {"host": "127.0.0.1", "port": server.port, "user": "tidemark", "password": "tidemark"}
    with pymysql.connect(**where, autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            source = f"mysql://tidemark:tidemark@127.0.0.1:{server.port}/{name}"
            fill(tidemark, source, invoices)
            cursor.execute(f"DELETE FROM {name}.t_invoice WHERE NOT {ISSUED}")
            cursor.execute(f"SELECT COUNT(*) FROM {name}.t_invoice")
            (rows,) = cursor.fetchone()
            yield Table("MariaDB", rows, source, {
                "DB_HOST": where["host"], "DB_PORT": str(where["port"]), "DB_USER": where["user"],
                "DB_PASSWORD": where["password"], "DB_NAME": name,
            })
        finally:
            connection.ping()  # Filling a large table can take longer than an idle connection lives.
            cursor.execute(f"DROP DATABASE {name}")


def psql(server, database, command):
    done = subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", server.socket, "-p",
         str(server.port), "-U", "tidemark", "-d", database, "-c", command],
        check=False, capture_output=True, text=True, env={**os.environ, "PGPASSWORD": "tidemark"},
    )
    if done.returncode != 0:
        raise Failed(f"{command}: {done.stderr[-2000:]}")
    return done.stdout.strip()


@contextlib.contextmanager
def on_postgres(server, tidemark, invoices):
    name = f"bench_{invoices}"
    psql(server, "postgres", f"CREATE DATABASE {name}")
    try:
        source = f"postgres://tidemark:tidemark@127.0.0.1:{server.port}/{name}"
        fill(tidemark, source, invoices)
        psql(server, name, "VACUUM ANALYZE")
        rows = int(psql(server, name, f"SELECT COUNT(*) FROM t_invoice WHERE {ISSUED}"))
        yield Table("PostgreSQL", rows, source, {
            "PGHOST": server.socket, "PGPORT": str(server.port), "PGUSER": "tidemark",
            "PGPASSWORD": "tidemark", "PGDATABASE": name,
        })
    finally:
        psql(server, "postgres", f"DROP DATABASE {name}")


@contextlib.contextmanager
def on_sqlite(folder, tidemark, invoices):
    path = folder / f"bench_{invoices}.db"
    try:
        fill(tidemark, f"sqlite:{path}", invoices)
        with contextlib.closing(sqlite3.connect(path)) as connection:
            (rows,) = connection.execute(
                f"SELECT COUNT(*) FROM t_invoice WHERE {ISSUED}").fetchone()
        yield Table("SQLite", rows, f"sqlite:{path}", {"SQLITE_FILE": str(path)})
    finally:
        for file in folder.glob(f"{path.name}*"):
            file.unlink()
