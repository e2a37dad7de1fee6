"""What a tree remembers of its source, and what that forbids."""

import json

import pytest
from export_fixture import SqliteSource, invoice, payload_of
from export_sweep_test import sweep


def test_another_table_does_not_enter_the_tree(sqlite, tree):
    sqlite.make_table()
    sqlite.make_table("t_receipt")
    sqlite.add(invoice(1))
    sqlite.add(invoice(1, number="R1"), table="t_receipt")
    tree.export(sqlite)
    ran = tree.export(sqlite, code=2, TIDEMARK_EXPORT__INVOICES__TABLE="t_receipt")
    assert "t_invoice" in ran.exit_error["message"]
    tree.check_equals(sqlite)


def test_a_confirmed_zone_moves_the_marks_back_whatever_the_mode(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.incremental(sqlite, "60m")
    mark = tree.state()["t1"][0]
    tree.export(sqlite, "--zone=-08:00", code=2)
    assert tree.state()["t1"][0] == mark
    tree.export(sqlite, "--zone=-08:00", "--confirm-zone")
    assert tree.state()["t1"][0] < mark
    stepped = tree.state()["t1"][0]
    ran = tree.incremental(sqlite, "60m", "--zone=-08:00")
    assert ran.tenant("t1")["from"] == stepped


def test_a_key_must_be_unique(mariadb, tree):
    mariadb.make_table()
    mariadb.add(invoice(1))
    ran = tree.export(mariadb, code=2, TIDEMARK_EXPORT__INVOICES__KEY="ftenant_id")
    assert "unique" in ran.exit_error["message"]


def test_nothing_is_pruned_when_the_database_is_another(sqlite, mariadb, tree):
    for source in (sqlite, mariadb):
        source.make_table()
        source.add(invoice(1))
    sqlite.add(invoice(2))
    tree.export(sqlite)
    ran = tree.export(mariadb, "--prune", "--confirm-zone")
    assert ran.gone_removed == 0
    assert len(tree.files()) == 2


def test_another_database_is_not_taken_at_its_word_by_runs_in_between(sqlite, tree, tmp_path):
    """A wrong or empty database, exported from every ten minutes until the weekly prune."""
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2))
    tree.incremental(sqlite, "60m")
    with SqliteSource(tmp_path / "empty.db") as empty:
        empty.make_table()
        for _ in range(2):
            tree.incremental(empty, "60m")
            ran = tree.export(empty, "--prune", "--yes")
            assert (ran.rows_gone, ran.gone_removed) == (2, 0)
            assert "--confirm-source" in str(ran.lines)
        # The old one needs no word; the new one gets it once.
        tree.export(sqlite, "--prune", "--yes")
        assert len(tree.files()) == 2
        tree.export(empty, "--confirm-source")
        assert tree.export(empty, "--prune", "--yes").gone_removed == 2


def test_a_run_from_another_database_loses_no_row_of_the_old_one(sqlite, tree, tmp_path):
    """One cron run with the address of the staging database: its watermarks say nothing about
    production, and what it overwrote must come back."""
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2))
    tree.incremental(sqlite, "60m")
    mark = tree.state()["t1"][0]
    with SqliteSource(tmp_path / "staging.db") as staging:
        staging.make_table()
        staging.add(invoice(1, payload=payload_of(1, 9)), invoice(7))
        ran = tree.incremental(staging, "30m")
        assert ran.rows_read == 2 and "from the beginning" in str(ran.lines)
        assert tree.state()["t1"][0] > mark
    sqlite.add(invoice(3, stamp=mark))
    sqlite.change(2, mark, fext_field=payload_of(2, 2))
    ran = tree.incremental(sqlite, "10m", "--dry-run")
    assert ran.rows_read == 3
    ran = tree.incremental(sqlite, "10m")
    assert ran.rows_read == 3
    files = tree.files()
    assert {json.loads(content)["id"] for content in files.values()} == {1, 2, 3, 7}
    for content in sqlite.exported().values():
        assert content in files.values()
    assert tree.incremental(sqlite, "5m").rows_read == 0


@pytest.mark.parametrize("full", [("export",), ("sweep",)])
def test_a_full_run_from_another_database_makes_no_old_mark_count(sqlite, tree, tmp_path, full):
    """A restored copy that lags behind: what reaches it later was stamped before the mark."""
    sqlite.make_table()
    sqlite.add(invoice(1, stamp=sqlite.ago(90)), invoice(2, stamp=sqlite.ago(40)))
    tree.incremental(sqlite, "30m")
    with SqliteSource(tmp_path / "copy.db") as copy:
        copy.make_table()
        copy.add(invoice(1, stamp=sqlite.ago(90)))
        if full == ("export",):
            tree.export(copy)
        else:
            sweep(tree, copy, "--apply", "--yes", code=3)  # Row 2 is not there, and stays.
        copy.add(invoice(2, stamp=sqlite.ago(40), payload=payload_of(2, 5)))
        tree.incremental(copy, "10m")
        assert tree.files()["t1/CN/20250304+INV2"] == payload_of(2, 5).encode()
