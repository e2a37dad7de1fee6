"""The boundary of incremental exports waits for everything that could still commit an older stamp.

Minutes in life are seconds here: the margin is 0, so that the fence alone protects.
"""

import datetime
import os
import re
import subprocess
import threading
import time

import pytest

import servers
from export_fixture import BINARY, MariaSource, PostgresSource, invoice, payload_of

SLACK_S = 3  # fence_slack and the cut to whole seconds


@pytest.fixture(params=["mariadb", "postgres"])
def source(request):
    made = request.getfixturevalue(request.param)
    made.make_table()
    made.add(invoice(1), invoice(2, tenant="t2"))
    return made


def begin(source):
    """A second session with a transaction open."""
    if isinstance(source, MariaSource):
        connection = source.connect(autocommit=False)
        source.run("BEGIN", connection=connection)
        return connection
    connection = source.connect()
    connection.autocommit = False
    return connection


NOW = {MariaSource: "NOW()", PostgresSource: "now()::timestamp(0)"}


def insert_now(source, fid, origin="(SELECT 1) one"):
    """A statement that stamps its row as applications do."""
    return (f"INSERT INTO t_invoice SELECT {fid}, 't1', 'CN', '2025-03-04', 'INV{fid}', 3, "
            f"'{payload_of(fid)}', {NOW[type(source)]} FROM {origin}")


def stamp_of(source, fid):
    return str(source.run("SELECT fupdate_time FROM t_invoice WHERE fid = ?", (fid,))[0][0])


def settle():
    """Until what was stamped so far is behind the boundary of a run with margin 0."""
    time.sleep(SLACK_S + 1.2)


def commit(connection):
    """And waits until InnoDB's list of transactions, which it renews every 0.1 s, shows it."""
    connection.commit()
    time.sleep(0.3)


def test_who_holds_the_boundary_back_is_said_in_both_languages(source, tree):
    late = begin(source)
    source.run(insert_now(source, 3), connection=late)
    settle()
    shown = {}
    for language in ("en", "zh"):
        ran = subprocess.run(
            [BINARY, "export", "invoices", "--source", source.url, "-o", tree.path, "-i",
             "--margin", "0s", "--lang", language],
            env={"PATH": os.environ["PATH"], "HOME": tree.home}, cwd=tree.home,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=120, encoding="utf-8")
        assert ran.returncode == 0, ran.stdout + ran.stderr
        shown[language] = ran.stdout
    late.rollback()
    if isinstance(source, PostgresSource):
        assert "held back by: pid " in shown["en"] and ", idle in transaction: " in shown["en"]
        assert "被阻挡于: 进程 " in shown["zh"] and "，事务中空闲：" in shown["zh"]
    else:
        assert re.search(r"held back by: thread \d+ tidemark@\S+, idle in a transaction", shown["en"])
        assert re.search(r"被阻挡于: 线程 \d+ tidemark@\S+，事务中空闲", shown["zh"])


def test_a_transaction_that_commits_late(source, tree):
    tree.incremental(source, "60m")
    late = begin(source)
    source.run(insert_now(source, 3), connection=late)
    source.add(invoice(4, stamp=source.ago(1)))
    settle()
    ran = tree.incremental(source, "0s")
    assert ran.rows_read == 1  # What is older than the transaction is exported.
    assert ran.held_back_by["who"]
    assert abs(datetime.datetime.fromisoformat(ran.held_back_by["since"]) - source.now()
               ) < datetime.timedelta(seconds=30)
    commit(late)
    assert ran.boundary < stamp_of(source, 3)
    ran = tree.incremental(source, "0s")
    assert (ran.rows_read, ran.held_back_by) == (1, None)
    tree.check_equals(source)
    late.close()


def test_with_the_fence_off_such_a_row_is_lost_to_incremental_runs(source, tree):
    """What --fence off means, and that a full run still finds it."""
    late = begin(source)
    source.run(insert_now(source, 3), connection=late)
    settle()
    ran = tree.incremental(source, "0s", "--fence", "off")
    assert ran.held_back_by is None
    commit(late)
    late.close()
    assert ran.boundary >= stamp_of(source, 3)
    assert tree.incremental(source, "0s", "--fence", "off").rows_read == 0
    assert tree.export(source).files_written == 1
    tree.check_equals(source)


def test_a_transaction_rolled_back(source, tree):
    late = begin(source)
    source.run("UPDATE t_invoice SET fext_field = '{}' WHERE fid = 1", connection=late)
    settle()
    assert tree.incremental(source, "0s").held_back_by
    late.rollback()
    late.close()
    tree.incremental(source, "0s")
    tree.check_equals(source)


def test_a_statement_that_waited_for_a_table_lock(source, tree):
    """It is stamped when it begins; its transaction may begin when it gets the lock."""
    tree.incremental(source, "60m")
    source.run("DROP TABLE IF EXISTS t_gate")
    source.run("CREATE TABLE t_gate (v INT)")
    source.run("INSERT INTO t_gate VALUES (1)")
    holder, waiter = begin(source), source.connect()
    lock = ("LOCK TABLES t_gate WRITE" if isinstance(source, MariaSource)
            else "LOCK TABLE t_gate IN ACCESS EXCLUSIVE MODE")
    source.run(lock, connection=holder)
    thread = threading.Thread(
        target=lambda: source.run(insert_now(source, 3, "t_gate"), connection=waiter))
    thread.start()
    settle()
    ran = tree.incremental(source, "0s")
    assert ran.held_back_by
    holder.rollback()
    if isinstance(source, MariaSource):
        source.run("UNLOCK TABLES", connection=holder)
    thread.join()
    assert ran.boundary < stamp_of(source, 3)
    assert tree.incremental(source, "0s").rows_read == 1
    tree.check_equals(source)
    holder.close()
    waiter.close()
    source.run("DROP TABLE t_gate")


def test_a_long_read_holds_nothing_back_on_mariadb(mariadb, tree):
    mariadb.make_table()
    mariadb.add(invoice(1))
    dump = mariadb.connect(autocommit=False)
    mariadb.run("START TRANSACTION WITH CONSISTENT SNAPSHOT", connection=dump)
    mariadb.run("SELECT * FROM t_invoice", connection=dump)
    asleep = mariadb.connect()
    thread = threading.Thread(target=lambda: mariadb.run("SELECT SLEEP(6)", connection=asleep))
    thread.start()
    settle()
    now = mariadb.now()
    ran = tree.incremental(mariadb, "0s")
    assert ran.held_back_by is None
    assert now - datetime.datetime.fromisoformat(ran.boundary) <= datetime.timedelta(seconds=SLACK_S)
    dump.close()
    thread.join()
    asleep.close()


def test_a_prepared_transaction_is_allowed_the_margin_once_more(postgres, tree):
    """It shows when it was prepared, not when it stamped."""
    postgres.make_table()
    late = begin(postgres)
    postgres.run(insert_now(postgres, 3), connection=late)
    time.sleep(4)
    postgres.run("PREPARE TRANSACTION 'tidemark test'", connection=late)
    late.rollback()  # For the driver, which does not know that the transaction left the session.
    late.autocommit = True
    time.sleep(9)
    try:
        ran = tree.incremental(postgres, "8s")
    finally:
        postgres.run("COMMIT PREPARED 'tidemark test'", connection=late)
    late.close()
    assert "tidemark test" in ran.held_back_by["who"]
    assert ran.boundary < stamp_of(postgres, 3)
    assert tree.incremental(postgres, "2s").rows_read == 1
    tree.check_equals(postgres)


def test_an_xa_transaction_prepared_on_mariadb(mariadb, tree):
    mariadb.make_table()
    tree.incremental(mariadb, "60m")
    late = mariadb.connect()
    mariadb.run("XA START 'tidemark'", connection=late)
    mariadb.run(insert_now(mariadb, 3), connection=late)
    mariadb.run("XA END 'tidemark'", connection=late)
    mariadb.run("XA PREPARE 'tidemark'", connection=late)
    late.close()
    settle()
    ran = tree.incremental(mariadb, "0s")
    assert ran.held_back_by
    mariadb.run("XA COMMIT 'tidemark'")
    assert ran.boundary < stamp_of(mariadb, 3)
    time.sleep(0.3)  # INNODB_TRX is cached for 0.1 s.
    assert tree.incremental(mariadb, "0s").rows_read == 1
    tree.check_equals(mariadb)


def as_reader(source):
    """The URL of a user who may read the table and nothing else."""
    if isinstance(source, MariaSource):
        source.run("CREATE OR REPLACE USER reader IDENTIFIED BY 'reader'")
        source.run(f"GRANT SELECT ON {servers.DATABASE}.* TO reader")
    else:
        source.run("DROP OWNED BY reader" if source.run(
            "SELECT 1 FROM pg_roles WHERE rolname = 'reader'") else
            "CREATE ROLE reader LOGIN PASSWORD 'reader'")
        source.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    return source.url.replace(f"{servers.USER}:{servers.PASSWORD}@", "reader:reader@")


def test_a_missing_grant_is_said_and_the_margin_protects(source, tree):
    url = as_reader(source)
    ran = tree.incremental(url, "60m")
    assert ran.missing_grant == ("PROCESS" if isinstance(source, MariaSource)
                                 else "pg_read_all_stats")
    assert any(ran.missing_grant in note for note in ran.notes)
    tree.check_equals(source)
    late = begin(source)
    source.run(insert_now(source, 3), connection=late)
    assert tree.incremental(url, "30m").boundary < source.ago(29)
    commit(late)
    late.close()
    grant = ("GRANT PROCESS ON *.* TO reader" if isinstance(source, MariaSource)
             else "GRANT pg_read_all_stats TO reader")
    source.run(grant)
    assert tree.incremental(url, "30m").missing_grant == ""


def test_a_hot_row_waits_until_it_rests(source, tree):
    tree.incremental(source, "60m")
    stop = threading.Event()
    hot = source.connect()

    def heat():
        version = 1
        while not stop.wait(0.3):
            version += 1
            source.run(f"UPDATE t_invoice SET fext_field = '{payload_of(1, version)}', "
                       f"fupdate_time = {NOW[type(source)]} WHERE fid = 1", connection=hot)

    thread = threading.Thread(target=heat)
    thread.start()
    time.sleep(1)
    for _ in range(3):
        ran = tree.incremental(source, "0s")
        assert ran.rows_read == 0
        assert ran.boundary > source.ago(1)
        time.sleep(0.7)
    assert tree.export(source).files_written == 1  # A full run takes it as it is.
    stop.set()
    thread.join()
    hot.close()
    settle()
    assert tree.incremental(source, "0s").rows_read == 1
    tree.check_equals(source)


# Time zones


@pytest.fixture(scope="module", params=[
    (servers.MariaDB, MariaSource, {"args": ["--default-time-zone=+08:00"]}),
    (servers.MariaDB, MariaSource, {"time_zone": "Asia/Shanghai"}),
    (servers.Postgres, PostgresSource, {"time_zone": "Asia/Shanghai"})],
    ids=["mariadb-global", "mariadb-system", "postgres"])
def shanghai(request):
    kind, source, options = request.param
    with kind(**options) as server:
        yield source, server


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Shanghai", "UTC"])
def test_the_clock_is_the_servers_and_not_the_machines(shanghai, tree, zone):
    kind, server = shanghai
    with kind(server) as source:
        source.make_table()
        source.add(invoice(1))
        source.run(insert_now(source, 2))
        settle()
        ran = tree.incremental(source, "0s", TZ=zone)
        assert ran.rows_read == 2
        age = source.now() - datetime.datetime.fromisoformat(ran.boundary)
        assert datetime.timedelta(0) < age < datetime.timedelta(seconds=30)
        assert abs(source.now() - datetime.datetime.utcnow()) > datetime.timedelta(hours=7)
        source.run(insert_now(source, 3))
        late = begin(source)
        source.run(insert_now(source, 4), connection=late)
        settle()
        assert tree.incremental(source, "0s", TZ=zone).held_back_by
        commit(late)
        late.close()
        tree.incremental(source, "0s", TZ=zone)
        tree.check_equals(source)


def test_another_zone_has_to_be_confirmed(source, tree):
    tree.incremental(source, "60m", "--zone", "+08:00")
    state = tree.state()
    ran = tree.incremental(source, "60m", "--zone", "+00:00", code=2)
    assert "--confirm-zone" in ran.exit_error["hint"]
    assert tree.state() == state
    ran = tree.incremental(source, "60m", "--zone", "+00:00", "--confirm-zone")
    before = datetime.datetime.fromisoformat(state["t1"][0])
    assert ran.tenant("t1")["from"] == str(before - datetime.timedelta(hours=26))
    tree.incremental(source, "60m", "--zone", "+00:00")
    tree.check_equals(source)
