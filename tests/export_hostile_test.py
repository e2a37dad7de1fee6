"""Values that nobody should store, and somebody does: nothing leads outside, nothing is lost."""

import json
import os
import re
import subprocess

import pytest

from export_fixture import (BINARY, MariaSource, PostgresSource, SqliteSource, invoice,
                            payload_of)


def one(tree):
    """The path of the only file."""
    (path, _), = tree.raw().items()
    return path


# Names


@pytest.mark.parametrize("column, value, part", [
    ("tenant", "../../etc", "_._.._etc"),
    ("tenant", "..", "_."),
    ("tenant", ".", "_"),
    ("tenant", "", "_"),
    ("tenant", "/", "_"),
    ("tenant", "/etc/passwd", "_etc_passwd"),
    ("tenant", "-rf", "_rf"),
    ("tenant", ".export_state", "_export_state"),
    ("tenant", "a b\tc\nd\re", "a_b_c_d_e"),
    ("tenant", "C:\\temp", "C__temp"),
    ("tenant", "租户 甲", "租户_甲"),
    ("tenant", "😀", "😀"),
    ("tenant", "a\u200bb\ufeffc\u202e", "a_b_c_"),
    ("tenant", "*?\"<>|", "______"),
    ("country", "..", "_."),
    ("country", "", "UNKNOWN"),
    ("country", None, "UNKNOWN"),
    ("country", "\x01\x7f\x1b", "___"),
    ("number", "/", "20250304+_"),
    ("number", "../x", "20250304+.._x"),
    ("number", "", "20250304+"),
    ("number", "-x", "20250304+-x"),
    ("number", "发票\n第1号", "20250304+发票_第1号"),
    ("number", "😀👨‍👩‍👧", "20250304+😀👨_👩_👧"),
    ("number", "x'; DROP TABLE t_invoice; --", "20250304+x';_DROP_TABLE_t_invoice;_--"),
    ("number", "%2e%2e%2f", "20250304+%2e%2e%2f"),
    ("number", "....", "20250304+...."),
])
@pytest.mark.parametrize("mode", ["full", "incremental"])
def test_names_are_cleaned(source, tree, column, value, part, mode):
    source.make_table()
    source.add(invoice(1, **{column: value}) if column != "country"
               else {**invoice(1), "fcountry": value})
    tree.export(source, *(("-i",) if mode == "incremental" else ()))
    parts = one(tree).removesuffix(".json").split("/")
    assert len(parts) == 3
    assert parts[["tenant", "country", "number"].index(column)] == part
    assert not os.path.exists(os.path.join(tree.home, "etc"))


@pytest.mark.parametrize("kind, name", [("sqlite", "CAST(x'410042' AS TEXT)"),
                                        ("mariadb", "CONCAT('A', CHAR(0), 'B')")])
def test_a_nul_in_a_number(request, tree, kind, name):
    """PostgreSQL has no such texts."""
    source = request.getfixturevalue(kind)
    source.make_table()
    source.add(invoice(1), invoice(2))
    source.run(f"UPDATE t_invoice SET finvoice_no = {name} WHERE fid = 1")
    source.run(f"UPDATE t_invoice SET ftenant_id = {name} WHERE fid = 2")
    ran = tree.incremental(source, "60m")
    assert ran.rows_read == 2
    assert sorted(tree.raw()) == ["A_B/CN/20250304+INV2.json", "t1/CN/20250304+A_B.json"]
    assert "A%00B" in tree.state()
    assert tree.incremental(source, "50m").rows_read == 0


def test_numbers_of_four_kilobytes(source, tree):
    source.make_table(**({"finvoice_no": "VARCHAR(5000)"} if isinstance(source, MariaSource) else {}))
    source.add(invoice(1, number="x" * 4096), invoice(2, number="x" * 4095 + "y"),
               invoice(3, number="发" * 1365), invoice(4, number="x" * 4096))
    ran = tree.export(source)
    assert ran.files_written == 4
    for path in tree.raw():
        name = os.path.basename(path)
        assert len(name.encode()) <= 255
        assert name.encode().decode() == name
    assert sorted(tree.files().values()) == [payload_of(fid).encode() for fid in (1, 2, 3, 4)]
    assert tree.export(source).files_written == 0


def test_a_symbolic_link_in_the_tree_leads_nowhere(sqlite, tree, tmp_path):
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2))
    victim = tmp_path / "victim.json"
    victim.write_text("precious")
    os.makedirs(os.path.join(tree.path, "t1/CN"))
    os.symlink(victim, os.path.join(tree.path, "t1/CN/20250304+INV1.json"))
    tree.export(sqlite)
    assert victim.read_text() == "precious"
    tree.check_equals(sqlite)


# Tenants


def test_tenants_are_compared_by_their_bytes(source, tree):
    types = {"ftenant_id": "VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"}
    source.make_table(**(types if isinstance(source, MariaSource) else {}))
    tenants = ("a", "A", "a ", "ä", "a\u0301", "á", "")
    source.add(*[invoice(fid, tenant=tenant, number=f"N{fid}")
                 for fid, tenant in enumerate(tenants, 1)])
    source.add({**invoice(20), "ftenant_id": None})
    ran = tree.incremental(source, "60m")
    assert (ran.rows_read, len(ran.tenants)) == (8, 7)  # NULL goes with the empty one.
    assert {entry["tenant"]: entry["records"] for entry in ran.tenants} == {
        **{tenant: 1 for tenant in tenants}, "": 2}
    assert len(tree.raw()) == 8
    source.add(invoice(30, tenant="A ", number="N30", stamp=source.ago(50)))
    source.change(1, source.ago(50), fext_field=payload_of(1, 2))
    ran = tree.incremental(source, "40m")
    assert (ran.rows_read, ran.files_written) == (2, 2)
    assert ran.tenant("A ")["records"] == ran.tenant("a")["records"] == 1
    assert tree.export(source, "--tenant", "a").rows_read == 1
    assert tree.export(source, "--tenant", "").rows_read == 2
    full = tree.export(source)
    assert (full.rows_read, full.files_written) == (9, 0)


# Payloads


GOOD = [
    b"{}", b"[]", b"null", b'""', b"0", b" {\n}\t ", b'{"a":1,"a":2}', b'{"a":1.10}',
    b'{"amount":123456789012345678901234567890.123456789}', b'{"a":1e-400}', b'{"a":-0.0}',
    b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', b'{"":{"":[[[]]]}}',
    '{"买方":"😀"}'.encode(), b"[" * 1000 + b"]" * 1000, b'{"a":"' + b"x" * 200_000 + b'"}',
]
BAD = [
    b"", b" ", b"{", b'{"a":1', b'{"a":1}}', b'{"a":1},', b"{'a':1}", b'{"a":01}', b'{"a":+1}',
    b'{"a":.5}', b'{"a":1.}', b'{"a":NaN}', b'{"a":"\n"}', b'{"a":"\\x"}', b'{"a":"\\u12"}',
    b'{"a":1,}', b"{a:1}", b"nul", b"tru", b"[1 2]", b'"open', b"\xef\xbb\xbf{}", b"// x\n{}",
    b"[" * 1001 + b"]" * 1001,
]


def test_valid_json_passes_byte_for_byte(source, tree):
    source.make_table()
    source.add(*[invoice(fid, payload=payload.decode()) for fid, payload in enumerate(GOOD, 1)])
    ran = tree.export(source)
    assert (ran.rejected, ran.files_written) == (0, len(GOOD))
    files = tree.files()
    for fid, payload in enumerate(GOOD, 1):
        assert files[f"t1/CN/20250304+INV{fid}"] == payload


def test_invalid_json_is_set_aside_retried_and_mended(source, tree):
    source.make_table()
    source.add(invoice(1000), *[invoice(fid, payload=payload.decode())
                                for fid, payload in enumerate(BAD, 1)])
    ran = tree.incremental(source, "60m", code=3)
    assert (ran.rows_read, ran.rejected, ran.rejects_open) == (len(BAD) + 1, len(BAD), len(BAD))
    assert list(tree.files()) == ["t1/CN/20250304+INV1000"]
    assert ran.tenant("t1")["status"] == "PARTIAL"
    for key, reason in tree.index("SELECT key, reason FROM reject"):
        assert reason.startswith("invalid JSON: "), (key, reason)

    again = tree.incremental(source, "50m", code=3)  # No news, but they are tried again.
    assert (again.rejected, again.rejects_open) == (len(BAD), len(BAD))
    assert again.tenant("t1")["status"] == tree.state()["t1"][2] == "PARTIAL"
    source.run("UPDATE t_invoice SET fext_field = '{}' WHERE fid < 500")  # The stamp does not move.
    mended = tree.incremental(source, "40m")
    assert (mended.rejected, mended.rejects_open, mended.files_written) == (0, 0, len(BAD))
    tree.check_equals(source)


def test_a_row_that_breaks_keeps_its_last_good_file(source, tree):
    source.make_table()
    source.add(invoice(1), invoice(2))
    tree.incremental(source, "60m")
    source.change(1, source.ago(50), fext_field="{broken")
    ran = tree.incremental(source, "40m", code=3)
    assert ran.rejected == 1
    assert tree.files()["t1/CN/20250304+INV1"] == payload_of(1).encode()
    full = tree.export(source, "--prune", code=3)
    assert (full.rejected, full.rows_gone) == (1, 0)
    source.run("DELETE FROM t_invoice WHERE fid = 1")
    assert tree.export(source, "--prune").rejects_open == 0
    tree.check_equals(source)


def test_required_fields(source, tree):
    source.make_table()
    source.add(invoice(1, payload='{"no":"1","date":null}'), invoice(2, payload='{"no":"2"}'),
               invoice(3, payload='{"x":{"no":1,"date":2}}'), invoice(4, payload='["no","date"]'))
    ran = tree.export(source, "--require-field", "no", "--require-field", "date", code=3)
    assert ran.rejected >= 3
    assert set(dict(tree.index("SELECT key, reason FROM reject"))) >= {2, 3, 4}
    assert tree.export(source).rejects_open == 0


def test_invalid_utf_8_is_set_aside(source, tree):
    if isinstance(source, PostgresSource):
        pytest.skip("PostgreSQL has no such texts")
    source.make_table(**({"fext_field": "LONGBLOB"} if isinstance(source, MariaSource) else {}))
    source.add(invoice(1), invoice(2))
    source.run("UPDATE t_invoice SET fext_field = x'7b2261223a22ff227d' WHERE fid = 1")
    ran = tree.export(source, code=3)
    assert (ran.rejected, ran.files_written) == (1, 1)
    source.run("UPDATE t_invoice SET fext_field = x'7b2261223a22c3a4227d' WHERE fid = 1")
    assert tree.export(source).files_written == 1
    assert tree.files()["t1/CN/20250304+INV1"] == '{"a":"ä"}'.encode()


@pytest.fixture
def raw_postgres(postgres):
    """A database in SQL_ASCII, as old ones are: it takes bytes of any encoding for texts."""
    postgres.run("DROP DATABASE IF EXISTS raw_bytes WITH (FORCE)")
    postgres.run("CREATE DATABASE raw_bytes ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
                 " TEMPLATE template0")
    source = PostgresSource(postgres.server)
    source.url = postgres.url.rsplit("/", 1)[0] + "/raw_bytes"
    with source:
        source.connection.set_client_encoding("UTF8")
        source.make_table()
        yield source
    postgres.run("DROP DATABASE raw_bytes WITH (FORCE)")


def test_one_row_that_is_no_utf_8_does_not_fail_a_database_in_sql_ascii(raw_postgres, tree):
    source = raw_postgres
    text = "convert_from('\\x{}', 'SQL_ASCII')".format
    source.add(invoice(1), invoice(2))
    source.run(f"UPDATE t_invoice SET fext_field = {text('7b2261223a22ff227d')} WHERE fid = 1")
    ran = tree.incremental(source, "60m", code=3)
    assert (ran.rejected, ran.files_written) == (1, 1)
    source.run(f"UPDATE t_invoice SET fext_field = {text('7b2261223a22c3a4227d')} WHERE fid = 1")
    assert tree.incremental(source, "60m").files_written == 1
    assert tree.files()["t1/CN/20250304+INV1"] == '{"a":"ä"}'.encode()
    # A tenant, a country and a number in GB 18030, some bytes of which happen to be UTF-8.
    source.run(f"UPDATE t_invoice SET ftenant_id = {text('d7e2bba7')}, fcountry = {text('d6d0')},"
               f" finvoice_no = {text('b7a2c6b1')}, fupdate_time = %s WHERE fid = 2",
               (str(source.ago(90)),))
    assert tree.incremental(source, "60m").files_written == 1
    assert sorted(tree.files()) == ["_⻧/__/20250304+__Ʊ", "t1/CN/20250304+INV1"]
    # Nothing new, then once more within a window.
    assert tree.incremental(source, "60m").rows_read == 0
    source.run("UPDATE t_invoice SET fext_field = '{}', fupdate_time = %s WHERE fid = 2",
               (str(source.ago(50)),))
    assert tree.incremental(source, "40m").files_written == 1
    assert tree.export(source).files_written == 0


# Columns


def test_a_latin1_table(mariadb, tree):
    latin = "{} CHARACTER SET latin1"
    mariadb.make_table(ftenant_id=latin.format("VARCHAR(64)"), finvoice_no=latin.format("VARCHAR(64)"),
                       fext_field=latin.format("LONGTEXT"))
    mariadb.add(invoice(1, tenant="Müller", number="Größe", payload='{"name":"Müller €"}'))
    tree.incremental(mariadb, "60m")
    assert tree.raw() == {"Müller/CN/20250304+Größe.json": '{"name":"Müller €"}'.encode()}
    mariadb.change(1, mariadb.ago(50), fext_field='{"name":"Möller"}')
    assert tree.incremental(mariadb, "40m").rows_read == 1
    assert tree.export(mariadb, "--tenant", "Müller").rows_read == 1


def test_zero_dates(mariadb, tree):
    mariadb.make_table()
    mariadb.run("SET SESSION sql_mode=''")
    mariadb.add(invoice(1, date="0000-00-00 00:00:00"), invoice(2, stamp="0000-00-00 00:00:00"),
                invoice(3, date="2025-00-00"))
    tree.export(mariadb)
    assert sorted(tree.raw()) == ["t1/CN/00000000+INV1.json", "t1/CN/20250000+INV3.json",
                                  "t1/CN/20250304+INV2.json"]


def test_rows_without_a_stamp_are_in_a_full_export(source, tree):
    source.make_table()
    source.add(invoice(1, stamp=None), invoice(2))
    assert tree.incremental(source, "60m").rows_read == 1
    assert tree.export(source).rows_read == 2
    tree.check_equals(source)


@pytest.mark.parametrize("key", ["fid", "ftenant_id, finvoice_no", "finvoice_no, ftenant_id",
                                 "fid, ftenant_id"])
def test_keys_of_all_kinds(source, tree, key):
    types = {"ftenant_id": "VARCHAR(60) NOT NULL", "finvoice_no": "VARCHAR(60) NOT NULL"}
    if key == "fid":
        types["fid"] = "VARCHAR(40) NOT NULL"
    source.make_table(key=key, **types)
    base = 9_007_199_254_740_993  # Doubles cannot tell it from its neighbours.
    source.add(*[{**invoice(fid, tenant=f"t|{fid % 3}%", number=f"N|{fid}%7C'\\"),
                  "fid": str(base + fid) if key == "fid" else base + fid}
                 for fid in range(9000)])  # Each tenant in more than one range.
    ran = tree.incremental(source, "60m")
    assert (ran.rows_read, ran.files_written) == (9000, 9000)
    source.run("UPDATE t_invoice SET fext_field = '{', fupdate_time = ? WHERE fid = ?",
               (source.ago(50), str(base + 7) if key == "fid" else base + 7))
    tree.incremental(source, "40m", code=3)
    source.run("UPDATE t_invoice SET fext_field = '{}' WHERE fext_field = '{'")
    assert tree.incremental(source, "30m").files_written == 1
    full = tree.export(source)
    assert (full.rows_read, full.files_written, full.rows_gone) == (9000, 0, 0)
    assert len(tree.files()) == 9000


def test_a_bulk_update_with_one_stamp(source, tree):
    source.make_table()
    source.add(*[invoice(fid, tenant="t1" if fid % 100 else "t2") for fid in range(1, 10_001)])
    tree.incremental(source, "60m")
    source.run("UPDATE t_invoice SET fupdate_time = ?, fissue_date = '2025-05-05'",
               (source.ago(50),))
    ran = tree.incremental(source, "40m", "-t", "4")
    assert (ran.rows_read, ran.files_written, ran.files_removed) == (10_000, 10_000, 10_000)
    assert ran.tenant("t1")["records"] == 9900
    tree.check_equals(source)


@pytest.mark.parametrize("decimals", [3, 6])
def test_stamps_with_a_fraction(source, tree, decimals):
    kind = {MariaSource: "DATETIME", PostgresSource: "TIMESTAMP"}.get(type(source))
    source.make_table(**({"fupdate_time": f"{kind}({decimals})"} if kind else {}))
    source.add(*[invoice(fid, stamp=source.ago(70) + "." + f"{fid:06}"[:decimals])
                 for fid in range(1, 3001)])
    assert tree.incremental(source, "60m").rows_read == 3000
    # Around the boundary of the next run.
    second = source.ago(40)
    source.run("UPDATE t_invoice SET fupdate_time = ? WHERE fid = 1", (second + ".999",))
    source.run("UPDATE t_invoice SET fupdate_time = ? WHERE fid = 2", (second,))
    first = tree.incremental(source, "39m").rows_read
    assert first == 2
    tree.check_equals(source)


def test_stamps_that_are_numbers_are_refused_by_incremental_runs(source, tree):
    """Seconds since 1970 compare with a time as anything: no window would ever hold these rows."""
    source.make_table(fupdate_time="BIGINT")
    source.add(invoice(1, stamp=1_748_772_000))
    ran = tree.export(source, "-i", code=2)
    assert "fupdate_time of t_invoice is bigint" in ran.exit_error["message"].lower()
    assert "update_time_column" in ran.exit_error["hint"]
    assert not os.path.exists(tree.state_path)
    tested = subprocess.run([BINARY, "export", "selftest", "--source", source.url, "--json"],
                            env={"PATH": os.environ["PATH"], "HOME": tree.home}, cwd=tree.home,
                            stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                            encoding="utf-8")
    assert tested.returncode == 1 and "fupdate_time of t_invoice is" in tested.stdout
    assert json.loads(tested.stdout.splitlines()[-1])["passed"] == 0
    assert tree.export(source).files_written == 1


NO_TIMES = [1_748_772_000, 1_748_772_000_123, -1, 2_460_000.5, 1e300, b"\x00\xff", b"",
            "yesterday", "2025/06/01 00:00:00", "20250601", "01.06.2025", "'; DROP TABLE t_invoice --",
            "1748772000", " ", "\x1b[2J"]


@pytest.mark.parametrize("declared, indexed", [("DATETIME", True), ("TEXT", False), ("", True)])
def test_no_watermark_passes_over_a_stamp_that_is_no_time(sqlite, tree, declared, indexed):
    """Any column of SQLite takes any value; no window holds these."""
    sqlite.make_table(fupdate_time=declared)
    if not indexed:
        sqlite.run("DROP INDEX idx_incremental_export_t_invoice")
    tenants = {f"t{at}": stamp for at, stamp in enumerate(NO_TIMES)}
    sqlite.add(*[invoice(fid, tenant) for fid, tenant in enumerate([*tenants, "good"], 1)])
    tree.incremental(sqlite, "60m")
    before = tree.state()
    for fid, (tenant, stamp) in enumerate(tenants.items(), 100):
        sqlite.add({**invoice(fid, tenant), "fupdate_time": stamp},
                   invoice(fid + 100, tenant, stamp=sqlite.ago(55)))
    for margin in ("50m", "40m"):
        ran = tree.incremental(sqlite, margin, code=3)
        after = tree.state()
        for tenant, stamp in tenants.items():
            error = ran.tenant(tenant)["error"]
            assert "fupdate_time of t_invoice is no time in 1 row" in error, stamp
            assert "\x1b" not in error
            assert after[tenant][0] == before[tenant][0] and after[tenant][2] == "FAILED"
        assert after["good"][0] > before["good"][0] and after["good"][2] == "SUCCESS"
        # What has a time does not wait.
        assert len(tree.files()) == 2 * len(tenants) + 1
    sqlite.run("UPDATE t_invoice SET fupdate_time = ? WHERE fid BETWEEN 100 AND 199",
               (sqlite.ago(45),))
    assert tree.incremental(sqlite, "30m").files_written == len(tenants)
    tree.check_equals(sqlite)


@pytest.mark.parametrize("stamp", [None, "", "0000-00-00", "0000-00-00 00:00:00",
                                   "2025-06-01T10:00:00", "2999-01-01 00:00:00"])
def test_a_stamp_that_is_missing_or_a_time_of_another_form_fails_no_tenant(sqlite, tree, stamp):
    """Those without one are for the sweep, those of the future for later runs."""
    sqlite.make_table()
    sqlite.add(invoice(1), {**invoice(2), "fupdate_time": stamp})
    assert tree.export(sqlite, "-i").rejects_open == 0
    assert tree.state()["t1"][2] == "SUCCESS"


def test_a_table_of_numbers_alone_exports_nothing_and_says_so(sqlite, tree):
    sqlite.make_table()
    sqlite.add(*[{**invoice(fid), "fupdate_time": 1_748_772_000 + fid} for fid in range(1, 4)])
    ran = tree.export(sqlite, "-i", code=1)
    assert "3 rows, such as 1748772001" in ran.tenant("t1")["error"]
    assert tree.export(sqlite).files_written == 3  # A full export needs no times.


def test_numbers_of_rows_that_are_not_exported_hold_nobody_up(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1), {**invoice(2, status=1), "fupdate_time": 5},
               {**invoice(3, country="DE"), "fupdate_time": 5})
    assert tree.export(sqlite, "-i", "--country", "CN").files_written == 1
    assert tree.export(sqlite, "-i", code=None).code in (1, 3)


def drop_index(source):
    on = " ON t_invoice" if isinstance(source, MariaSource) else ""
    source.run(f"DROP INDEX idx_incremental_export_t_invoice{on}")


@pytest.mark.parametrize("indexed", [True, False])
def test_texts_that_are_no_times_in_a_column_of_a_server(source, tree, indexed):
    if isinstance(source, SqliteSource):
        pytest.skip("has tests of its own")
    source.make_table(fupdate_time="VARCHAR(40)")
    if not indexed:
        drop_index(source)
    source.add(invoice(1), invoice(2, stamp="1748772000"), invoice(3, stamp="n/a"),
               invoice(4, stamp=""), invoice(5, tenant="t2"))
    ran = tree.incremental(source, "60m", code=3)
    assert "is no time in 2 rows" in ran.tenant("t1")["error"]
    for minutes, stamp in ((50, "1748772000"), (40, "n/a")):  # Those that come when there is a watermark, too.
        source.run("UPDATE t_invoice SET fupdate_time = '2025-06-01 10:00:00' WHERE fid <> 4")
        tree.incremental(source, f"{minutes}m")
        source.add(invoice(6, stamp=stamp))
        ran = tree.incremental(source, f"{minutes - 5}m", code=3)
        assert "is no time in 1 row," in ran.tenant("t1")["error"]
        assert ran.tenant("t2")["status"] == "SUCCESS"
        source.run("DELETE FROM t_invoice WHERE fid = 6")
    source.run("DELETE FROM t_invoice WHERE fid = 4")
    tree.incremental(source, "30m")
    tree.check_equals(source)


def doctor_finding(source, tree, check):
    examined = subprocess.run(
        [BINARY, "doctor", "--source", source.url, "-o", tree.path, "--json"],
        env={"PATH": os.environ["PATH"], "HOME": tree.home}, cwd=tree.home,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=120, encoding="utf-8")
    findings = [line for line in map(json.loads, examined.stdout.splitlines())
                if line["message_type"] == "finding"]
    return next(finding for finding in findings if finding["check"] == check)


@pytest.mark.parametrize("indexed", [True, False])
def test_the_day_of_today_alone_is_no_time(source, tree, indexed):
    """It lies before the watermark, which has a time of day, from the moment when it is written."""
    source.make_table(fupdate_time="DATETIME" if isinstance(source, SqliteSource) else "VARCHAR(40)")
    if not indexed:
        drop_index(source)
    source.add(invoice(1, stamp=source.ago(90)), invoice(3, tenant="t2"))
    tree.incremental(source, "60m")
    mark = tree.state()["t1"][0]
    source.add(invoice(2, stamp=mark[:10]))
    for minutes in (50, 40):
        ran = tree.incremental(source, f"{minutes}m", code=3)
        assert f"is no time in 1 row, such as {mark[:10]}" in ran.tenant("t1")["error"]
        assert tree.state()["t1"][0] == mark
    source.run("UPDATE t_invoice SET fupdate_time = ? WHERE fid = 2", (source.ago(35),))
    tree.incremental(source, "30m")
    tree.check_equals(source)


def test_a_table_of_days_alone_in_texts_is_exported_and_told(sqlite, tree):
    """The whole of it, once: and what it takes to be exported by days."""
    sqlite.make_table(fupdate_time="TEXT")
    sqlite.add(*[invoice(fid, stamp=f"2025-06-0{fid}") for fid in range(1, 6)])
    ran = tree.incremental(sqlite, "60m", code=3)
    assert "is no time in 5 rows" in ran.tenant("t1")["error"] and len(tree.files()) == 5
    sqlite.run("ALTER TABLE t_invoice RENAME TO kept")
    sqlite.run("CREATE VIEW t_invoice AS SELECT fid, ftenant_id, fcountry, fissue_date, finvoice_no, "
               "fissue_status, fext_field, fupdate_time || ' 23:59:59' AS fupdate_time FROM kept")
    config = ("--config", os.path.join(tree.home, "view.toml"))
    with open(config[1], "w", encoding="utf-8") as file:
        file.write('[export.invoices]\nkey = "fid"\n')
    assert tree.incremental(sqlite, "50m", *config).tenant("t1")["status"] == "SUCCESS"
    today = sqlite.now().strftime("%Y-%m-%d")
    sqlite.run("INSERT INTO kept SELECT 9, ftenant_id, fcountry, fissue_date, 'INV9', fissue_status, "
               "fext_field, ? FROM kept WHERE fid = 1", (today,))
    # Today's rows wait for the day's end.
    assert tree.incremental(sqlite, "0m", *config).rows_read == 0
    sqlite.run("UPDATE kept SET fupdate_time = date(?, '-1 day') WHERE fid = 9", (today,))
    tree.edit_state(lambda text: re.sub(r"\|[^|]* [^|]*\|", "|2025-06-30 00:00:00|", text))
    assert tree.incremental(sqlite, "0m", *config).rows_read == 1
    tree.check_equals(sqlite)


def test_days_alone_in_a_column_of_days_are_times(source, tree):
    source.make_table(fupdate_time="DATE")
    source.add(invoice(1, stamp="2025-06-01"))
    assert tree.incremental(source, "60m").files_written == 1
    assert tree.state()["t1"][2] == "SUCCESS"


def test_doctor_names_days_alone(source, tree):
    source.make_table(fupdate_time="DATETIME" if isinstance(source, SqliteSource) else "VARCHAR(40)")
    source.add(invoice(1), invoice(2, stamp="2025-06-01"))
    finding = doctor_finding(source, tree, "update_time")
    assert finding["verdict"] == "failure" and finding["what"].startswith("1 row ")
    assert "DATE" in finding["mend"]


def test_texts_among_the_years_of_old_windows_are_for_doctor(source, tree):
    """On a server: an index cannot tell them from times, and runs do not read it all each time."""
    if isinstance(source, SqliteSource):
        pytest.skip("asks for each year")
    source.make_table(fupdate_time="VARCHAR(40)")
    source.add(invoice(1))
    tree.incremental(source, "60m")
    source.add(invoice(2, stamp="2024/06/01 10:00:00"))
    assert tree.incremental(source, "50m").rows_read == 0
    examined = subprocess.run(
        [BINARY, "doctor", "--source", source.url, "-o", tree.path, "--json"],
        env={"PATH": os.environ["PATH"], "HOME": tree.home}, cwd=tree.home,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=120, encoding="utf-8")
    assert examined.returncode == 1 and "is no time" in examined.stdout
    # A tenant that is read from the beginning tells it, too.
    tree.edit_state(lambda text: "")
    assert "is no time in 1 row," in tree.incremental(source, "40m", code=3).tenant("t1")["error"]


def test_a_copy_of_a_table_of_sqlite_that_forgot_its_types_has_times_all_the_same(sqlite, tree):
    sqlite.make_table(fupdate_time="DATETIME")
    sqlite.add(invoice(1, stamp="2025-01-02 03:04:05"))
    sqlite.run("CREATE TABLE kept AS SELECT * FROM t_invoice")
    sqlite.run("DROP TABLE t_invoice")
    sqlite.run("ALTER TABLE kept RENAME TO t_invoice")
    key = {"TIDEMARK_EXPORT__INVOICES__KEY": "fid"}  # Forgotten as well.
    assert tree.export(sqlite, "-i", **key).files_written == 1
    sqlite.run("UPDATE t_invoice SET fupdate_time = 1748772000")
    refused = tree.export(sqlite, "-i", code=2, **key).exit_error
    assert "fupdate_time of t_invoice is NUM" in refused["message"]


def test_a_second_table_by_configuration(source, tree, tmp_path):
    """Other names, no country, no status, numbers for tenants."""
    table = "t_receipt"
    source.run(f"DROP TABLE IF EXISTS {table}")
    stamp = "TIMESTAMP" if isinstance(source, PostgresSource) else "DATETIME"
    source.run(f"CREATE TABLE {table} (code VARCHAR(20) PRIMARY KEY, shop INTEGER, day DATE, "
               f"body TEXT, changed {stamp})")
    for code in ("A", "b/2"):
        source.run(f"INSERT INTO {table} VALUES (?, 7, '2025-01-02', '{{}}', ?)",
                   (code, source.ago(90)))
    config = tmp_path / "tidemark.toml"
    config.write_text(f"""
[export.invoices]
table = "{table}"
tenant_column = "shop"
country_column = ""
status_column = ""
date_column = "day"
number_column = "code"
payload_column = "body"
update_time_column = "changed"
path = "{{tenant}}/{{date}}-{{key}}"
""")
    ran = tree.incremental(source, "60m", "--config", str(config))
    assert ran.rows_read == 2
    assert sorted(tree.raw()) == ["7/20250102-A.json", "7/20250102-b_2.json"]
    assert tree.export(source, "--tenant", "7", "--config", str(config)).rows_read == 2
    assert tree.export(source, "--tenant", "x", "--config", str(config)).rows_read == 0
    source.run(f"DROP TABLE {table}")


@pytest.mark.parametrize("kind, column", [("mariadb", "JSON"), ("postgres", "JSON"),
                                          ("postgres", "JSONB")])
def test_json_columns(request, tree, kind, column):
    """A jsonb has a text form of its own; that is what the database gives."""
    source = request.getfixturevalue(kind)
    source.make_table(fext_field=column)
    stored = '{"b": 1,  "a": 1.10}'
    source.add(invoice(1, payload=stored))
    tree.export(source)
    content = tree.raw()["t1/CN/20250304+INV1.json"].decode()
    assert content == (stored if column == "JSON" else '{"a": 1.10, "b": 1}')
