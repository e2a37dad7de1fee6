"""A tree inside another export's tree, and files that an index which was made anew does not know."""

import json
import os
import shutil
import subprocess

import pytest
from export_fixture import BINARY, Tree, invoice, payload_of
from export_sweep_test import sweep

PATH = {"TIDEMARK_EXPORT__INVOICES__PATH": "{country}/{date}+{number}"}


def inner_of(tree, name="t1"):
    return Tree(os.path.join(tree.path, name), tree.home)


def nested_sweep(tree, source, *words, code=0):
    ran = subprocess.run(
        [BINARY, "export", "sweep", "--source", source.url, "-o", tree.path, "--json", *words],
        capture_output=True, encoding="utf-8", cwd=tree.home, check=False,
        env={"PATH": os.environ["PATH"], "HOME": tree.home, **PATH})
    assert ran.returncode == code, ran.stdout + ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def tree_in_tree(source, tree):
    source.make_table()
    source.add(invoice(1), invoice(2))
    tree.incremental(source, "60m")
    inner = inner_of(tree)
    os.makedirs(inner.state_folder)  # An older version's: it asked nothing.
    source.run("UPDATE t_invoice SET fcountry = 'DE' WHERE fid = 2")
    return inner


def refuses_inner(source, tree):
    source.make_table()
    source.add(invoice(1), invoice(2))
    tree.incremental(source, "60m")
    before = tree.snapshot()
    link = os.path.join(tree.home, "link")
    os.symlink(tree.path, link)
    for name in ("t1", "t1/CN/", "new/deep", "t1/../t1", "."):
        inner = inner_of(tree, name)
        if name == ".":
            inner = Tree(os.path.join(link, "t1"), tree.home)
        for words in ((), ("-i",), ("--dry-run",)):
            ran = inner.export(source, *words, code=2, **PATH)
            assert os.path.realpath(tree.path) in ran.exit_error["message"]
            assert "export.invoices.output" in ran.exit_error["hint"]
        nested_sweep(inner, source, "--apply", "--yes", code=2)
    assert tree.snapshot() == before
    tree.check_equals(source)


def test_a_new_tree_in_a_tree_is_refused(sqlite, tree):
    refuses_inner(sqlite, tree)


def test_a_new_tree_in_a_tree_is_refused_with_a_server(mariadb, tree):
    refuses_inner(mariadb, tree)


def test_the_tree_of_an_older_exporter_counts(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.write(".export_state/.last_export_time", b"t1|2025-01-01 00:00:00|1|SUCCESS\n")
    ran = inner_of(tree, "a/b").export(sqlite, code=2)
    assert tree.path in ran.exit_error["message"]
    assert "move" in ran.exit_error["hint"] and ".export_state" in ran.exit_error["hint"]
    chinese = inner_of(tree, "a/b").export(sqlite, "--lang=zh", code=2)
    assert "另一个导出的目录" in chinese.text() or tree.path in chinese.text()


def test_files_beside_the_state_of_an_older_exporter_go_on(sqlite, tree):
    """`../context` of the Bash exporter, long gone, and `../context/invoices` of another."""
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.write(".export_state/.last_export_time", b"t1|2025-01-01 00:00:00|1|SUCCESS\n")
    inner = inner_of(tree, "invoices")
    inner.write("t1/CN/20250304+INV1.json", payload_of(1).encode())
    ran = inner.export(sqlite)
    assert ran.files_unchanged == 1
    assert any(tree.path in note for note in ran.notes)


@pytest.mark.parametrize("content", [{}, {"notes.txt": b"mine"}, {"source.json/x": b""},
                                     {"index.db": b""}])
def test_a_folder_of_that_name_is_not_a_tree_yet(sqlite, tree, content):
    sqlite.make_table()
    sqlite.add(invoice(1))
    os.makedirs(tree.state_folder)
    for name, value in content.items():
        tree.write(".export_state/" + name, value)
    inner = inner_of(tree, "a/b")
    assert inner.export(sqlite).notes == []
    inner.check_equals(sqlite)


def test_links_and_other_oddities_are_no_tree(sqlite, tree, tmp_path):
    sqlite.make_table()
    sqlite.add(invoice(1))
    real = Tree(tmp_path / "elsewhere", tmp_path)
    real.export(sqlite)
    os.makedirs(tree.path)
    os.symlink(real.state_folder, tree.state_folder)
    assert inner_of(tree, "a").export(sqlite).files_written == 1
    os.remove(tree.state_folder)
    os.mkfifo(tree.state_folder)
    assert inner_of(tree, "b").export(sqlite).files_written == 1
    os.remove(tree.state_folder)
    os.makedirs(tree.state_folder)
    os.mkfifo(os.path.join(tree.state_folder, "source.json"))
    assert inner_of(tree, "c").export(sqlite).files_written == 1


def test_a_tree_that_is_there_already_goes_on_and_removes_nothing_unknown(sqlite, tree):
    inner = tree_in_tree(sqlite, tree)
    outer = {path: content for path, content in tree.raw().items()}
    for words in (("-i",), (), ("--dry-run",)):
        ran = inner.export(sqlite, *words, **PATH)
        assert "lies in" in str(ran.notes) and tree.path in str(ran.notes)
    summary = nested_sweep(inner, sqlite)
    assert summary["files_unknown"] == 0 and summary["files_foreign"] == 1
    summary = nested_sweep(inner, sqlite, "--apply", "--yes")
    assert summary["unknown_removed"] == 0 and "lies in" in str(summary["notes"])
    for path, content in outer.items():
        assert tree.raw()[path] == content
    # What its own index knows goes as ever.
    sqlite.run("DELETE FROM t_invoice WHERE fid = 2")
    assert inner.export(sqlite, "--prune", **PATH).gone_removed == 1
    assert not os.path.exists(os.path.join(inner.path, "DE"))


def test_a_packed_tree_in_a_packed_tree_prunes_nothing(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2, country="DE"))
    tree.export(sqlite, "--layout=ndjson")
    inner = inner_of(tree)
    os.makedirs(inner.state_folder)
    sqlite.run("DELETE FROM t_invoice WHERE fid = 2")
    before = tree.raw()
    ran = inner.export(sqlite, "--layout=ndjson", "--prune")
    assert ran.gone_removed == 0
    assert all(tree.raw().get(path) == content for path, content in before.items())


def test_a_tree_beside_or_above_is_none_of_its_business(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1))
    inner_of(tree, "invoices").export(sqlite)
    inner_of(tree, "other").export(sqlite)
    ran = tree.export(sqlite)
    assert unseen(ran) == [] and "lies in" not in str(ran.notes)
    # Those below were there first.
    assert "lies in" in str(inner_of(tree, "other").export(sqlite).notes)


def test_an_import_makes_no_tree_in_a_tree(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.export(sqlite)
    tree.write("t1/old/.last_export_time", b"t1|2025-01-01 00:00:00|1|SUCCESS\n")
    before = tree.snapshot()
    ran = subprocess.run(
        [BINARY, "export", "state", "import", "--source", sqlite.url, "-o", tree.path + "/in",
         "--from", tree.path + "/t1/old"], capture_output=True, encoding="utf-8", cwd=tree.home,
        check=False, env={"PATH": os.environ["PATH"], "HOME": tree.home})
    assert ran.returncode == 2 and "lies in" in ran.stderr, ran.stdout + ran.stderr
    assert tree.snapshot() == before


# An index that is made anew.

def lose_index(tree):
    for name in os.listdir(tree.state_folder):
        if name.startswith("index.db"):
            os.remove(os.path.join(tree.state_folder, name))


def unseen(ran):
    return [note for note in ran.notes if "made anew" in note]


def finds_unseen_files(source, tree):
    source.make_table()
    source.add(*[invoice(fid) for fid in range(1, 5)])
    tree.incremental(source, "60m")
    assert unseen(tree.export(source)) == []
    lose_index(tree)
    source.run("DELETE FROM t_invoice WHERE fid = 2")
    source.run("UPDATE t_invoice SET fcountry = 'DE' WHERE fid = 3")
    assert unseen(tree.export(source, "--dry-run"))
    tree.incremental(source, "50m")  # The one that makes it anew.
    for words in ((), ("--prune",), ("--dry-run",)):
        ran = tree.export(source, *words)
        assert ran.rows_gone == 0 and len(unseen(ran)) == 1
        assert f"tidemark export sweep -o {tree.path} --apply" in unseen(ran)[0]
    assert unseen(tree.export(source, "--tenant=t1")) == []  # No run of everything.
    assert unseen(tree.incremental(source, "40m")) == []
    sweep(tree, source, code=3)  # Only reports.
    assert unseen(tree.export(source))
    assert sweep(tree, source, "--apply", "--yes")["unknown_removed"] == 2
    assert unseen(tree.export(source)) == []
    tree.check_equals(source)


def test_files_that_a_new_index_does_not_know_are_not_forgotten(sqlite, tree):
    finds_unseen_files(sqlite, tree)


def test_files_that_a_new_index_of_a_server_does_not_know(mariadb, tree):
    finds_unseen_files(mariadb, tree)


def test_a_sweep_that_finds_nothing_settles_it(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.export(sqlite)
    lose_index(tree)
    assert unseen(tree.export(sqlite))
    sweep(tree, sqlite, "--apply", "--yes")
    assert unseen(tree.export(sqlite)) == []
    lose_index(tree)
    sweep(tree, sqlite, "--apply", "--yes")  # The run that makes the index may be the sweep.
    assert unseen(tree.export(sqlite)) == []


def test_a_sweep_that_may_not_remove_settles_nothing(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2))
    tree.export(sqlite)
    lose_index(tree)
    sqlite.run("DELETE FROM t_invoice WHERE fid = 2")
    tree.export(sqlite)
    with open(os.path.join(tree.state_folder, "source.json"), encoding="utf-8") as file:
        record = json.load(file)
    record["prune_source"] = "another"
    with open(os.path.join(tree.state_folder, "source.json"), "w", encoding="utf-8") as file:
        json.dump(record, file)
    sweep(tree, sqlite, "--apply", "--yes", code=3)
    assert unseen(tree.export(sqlite))
    sweep(tree, sqlite, "--apply", "--yes", "--confirm-source")
    assert unseen(tree.export(sqlite)) == []


def test_an_index_over_nothing_of_ours_has_seen_all(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.write("README.txt", b"mine")
    os.makedirs(os.path.join(tree.path, "lost+found"))
    assert unseen(tree.export(sqlite)) == []


def test_a_damaged_index_and_another_key_leave_files_unseen_too(sqlite, tree):
    sqlite.make_table()
    sqlite.run("CREATE UNIQUE INDEX by_number ON t_invoice (finvoice_no)")
    sqlite.add(invoice(1), invoice(2))
    tree.export(sqlite)
    with open(os.path.join(tree.state_folder, "index.db"), "r+b") as file:
        file.write(b"no database" * 100)
    assert unseen(tree.export(sqlite))
    sweep(tree, sqlite, "--apply", "--yes")
    sqlite.run("DELETE FROM t_invoice WHERE fid = 2")
    other = {"TIDEMARK_EXPORT__INVOICES__KEY": "finvoice_no"}
    assert unseen(tree.export(sqlite, **other))
    assert unseen(tree.export(sqlite, "--prune", **other))


def test_an_older_exporters_tree_is_swept_once(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.write("t1/CN/20250304+INV1.json", payload_of(1).encode())
    tree.write("t1/CN/20200101+OLD.json", b"{}")
    assert unseen(tree.export(sqlite))
    sweep(tree, sqlite, "--apply", "--yes")
    tree.check_equals(sqlite)


def test_an_index_of_an_older_version_says_nothing(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.export(sqlite)
    assert tree.index("SELECT value FROM meta WHERE name = 'unseen_files'") == []
    assert unseen(tree.export(sqlite)) == []


def test_a_removed_tree_begins_afresh(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.export(sqlite)
    for name in os.listdir(tree.path):
        if name != ".export_state":
            shutil.rmtree(os.path.join(tree.path, name))
    lose_index(tree)
    assert unseen(tree.export(sqlite)) == []
