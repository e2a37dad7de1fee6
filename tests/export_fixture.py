"""What the export tests share: an invoice table on each database, the tool, and the tree.

The database's clock cannot be set, so the tests travel by the margin instead: a run with
`margin="60m"` sees the table as it stood an hour ago. A test goes on in time by making the margin
smaller from run to run, and stamps its rows with `source.ago(minutes)` in between.
"""

import datetime
import gzip
import hashlib
import json
import os
import re
import sqlite3
import subprocess

import psycopg2
import pymysql

import servers

BINARY = os.environ.get("TIDEMARK_BINARY", "")
RUN_TIMEOUT_S = 120
COLUMNS = ("fid", "ftenant_id", "fcountry", "fissue_date", "finvoice_no", "fissue_status",
           "fext_field", "fupdate_time")


class Source:
    """A database with (after make_table) the invoice table t_invoice."""

    mark = "%s"
    url = ""
    types = {}

    def __enter__(self):
        self.connection = self.connect()
        return self

    def __exit__(self, *_):
        self.connection.close()

    def connect(self):
        raise NotImplementedError

    def run(self, sql, params=(), connection=None):
        """Rows of the statement, [] if it has none. `?` stands for a parameter."""
        cursor = (connection or self.connection).cursor()
        if params:
            cursor.execute(sql.replace("?", self.mark), tuple(params))
        else:
            cursor.execute(sql)
        rows = [tuple(row) for row in cursor.fetchall()] if cursor.description else []
        cursor.close()
        return rows

    def make_table(self, name="t_invoice", key="fid", **types):
        """`types` replaces a column's type: make_table(fupdate_time="DATETIME(6)")."""
        types = {**self.types, **types}
        columns = ", ".join(f"{column} {types[column]}" for column in COLUMNS)
        self.run(f"DROP TABLE IF EXISTS {name}")
        self.run(f"CREATE TABLE {name} ({columns}, PRIMARY KEY ({key}))")
        self.run(f"CREATE INDEX idx_incremental_export_{name} "
                 f"ON {name} (ftenant_id, fissue_status, fupdate_time)")
        return self

    def add(self, *rows, table="t_invoice"):
        """Rows as invoice() makes them, in one transaction."""
        cursor = self.connection.cursor()
        marks = ", ".join([self.mark] * len(COLUMNS))
        sql = f"INSERT INTO {table} ({', '.join(COLUMNS)}) VALUES ({marks})"
        values = [tuple(row[column] for column in COLUMNS) for row in rows]
        if len(rows) > 1:
            self.begin(cursor)
        if isinstance(self, PostgresSource):
            from psycopg2.extras import execute_batch
            execute_batch(cursor, sql, values, page_size=500)
        else:
            cursor.executemany(sql, values)
        if len(rows) > 1:
            cursor.execute("COMMIT")
        cursor.close()

    def begin(self, cursor):
        cursor.execute("BEGIN")

    def change(self, fid, stamp, **columns):
        settings = ", ".join(f"{column} = ?" for column in columns)
        comma = ", " if columns else ""
        self.run(f"UPDATE t_invoice SET {settings}{comma}fupdate_time = ? WHERE fid = ?",
                 (*columns.values(), stamp, fid))

    def ago(self, minutes, seconds=0):
        """The database's clock less that much, as the column is written."""
        now = self.now() - datetime.timedelta(minutes=minutes, seconds=seconds)
        return now.strftime("%Y-%m-%d %H:%M:%S")

    def exported(self, table="t_invoice"):
        """What has to be in the tree: {path without ending: content}. Only for values that need no
        cleaning and names that do not collide."""
        rows = self.run(f"SELECT ftenant_id, fcountry, fissue_date, finvoice_no, fext_field "
                        f"FROM {table} WHERE fissue_status = 3 AND fext_field IS NOT NULL "
                        f"AND finvoice_no IS NOT NULL AND fissue_date IS NOT NULL")
        files = {}
        for tenant, country, date, number, payload in rows:
            day = str(date)[:10].replace("-", "")
            path = f"{tenant}/{country or 'UNKNOWN'}/{day}+{number}"
            assert path not in files
            files[path] = payload.encode() if isinstance(payload, str) else bytes(payload)
        return files


class SqliteSource(Source):
    mark = "?"
    types = {"fid": "INTEGER", "ftenant_id": "TEXT", "fcountry": "TEXT", "fissue_date": "TEXT",
             "finvoice_no": "TEXT", "fissue_status": "INTEGER", "fext_field": "TEXT",
             "fupdate_time": "DATETIME"}

    def __init__(self, path):
        self.path = str(path)
        self.url = f"sqlite:{path}"

    def connect(self):
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    def now(self):
        return datetime.datetime.utcnow()


class MariaSource(Source):
    types = {"fid": "BIGINT", "ftenant_id": "VARCHAR(64)", "fcountry": "VARCHAR(32)",
             "fissue_date": "DATETIME", "finvoice_no": "VARCHAR(191)", "fissue_status": "INT",
             "fext_field": "LONGTEXT", "fupdate_time": "DATETIME"}

    def __init__(self, server):
        self.server = server
        self.url = server.url

    def connect(self, **options):
        return pymysql.connect(**{
            "host": "127.0.0.1", "port": self.server.port, "user": servers.USER,
            "password": servers.PASSWORD, "database": servers.DATABASE, "autocommit": True,
            "charset": "utf8mb4", **options})

    def now(self):
        return self.run("SELECT NOW()")[0][0]


class PostgresSource(Source):
    types = {"fid": "BIGINT", "ftenant_id": "VARCHAR(64)", "fcountry": "VARCHAR(32)",
             "fissue_date": "TIMESTAMP", "finvoice_no": "TEXT", "fissue_status": "INT",
             "fext_field": "TEXT", "fupdate_time": "TIMESTAMP(0)"}

    def __init__(self, server):
        self.server = server
        self.url = server.url

    def connect(self, **options):
        connection = psycopg2.connect(self.url, **options)
        connection.autocommit = True
        return connection

    def now(self):
        return self.run("SELECT localtimestamp(0)")[0][0]


def invoice(fid, tenant="t1", country="CN", date="2025-03-04", number=None, status=3,
            payload=None, stamp="2025-06-01 10:00:00"):
    """A row of the table."""
    return {"fid": fid, "ftenant_id": tenant, "fcountry": country, "fissue_date": date,
            "finvoice_no": number if number is not None else f"INV{fid}", "fissue_status": status,
            "fext_field": payload if payload is not None else payload_of(fid),
            "fupdate_time": stamp}


def payload_of(fid, version=1):
    return json.dumps({"id": fid, "version": version, "buyer": "上海测试有限公司",
                       "amount": f"{fid}.50"}, ensure_ascii=False)


class Ran:
    """One finished run of the tool."""

    def __init__(self, process, out, err):
        self.code = process.returncode
        self.out = out
        self.err = err
        self.lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]

    def __getattr__(self, name):
        """A figure of the summary: ran.files_written."""
        last = self.lines[-1] if self.lines else {}
        if name not in last:
            raise AttributeError(f"no {name} in the last line\n{self.text()}")
        return last[name]

    @property
    def exit_error(self):
        """The line that says why nothing was done."""
        return next(line for line in self.lines if line["message_type"] == "exit_error")

    def tenant(self, name):
        return next(entry for entry in self.tenants if entry["tenant"] == name)

    def text(self):
        return f"exit code {self.code}\n{self.out}\n{self.err}"


class Tree:
    """An output folder and the tool that fills it."""

    def __init__(self, path, home):
        self.path = str(path)
        self.home = str(home)
        self.state_folder = os.path.join(self.path, ".export_state")
        self.state_path = os.path.join(self.state_folder, ".last_export_time")

    # The tool.

    def start(self, source, *words, wrapper=(), **variables):
        """Starts the tool without waiting."""
        url = source if isinstance(source, str) else source.url
        environment = {"PATH": os.environ["PATH"], "HOME": self.home, **variables}
        return subprocess.Popen(
            [*wrapper, BINARY, "export", "invoices", "--source", url, "-o", self.path, "--json",
             "--yes", *words],
            env=environment, cwd=self.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, encoding="utf-8", errors="replace")

    def export(self, source, *words, code=0, margin=None, **variables):
        """Runs the tool; fails unless it ends with `code` (None: any)."""
        margin_words = ["--margin", margin] if margin else []
        process = self.start(source, *words, *margin_words, **variables)
        return self.finish(process, code)

    def finish(self, process, code=0):
        try:
            out, err = process.communicate(timeout=RUN_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        ran = Ran(process, out, err)
        assert "Sanitizer" not in err and "runtime error" not in err, ran.text()
        assert code is None or ran.code == code, ran.text()
        return ran

    def incremental(self, source, margin, *words, **options):
        return self.export(source, "-i", *words, margin=margin, **options)

    # The files.

    def raw(self):
        """{path: bytes} of everything outside .export_state."""
        files = {}
        for folder, folders, names in os.walk(self.path):
            if folder == self.path and ".export_state" in folders:
                folders.remove(".export_state")
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    files[os.path.relpath(path, self.path)] = file.read()
        return files

    def files(self):
        """{path without ending: content}, decompressed."""
        files = {}
        for path, content in self.raw().items():
            stem, content = decoded(path, content)
            assert stem not in files, f"{stem} is there twice"
            files[stem] = content
        return files

    def snapshot(self):
        """Everything that a write could change, .export_state too: name, size, times, content."""
        listing = {}
        for folder, folders, names in os.walk(self.path):
            for name in [".", *folders, *names]:
                path = os.path.join(folder, name)
                info = os.lstat(path)
                digest = None
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        digest = hashlib.sha256(file.read()).hexdigest()
                listing[os.path.relpath(path, self.path)] = (
                    info.st_ino, info.st_mtime_ns, info.st_size, digest)
        return listing

    def times(self):
        return {path: os.stat(os.path.join(self.path, path)).st_mtime_ns for path in self.raw()}

    def write(self, path, content):
        path = os.path.join(self.path, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
        os.utime(path, (1_600_000_000, 1_600_000_000))

    def check_equals(self, source):
        """Files and contents are those of the database, and nothing else lies about."""
        here, there = self.files(), source.exported()
        assert sorted(here) == sorted(there), (
            f"missing {sorted(set(there) - set(here))[:5]}, "
            f"extra {sorted(set(here) - set(there))[:5]}")
        assert here == there
        self.check_tidy()

    def check_tidy(self):
        """No staging and no temporary file, no empty folder; in .export_state only what belongs."""
        known = re.compile(r"(index\.db(\.damaged|\.other_key)?(-wal|-shm)?|round\.journal|"
                           r"source\.json|accepted_rejects\.json(\.other_key)?|\.export\.lock|\.last_export_time(\.backup\.\d{8}-\d{6}(-\d\d)?)?)$")
        if os.path.isdir(self.state_folder):
            strays = [name for name in os.listdir(self.state_folder) if not known.match(name)]
            assert not strays, strays
        for folder, folders, names in os.walk(self.path):
            assert folders or names or folder == self.path, f"{folder} is empty"

    # The state.

    def state(self):
        """{tenant: (mark, records, status)}."""
        with open(self.state_path, encoding="utf-8") as file:
            lines = [line.rstrip("\r\n").split("|") for line in file]
        return {line[0]: (line[1], int(line[2]), line[3])
                for line in lines if len(line) == 4 and not line[0].startswith("#")}

    def edit_state(self, change):
        """`change` takes and gives the text."""
        with open(self.state_path, encoding="utf-8", newline="") as file:
            text = file.read()
        with open(self.state_path, "w", encoding="utf-8", newline="") as file:
            file.write(change(text))

    def backups(self):
        return sorted(name for name in os.listdir(self.state_folder)
                      if name.startswith(".last_export_time.backup."))

    def index(self, sql):
        connection = sqlite3.connect(os.path.join(self.state_folder, "index.db"))
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def edit_index(self, sql):
        with sqlite3.connect(os.path.join(self.state_folder, "index.db")) as connection:
            connection.execute(sql)
        connection.close()


def decoded(path, content):
    for ending, decode in ((".json", bytes), (".json.gz", gzip.decompress),
                           (".json.zst", zstd_decompress)):
        if path.endswith(ending):
            return path[:-len(ending)], decode(content)
    raise AssertionError(f"{path} has an unexpected ending")


def zstd_decompress(content):
    return subprocess.run(["zstd", "-dcq"], input=content, stdout=subprocess.PIPE,
                          check=True).stdout
