"""Full disks, broken connections, locks, damaged indexes, signals: nothing lost, no false success."""

import fcntl
import os
import signal
import subprocess
import threading
import time

import pymysql
import pytest

from export_fixture import BINARY, invoice, payload_of
from gate import Gate

ROOT = os.geteuid() == 0


def fill(source, rows=300, size=0, tenants=3):
    source.make_table()
    source.add(*[invoice(fid, tenant=f"t{fid % tenants}",
                         payload=payload_of(fid) + " " * size) for fid in range(1, rows + 1)])


def wait_until(condition, timeout_s=30):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


# Disk and folders


@pytest.mark.parametrize("words", [(), ("-i", "--margin", "60m")])
def test_a_full_disk_fails_clearly_and_the_next_run_completes(sqlite, tree, small_disk, words):
    fill(sqlite, rows=400, size=2000)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_200_000))
    tree.path = str(small_disk / "out")
    tree.__init__(tree.path, tree.home)
    ran = tree.export(sqlite, *words, code=None)
    assert ran.code in (1, 3), ran.text()
    assert any(error["kind"] == "no_space" for error in ran.errors), ran.text()
    for path, content in tree.files().items():
        assert content == sqlite.exported()[path]
    ballast.unlink()
    tree.export(sqlite, *words)
    tree.check_equals(sqlite)


def test_a_disk_that_is_full_from_the_start(sqlite, tree, small_disk):
    fill(sqlite)
    (small_disk / "ballast").write_bytes(bytes(2 << 20))
    tree.__init__(str(small_disk / "out"), tree.home)
    ran = tree.export(sqlite, code=1)
    assert ran.exit_error["kind"] == "no_space"


def test_a_file_in_place_of_a_tenants_folder(source, tree):
    """As when somebody else owns the folder: the other tenants go on, this one's mark stays."""
    fill(source)
    tree.write("t1", b"in the way")
    ran = tree.incremental(source, "60m", code=3)
    assert ran.tenant("t1")["status"] == "FAILED"
    assert "t1" in ran.tenant("t1")["error"]
    assert ran.tenant("t1")["from"] == ran.tenant("t1")["to"] == "1970-01-01 00:00:00"
    assert tree.state()["t1"] == ("1970-01-01 00:00:00", 0, "FAILED")
    assert tree.state()["t0"] == tree.state()["t2"] == (ran.boundary, 100, "SUCCESS")
    assert (ran.files_written, ran.files_failed) == (200, 100)
    assert ran.redo.endswith(" --tenant t1") and " -i " in ran.redo
    os.remove(os.path.join(tree.path, "t1"))
    tree.incremental(source, "50m")
    assert tree.state()["t1"][2] == "SUCCESS"
    tree.check_equals(source)


def test_a_folder_in_place_of_a_file(sqlite, tree):
    fill(sqlite, rows=9)
    os.makedirs(os.path.join(tree.path, "t1/CN/20250304+INV1.json/x"))
    ran = tree.incremental(sqlite, "60m", code=3)
    assert (ran.files_written, ran.files_failed) == (8, 1)
    os.removedirs(os.path.join(tree.path, "t1/CN/20250304+INV1.json/x"))
    tree.incremental(sqlite, "50m")
    tree.check_equals(sqlite)


def run_as_nobody():
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if ROOT else []


def test_a_folder_that_may_not_be_written(sqlite, tree, tmp_path):
    fill(sqlite)
    os.makedirs(tree.path, mode=0o555)
    for folder in (tmp_path, *list(tmp_path.parents)[:-1]):
        if not os.stat(folder).st_mode & 0o001:
            pytest.skip(f"{folder} is closed to other users")
    process = tree.start(sqlite, wrapper=run_as_nobody())
    ran = tree.finish(process, None)
    assert ran.code == 1, ran.text()
    assert tree.path in ran.exit_error["message"]
    assert tree.raw() == {}


# Connections


@pytest.mark.parametrize("kind", ["mariadb", "postgres"])
@pytest.mark.parametrize("orderly", [False, True])
def test_a_connection_cut_in_the_middle_is_opened_again(request, tree, kind, orderly):
    source = request.getfixturevalue(kind)
    fill(source, rows=3000, size=300)
    with Gate(("127.0.0.1", source.server.port)) as gate:
        gate.orderly = orderly
        gate.cut_after = [None, 100_000, 300_000, 5_000, 900, None, 200_000]
        ran = tree.export(gate.url(source.url))
        assert gate.cuts >= 3
    assert ran.rows_read == 3000
    assert "reading the range again" in ran.err
    tree.check_equals(source)


@pytest.mark.parametrize("kind", ["mariadb", "postgres"])
@pytest.mark.parametrize("limit", [0, 60, 1_000, 30_000])
def test_a_connection_cut_again_and_again_fails_cleanly(request, tree, kind, limit):
    source = request.getfixturevalue(kind)
    fill(source, rows=500, size=1000)
    with Gate(("127.0.0.1", source.server.port)) as gate:
        gate.cut_rest_after = limit
        gate.cut_after = [None] if limit > 1_000 else []
        ran = tree.incremental(gate.url(source.url), "60m", "-t", "1", code=None)
    assert ran.code in (3, 75), ran.text()
    here, there = tree.files() if os.path.isdir(tree.path) else {}, source.exported()
    assert all(there[path] == content for path, content in here.items())
    if os.path.exists(tree.state_path):
        assert all(mark == "1970-01-01 00:00:00" and status == "FAILED"
                   for mark, _, status in tree.state().values())
    tree.incremental(source, "60m")
    tree.check_equals(source)


def test_a_slow_line_changes_nothing(mariadb, tree):
    fill(mariadb, rows=600, size=1000)
    with Gate(("127.0.0.1", mariadb.server.port)) as gate:
        gate.delay_s = 0.01
        tree.export(gate.url(mariadb.url))
    tree.check_equals(mariadb)


def test_a_statement_that_the_server_cancels_is_run_again(mariadb, tree):
    """KILL QUERY of an administrator, or a limit of the server: no wish of ours to stop."""
    fill(mariadb, rows=600, size=20_000)  # More than the buffers of the line hold.
    at_work = ("SELECT ID FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()"
               " AND INFO LIKE 'SELECT%fcountry%FROM%t_invoice%'")
    with Gate(("127.0.0.1", mariadb.server.port)) as gate, mariadb.connect() as administrator:
        gate.delay_s = 0.02
        process = tree.start(gate.url(mariadb.url), "-i", "--margin", "60m", "-t", "1")
        cursor, killed = administrator.cursor(), 0
        while process.poll() is None and not killed:
            cursor.execute(at_work)
            for (thread,) in cursor.fetchall():
                try:
                    killed += cursor.execute(f"KILL QUERY {thread}") is not None
                except pymysql.err.OperationalError:
                    pass  # It has just ended.
        gate.delay_s = 0
        tree.finish(process, 0)
    assert killed
    tree.check_equals(mariadb)


@pytest.mark.parametrize("kind", ["mariadb", "postgres"])
def test_a_server_killed_in_the_middle_and_started_again(request, tree, kind):
    source = request.getfixturevalue(kind)
    fill(source, rows=8000, size=200)
    there = source.exported()
    source.connection.close()
    process = tree.start(source, "-i", "--margin", "60m")
    wait_until(lambda: os.path.isdir(os.path.join(tree.path, "t1")) or process.poll() is not None)
    source.server.kill9()
    source.server.start()
    ran = tree.finish(process, None)
    assert ran.code in (0, 3, 75), ran.text()
    assert all(there[path] == content for path, content in tree.files().items())
    source.connection = source.connect()
    tree.incremental(source, "50m")
    tree.check_equals(source)


def test_a_server_that_is_not_there(mariadb, tree):
    ran = tree.export(mariadb.url.replace(f":{mariadb.server.port}/", ":1/"), code=75)
    assert ran.exit_error["kind"] == "unreachable"
    assert not os.path.exists(tree.path)


# Locks


class Slow:
    """An exporter that is at work for long: SQLite, stopped by SIGSTOP once it holds the lock."""

    def __init__(self, tree, source):
        self.process = tree.start(source)
        lock = os.path.join(tree.state_folder, ".export.lock")
        wait_until(lambda: os.path.exists(lock) and os.path.getsize(lock) > 0)
        self.process.send_signal(signal.SIGSTOP)

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGCONT)
        self.process.communicate()


def test_a_second_exporter_is_refused(sqlite, tree):
    fill(sqlite, rows=3000)
    with Slow(tree, sqlite) as first:
        ran = tree.export(sqlite, "-i", code=11)
        assert f"pid {first.pid}" in ran.exit_error["message"]
        assert os.uname().nodename in ran.exit_error["message"]
    tree.export(sqlite)
    tree.check_equals(sqlite)


def test_a_lock_file_removed_by_hand_lets_nobody_in(sqlite, tree):
    fill(sqlite, rows=3000)
    with Slow(tree, sqlite):
        os.remove(os.path.join(tree.state_folder, ".export.lock"))
        tree.export(sqlite, code=11)
        tree.export(sqlite, code=11)
    tree.export(sqlite)
    tree.check_equals(sqlite)


def test_the_lock_of_the_python_exporter_counts(sqlite, tree):
    """It holds flock on the file only."""
    fill(sqlite)
    os.makedirs(tree.state_folder)
    with open(os.path.join(tree.state_folder, ".export.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711\n")
        lock.flush()
        ran = tree.export(sqlite, code=11)
        assert "4711" in ran.exit_error["message"]
    tree.export(sqlite)


def test_the_lock_of_a_dead_exporter_is_taken_over(sqlite, tree):
    fill(sqlite)
    tree.export(sqlite)
    with open(os.path.join(tree.state_folder, ".export.lock"), "w", encoding="ascii") as lock:
        lock.write("pid 4711 host elsewhere since 2025-01-01T00:00:00Z\n")
    ran = tree.export(sqlite)
    assert any("4711" in note for note in ran.notes)


def test_a_lock_folder_of_the_bash_exporter(sqlite, tree):
    fill(sqlite)
    lock = os.path.join(tree.state_folder, ".export.lock")
    os.makedirs(lock)
    ran = tree.export(sqlite, code=11)
    assert "Bash" in ran.exit_error["message"]
    assert f"rmdir {lock}" in ran.exit_error["hint"]
    os.rmdir(lock)
    tree.export(sqlite)
    tree.check_equals(sqlite)


# The index


def damage_garbage(path):
    with open(path, "r+b") as file:
        file.write(os.urandom(8192))


def damage_cut(path):
    os.truncate(path, os.path.getsize(path) // 2)


def damage_inside(path):
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\x5a" * (size - 8192))


def damage_no_table(path):
    import sqlite3
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE file")
    connection.commit()
    connection.close()


def damage_empty(path):
    os.truncate(path, 0)


@pytest.mark.parametrize("damage", [damage_garbage, damage_cut, damage_inside, damage_no_table,
                                    damage_empty, os.remove])
@pytest.mark.parametrize("words", [(), ("-i", "--margin", "40m")])
def test_a_damaged_index_is_built_again(sqlite, tree, damage, words):
    fill(sqlite, rows=1500)
    tree.incremental(sqlite, "60m")
    damage(os.path.join(tree.state_folder, "index.db"))
    times = tree.times()
    sqlite.change(1, sqlite.ago(50), fext_field=payload_of(1, 2))
    ran = tree.export(sqlite, *words)
    assert (ran.files_written, ran.files_unchanged) == (1, 1499)
    assert "no index" in " ".join(ran.notes)
    if damage not in (os.remove, damage_empty):
        assert "index.db.damaged" in ran.notes[0]
    now = tree.times()
    assert [path for path in times if now[path] != times[path]] == ["t1/CN/20250304+INV1.json"]
    tree.check_equals(sqlite)
    assert tree.index("SELECT COUNT(*) FROM file") == [(1500,)]
    assert tree.export(sqlite).files_written == 0


def test_a_dry_run_over_a_damaged_index_touches_nothing(sqlite, tree):
    fill(sqlite)
    tree.export(sqlite)
    damage_garbage(os.path.join(tree.state_folder, "index.db"))
    sqlite.change(1, sqlite.ago(50), fext_field=payload_of(1, 2))
    before = tree.snapshot()
    told = tree.export(sqlite, "--dry-run")
    assert tree.snapshot() == before
    done = tree.export(sqlite)
    assert (told.files_written, told.files_unchanged) == (1, 299)
    assert (done.files_written, done.files_unchanged) == (1, 299)


def test_an_index_of_a_newer_version_is_left_alone(sqlite, tree):
    fill(sqlite)
    tree.export(sqlite)
    path = os.path.join(tree.state_folder, "index.db")
    import sqlite3
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=999")
    connection.close()
    ran = tree.export(sqlite, code=1)
    assert "version 999" in ran.exit_error["message"]
    assert tree.index("PRAGMA user_version") == [(999,)]
    assert len(tree.raw()) == 300


# Signals


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("words", [(), ("-i", "--margin", "60m")])
def test_a_signal_finishes_the_batch_and_keeps_what_is_done(sqlite, tree, number, code, words):
    fill(sqlite, rows=20_000, tenants=1)
    process = tree.start(sqlite, "-t", "1", *words)
    wait_until(lambda: os.path.isdir(os.path.join(tree.path, "t0")) or process.poll() is not None)
    process.send_signal(number)
    process.send_signal(number)  # timeout(1) sends it to the process and to its group.
    ran = tree.finish(process, code)
    there = sqlite.exported()
    here = tree.files()
    assert 0 < len(here) < len(there)
    assert all(there[path] == content for path, content in here.items())
    assert ran.files_written == len(here)
    assert not os.path.exists(tree.state_path)
    tree.check_tidy()
    again = tree.export(sqlite, *words)
    assert again.files_unchanged == len(here)
    tree.check_equals(sqlite)


def test_a_signal_before_the_first_row(mariadb, tree):
    """While the server lets it wait."""
    fill(mariadb, rows=10)
    other = mariadb.connect()
    mariadb.run("LOCK TABLES t_invoice WRITE", connection=other)
    process = tree.start(mariadb)
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    threading.Timer(1, lambda: mariadb.run("UNLOCK TABLES", connection=other)).start()
    tree.finish(process, 143)
    other.close()
    tree.export(mariadb)
    tree.check_equals(mariadb)


# Memory


def sanitized():
    """A sanitizer needs far more address space than there is to limit."""
    with open(BINARY, "rb") as file:
        return b"__asan_init" in file.read()


@pytest.mark.skipif(sanitized(), reason="the sanitizer's own memory cannot be limited")
@pytest.mark.parametrize("limit_mb", [200, 300, 400, 600])
def test_memory_that_runs_out_is_an_error_and_nothing_is_half_there(sqlite, tree, limit_mb):
    fill(sqlite, rows=3, size=100_000_000, tenants=1)
    process = tree.start(sqlite, "-t", "1", "-c", wrapper=("prlimit", f"--as={limit_mb << 20}"))
    ran = tree.finish(process, code=None)
    assert ran.code in (0, 1, 3), ran.text()  # Never a signal.
    assert ran.lines[-1]["message_type"] == "summary" or limit_mb == 200
    there = sqlite.exported()
    for path, content in tree.files().items():
        assert there[path] == content
    assert (ran.code == 0) == (len(tree.raw()) == 3)
    if ran.code != 0:
        tree.export(sqlite, "-t", "1", "-c")
    tree.check_equals(sqlite)
