"""`tidemark doctor`: what it finds, and that it leaves everything as it was."""

import contextlib
import json
import os
import sqlite3
import subprocess

import psycopg2
import pymysql
import pytest

import servers

BINARY = os.environ["TIDEMARK_BINARY"]

COLUMNS = """fid BIGINT PRIMARY KEY, ftenant_id VARCHAR(40), fcountry VARCHAR(8), fissue_date DATE,
  finvoice_no VARCHAR(80), fissue_status INT, fext_field {payload}, fupdate_time {stamp}"""
INDEX = "CREATE INDEX idx_incremental_export ON t_invoice (ftenant_id, fissue_status, fupdate_time)"


class Doctor:
    """Runs the doctor in an empty folder, against `source`."""

    def __init__(self, folder, source):
        self.folder = folder
        self.source = source

    def run(self, *words, code=0, command="doctor", **variables):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder),
                       "TIDEMARK_SOURCE": self.source, **variables}
        ran = subprocess.run([BINARY, *command.split(), *words], env=environment, cwd=self.folder,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                             encoding="utf-8")
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran

    def findings(self, *words, code=0, **variables):
        lines = [json.loads(line) for line in
                 self.run(*words, "--json", code=code, **variables).stdout.splitlines()]
        assert lines[-1]["message_type"] == "summary" and lines[-1]["exit_code"] == code
        return {line["check"]: line for line in lines if line["message_type"] == "finding"}


@pytest.fixture
def sqlite(tmp_path):
    doctor = Doctor(tmp_path, "sqlite:source.db")

    def sql(statement, *params):
        with sqlite3.connect(tmp_path / "source.db") as connection:
            connection.execute(statement, params)
        connection.close()

    def rows(statement):
        with contextlib.closing(sqlite3.connect(tmp_path / "source.db")) as connection:
            return connection.execute(statement).fetchall()

    doctor.sql, doctor.rows = sql, rows
    sql(f"CREATE TABLE t_invoice ({COLUMNS.format(payload='TEXT', stamp='DATETIME')})")
    return doctor


def verdicts(findings):
    return {check: finding["verdict"] for check, finding in findings.items()}


# SQLite


def test_a_sound_source_has_nothing_but_ok(sqlite):
    sqlite.sql(INDEX)
    found = sqlite.findings()
    assert set(verdicts(found).values()) == {"ok"}
    assert sorted(os.listdir(sqlite.folder)) == ["source.db"]
    shown = sqlite.run("--lang", "zh").stdout
    assert "正常" in shown and "时区" in shown and "失败 0 项" in shown


def test_the_missing_index_comes_with_its_statement(sqlite):
    finding = sqlite.findings()["index"]
    assert finding["verdict"] == "warning"
    sqlite.sql(finding["statement"])
    assert sqlite.findings()["index"]["verdict"] == "ok"


def test_create_index_asks_and_makes_it_once(sqlite):
    assert "--yes" in sqlite.run("--create-index", code=2).stderr
    assert sqlite.findings("--create-index", "--yes")["index"]["verdict"] == "ok"
    assert sqlite.findings("--create-index")["index"]["verdict"] == "ok"


def test_the_index_of_another_table_has_a_name_of_its_own(sqlite):
    for table in ("t_receipt", "z" * 60):
        sqlite.sql(f"CREATE TABLE {table} ({COLUMNS.format(payload='TEXT', stamp='DATETIME')})")
        sqlite.run("--create-index", "--yes", TIDEMARK_EXPORT__INVOICES__TABLE=table)
    sqlite.run("--create-index", "--yes")
    names = [name for (name,) in sqlite.rows("SELECT name FROM sqlite_master WHERE type = 'index'"
                                             " AND name LIKE 'idx_%' ORDER BY length(name)")]
    assert names[:2] == ["idx_incremental_export", "idx_incremental_export_t_receipt"]
    assert len(names) == 3 and len(names[2]) == 63 and "zzz" in names[2]


def test_an_export_can_make_the_index_first(sqlite):
    sqlite.run("--create-index", "--yes", "-i", "--dry-run", command="export invoices")
    assert sqlite.findings()["index"]["verdict"] != "ok"
    sqlite.run("--create-index", "--yes", "-i", command="export invoices")
    assert sqlite.findings("-o", "context/invoices")["index"]["verdict"] == "ok"


def test_a_watermark_in_the_future_is_a_warning(sqlite):
    sqlite.sql(INDEX)
    sqlite.sql("INSERT INTO t_invoice VALUES (1,'7','DE','2025-01-01','n',3,'{}','2025-01-01 00:00:00')")
    sqlite.run("-i", command="export invoices")
    path = sqlite.folder / "context/invoices/.export_state/.last_export_time"
    path.write_text("7|2999" + path.read_text(encoding="utf-8")[6:], encoding="utf-8")
    found = sqlite.findings("-o", "context/invoices")["state"]
    assert found["verdict"] == "warning" and "2999" in found["what"]
    assert "state reset -o context/invoices 7" in found["mend"]
    shown = sqlite.run("state", "show", command="export").stdout
    assert "in the future" in shown


@pytest.mark.parametrize("ran_since", [False, True])
def test_a_watermark_ahead_of_a_clock_that_was_set_back_is_no_reason_to_reset(sqlite, ran_since):
    sqlite.sql(INDEX)
    sqlite.sql("INSERT INTO t_invoice VALUES (1,'7','DE','2025-01-01','n',3,'{}','2025-01-01 00:00:00')")
    sqlite.run("-i", command="export invoices")
    state = sqlite.folder / "context/invoices/.export_state"
    (state / ".last_export_time").write_text("7|2999-01-01 00:00:00|1|SUCCESS\n", encoding="utf-8")
    with sqlite3.connect(state / "index.db") as index:  # That run was in 2999.
        (text,), = index.execute("SELECT value FROM meta WHERE name = 'clock'")
        index.execute("UPDATE meta SET value = ? WHERE name = 'clock'",
                      ("2999-01-01 00:05:00|" + text.split("|", 1)[1],))
    index.close()
    if ran_since:
        sqlite.run("-i", command="export invoices")
    found = sqlite.findings("-o", "context/invoices")["state"]
    assert found["verdict"] == "warning" and "was set back" in found["what"]
    assert "2999" in found["what"] and "reset" not in found["mend"]


@pytest.mark.parametrize("indexed", [True, False])
def test_odd_stamps_are_counted(sqlite, indexed):
    if indexed:
        sqlite.sql(INDEX)
    for key, stamp in enumerate([None, None, "2999-01-01 00:00:00", "2025-01-01 00:00:00"]):
        sqlite.sql("INSERT INTO t_invoice VALUES (?,?,'DE','2025-01-01','n',3,'{}',?)",
                   key, str(key % 2), stamp)
    sqlite.sql("INSERT INTO t_invoice VALUES (9,'1','DE','2025-01-01','n',1,'{}',NULL)")
    found = sqlite.findings()
    least = "" if indexed else "at least "
    assert found["null_stamps"]["what"].startswith(f"{least}2 rows")
    assert found["future_stamps"]["what"].startswith(f"{least}1 row ")
    assert found["null_stamps"]["verdict"] == found["future_stamps"]["verdict"] == "warning"
    assert ("first 100000 rows" in found["null_stamps"]["what"]) == (not indexed)


@pytest.mark.parametrize("kind", ["a view", "a table without types", "with a typed tenant"])
def test_odd_stamps_of_untyped_columns_are_counted(sqlite, kind):
    for key, stamp in enumerate([None, None, "2999-01-01 00:00:00", "2025-01-01 00:00:00", 7]):
        sqlite.sql("INSERT INTO t_invoice VALUES (?,?,'DE','2025-01-01','n',3,'{}',?)",
                   key, str(key % 2), stamp)
    numbers = ("SELECT fid, ftenant_id + 0 AS ftenant_id, fcountry, fissue_date, finvoice_no,"
               " fissue_status + 0 AS fissue_status, fext_field, fupdate_time FROM t_invoice")
    if kind == "a view":
        sqlite.sql(f"CREATE VIEW t_untyped AS {numbers}")
    else:
        tenant = "ftenant_id TEXT" if kind == "with a typed tenant" else "ftenant_id"
        sqlite.sql(f"CREATE TABLE t_untyped (fid INTEGER PRIMARY KEY, {tenant}, fcountry,"
                   " fissue_date, finvoice_no, fissue_status, fext_field, fupdate_time)")
        sqlite.sql(f"INSERT INTO t_untyped {numbers}")
        sqlite.sql(INDEX.replace("t_invoice", "t_untyped"))
    found = sqlite.findings(code=1, TIDEMARK_EXPORT__INVOICES__TABLE="t_untyped",
                            TIDEMARK_EXPORT__INVOICES__KEY="fid")
    least = "" if kind == "with a typed tenant" else "at least "
    assert found["null_stamps"]["what"].startswith(f"{least}2 rows"), found["null_stamps"]
    assert found["future_stamps"]["what"].startswith(f"{least}1 row "), found["future_stamps"]
    assert found["update_time"]["what"].startswith(f"{least}1 row "), found["update_time"]


def test_odd_stamps_of_rows_without_a_tenant_are_counted(sqlite):
    sqlite.sql(INDEX)
    for key, tenant in enumerate([None, "", "a"]):
        sqlite.sql("INSERT INTO t_invoice VALUES (?,?,'DE','2025-01-01','n',3,'{}',NULL)",
                   key, tenant)
    assert sqlite.findings()["null_stamps"]["what"].startswith("3 rows")


def test_bytes_among_the_tenants_come_with_the_statement_that_mends_them(sqlite):
    sqlite.sql(INDEX)
    sqlite.sql("INSERT INTO t_invoice VALUES (1,'7','DE','2025-01-01','n',3,'{}','2025-01-01 00:00:00')")
    for key in (2, 3):
        sqlite.sql("INSERT INTO t_invoice VALUES (?,x'37','DE','2025-01-01','n',3,'{}',NULL)", key)
    found = sqlite.findings()
    assert found["tenants"]["verdict"] == "warning"
    assert found["null_stamps"]["what"].startswith("at least 2 rows"), found["null_stamps"]
    sqlite.sql(found["tenants"]["mend"])
    assert sqlite.findings()["tenants"]["verdict"] == "ok"


def test_stamps_that_are_numbers_are_found(sqlite):
    sqlite.sql("INSERT INTO t_invoice VALUES (1,'7','DE','2025-01-01','n',3,'{}',1748772000)")
    found = sqlite.findings(code=1)
    assert found["update_time"]["verdict"] == "failure"
    assert "1 row " in found["update_time"]["what"] and "number" in found["update_time"]["what"]
    assert found["null_stamps"]["verdict"] == "ok"
    sqlite.sql(f"CREATE TABLE t_numbers ({COLUMNS.format(payload='TEXT', stamp='INTEGER')})")
    sqlite.sql("INSERT INTO t_numbers SELECT * FROM t_invoice")
    found = sqlite.findings(code=1, TIDEMARK_EXPORT__INVOICES__TABLE="t_numbers")["update_time"]
    assert found["verdict"] == "failure" and "INTEGER" in found["what"]


def test_what_keeps_an_export_from_working_is_exit_1(sqlite):
    (sqlite.folder / "file").write_text("in the way")
    found = sqlite.findings("-o", "file/out", code=1)
    assert found["output"]["verdict"] == "failure" and found["output"]["mend"]


def test_the_tree_is_looked_at_without_a_source(sqlite):
    (sqlite.folder / "source.db").unlink()
    found = sqlite.findings(code=1)
    assert found["connection"]["verdict"] == "failure"
    assert found["output"]["verdict"] == found["disk"]["verdict"] == "ok"
    assert "zone" not in found


def test_a_missing_column_is_named(sqlite):
    sqlite.sql("ALTER TABLE t_invoice DROP COLUMN fext_field")
    assert "fext_field" in sqlite.findings(code=1)["table"]["what"]


def test_a_damaged_state_is_a_failure_and_a_damaged_index_is_not(sqlite):
    sqlite.run("-i", "-o", "out", command="export invoices")
    state = sqlite.folder / "out" / ".export_state"
    assert sqlite.findings("-o", "out")["source"]["verdict"] == "ok"
    (state / "index.db").write_text("rubbish" * 1000)
    for rest in ("index.db-wal", "index.db-shm"):
        (state / rest).unlink(missing_ok=True)
    assert sqlite.findings("-o", "out")["tree_index"]["verdict"] == "warning"
    (state / ".last_export_time").write_text("rubbish\n")
    assert "line 1" in sqlite.findings("-o", "out", code=1)["state"]["what"]


def test_lost_manifests_and_parts_are_found(sqlite):
    sqlite.sql("INSERT INTO t_invoice VALUES (1,'7','DE','2025-01-01','n',3,'{}','2025-01-01 00:00:00')")
    sqlite.run("-o", "out", "--layout", "ndjson", command="export invoices")
    found = sqlite.findings("-o", "out")["parts"]
    assert found["verdict"] == "ok" and "all there" in found["what"]
    folder = next(path for path in sorted((sqlite.folder / "out").glob("*/*"))
                  if (path / "_manifest.json").exists())
    part = next(folder.glob("*.ndjson*"))
    whole = part.read_bytes()
    part.write_bytes(whole[:-1])
    assert part.name in sqlite.findings("-o", "out", code=1)["parts"]["what"]
    part.unlink()
    assert part.name in sqlite.findings("-o", "out", code=1)["parts"]["what"]
    part.write_bytes(whole)
    (folder / "_manifest.json").unlink()
    found = sqlite.findings("-o", "out", code=1)["parts"]
    assert "_manifest.json is missing" in found["what"] and "backup" in found["mend"]
    sqlite.run("-o", "files", command="export invoices")
    assert "parts" not in sqlite.findings("-o", "files")


def test_another_zone_is_found_before_a_run_refuses(sqlite):
    sqlite.run("-i", "-o", "out", command="export invoices")
    found = sqlite.findings("-o", "out", code=1, TIDEMARK_EXPORT__INVOICES__ZONE="+08:00")
    assert found["source"]["verdict"] == "failure" and "+08:00" in found["source"]["what"]


def test_summer_time_is_a_warning(sqlite):
    found = sqlite.findings(TIDEMARK_EXPORT__INVOICES__ZONE="Europe/Berlin")
    assert found["zone"]["verdict"] == "warning" and "summer time" in found["zone"]["what"]
    assert sqlite.findings(TIDEMARK_EXPORT__INVOICES__ZONE="Asia/Shanghai")["zone"]["verdict"] == "ok"


def test_a_secret_that_everybody_may_read_is_found(sqlite):
    file = sqlite.folder / "tidemark.toml"
    file.write_text('source_password = "secret"\n')
    file.chmod(0o644)
    ran = sqlite.run("--config", "tidemark.toml", "--json")
    assert '"check":"config","verdict":"warning"' in ran.stdout and "secret\"" not in ran.stdout
    file.chmod(0o600)
    assert sqlite.findings("--config", "tidemark.toml")["config"]["verdict"] == "ok"


# MariaDB


def mariadb_connection(server):
    return pymysql.connect(host="127.0.0.1", port=server.port, user=servers.USER,
                           password=servers.PASSWORD, database=servers.DATABASE, autocommit=True)


@pytest.fixture(scope="module")
def mariadb():
    with servers.MariaDB(time_zone="Europe/Berlin") as server:
        connection = mariadb_connection(server)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE t_invoice (" + COLUMNS.format(
                payload="LONGTEXT CHARACTER SET utf8mb3", stamp="DATETIME NOT NULL") + ")")
            cursor.execute("CREATE USER reader IDENTIFIED BY 'pw'")
            cursor.execute(f"GRANT SELECT ON {servers.DATABASE}.* TO reader")
        connection.close()
        yield server


def test_mariadb(mariadb, tmp_path):
    found = Doctor(tmp_path, mariadb.url).findings()
    told = verdicts(found)
    assert told["version"] == "ok" and "MariaDB" in found["version"]["what"]
    assert told["clock"] == told["grants"] == told["replica"] == told["select"] == "ok"
    # SYSTEM is Berlin's time here, with a summer time that no abbreviation tells.
    assert told["zone"] == "warning" and "SYSTEM" in found["zone"]["what"]
    assert told["charset"] == "warning" and "utf8mb3" in found["charset"]["what"]
    assert told["null_stamps"] == "ok"
    assert told["update_time"] == "warning"
    connection = mariadb_connection(mariadb)
    connection.cursor().execute(found["update_time"]["statement"])
    connection.close()
    assert Doctor(tmp_path, mariadb.url).findings()["update_time"]["verdict"] == "ok"


def test_mariadb_without_grants(mariadb, tmp_path):
    doctor = Doctor(tmp_path, mariadb.url.replace(f"{servers.USER}:{servers.PASSWORD}@", "reader:pw@"))
    found = doctor.findings()
    assert found["grants"]["verdict"] == "warning"
    assert found["grants"]["statement"] == "GRANT PROCESS ON *.* TO 'reader'@'%'"
    refused = doctor.run("--create-index", "--yes", code=12)
    assert "CREATE INDEX" in refused.stderr


def test_mariadb_makes_the_index(mariadb, tmp_path):
    found = Doctor(tmp_path, mariadb.url).findings("--create-index", "--yes")
    assert found["index"]["verdict"] == "ok"


@pytest.mark.parametrize("engine", ["MyISAM", "Aria TRANSACTIONAL=0", "InnoDB"])
def test_an_engine_without_transactions_is_a_warning(mariadb, tmp_path, engine):
    doctor = Doctor(tmp_path, mariadb.url)
    connection = mariadb_connection(mariadb)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE t_invoice ENGINE={engine}")
        cursor.execute("CREATE OR REPLACE VIEW v_invoice AS SELECT * FROM t_invoice")
    connection.close()
    found = doctor.findings()["engine"]
    assert found["verdict"] == ("ok" if engine == "InnoDB" else "warning")
    assert engine == "InnoDB" or "ENGINE=InnoDB" in found["mend"]
    of_view = doctor.findings(TIDEMARK_EXPORT__INVOICES__TABLE="v_invoice",
                              TIDEMARK_EXPORT__INVOICES__KEY="fid")
    assert of_view["engine"]["verdict"] == "ok"


def test_a_read_only_mariadb_may_be_a_replica(mariadb, tmp_path):
    connection = mariadb_connection(mariadb)
    connection.cursor().execute("SET GLOBAL read_only = 1")
    try:
        assert Doctor(tmp_path, mariadb.url).findings()["replica"]["verdict"] == "warning"
    finally:
        connection.cursor().execute("SET GLOBAL read_only = 0")
        connection.close()


# PostgreSQL


def test_postgres(tmp_path):
    with servers.Postgres(time_zone="Asia/Shanghai") as server:
        connection = psycopg2.connect(server.url)
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(f"CREATE TABLE t_invoice ({COLUMNS.format(payload='TEXT', stamp='TIMESTAMP')})")
        cursor.execute("CREATE USER reader PASSWORD 'pw'; GRANT SELECT ON t_invoice TO reader")
        cursor.execute("INSERT INTO t_invoice VALUES (1,'a','DE','2025-01-01','n',3,'{}',NULL),"
                       "(2,'a','DE','2025-01-01','n',3,'{}',now() + interval '1 day')")
        doctor = Doctor(tmp_path, server.url)
        found = doctor.findings()
        told = verdicts(found)
        assert told["zone"] == told["clock"] == told["replica"] == told["grants"] == "ok"
        assert "Asia/Shanghai" in found["zone"]["what"]
        assert "CONCURRENTLY" in found["index"]["statement"]
        found = doctor.findings("--create-index", "--yes")
        assert found["index"]["verdict"] == "ok"
        assert found["null_stamps"]["what"].startswith("1 row ")
        assert found["future_stamps"]["what"].startswith("1 row ")

        reader = Doctor(tmp_path, server.url.replace(f"{servers.USER}:{servers.PASSWORD}@",
                                                     "reader:pw@"))
        grants = reader.findings()["grants"]
        assert grants["verdict"] == "warning"
        assert grants["statement"] == 'GRANT pg_read_all_stats TO "reader"'
        cursor.execute("REVOKE SELECT ON t_invoice FROM reader; "
                       "GRANT SELECT (fid, ftenant_id) ON t_invoice TO reader")
        assert reader.findings(code=1)["select"]["verdict"] == "failure"
        connection.close()


def test_times_with_a_zone_are_compared_as_instants(tmp_path):
    with servers.Postgres(time_zone="America/New_York") as server:
        connection = psycopg2.connect(server.url)
        connection.autocommit = True
        columns = COLUMNS.format(payload="TEXT", stamp="TIMESTAMPTZ")
        connection.cursor().execute(
            f"CREATE TABLE t_invoice ({columns}); INSERT INTO t_invoice VALUES "
            "(1,'a','DE','2025-01-01','n',3,'{}',now() - interval '1 hour')")
        connection.close()
        doctor = Doctor(tmp_path, server.url)
        doctor.run("-i", "--margin", "1s", command="export invoices")
        found = verdicts(doctor.findings("-o", "context/invoices"))
        assert (found["state"], found["source"]) == ("ok", "ok")


def test_keys_that_stand_twice(sqlite):
    sqlite.sql(INDEX)
    assert sqlite.findings()["key"]["verdict"] == "ok"
    sqlite.sql("CREATE VIEW v_invoice AS SELECT * FROM t_invoice UNION ALL SELECT * FROM t_invoice"
               " WHERE fid = 2")
    view = {"TIDEMARK_EXPORT__INVOICES__TABLE": "v_invoice", "TIDEMARK_EXPORT__INVOICES__KEY": "fid"}
    found = sqlite.findings(**view)["key"]
    assert found["verdict"] == "ok" and "no unique index proves (fid)" in found["what"]
    for fid in (1, 2, 3):
        sqlite.sql("INSERT INTO t_invoice VALUES (?, '1', 'CN', '2025-03-04', 'A', 3, '{}', NULL)", fid)
    # Rows that are alike do no harm.
    assert sqlite.findings(**view)["key"]["verdict"] == "ok"
    sqlite.sql("CREATE VIEW v_renamed AS SELECT * FROM t_invoice UNION ALL SELECT fid, ftenant_id,"
               " fcountry, fissue_date, 'B', fissue_status, fext_field, fupdate_time FROM t_invoice"
               " WHERE fid = 2")
    view["TIDEMARK_EXPORT__INVOICES__TABLE"] = "v_renamed"
    found = sqlite.findings(**view)["key"]
    assert found["verdict"] == "warning" and "the key 2 (fid)" in found["what"], found
    assert "export.invoices.key" in found["mend"]
    longer = {**view, "TIDEMARK_EXPORT__INVOICES__KEY": "fid,fissue_date"}
    assert sqlite.findings(**longer)["key"]["verdict"] == "warning"
    found = sqlite.findings(TIDEMARK_EXPORT__INVOICES__KEY="fid,fissue_date")["key"]
    assert found["verdict"] == "warning" and "fissue_date" in found["what"]
    assert "export.invoices.key" in found["what"]
