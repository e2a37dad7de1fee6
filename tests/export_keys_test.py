"""Rows whose key nothing can be compared with, keys that are bytes, and long lists of tenants."""

import sqlite3
import uuid

import pytest

from export_fixture import COLUMNS, SqliteSource, invoice, payload_of

TENANTS = 1200  # More than an SQL expression of SQLite may be deep (1,000).


def message_of(ran):
    return " ".join(line["message"] for line in ran.lines if line["message_type"] == "error")


def make_table_with_nullable_key(source, rows):
    """The key is a unique column that may be NULL; `rows` have one, and two more do not."""
    source.make_table(finvoice_no="VARCHAR(64)")
    source.run("CREATE UNIQUE INDEX number_once ON t_invoice (finvoice_no)")
    source.run("ALTER TABLE t_invoice ADD COLUMN serial VARCHAR(64)")
    source.run("CREATE UNIQUE INDEX serial_once ON t_invoice (serial)")
    source.add(*[invoice(fid) for fid in range(1, rows + 3)])
    source.run("UPDATE t_invoice SET serial = finvoice_no WHERE fid <= ?", (rows,))


@pytest.mark.parametrize("rows", [10, 5000])  # One chunk, and a range that is cut.
def test_rows_without_a_key_are_counted_and_the_others_exported(source, tree, rows):
    make_table_with_nullable_key(source, rows)
    key = {"TIDEMARK_EXPORT__INVOICES__KEY": "serial"}
    ran = tree.export(source, code=3, **key)
    assert "2 rows" in message_of(ran) and "serial" in message_of(ran)
    assert ran.files_written == len(tree.raw()) == rows

    ran = tree.incremental(source, "5m", code=3, **key)
    assert "2 rows" in message_of(ran)
    assert tree.state()["t1"][2] == "FAILED"  # The watermark waits for them.

    source.run("UPDATE t_invoice SET serial = finvoice_no WHERE serial IS NULL")
    tree.incremental(source, "5m", **key)
    tree.check_equals(source)


def test_nothing_is_pruned_while_rows_have_no_key(sqlite, tree):
    sqlite.make_table(fid="TEXT")
    sqlite.add(*[invoice(fid) for fid in range(1, 6)])
    tree.export(sqlite)
    sqlite.run("UPDATE t_invoice SET fid = NULL WHERE finvoice_no = 'INV3'")
    ran = tree.export(sqlite, "--prune", code=3)
    assert "1 row " in message_of(ran)
    tree.check_equals(sqlite)


def test_bytes_in_a_text_key_are_not_lost_silently(sqlite, tree):
    sqlite.make_table(fid="TEXT")
    sqlite.add(*[invoice(fid) for fid in range(1, 3001)])
    sqlite.run("UPDATE t_invoice SET fid = x'ff01' WHERE finvoice_no = 'INV7'")
    ran = tree.export(sqlite, code=3)
    assert "1 row " in message_of(ran)
    assert len(tree.raw()) == 2999


BINARY = {"sqlite": "BLOB", "mariadb": "VARBINARY(16)", "postgres": "BYTEA"}


def fill_with_binary_keys(source, rows):
    kind = type(source).__name__.replace("Source", "").lower().replace("maria", "mariadb")
    source.make_table(fid=BINARY[kind])
    source.add(*[{**invoice(fid), "fid": bytes([0xff, 0x7c, fid % 256, fid // 256, 0])}
                 for fid in range(1, rows + 1)])


def test_binary_keys_are_read_whole_and_told_apart(source, tree):
    fill_with_binary_keys(source, 5000)
    ran = tree.export(source)
    assert ran.files_written == 5000
    tree.check_equals(source)
    assert tree.export(source).files_unchanged == 5000


def test_binary_keys_stay_apart_in_a_packed_tree(source, tree):
    fill_with_binary_keys(source, 300)
    tree.export(source, "--layout", "ndjson")
    lines = [line for path, content in tree.raw().items() if path.endswith(".ndjson")
             for line in content.decode().splitlines()]
    assert len(lines) == 300
    assert len({line.split(',"invoice_no"')[0] for line in lines}) == 300
    assert not any("\ufffd" in line for line in lines)


@pytest.mark.parametrize("mode", [(), ("-i",)])
def test_more_than_a_thousand_tenants(source, tree, mode):
    read_a_thousand_tenants(source, tree, mode)


@pytest.mark.parametrize("mode", [("--limit", str(TENANTS)), ("-i", "--limit", str(TENANTS))])
def test_more_than_a_thousand_groups(sqlite, tree, mode):
    read_a_thousand_tenants(sqlite, tree, mode)


def read_a_thousand_tenants(source, tree, mode):
    source.make_table()
    source.add(*[invoice(fid, tenant=f"t{fid}") for fid in range(1, TENANTS + 11)])
    words = [word for fid in range(1, TENANTS + 1) for word in ("--tenant", f"t{fid}")]
    ran = tree.export(source, *mode, *words)
    assert ran.rows_read == ran.files_written == len(tree.raw()) == TENANTS


def test_a_tenant_that_is_named_twice_is_read_once(sqlite, tree):
    sqlite.make_table()
    sqlite.add(*[invoice(fid) for fid in range(1, 4)])
    assert tree.export(sqlite, "--tenant", "t1", "--tenant", "t1").rows_read == 3


def test_a_limit_takes_the_same_groups_on_every_database(source, tree):
    source.make_table()
    source.add(*[invoice(fid, tenant=tenant, country=country)
                 for fid, (tenant, country) in enumerate(
                     [("b", "CN"), ("b", None), ("a", "DE"), ("a", None), ("a", "CN")], 1)])
    tree.export(source, "--limit", "2")
    assert sorted(tree.files()) == ["a/CN/20250304+INV5", "a/UNKNOWN/20250304+INV4"]


def test_the_rows_of_a_rejected_key_come_back_among_many_tenants(sqlite, tree):
    sqlite.make_table()
    sqlite.add(*[invoice(fid, tenant=f"t{fid}") for fid in range(1, TENANTS + 1)])
    sqlite.run("UPDATE t_invoice SET fext_field = '{' WHERE fid = 17")
    words = [word for fid in range(1, TENANTS + 1) for word in ("--tenant", f"t{fid}")]
    tree.incremental(sqlite, "5m", *words, code=3)
    sqlite.run("UPDATE t_invoice SET fext_field = ? WHERE fid = 17", (payload_of(17),))
    assert tree.incremental(sqlite, "5m", *words).rows_read == 1
    tree.check_equals(sqlite)


def test_tenants_that_no_comparison_finds_are_told(mariadb, tree):
    """0.1 of a FLOAT is not 0.1: no window would hold its rows, and its watermark would move."""
    mariadb.make_table(ftenant_id="FLOAT")
    mariadb.add(invoice(1, tenant=0.1), invoice(2, tenant=7), invoice(3, tenant=8, status=1))
    for _ in range(2):
        ran = tree.incremental(mariadb, "60m", code=3)
        assert "ftenant_id is 0.1 cannot be found" in message_of(ran)
        assert {tenant: line[2] for tenant, line in tree.state().items()} == {
            "0.1": "FAILED", "7": "SUCCESS", "8": "SUCCESS"}
    # What is gone by now is nobody's loss.
    mariadb.run("DELETE FROM t_invoice WHERE fid = 1")
    tree.incremental(mariadb, "60m")


UUIDS = ("00112233-4455-6677-8899-aabbccddeeff", "f0112233-4455-6677-8899-aabbccddeeff")


@pytest.mark.parametrize("kind, tenants", [
    ("BIGINT UNSIGNED", (7, 2**63, 2**64 - 1)), ("UUID", UUIDS), ("INET6", ("::1", "2001:db8::7")),
    ("DECIMAL(10,2)", ("0.00", "7.50")),
    ("DECIMAL(20,0)", (1234567890123456788, 1234567890123456789, 2**63 - 1)), ("DATE", ("2025-01-02", "2025-01-03")),
    ("DOUBLE", (0.5, 1e300))])
def test_tenants_of_any_type_are_in_a_window(mariadb, tree, kind, tenants):
    read_tenants(mariadb, tree, kind, tenants)


@pytest.mark.parametrize("kind, tenants", [
    ("UUID", UUIDS), ("NUMERIC", ("0", "7.50")), ("DATE", ("2025-01-02", "2025-01-03")),
    ("BIGINT", (7, -8)), ("BOOLEAN", (True, False)), ("REAL", (0.1, 7)), ("INET", ("::1", "10.0.0.1"))])
def test_tenants_of_any_type_are_in_a_window_of_postgres(postgres, tree, kind, tenants):
    read_tenants(postgres, tree, kind, tenants)


def read_tenants(server, tree, kind, tenants):
    """Each of them, and none at all, as tenant and as country."""
    rows = [invoice(fid, tenant=tenant, country=tenant) for fid, tenant in
            enumerate([*tenants, None, *tenants])]
    server.make_table(ftenant_id=f"{kind} NULL", fcountry=f"{kind} NULL")
    server.add(*rows)
    ran = tree.incremental(server, "60m")
    assert ran.rows_read == len(rows)
    lines = tree.state()
    assert sorted(records for _, records, _ in lines.values()) == [1, *[2] * len(tenants)]
    for tenant, (_, records, _) in lines.items():
        assert tree.export(server, "--tenant", tenant).rows_read == records, tenant
        country = tenant or "UNKNOWN"
        assert tree.export(server, "--country", country).rows_read == records, country
    assert tree.export(server, "--limit", "20").rows_read == len(rows)
    words = [word for tenant in lines for word in ("--tenant", tenant)]
    assert tree.export(server, *words).rows_read == len(rows)


def test_tenants_of_a_type_of_the_users_own(postgres, tree):
    postgres.run("DROP DOMAIN IF EXISTS tenant_id CASCADE")
    postgres.run("CREATE DOMAIN tenant_id AS UUID")
    read_tenants(postgres, tree, "tenant_id", UUIDS)


LARGE = 1234567890123450000
KEYS = {
    "mariadb": {"DECIMAL(20,0)": lambda n: LARGE + n, "DECIMAL(30,6)": lambda n: f"{LARGE}.{n:06}",
                "BIGINT UNSIGNED": lambda n: 2**64 - 1 - n, "DOUBLE": lambda n: n / 10,
                "DATETIME(6)": lambda n: f"2025-01-01 00:00:00.{n:06}",
                "UUID": lambda n: str(uuid.UUID(int=n * 2**96 + (5000 - n) * 2**48)),
                "INET6": lambda n: f"2001:db8::{n + 1:x}"},
    "postgres": {"NUMERIC": lambda n: f"{LARGE}.{n:06}", "DOUBLE PRECISION": lambda n: n / 10,
                 "REAL": lambda n: n / 10, "TIMESTAMPTZ": lambda n: f"2025-01-01 00:00:00.{n:06}",
                 "UUID": lambda n: str(uuid.UUID(int=n * 2**96 + (5000 - n) * 2**48)),
                 "INTERVAL": lambda n: f"{n} seconds"},
    # SQLite reads some shortest texts of these as a neighbour.
    "sqlite": {kind: lambda n: (3.17218417463643e+21 + 2**20 * n if n else float("inf"))
               for kind in ("REAL", "NUMERIC")}}


def make_table_with_keys(source, kind, key_of):
    source.make_table(fid=kind)
    source.add(*({**invoice(n), "fid": key_of(n)} for n in range(3000)))


@pytest.mark.parametrize("server, kind", [(server, kind) for server, kinds in KEYS.items()
                                          for kind in kinds])
def test_keys_of_any_type_are_read_in_ranges(request, tree, server, kind):
    source = request.getfixturevalue(server)
    make_table_with_keys(source, kind, KEYS[server][kind])
    for words in ((), ("-i", "--margin", "5m")):
        assert tree.export(source, *words).rows_read == 3000
    assert len(tree.raw()) == 3000


@pytest.mark.parametrize("kind", ["REAL", "NUMERIC"])
@pytest.mark.parametrize("key", [3.17218417463643e+21, float("inf"), 0.1 + 0.2])
def test_a_rejected_row_with_a_key_of_a_real_number_is_found_again(sqlite, tree, kind, key):
    """It was looked for by a text that SQLite reads as another number, and taken off the list."""
    sqlite.make_table(fid=kind)
    sqlite.add({**invoice(1, payload="{broken"), "fid": key}, invoice(2))
    for _ in range(3):
        assert tree.incremental(sqlite, "5m", code=3).rejects_open == 1
    sqlite.run("UPDATE t_invoice SET fext_field = '{}' WHERE fid <> 2")
    assert tree.incremental(sqlite, "5m").rejects_open == 0
    assert len(tree.raw()) == 2


def test_a_key_that_is_ordered_by_number_and_compared_as_a_text(mariadb, tree):
    mariadb.make_table(key="fcountry, fid", fcountry="ENUM('z', 'a')")
    mariadb.add(*(invoice(n, country="z" if n < 120 else "a") for n in range(6000)))
    for words in ((), ("-i", "--margin", "5m")):
        assert tree.export(mariadb, *words).rows_read == 6000


@pytest.mark.parametrize("words", [(), ("--limit", "3")])
def test_a_table_without_a_country(source, tree, words):
    source.make_table()
    source.add(*(invoice(n, tenant=f"t{n}") for n in range(5)))
    ran = tree.export(source, *words, TIDEMARK_EXPORT__INVOICES__COUNTRY_COLUMN="")
    assert ran.rows_read == (3 if words else 5)


@pytest.mark.parametrize("kind", ["FLOAT", "BIT(16)"])
def test_a_key_that_is_shown_as_something_else_is_refused(mariadb, tree, kind):
    """Keys of FLOAT show six digits, so that rows became one; ranges of bits lost rows silently."""
    make_table_with_keys(mariadb, kind, lambda n: n)
    ran = tree.export(mariadb, code=2)
    assert kind.lower() in ran.err + ran.out and "CAST" in ran.err + ran.out
    cast = "UNSIGNED" if kind == "BIT(16)" else "DOUBLE"
    columns = ", ".join(column for column in COLUMNS if column != "fid")
    mariadb.run(f"CREATE OR REPLACE VIEW v_invoice AS SELECT CAST(fid AS {cast}) AS fid, {columns}"
                " FROM t_invoice")
    ran = tree.export(mariadb, TIDEMARK_EXPORT__INVOICES__TABLE="v_invoice",
                      TIDEMARK_EXPORT__INVOICES__KEY="fid")
    assert ran.rows_read == len(tree.raw()) == 3000


def test_a_database_in_utf_16_is_refused(tree, tmp_path):
    path = str(tmp_path / "wide.db")
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA encoding = 'UTF-16'")
        database.execute("CREATE TABLE other (fid INTEGER)")
    with SqliteSource(path) as source:
        source.make_table()
        source.add(invoice(1))
        ran = tree.export(source, code=None)
        assert ran.code not in (0, 3)
        assert "UTF-16" in ran.text()


# SQLite, where an expression of a view and a column without a type have none: 3, '3' and x'33'
# stay what they are, and none is equal to another.

UNTYPED = {
    "numbers": "fid + 0 AS fid, ftenant_id + 0 AS ftenant_id, 49 AS fcountry, fissue_date,"
               " finvoice_no, fissue_status + 0 AS fissue_status, fext_field, fupdate_time",
    "texts": "fid || '' AS fid, ftenant_id || '' AS ftenant_id, '49' AS fcountry, fissue_date,"
             " finvoice_no, fissue_status || '' AS fissue_status, fext_field, fupdate_time",
    "bytes": "CAST(fid || '' AS BLOB) AS fid, CAST(ftenant_id AS BLOB) AS ftenant_id,"
             " CAST('49' AS BLOB) AS fcountry, fissue_date, finvoice_no,"
             " CAST(fissue_status AS BLOB) AS fissue_status, fext_field, fupdate_time",
}


def make_untyped(sqlite, kind, is_view):
    sqlite.make_table("origin", ftenant_id="INTEGER")
    sqlite.add(*(invoice(fid, tenant=fid % 3, status=2 if fid % 10 == 0 else 3)
                 for fid in range(1, 4001)), table="origin")
    if is_view:
        sqlite.run(f"CREATE VIEW t_invoice AS SELECT {UNTYPED[kind]} FROM origin")
    else:
        sqlite.run("CREATE TABLE t_invoice (fid, ftenant_id, fcountry, fissue_date, finvoice_no,"
                   " fissue_status, fext_field, fupdate_time)")
        sqlite.run(f"INSERT INTO t_invoice SELECT {UNTYPED[kind]} FROM origin")
    return {"TIDEMARK_EXPORT__INVOICES__KEY": "fid"}


@pytest.mark.parametrize("is_view", [True, False])
@pytest.mark.parametrize("kind", sorted(UNTYPED))
def test_columns_without_a_type_lose_no_row(sqlite, tree, kind, is_view):
    key = make_untyped(sqlite, kind, is_view)
    ran = tree.export(sqlite, **key)
    assert (ran.rows_read, len(tree.raw())) == (3600, 3600)
    assert tree.export(sqlite, "--prune", "--yes", **key).files_removed == 0
    tree.incremental(sqlite, "60m", **key)
    assert {tenant: line[1] for tenant, line in tree.state().items()} == {
        "0": 1200, "1": 1200, "2": 1200}
    for words in (["--tenant", "1"], ["--country", "49", "--tenant", "1"], ["--limit", "1"]):
        assert tree.export(sqlite, *words, **key).rows_read == 1200
    changed = "t_invoice" if not is_view else "origin"
    sqlite.run(f"UPDATE {changed} SET fupdate_time = ? WHERE finvoice_no IN ('INV7', 'INV3998')",
               (sqlite.ago(30),))
    assert tree.incremental(sqlite, "5m", **key).rows_read == 2


def test_an_integer_column_of_sqlite_may_hold_a_text(sqlite, tree):
    sqlite.make_table(ftenant_id="INTEGER")
    sqlite.add(invoice(1, tenant=5), invoice(2, tenant="abc"))
    tree.incremental(sqlite, "5m")
    assert set(tree.state()) == {"5", "abc"}
    tree.check_equals(sqlite)
    assert tree.export(sqlite, "--tenant", "abc").rows_read == 1


def test_texts_that_sqlite_takes_for_a_number_are_other_tenants(sqlite, tree):
    sqlite.make_table(ftenant_id="INTEGER")
    sqlite.add(invoice(1, tenant=7))
    words = [word for name in ("7", " 7", "7e0", "07") for word in ("--tenant", name)]
    assert tree.incremental(sqlite, "5m", *words).rows_read == 1
    assert set(tree.state()) == {"7"}


def test_keys_of_another_kind_are_counted_and_the_others_exported(sqlite, tree):
    key = make_untyped(sqlite, "numbers", False)
    sqlite.run("UPDATE t_invoice SET fid = 'abc' WHERE fid = 9")
    sqlite.run("UPDATE t_invoice SET fid = 2.5 WHERE fid = 12")
    sqlite.run("UPDATE t_invoice SET fid = 'no matter', fissue_status = 0 WHERE fid = 13")
    ran = tree.export(sqlite, code=3, **key)
    assert "2 rows" in message_of(ran)
    assert len(tree.raw()) == 3597


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("kind", ["TEXT", "INTEGER"])
def test_bytes_in_a_column_of_tenants_are_in_a_window(sqlite, tree, kind, indexed):
    """No text and no number is equal to them: they spell a tenant all the same."""
    sqlite.make_table(ftenant_id=kind, fcountry="TEXT")
    if not indexed:
        sqlite.run("DROP INDEX idx_incremental_export_t_invoice")
    sqlite.add(invoice(1, tenant="7"), invoice(2, tenant=b"7"), invoice(3, tenant=b"8"),
               invoice(4, tenant="7", country=b"CN"))
    ran = tree.incremental(sqlite, "60m")
    assert ran.rows_read == 4
    assert {tenant: line[1] for tenant, line in tree.state().items()} == {"7": 3, "8": 1}
    assert any("BLOB" in note for note in ran.notes)
    assert len(tree.raw()) == 4
    assert tree.export(sqlite, "--prune", "--yes").files_removed == 0
    for words, rows in ([["--tenant", "7"], 3], [["--tenant", "8"], 1], [["--country", "CN"], 4],
                        [["--limit", "1"], 3]):
        assert tree.export(sqlite, *words).rows_read == rows, words
    sqlite.change(2, sqlite.ago(30), fext_field=payload_of(2, 2))
    assert tree.incremental(sqlite, "5m").rows_read == 1


@pytest.mark.parametrize("kind", ["", "REAL", "NUMERIC", "INTEGER"])
def test_numbers_with_a_point_are_in_a_window(sqlite, tree, kind):
    """SQLite writes 1e+300 and 0.1 + 0.2 in its own way, and takes 7 and 7.0 for the same."""
    sqlite.make_table(ftenant_id=kind)
    # SQLite reads some of their shortest texts as a neighbour.
    tenants = [7, 7.0, 7.5, 0.1 + 0.2, 0.3, 1e300, 1234567890123456789.0, "0.3", "a",
               3.17218417463643e+21, 5e-324, 1.7976931348623157e308, float("inf"), -0.1, "Inf", "-Inf"]
    sqlite.add(*(invoice(fid, tenant=tenant) for fid, tenant in enumerate(tenants)))
    found = tree.export(sqlite)
    assert found.rows_read == len(tenants)
    assert tree.incremental(sqlite, "60m").rows_read == len(tenants)
    lines = tree.state()
    assert sum(records for _, records, _ in lines.values()) == len(tenants), lines
    words = [word for tenant in lines for word in ("--tenant", tenant)]
    assert tree.export(sqlite, *words).rows_read == len(tenants)
    assert tree.export(sqlite, "--limit", "20", "--prune", "--yes").files_removed == 0
    for tenant, (_, records, _) in lines.items():
        assert tree.export(sqlite, "--tenant", tenant).rows_read == records, tenant


@pytest.mark.parametrize("kind", ["BIGINT", "DECIMAL(20,0)"])
def test_bytes_in_a_key_of_numbers_are_counted(sqlite, tree, kind):
    """As texts they are other rows' keys, and a run that began behind them never came to its end."""
    sqlite.make_table(fid=kind)
    sqlite.add(*(invoice(fid) for fid in range(1, 3011)))
    sqlite.run("UPDATE t_invoice SET fid = CAST(fid - 10 AS BLOB) WHERE fid > 10")
    for words in ((), ("-i", "--margin", "5m")):
        ran = tree.export(sqlite, *words, code=3)
        assert "3000 rows" in message_of(ran)
        assert (ran.rows_read, len(tree.raw())) == (10, 10)
    assert tree.export(sqlite, "--prune", "--yes", code=3).files_removed == 0


def test_a_key_of_fractions_is_refused(sqlite, tree):
    make_untyped(sqlite, "numbers", False)
    sqlite.run("UPDATE t_invoice SET fid = fid + 0.5")
    ran = tree.export(sqlite, code=2, TIDEMARK_EXPORT__INVOICES__KEY="fid")
    assert "fid" in ran.err + ran.out and "CAST" in ran.err + ran.out


def test_a_fraction_among_the_keys_is_a_row_without_a_usable_key(sqlite, tree):
    make_untyped(sqlite, "numbers", False)
    rows = tree.export(sqlite, TIDEMARK_EXPORT__INVOICES__KEY="fid").rows_read
    sqlite.run("UPDATE t_invoice SET fid = 0.5 WHERE fid = (SELECT MIN(fid) FROM t_invoice)")
    ran = tree.export(sqlite, code=3, TIDEMARK_EXPORT__INVOICES__KEY="fid")
    assert "1 row" in message_of(ran)
    assert ran.rows_read == rows - 1


def test_columns_without_a_type_compare_as_sql_does(sqlite, tree):
    """A status of 3.0 is one of 3; two spellings of a tenant are two tenants, and none is lost."""
    sqlite.run("CREATE TABLE t_invoice (fid INTEGER PRIMARY KEY, ftenant_id COLLATE NOCASE,"
               " fcountry INTEGER, fissue_date, finvoice_no, fissue_status, fext_field,"
               " fupdate_time)")
    sqlite.add(invoice(1, tenant="a", status=3.0), invoice(2, tenant="A", country=""),
               invoice(3, tenant=2.5, status="3"), invoice(4, tenant="A", status=4))
    ran = tree.incremental(sqlite, "5m")
    assert ran.rows_read == 3
    assert {tenant: line[1] for tenant, line in tree.state().items()} == {"a": 1, "A": 1, "2.5": 1}
    assert tree.export(sqlite, "--limit", "10").rows_read == 3
    assert tree.export(sqlite, "--country", "UNKNOWN").rows_read == 1
    assert tree.export(sqlite, "--prune", "--yes").files_removed == 0
