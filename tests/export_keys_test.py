"""Rows whose key nothing can be compared with, keys that are bytes, and long lists of tenants."""

import pytest

from export_fixture import invoice, payload_of

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
