"""What lies in a tree and belongs to no row: `tidemark export sweep` names it and, asked to, removes
what an export could have written."""

import json
import os
import shutil

import pytest
from export_fixture import invoice
from export_sweep_test import found, sweep


def tree_with_orphans(source, tree):
    source.make_table()
    source.add(invoice(1), invoice(2, tenant="t2"))
    tree.incremental(source, "60m")
    tree.write("t1/CN/20200101+GONE.json", b"{}")
    tree.write("t9/DE/20200101+GONE.json.gz", b"\x1f\x8b")
    tree.write("README.txt", b"mine")
    tree.write("t1/notes.json", b"mine")
    os.symlink("/etc/hostname", os.path.join(tree.path, "t1/CN/20200101+LINK.json"))
    return {"t1/CN/20200101+GONE.json", "t9/DE/20200101+GONE.json.gz"}


def test_a_sweep_names_files_of_no_row(source, tree):
    orphans = tree_with_orphans(source, tree)
    before = tree.snapshot()
    summary = sweep(tree, source, code=3)
    assert set(summary["unknown_examples"]) == orphans and summary["files_unknown"] == 2
    assert set(summary["foreign_examples"]) == {
        "README.txt", "t1/notes.json", "t1/CN/20200101+LINK.json"}
    assert found(summary) == {}
    assert tree.snapshot() == before


def test_only_what_an_export_could_have_written_is_removed(sqlite, tree):
    orphans = tree_with_orphans(sqlite, tree)
    summary = sweep(tree, sqlite, "--apply", "--yes")
    assert (summary["unknown_removed"], summary["files_removed"]) == (2, 2)
    left = {os.path.relpath(os.path.join(folder, name), tree.path)
            for folder, _, names in os.walk(tree.path) for name in names}
    assert not orphans & left
    assert {"README.txt", "t1/notes.json", "t1/CN/20200101+LINK.json"} <= left
    assert not os.path.exists(os.path.join(tree.path, "t9"))
    assert sweep(tree, sqlite)["files_unknown"] == 0


def test_what_stands_beside_the_export_is_not_its_own(sqlite, tree):
    """The Bash exporter's tree holds other things at the depth of invoices: `../context`."""
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.incremental(sqlite, "60m")
    beside = {"basic-data/global/currencies.json", "invoices/.export_state/source.json",
              "invoices/.export_state/CN/20200101+X.json", "invoices/CN/20200101+OTHER.json"}
    for name in beside:
        tree.write(name, b"{}")
    assert sweep(tree, sqlite)["files_unknown"] == 0
    sweep(tree, sqlite, "--apply", "--yes")
    assert all(os.path.exists(os.path.join(tree.path, name)) for name in beside)


def test_the_file_of_a_row_that_vanished_after_a_crash(sqlite, tree):
    """The index is gone with the crash, the row before the next run: nothing else finds the file."""
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2))
    tree.incremental(sqlite, "60m")
    for name in os.listdir(tree.state_folder):
        if name.startswith("index.db"):
            os.remove(os.path.join(tree.state_folder, name))
    sqlite.run("DELETE FROM t_invoice WHERE fid = 2")
    tree.incremental(sqlite, "60m")
    assert sweep(tree, sqlite, code=3)["unknown_examples"] == ["t1/CN/20250304+INV2.json"]
    sweep(tree, sqlite, "--apply", "--yes")
    tree.check_equals(sqlite)


def test_moved_rows_are_not_counted_twice(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2))
    tree.incremental(sqlite, "60m")
    sqlite.run("UPDATE t_invoice SET ftenant_id = 't2' WHERE fid = 2")
    assert sweep(tree, sqlite)["files_unknown"] == 0


@pytest.mark.parametrize("collides", [False, True])
def test_the_last_good_file_of_a_rejected_row_outlives_the_index(source, tree, collides):
    """Its content is nowhere else any more: no sweep may take it for a file of no row."""
    source.make_table()
    source.add(invoice(1), invoice(2))
    if collides:
        source.add(invoice(3, number="INV2"))
    tree.incremental(source, "60m")
    broken = 3 if collides else 2
    (stem,) = [stem for stem, content in tree.files().items() if json.loads(content)["id"] == broken]
    source.run(f"UPDATE t_invoice SET fext_field = ? WHERE fid = {broken}", ("{broken",))
    shutil.rmtree(os.path.join(tree.path, ".export_state"))
    tree.export(source, code=3)
    sweep(tree, source, code=3)
    summary = sweep(tree, source, "--apply", "--yes", code=3)
    assert summary["unknown_removed"] == 0
    assert os.path.exists(os.path.join(tree.path, f"{stem}.json"))
