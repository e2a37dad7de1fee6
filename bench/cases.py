"""What is measured beside Tidemark: floors, the Python exporter, mydumper."""

import pathlib
import sys
from dataclasses import dataclass
from typing import Callable

from measure import Failed, count_files

HERE = pathlib.Path(__file__).resolve().parent


@dataclass(frozen=True)
class Table:
    """A filled invoice table and where to find it."""

    database: str  # MariaDB, PostgreSQL, SQLite
    rows: int  # Issued invoices: what an export writes.
    source: str  # For Tidemark: a URL.
    environment: dict  # The same for floors and peers: DB_HOST … DB_NAME, PGHOST … PGDATABASE.


@dataclass(frozen=True)
class Case:
    """One program doing one work. `work` is what is compared: cases with the same work have the
    same result. `prepare` and `check` are not timed and get the output folder."""

    name: str
    who: str  # floor, python, mydumper, shell, tidemark
    work: str
    command: Callable  # output folder → command line
    check: Callable = lambda out: None
    prepare: Callable = lambda out: None
    rows_max: int = 10**9  # Not measured with larger tables: it would take hours.


def counted(threads):
    return "1 thread" if threads == 1 else f"{threads} threads"


def has_files(rows, suffix):
    def check(out):
        found = count_files(out, suffix)
        if found != rows:
            raise Failed(f"{found} {suffix} files instead of {rows}")

    return check


def floors(table, build):
    files = has_files(table.rows, ".json")
    yield Case("scan, unbuffered", "floor", "scan", lambda out: [build / "scan_floor"])
    for threads in (1, 2):
        yield Case(
            f"write files, {counted(threads)}", "floor", "write",
            lambda out, n=threads: [build / "write_floor", out, n], files,
        )
    for threads in (1, 2):
        yield Case(
            f"scan and write, {counted(threads)}", "floor", "scan+write",
            lambda out, n=threads: [build / "scan_write_floor", out, n], files,
        )


def python(table):
    def exporter(out, *options):
        return [sys.executable, HERE / "python_exporter.py", "-o", out, *options]

    yield Case(
        "Python exporter", "python", "files", exporter, has_files(table.rows, ".json"),
    )
    yield Case(
        "Python exporter, gzip", "python", "gzip", lambda out: exporter(out, "-c"),
        has_files(table.rows, ".json.gz"), rows_max=200_000,
    )


def mydumper(table):
    server = table.environment
    for threads in (4, 1):
        # One table is cut into chunks of so many rows; without this only one thread works.
        chunks = ["-r", table.rows // (threads * 2) + 1] if threads > 1 else []
        yield Case(
            f"mydumper, {counted(threads)}", "mydumper", "dump",
            lambda out, n=threads, c=chunks: [
                "mydumper", "-h", server["DB_HOST"], "-P", server["DB_PORT"], "-u",
                server["DB_USER"], "-B", server["DB_NAME"], "-T", "t_invoice", "-t", n, *c,
                "-p", server["DB_PASSWORD"], "-o", out,
            ],
        )


COLUMNS = "fid, ftenant_id, fcountry, fissue_date, finvoice_no, fext_field, fupdate_time"


def shells(table):
    """What the database's own shell needs to write the same columns into one file."""
    query = f"SELECT {COLUMNS} FROM t_invoice WHERE fissue_status = 3"
    if table.database == "PostgreSQL":
        yield Case("psql, COPY", "shell", "dump", lambda out: [
            "psql", "-X", "-q", "-c", f"\\copy ({query}) TO '{out}/invoices.tsv'"])
    if table.database == "SQLite":
        yield Case("sqlite3, CSV", "shell", "dump", lambda out: [
            "sqlite3", "-readonly", "-csv", "-cmd", f".output {out}/invoices.csv",
            table.environment["SQLITE_FILE"], query])
