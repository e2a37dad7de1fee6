"""Keys that no unique index proves: rows with one key overwrite each other, and must not do so
silently. Views, tables without an index, PostgreSQL's inheritance, keys cut out of longer ones."""

import json
import os
import subprocess

import pytest

from export_fixture import BINARY, COLUMNS, invoice, payload_of
from export_packed_test import compact

KEY = {"TIDEMARK_EXPORT__INVOICES__KEY": "fid"}
ALL = ", ".join(COLUMNS)


def make_bare(source, name="t_invoice", **types):
    """The table without any index."""
    types = {**source.types, **types}
    source.run(f"DROP TABLE IF EXISTS {name}")
    source.run(f"CREATE TABLE {name} ({', '.join(f'{c} {types[c]}' for c in COLUMNS)})")


def errors(ran):
    return " ".join(line["message"] for line in ran.lines if line["message_type"] == "error")


def check_doubled(ran, *keys, table="t_invoice"):
    assert ran.code == 3
    text = errors(ran)
    assert "stands in more than one row" in text and table in text, ran.text()
    assert any(f"the key {key} " in text for key in keys), ran.text()
    assert "export.invoices.key" in ran.text()


def by_name(files):
    return {path.rsplit("+", 1)[1]: content for path, content in files.items()}


@pytest.mark.parametrize("rows", [10, 3000])
def test_a_full_export_finds_a_key_that_stands_twice(source, tree, rows):
    make_bare(source)
    source.add(*[invoice(fid) for fid in range(1, rows + 1)])
    assert tree.export(source, **KEY).rows_written == rows
    source.add(invoice(7, number="OTHER", payload=payload_of(7, 2)))
    snapshot = tree.raw()
    for _ in range(2):
        ran = tree.export(source, code=3, **KEY)
        check_doubled(ran, 7)
        assert (ran.rows_read, ran.rejected, ran.rejects_open) == (rows + 1, 1, 1)
        assert tree.raw() == snapshot  # Whichever row the database gives first.
    assert tree.export(source, "--prune", "--yes", code=3, **KEY).files_removed == 0
    # Where the first of them goes, the other gets its turn.
    source.run("DELETE FROM t_invoice WHERE finvoice_no = 'INV7'")
    ran = tree.export(source, **KEY)
    assert ran.rejects_open == 0
    tree.check_equals(source)


def test_a_first_export_writes_one_of_them(source, tree):
    make_bare(source)
    source.add(invoice(1), *[invoice(2, number=f"N{n}") for n in range(3)], invoice(3))
    source.run("UPDATE t_invoice SET fext_field = '{}'")
    ran = tree.export(source, code=3, **KEY)
    check_doubled(ran, 2)
    assert (ran.rows_read, ran.rows_written, ran.rejected) == (5, 3, 2)
    assert len(tree.raw()) == 3
    check_doubled(tree.export(source, code=3, **KEY), 2)


def test_both_rows_in_one_window(source, tree):
    make_bare(source)
    source.add(*[invoice(fid, tenant=f"t{fid % 2}", stamp=source.ago(60)) for fid in range(1, 21)],
               invoice(7, tenant="t1", number="OTHER", stamp=source.ago(50)))
    for _ in range(2):
        ran = tree.incremental(source, "5m", code=3, **KEY)
        check_doubled(ran, 7)
        assert {tenant: line[2] for tenant, line in tree.state().items()} == {
            "t0": "SUCCESS", "t1": "FAILED"}
        assert len(tree.raw()) == 20
    source.run("DELETE FROM t_invoice WHERE finvoice_no = 'OTHER'")
    assert tree.incremental(source, "5m", **KEY).rejects_open == 0
    tree.check_equals(source)


def test_both_rows_in_windows_of_their_own(source, tree):
    """Each run sees one of them, and the file of the first stays."""
    make_bare(source)
    source.add(invoice(1, stamp=source.ago(120)), invoice(2, tenant="t2", stamp=source.ago(120)))
    tree.incremental(source, "60m", **KEY)
    before = tree.raw()
    source.add(invoice(1, tenant="t2", number="OTHER", stamp=source.ago(30)),
               invoice(3, tenant="t2", stamp=source.ago(30)))
    for _ in range(2):
        ran = tree.incremental(source, "5m", code=3, **KEY)
        check_doubled(ran, 1)
        assert {tenant: line[2] for tenant, line in tree.state().items()} == {
            "t1": "SUCCESS", "t2": "FAILED"}
        assert before.items() <= tree.raw().items()
        assert set(by_name(tree.files())) == {"INV1", "INV2", "INV3"}
    source.run("UPDATE t_invoice SET fid = 4 WHERE finvoice_no = 'OTHER'")
    tree.incremental(source, "5m", **KEY)
    tree.check_equals(source)


def test_rows_that_are_not_exported_do_not_count(source, tree):
    make_bare(source)
    source.add(invoice(1, stamp=source.ago(60)), invoice(1, status=1, stamp=source.ago(60)))
    source.run(f"INSERT INTO t_invoice ({ALL}) SELECT {ALL.replace('fext_field', 'NULL')} "
               "FROM t_invoice WHERE fissue_status = 3")
    for words in ((), ("-i", "--margin", "5m"), ("--tenant", "t1")):
        tree.export(source, *words, **KEY)
    tree.check_equals(source)


@pytest.mark.parametrize("words", [("--tenant", "t1"), ("--country", "CN"), ("--limit", "1")])
def test_a_part_of_a_full_export_looks_at_the_whole_table(source, tree, words):
    make_bare(source)
    source.add(invoice(1), invoice(2), invoice(2, tenant="t2", country="DE", number="OTHER"))
    check_doubled(tree.export(source, *words, code=3, **KEY), 2)
    assert len(tree.raw()) == 2


@pytest.mark.parametrize("mode", [(), ("-i", "--margin", "5m")])
def test_packed_trees_tell_of_it_as_well(source, tree, mode):
    make_bare(source)
    source.add(*[invoice(fid, stamp=source.ago(60)) for fid in range(1, 6)],
               invoice(3, number="OTHER", stamp=source.ago(50)))
    ran = tree.export(source, "--layout", "ndjson", *mode, code=3, **KEY)
    check_doubled(ran, 3)
    assert (ran.rows_read, ran.rows_written, ran.rejected) == (6, 5, 1)
    if mode:
        assert tree.state()["t1"][2] == "FAILED"


def test_large_rows_that_share_a_key_are_in_one_chunk(source, tree):
    """A chunk ends with the row that fills it: those with its key must not be left for the next."""
    make_bare(source)
    large = '"' + "x" * (1 << 20) + '"'
    source.add(*[invoice(5, number=f"N{n}", payload=large) for n in range(9)],
               *[invoice(fid, payload=large) for fid in (1, 2, 3, 6, 7)])
    for words in ((), ("-i", "--margin", "5m")):
        ran = tree.export(source, *words, code=3, **KEY)
        check_doubled(ran, 5)
        assert ran.rows_read - ran.rejected == len(tree.raw()) == 6


def test_large_rows_do_not_end_the_transaction(source, tree):
    """A chunk that is full leaves its statement: PostgreSQL cancels it, and with it what follows."""
    source.make_table()
    large = '"' + "x" * (1 << 20) + '"'
    source.add(*[invoice(fid, payload=large) for fid in range(100)])
    assert tree.export(source).rows_read == 100
    assert tree.incremental(source, "5m").files_unchanged == 100


@pytest.mark.parametrize("rows", [5, 1500])
def test_a_view_that_doubles_rows(source, tree, rows):
    source.run("DROP VIEW IF EXISTS v_invoice")
    source.make_table("t_origin")
    source.add(*[invoice(fid) for fid in range(1, rows + 1)], table="t_origin")
    source.run("DROP TABLE IF EXISTS t_buyer")
    source.run("CREATE TABLE t_buyer (invoice INTEGER, name VARCHAR(20))")
    source.run("CREATE INDEX buyer_of ON t_buyer (invoice)")
    source.run("INSERT INTO t_buyer SELECT fid, 'a' FROM t_origin")
    source.run(f"CREATE VIEW v_invoice AS SELECT {ALL} FROM t_origin JOIN t_buyer ON invoice = fid")
    view = {**KEY, "TIDEMARK_EXPORT__INVOICES__TABLE": "v_invoice"}
    modes = ((), ("-i", "--margin", "5m"))
    for words in modes:
        assert tree.export(source, *words, **view).rows_read == rows
    source.run("INSERT INTO t_buyer VALUES (4, 'b')")
    source.run("UPDATE t_origin SET fupdate_time = ? WHERE fid = 4", (source.ago(2),))
    # Rows that are alike are as good as one: nothing is lost.
    for words, read in (((), rows + 1), (("-i", "--margin", "1m"), 2)):
        assert tree.export(source, *words, **view).rows_read == read
    assert len(tree.raw()) == rows
    source.run("DROP VIEW v_invoice")


def test_a_union_of_years_that_number_their_rows_alike(source, tree):
    source.run("DROP VIEW IF EXISTS v_invoice")
    for year in (2024, 2025):
        source.make_table(f"t_{year}")
        source.add(*[invoice(fid, number=f"{year}-{fid}") for fid in range(1, 6)], table=f"t_{year}")
    source.run(f"CREATE VIEW v_invoice AS SELECT {ALL} FROM t_2024 UNION ALL "
               f"SELECT {ALL} FROM t_2025 WHERE fid <> 3")
    view = {**KEY, "TIDEMARK_EXPORT__INVOICES__TABLE": "v_invoice"}
    ran = tree.export(source, code=3, **view)
    check_doubled(ran, 1, table="v_invoice")
    assert "3 more keys do likewise" in errors(ran)
    files = tree.raw()
    assert len(files) == 5
    check_doubled(tree.incremental(source, "5m", code=3, **view), 1, table="v_invoice")
    assert tree.raw() == files
    # The way out.
    both = {**view, "TIDEMARK_EXPORT__INVOICES__KEY": "fid,finvoice_no"}
    ran = tree.export(source, "--prune", "--yes", **both)
    assert len(tree.raw()) == 9
    source.run("DROP VIEW v_invoice")


@pytest.mark.parametrize("server", ["sqlite", "postgres"])
def test_a_partial_index_proves_nothing(request, tree, server):
    source = request.getfixturevalue(server)
    make_bare(source)
    source.run("CREATE UNIQUE INDEX once ON t_invoice (fid) WHERE fcountry = 'CN'")
    source.add(invoice(1), invoice(1, country="DE", number="OTHER"))
    check_doubled(tree.export(source, code=3, **KEY), 1)
    check_doubled(tree.incremental(source, "5m", code=3, **KEY), 1)
    # Nor does any other index that is not unique.
    source.run("CREATE INDEX stamps ON t_invoice (ftenant_id, fissue_status, fupdate_time)")
    check_doubled(tree.export(source, code=3, **KEY), 1)


def test_keys_that_differ_in_case_are_two(mariadb, tree):
    mariadb.run("ALTER DATABASE CHARACTER SET utf8mb4")
    make_bare(mariadb, fid="VARCHAR(20) COLLATE utf8mb4_general_ci")
    mariadb.add(*[{**invoice(fid), "fid": name} for fid, name in enumerate(["a", "A", "b", "á"])])
    for words in ((), ("-i", "--margin", "5m")):
        tree.export(mariadb, *words, **KEY)
    tree.check_equals(mariadb)
    # Equal ones do not lie next to each other.
    mariadb.add({**invoice(9), "fid": "a"})
    for words in ((), ("-i", "--margin", "5m")):
        check_doubled(tree.export(mariadb, *words, code=3, **KEY), "a")


@pytest.mark.parametrize("server, loose", [("sqlite", "TEXT COLLATE NOCASE"),
                                           ("mariadb", "VARCHAR(20) COLLATE utf8mb4_general_ci")])
def test_a_name_that_the_collation_takes_for_a_doubled_one_is_not_doubled(request, tree, server,
                                                                          loose):
    source = request.getfixturevalue(server)
    make_bare(source, fid=loose)
    source.add({**invoice(1), "fid": "a"}, {**invoice(1), "fid": "a"},
               {**invoice(2, tenant="t2"), "fid": "A"})
    tree.incremental(source, "5m", **KEY)
    assert set(by_name(tree.files())) == {"INV1", "INV2"}
    assert {line[2] for line in tree.state().values()} == {"SUCCESS"}


@pytest.mark.parametrize("rows", [10, 3000])
def test_rows_that_are_alike_but_for_their_stamps_are_as_good_as_one(source, tree, rows):
    """An archive that copies rows, beside the table that has them still."""
    make_bare(source)
    make_bare(source, "t_archive")
    source.run(f"CREATE OR REPLACE VIEW v_all AS SELECT {ALL} FROM t_invoice UNION ALL "
               f"SELECT {ALL} FROM t_archive" if type(source).__name__ != "SqliteSource" else
               f"CREATE VIEW v_all AS SELECT {ALL} FROM t_invoice UNION ALL "
               f"SELECT {ALL} FROM t_archive")
    view = {**KEY, "TIDEMARK_EXPORT__INVOICES__TABLE": "v_all"}
    source.add(*[invoice(fid, stamp=source.ago(120)) for fid in range(1, rows + 1)])
    source.add(invoice(1, stamp=source.ago(90)), table="t_archive")
    tree.incremental(source, "60m", **view)
    source.add(invoice(2, stamp=source.ago(30)), table="t_archive")
    for mode in (("-i", "--margin", "5m"), (), ("-i", "--margin", "4m")):
        assert tree.export(source, *mode, **view).rejected == 0
    assert len(tree.files()) == rows
    source.run("DROP VIEW v_all")


@pytest.mark.parametrize("doubled", [False, True])
def test_a_key_that_is_not_found_by_its_own_text(mariadb, tree, doubled):
    """Code page 932 has two signs that are one in UTF-8, and back from there it is the other: no
    row lies at the end of such a chunk, and the next one would begin with the rows of this again."""
    make_bare(mariadb, fid="VARCHAR(20) CHARACTER SET cp932 COLLATE cp932_bin")
    mariadb.add(*[{**invoice(fid), "fid": "" if doubled else f"{fid:04}"} for fid in range(3000)])
    for words in ((), ("-i", "--margin", "5m")):  # Of 0x81E0 all is well.
        mariadb.run("UPDATE t_invoice SET fid = CONCAT(_cp932 0x81E0, fid)")
        if not doubled and not words:
            assert tree.export(mariadb, *words, **KEY).rows_read == 3000
        mariadb.run("UPDATE t_invoice SET fid = CONCAT(_cp932 0x8790, SUBSTR(fid, 2))")
        ran = tree.export(mariadb, *words, code=None, **KEY)
        assert ran.code in (1, 3)
        assert "does not compare with its own text" in errors(ran)
        assert "export.invoices.key" in ran.text()
        mariadb.run("UPDATE t_invoice SET fid = SUBSTR(fid, 2)")


def test_keys_of_several_columns(source, tree):
    make_bare(source)
    source.add(*[invoice(fid, tenant=f"t{fid % 7}", number=f"N|{fid}%") for fid in range(2500)])
    key = {"TIDEMARK_EXPORT__INVOICES__KEY": "ftenant_id,finvoice_no"}
    for words in ((), ("-i", "--margin", "5m")):
        ran = tree.export(source, *words, **key)
        assert ran.rows_read == 2500
        assert any("ftenant_id, finvoice_no" in note for note in ran.notes)
    source.add(invoice(5000, tenant="t1", number="N|8%"))
    for words in ((), ("-i", "--margin", "1m")):
        source.run("UPDATE t_invoice SET fupdate_time = ? WHERE fid = 5000", (source.ago(2),))
        check_doubled(tree.export(source, *words, code=3, **key), "t1|N%7C8%25")


def test_children_of_a_table_are_not_in_its_primary_key(postgres, tree):
    postgres.run("DROP TABLE IF EXISTS t_invoice CASCADE")
    postgres.make_table()
    postgres.run("CREATE TABLE t_inv_2024 (PRIMARY KEY (fid)) INHERITS (t_invoice)")
    postgres.add(invoice(1), invoice(2))
    postgres.add(invoice(3, number="C3"), table="t_inv_2024")
    for words in ((), ("-i", "--margin", "60m")):
        assert tree.export(postgres, *words).rows_read == 3
    postgres.add(invoice(1, number="C1", stamp=postgres.ago(30)), table="t_inv_2024")
    before = tree.raw()
    for words in ((), ("-i", "--margin", "5m")):
        check_doubled(tree.export(postgres, *words, code=3), 1)
        assert tree.raw() == before
    postgres.run("DROP TABLE t_inv_2024")
    tree.incremental(postgres, "5m")


def test_a_table_that_merges_others_proves_no_key(mariadb, tree):
    """MRG_MyISAM: the key is unique in each of the merged tables, and may stand in two of them."""
    mariadb.run("DROP TABLE IF EXISTS t_invoice")
    for name in ("t_2024", "t_2025"):
        mariadb.make_table(name)
        mariadb.run(f"ALTER TABLE {name} ENGINE = MyISAM")
    mariadb.run("CREATE TABLE t_invoice LIKE t_2024")
    mariadb.run("ALTER TABLE t_invoice ENGINE = MRG_MyISAM UNION = (t_2024, t_2025)")
    mariadb.add(invoice(1), invoice(2), table="t_2024")
    mariadb.add(invoice(3), table="t_2025")
    for words in ((), ("-i", "--margin", "60m")):
        assert tree.export(mariadb, *words).rows_read == 3
    mariadb.add(invoice(1, number="OTHER", stamp=mariadb.ago(30)), table="t_2025")
    before = tree.raw()
    for _ in range(2):
        check_doubled(tree.export(mariadb, code=3), 1)
        assert tree.raw() == before
    mariadb.run("DROP TABLE t_invoice")


def accept(tree, *keys):
    subprocess.run([BINARY, "export", "rejects", "accept", "-o", tree.path, *map(str, keys)],
                   env={"PATH": os.environ["PATH"], "HOME": tree.home}, cwd=tree.home,
                   stdout=subprocess.DEVNULL, check=True)


def test_an_accepted_key_makes_no_run_partial(source, tree):
    make_bare(source)
    source.add(*[invoice(fid, stamp=source.ago(60)) for fid in range(1, 6)],
               *[invoice(3, number=f"N{n}", payload=payload_of(3, n), stamp=source.ago(60))
                 for n in range(3)])
    modes = ((), ("-i", "--margin", "5m"))
    for words in modes:
        check_doubled(tree.export(source, *words, code=3, **KEY), 3)
    files = tree.raw()
    accept(tree, 3)
    for words in modes:
        ran = tree.export(source, *words, **KEY)
        assert ran.rejects_open == 0
        assert tree.raw() == files
    assert tree.state()["t1"][2] == "SUCCESS"
    # The same rows in another order.
    source.run("UPDATE t_invoice SET fid = -1 WHERE finvoice_no = 'N0'")
    source.run("DELETE FROM t_invoice WHERE fid = -1")
    assert tree.export(source, code=3, **KEY).rejects_open == 1
    accept(tree, 3)
    source.add(invoice(3, number="N0", payload=payload_of(3, 0), stamp=source.ago(60)))
    assert tree.export(source, code=3, **KEY).rejects_open == 1
    accept(tree, 3)
    source.run("DELETE FROM t_invoice WHERE finvoice_no = 'N1'")
    source.add(invoice(3, number="N1", payload=payload_of(3, 1), stamp=source.ago(60)))
    for words in modes:
        assert tree.export(source, *words, **KEY).rejects_open == 0
    # One that looks like another is no other.
    source.add(invoice(3, number="N1", payload=payload_of(3, 1), stamp=source.ago(60)))
    assert tree.export(source, **KEY).rejects_open == 0
    assert tree.raw() == files
    # Whatever happens to one of them makes it news, also to those that are not exported.
    for change in ("fext_field = '{\"changed\": 1}'", "finvoice_no = 'N9'", "ftenant_id = 't2'"):
        source.run(f"UPDATE t_invoice SET {change} WHERE fid = 3 AND finvoice_no IN ('N2', 'N9')")
        for words in modes:
            check_doubled(tree.export(source, *words, code=3, **KEY), 3)
        assert tree.raw() == files
        accept(tree, 3)
        for words in modes:
            tree.export(source, *words, **KEY)
    source.add(invoice(3, number="JOINED", stamp=source.ago(60)))
    check_doubled(tree.export(source, code=3, **KEY), 3)
    # Mended, and broken in the old way again.
    source.run("DELETE FROM t_invoice WHERE fid = 3 AND finvoice_no <> 'INV3'")
    tree.export(source, **KEY)
    tree.check_equals(source)


def test_accepted_before_the_others_are_met(source, tree):
    """Windows of two tenants, of which each holds one row; then only one has news."""
    make_bare(source)
    source.add(invoice(1, stamp=source.ago(120)), invoice(1, tenant="t2", stamp=source.ago(120)))
    ran = tree.incremental(source, "60m", code=3, **KEY)
    check_doubled(ran, 1)
    assert (ran.rows_read, ran.rejected, ran.rejects_open) == (2, 1, 1)
    files = tree.raw()
    accept(tree, 1)
    tree.incremental(source, "60m", **KEY)
    assert {line[2] for line in tree.state().values()} == {"SUCCESS"}
    source.run("UPDATE t_invoice SET fupdate_time = ? WHERE ftenant_id = 't2'", (source.ago(30),))
    for margin in ("5m", "1m"):
        assert tree.incremental(source, margin, **KEY).rejects_open == 0
        assert tree.raw() == files
    source.change(1, source.ago(10), fcountry="DE")
    check_doubled(tree.incremental(source, "1m", code=3, **KEY), 1)


def test_a_row_that_no_window_holds_is_listed_and_written(source, tree):
    """The one that is kept; of the other alone nobody could accept anything."""
    make_bare(source)
    source.add(invoice(1, number="B", stamp=source.ago(60)), invoice(1, number="A"))
    source.run("UPDATE t_invoice SET fupdate_time = NULL WHERE finvoice_no = 'A'")
    for _ in range(2):
        ran = tree.incremental(source, "5m", code=3, **KEY)
        check_doubled(ran, 1)
        assert ran.rejects_open == 1
        assert set(by_name(tree.files())) == {"A"}
    accept(tree, 1)
    for _ in range(2):
        assert tree.incremental(source, "5m", **KEY).rejects_open == 0
        assert set(by_name(tree.files())) == {"A"}


def test_a_row_that_is_kept_alone_can_be_accepted(source, tree):
    make_bare(source)
    source.add(invoice(1, number="A", stamp=source.ago(60)), invoice(1, number="B"))
    source.run("UPDATE t_invoice SET fupdate_time = NULL WHERE finvoice_no = 'B'")
    check_doubled(tree.incremental(source, "5m", code=3, **KEY), 1)
    accept(tree, 1)
    tree.incremental(source, "5m", **KEY)
    assert tree.state()["t1"][2] == "SUCCESS"
    assert set(by_name(tree.files())) == {"A"}


def test_which_row_is_kept_does_not_depend_on_who_meets_it_first(source, tree):
    """Workers that meet one key at the same time; the smallest row has it, by tenant and number."""
    make_bare(source)
    tenants = [f"t{n}" for n in range(1, 9)]
    source.add(*[invoice(fid, tenant=tenant, number=f"{tenant}-{fid}", stamp=source.ago(60))
                 for fid in range(1, 101) for tenant in reversed(tenants)])
    for words in (("-i", "--margin", "5m"), ()):
        ran = tree.export(source, *words, "--threads", "8", code=3, **KEY)
        assert (ran.rows_read, ran.rejected, ran.rejects_open) == (800, 700, 100)
        assert set(by_name(tree.files())) == {f"t1-{fid}" for fid in range(1, 101)}
    accept(tree, "--all")
    for words in ((), ("-i", "--margin", "5m")):
        assert tree.export(source, *words, "--threads", "8", **KEY).rejected == 700
        assert set(by_name(tree.files())) == {f"t1-{fid}" for fid in range(1, 101)}
    # A part of the table has but what is in it, and overwrites nothing.
    assert tree.export(source, "--tenant", "t5", **KEY).rejected == 100
    assert set(by_name(tree.files())) == {f"t1-{fid}" for fid in range(1, 101)}


def test_the_file_follows_the_row_whose_name_it_has(source, tree):
    make_bare(source)
    source.add(invoice(1, number="B"))
    tree.export(source, **KEY)
    source.add(invoice(1, number="A"))
    source.run("UPDATE t_invoice SET fext_field = '[1]' WHERE finvoice_no = 'B'")
    check_doubled(tree.export(source, code=3, **KEY), 1)
    assert by_name(tree.files()) == {"B": b"[1]"}
    # While it is broken, its last good file stands.
    source.run("UPDATE t_invoice SET fext_field = '[1' WHERE finvoice_no = 'B'")
    for _ in range(2):
        check_doubled(tree.export(source, code=3, **KEY), 1)
        assert by_name(tree.files()) == {"B": b"[1]"}
    accept(tree, 1)
    tree.export(source, **KEY)
    assert by_name(tree.files()) == {"B": b"[1]"}
    # Where it is gone, another one that can be written has its turn.
    source.run("DELETE FROM t_invoice WHERE finvoice_no = 'B'")
    source.add(invoice(1, number="C"), invoice(1, number="0", payload="{broken"))
    check_doubled(tree.export(source, code=3, **KEY), 1)
    assert set(by_name(tree.files())) == {"A"}


def lines_of(tree):
    return sorted(json.loads(line)["invoice_no"] for path, content in tree.raw().items()
                  if path.endswith(".ndjson") for line in content.splitlines())


def test_packed_trees_accept_no_such_keys(source, tree):
    """Nothing tells which of the rows such a tree has."""
    make_bare(source)
    source.add(*[invoice(fid, stamp=source.ago(60)) for fid in range(1, 4)],
               *[invoice(3, number=number, tenant=tenant, stamp=source.ago(50))
                 for number, tenant in (("N1", "t1"), ("N2", "t0"))])
    packed = ("--layout", "ndjson")
    for mode in ((), ("-i", "--margin", "5m")):
        ran = tree.export(source, *packed, *mode, code=3, **KEY)
        check_doubled(ran, 3)
        assert "rejects accept" not in ran.text()
        # One row of the key, the same whoever reads it.
        assert set(lines_of(tree)) == {"INV1", "INV2", "N2"}
        accept(tree, 3)
        check_doubled(tree.export(source, *packed, *mode, code=3, **KEY), 3)
        assert set(lines_of(tree)) == {"INV1", "INV2", "N2"}
    source.run("DELETE FROM t_invoice WHERE finvoice_no IN ('N1', 'N2')")
    assert tree.export(source, *packed, **KEY).rejects_open == 0
    compact(tree)
    assert lines_of(tree) == ["INV1", "INV2", "INV3"]


def test_a_key_of_very_many_rows_is_met_once(source, tree):
    """Such as a constant: not all of its rows anew for each chunk."""
    make_bare(source)
    source.add(*[invoice(1, number=f"N{n:04}", stamp=source.ago(60)) for n in range(2500)])
    source.add(invoice(2, tenant="t2", stamp=source.ago(60)))
    for words in (("-i", "--margin", "5m"), ("-i", "--margin", "5m", "--threads", "1")):
        check_doubled(tree.export(source, *words, code=3, **KEY), 1)
        assert set(by_name(tree.files())) == {"N0000", "INV2"}


def test_an_accepted_key_keeps_its_file_when_the_index_is_lost(source, tree):
    make_bare(source)
    source.add(invoice(1, number="B"))
    tree.export(source, **KEY)
    source.add(invoice(1, number="A"))
    check_doubled(tree.export(source, code=3, **KEY), 1)
    accept(tree, 1)
    os.remove(os.path.join(tree.path, ".export_state", "index.db"))
    for _ in range(2):
        assert tree.export(source, **KEY).rejects_open == 0
        assert set(by_name(tree.files())) == {"B"}


def test_an_accepted_key_does_not_hide_a_field_that_is_missing(source, tree):
    make_bare(source)
    source.add(invoice(1, number="A", payload='{"y":1}'), invoice(1, number="B", payload='{"x":1}'))
    check_doubled(tree.export(source, code=3, **KEY), 1)
    accept(tree, 1)
    assert tree.export(source, **KEY).rejects_open == 0
    check_doubled(tree.export(source, "--require-field", "x", code=3, **KEY), 1)
    assert set(by_name(tree.files())) == {"A"}


def make_partitioned(source):
    """The key has to hold the column that parts the table."""
    if type(source).__name__ == "PostgresSource":
        columns = ", ".join(f"{column} {source.types[column]}" for column in COLUMNS)
        source.run("DROP TABLE IF EXISTS t_invoice CASCADE")
        source.run(f"CREATE TABLE t_invoice ({columns}, PRIMARY KEY (fid, fissue_date)) "
                   "PARTITION BY RANGE (fissue_date)")
        source.run("CREATE TABLE t_old PARTITION OF t_invoice FOR VALUES FROM (MINVALUE) TO ('2025-01-01')")
        source.run("CREATE TABLE t_new PARTITION OF t_invoice FOR VALUES FROM ('2025-01-01') TO (MAXVALUE)")
    else:
        source.make_table(key="fid, fissue_date")
    if type(source).__name__ == "MariaSource":
        source.run("ALTER TABLE t_invoice PARTITION BY RANGE COLUMNS (fissue_date) ("
                   "PARTITION p0 VALUES LESS THAN ('2025-01-01'), PARTITION p1 VALUES LESS THAN (MAXVALUE))")


def test_a_key_that_a_partition_makes_longer(source, tree):
    make_partitioned(source)
    source.add(*[invoice(fid, stamp=source.ago(120)) for fid in range(1, 6)])
    ran = tree.incremental(source, "60m", "--dry-run")
    assert any("fissue_date" in note and "export.invoices.key" in note for note in ran.notes)
    assert tree.incremental(source, "60m", **KEY).notes == []
    source.change(3, source.ago(30), fissue_date="2024-12-31")
    ran = tree.incremental(source, "5m", **KEY)
    tree.check_equals(source)
    source.add(invoice(3, date="2025-07-07", stamp=source.ago(3)))
    check_doubled(tree.incremental(source, "1m", code=3, **KEY), 3)
    check_doubled(tree.export(source, code=3, **KEY), 3)


def test_a_longer_key_than_the_primary_one_is_proven(source, tree):
    source.make_table()
    source.add(invoice(1), invoice(2))
    key = {"TIDEMARK_EXPORT__INVOICES__KEY": "fid,fissue_status"}
    assert tree.export(source, **key).rows_written == 2
    assert tree.incremental(source, "5m", **key).files_unchanged == 2


def test_the_reject_list_names_the_key(sqlite, tree):
    make_bare(sqlite)
    sqlite.add(invoice(1), invoice(1, number="OTHER"))
    for _ in range(2):
        tree.export(sqlite, code=3, **KEY)
    assert [row[0] for row in tree.index("SELECT reason FROM reject")] == [
        "the key stands in more than one row"]
