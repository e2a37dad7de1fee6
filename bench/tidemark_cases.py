"""What is measured of Tidemark itself."""

import shutil
import subprocess
import time

import pymysql

from cases import Case, has_files
from measure import Failed

CHANGED_ROWS = 500


def exports(tidemark, source, out, *options):
    return [tidemark, "export", "invoices", "--source", source, "-o", out, *options]


class KeptTree:
    """A tree that a full and an incremental export have filled: where the daily runs happen. One
    for each source, made at first use and shared by its cases."""

    def __init__(self, tidemark, source, folder, environment):
        self.tidemark, self.source, self.folder = tidemark, source, folder
        self.environment = environment

    def make(self, _out):
        if self.folder.exists():
            return
        for options in ([], ["-i", "--margin", "0s"]):
            done = subprocess.run(
                exports(self.tidemark, self.source, self.folder, *options), check=False,
                env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            )
            if done.returncode != 0:
                raise Failed(f"the tree to start from could not be made:\n{done.stderr[-2000:]}")

    def command(self, *options):
        return lambda _out: exports(self.tidemark, self.source, self.folder, *options)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def change_rows(table):
    """An update of some rows, as the business does it; old enough to be exported when it returns
    (a run ends two seconds back at least, see the manual). How many were changed: less than asked
    for where the table has not as many issued invoices."""
    server = table.environment
    with pymysql.connect(host=server["DB_HOST"], port=int(server["DB_PORT"]),
                         user=server["DB_USER"], password=server["DB_PASSWORD"],
                         database=server["DB_NAME"], autocommit=True) as connection:
        changed_rows = connection.cursor().execute(
            "UPDATE t_invoice SET fupdate_time = NOW(), fext_field = CONCAT(fext_field, ' ')"
            f" WHERE fissue_status = 3 AND fid %% %s = 0 LIMIT {CHANGED_ROWS}",
            (max(table.rows // (CHANGED_ROWS * 2), 1),),
        )
    time.sleep(4)
    return changed_rows


def full(table, tidemark):
    yield Case("Tidemark, full", "tidemark", "files",
               lambda out: exports(tidemark, table.source, out), has_files(table.rows, ".json"))


def ndjson(table, tidemark):
    yield Case("Tidemark, ndjson", "tidemark", "ndjson",
               lambda out: exports(tidemark, table.source, out, "--layout", "ndjson"),
               lambda out: has_lines(out, table.rows))


def has_lines(out, rows):
    found = 0
    for part in out.rglob("*.ndjson"):
        with open(part, "rb") as file:
            found += sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
    if found != rows:
        raise Failed(f"{found} lines instead of {rows}")


def everything(table, tidemark, kept):
    """All works on one source."""
    yield from full(table, tidemark)
    yield Case("Tidemark, full, gzip", "tidemark", "gzip",
               lambda out: exports(tidemark, table.source, out, "-c"),
               has_files(table.rows, ".json.gz"))
    yield from ndjson(table, tidemark)
    yield Case("Tidemark, full again, unchanged", "tidemark", "unchanged", kept.command(),
               prepare=kept.make)
    yield from nothing_new(kept)
    if table.database == "MariaDB":
        yield from changed(table, kept)


def changed(table, kept):
    marker = kept.folder.with_suffix(".marker")
    expected = 0

    def prepare(out):
        nonlocal expected
        kept.make(out)
        expected = change_rows(table)
        marker.touch()

    def check(_out):
        newer = ["find", kept.folder, "-name", "*.json", "-newer", marker]
        found = subprocess.run(newer, check=True, capture_output=True).stdout.count(b"\n")
        if found != expected:
            raise Failed(f"{found} files were written instead of {expected}")

    yield Case(f"Tidemark, incremental, {CHANGED_ROWS} changed", "tidemark", "changed",
               kept.command("-i", "--margin", "0s"), check, prepare)


def nothing_new(kept):
    yield Case("Tidemark, incremental, nothing new", "tidemark", "nothing new",
               kept.command("-i", "--margin", "0s"), prepare=kept.make)
