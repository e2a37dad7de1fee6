"""What a person meets at the exporter's command line: names that are misspelt, figures that must be
true when a run fails, commands that look after another tree than they were meant for."""

import os
import signal
import sqlite3
import subprocess

import pytest

from export_faults_test import ROOT, run_as_nobody
from export_fixture import BINARY, invoice, payload_of


def fill(source):
    source.make_table()
    source.add(*(invoice(fid, tenant, country) for fid, (tenant, country) in enumerate(
        [("t1", None), ("t1", ""), ("t1", "UNKNOWN"), ("t1", "DE"), ("t2", "CN"), ("t3", "CN")])))


def tool(tree, *words, code=0, **variables):
    """Any command of the tool, in the folder that stands beside the tree."""
    environment = {"PATH": os.environ["PATH"], "HOME": tree.home, **variables}
    ran = subprocess.run([BINARY, *words], env=environment, cwd=tree.home, check=False,
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                         encoding="utf-8")
    assert "Sanitizer" not in ran.stderr and "runtime error" not in ran.stderr, ran.stderr
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran


# Filters


def test_a_country_without_name_is_one_group_however_it_is_spelt(source, tree):
    fill(source)
    ran = tree.export(source, "--limit", "2")
    assert {os.path.dirname(path) for path in tree.raw()} == {"t1/UNKNOWN", "t1/DE"}
    assert (ran.rows_read, ran.groups_total, ran.groups_ok) == (4, 2, 2)
    tree.export(source)
    ran = tree.incremental(source, "60m", "--limit", "2")
    assert [entry["tenant"] for entry in ran.tenants] == ["t1"]
    assert (ran.rows_read, ran.groups_total, ran.groups_empty) == (4, 2, 0)


def test_a_limit_of_nothing_is_refused(sqlite, tree):
    fill(sqlite)
    for word in ("0", "-1", "x", "1.5"):  # One text, one bound.
        ran = tree.export(sqlite, f"--limit={word}", code=2)
        assert ran.exit_error["message"] == f"--limit takes a whole number from 1, not '{word}'"


def test_names_that_nothing_has_are_said(source, tree):
    fill(source)
    ran = tree.export(source, "--tenant", "t2", "--tenant", "t99")
    assert ran.rows_read == 1
    assert [note for note in ran.notes if "t99" in note] and "t2" not in " ".join(ran.notes)
    ran = tree.export(source, "--country", "UNKNOWN", "--country", "XX")
    assert "XX" in " ".join(ran.notes) and "UNKNOWN" not in " ".join(ran.notes)


@pytest.mark.parametrize("mode", [(), ("-i", "--margin", "60m")])
def test_names_that_have_rows_but_none_together_are_not_called_misspelt(sqlite, tree, mode):
    fill(sqlite)
    words = (*mode, "--tenant", "t2", "--country", "DE")
    ran = tree.export(sqlite, *words)
    assert ran.rows_read == 0
    assert ran.notes == ["there are no rows of this tenant and country to export: t2 / DE"]
    zh = tool(tree, "--lang", "zh", "export", "invoices", *words, "--source", sqlite.url,
              "-o", tree.path)
    assert "该租户与国家的组合没有可导出的数据：t2 / DE" in zh.stdout + zh.stderr
    # One of two tenants has rows there.
    ran = tree.export(sqlite, *words, "--tenant", "t1")
    assert ran.rows_read == 1
    assert ran.notes == ["there are no rows of this tenant and country to export: t2 / DE"]


def test_a_misspelt_tenant_gets_no_watermark(source, tree):
    fill(source)
    ran = tree.incremental(source, "60m", "--tenant", "t1", "--tenant", "t99")
    assert "t99" in " ".join(ran.notes)
    assert [entry["tenant"] for entry in ran.tenants] == ["t1"] and set(tree.state()) == {"t1"}
    # One that had rows once is known: its watermark moves on.
    source.run("DELETE FROM t_invoice WHERE ftenant_id = 't1'")
    ran = tree.incremental(source, "50m", "--tenant", "t1")
    assert ran.notes == [] and tree.state()["t1"] == (ran.boundary, 0, "SUCCESS")


# Figures


@pytest.mark.parametrize("words", [(), ("-i", "--margin", "60m")])
def test_no_group_is_said_to_be_complete_when_the_run_was_stopped(sqlite, tree, words):
    sqlite.make_table()
    sqlite.add(*(invoice(fid, "t", f"C{fid % 7}") for fid in range(20_000)))
    process = tree.start(sqlite, "-t", "1", *words)
    while not os.path.isdir(os.path.join(tree.path, "t")) and process.poll() is None:
        pass
    process.send_signal(signal.SIGTERM)
    ran = tree.finish(process, 143)
    assert ran.groups_total > 0
    assert (ran.groups_ok, ran.groups_failed) == (0, ran.groups_total)


def test_one_file_that_cannot_be_written_fails_its_group_alone(source, tree):
    fill(source)
    tree.write("t2", b"in the way")
    ran = tree.export(source, code=3)
    assert (ran.groups_failed, ran.groups_ok) == (1, ran.groups_total - 1)


def test_a_dry_run_counts_what_pruning_would_remove(sqlite, tree):
    fill(sqlite)
    tree.export(sqlite)
    sqlite.run("DELETE FROM t_invoice WHERE fid > 3")
    before = tree.snapshot()
    ran = tree.export(sqlite, "--prune", "--dry-run")
    assert (ran.rows_gone, ran.gone_removed, ran.files_removed) == (2, 2, 2)
    assert tree.snapshot() == before


def test_a_verbose_run_names_each_file(sqlite, tree):
    fill(sqlite)
    ran = tree.export(sqlite, "-v", "--dry-run")
    assert "would write t2/CN/20250304+INV4.json (key 4)" in ran.err and not tree.raw()
    ran = tree.incremental(sqlite, "60m", "-v")
    assert "wrote t2/CN/20250304+INV4.json (key 4)" in ran.err
    assert f"tenant t2: 1970-01-01 00:00:00 -> {ran.boundary}" in ran.err
    assert "wrote" not in tree.export(sqlite).err


# A stale file that cannot be removed


def test_a_stale_file_that_cannot_be_removed_stops_nobody(sqlite, tree, tmp_path):
    for folder in (tmp_path, *list(tmp_path.parents)[:-1]):
        if not os.stat(folder).st_mode & 0o001:
            pytest.skip(f"{folder} is closed to other users")
    fill(sqlite)
    os.makedirs(tree.path)
    if ROOT:
        os.chown(tree.path, 65534, 65534)
        for name in (tmp_path, sqlite.path):
            os.chmod(name, 0o777)
        sqlite.run("PRAGMA journal_mode=DELETE")

    def run(*words, code):
        return tree.finish(tree.start(sqlite, *words, wrapper=run_as_nobody()), code)

    run(code=0)
    old = os.path.join(tree.path, "t2/CN/20250304+INV4.json")
    os.chmod(os.path.dirname(old), 0o555)
    sqlite.change(4, sqlite.ago(90), ftenant_id="t3")
    sqlite.change(5, sqlite.ago(90), fext_field=payload_of(5, 2))
    ran = run("-i", "--margin", "60m", code=3)
    assert (ran.files_written, ran.files_removed, ran.groups_failed) == (2, 0, 0)
    assert old in ran.lines[0]["message"] and "next run" in ran.lines[0]["hint"]
    assert tree.state()["t3"][2] == "SUCCESS"
    # Said again until it is mended; and what is new is exported all the same.
    sqlite.add(invoice(6, "t3", "DE", stamp=sqlite.ago(55)))
    assert run("-i", "--margin", "50m", code=3).files_written == 1
    os.chmod(os.path.dirname(old), 0o755)
    run("-i", "--margin", "40m", code=0)
    assert not os.path.exists(old)
    tree.check_equals(sqlite)


def test_a_file_that_became_a_row_s_again_is_not_removed(sqlite, tree):
    """It stood on the list of removals when the folder could be written to again."""
    fill(sqlite)
    tree.export(sqlite)
    index = sqlite3.connect(os.path.join(tree.state_folder, "index.db"))
    index.execute("INSERT INTO removal VALUES('t2/CN/20250304+INV4.json', 0)")
    index.commit()
    index.close()
    tree.incremental(sqlite, "60m")
    tree.check_equals(sqlite)
    assert tree.index("SELECT * FROM removal") == []


# Which tree


def test_compact_is_for_packed_trees(sqlite, tree):
    fill(sqlite)
    missing = tool(tree, "export", "compact", "-o", "nowhere", code=1)
    assert "there is no export state" in missing.stderr
    assert not os.path.exists(os.path.join(tree.home, "nowhere"))
    tree.export(sqlite)
    ran = tool(tree, "export", "compact", "-o", tree.path, code=1)
    assert "layout files" in ran.stderr and "--layout ndjson" in ran.stderr


def test_a_dry_run_of_compact_writes_nothing(sqlite, tree):
    fill(sqlite)
    tree.export(sqlite, "--layout", "ndjson")
    tree.incremental(sqlite, "60m", "--layout", "ndjson")
    before = tree.snapshot()
    ran = tool(tree, "export", "compact", "-o", tree.path, "--dry-run")
    assert "12 rows" in ran.stdout and "6 rows" in ran.stdout
    assert tree.snapshot() == before


def test_commands_take_a_packed_tree_for_what_it_is(sqlite, tree):
    fill(sqlite)
    tree.export(sqlite, "--layout", "ndjson")
    ran = tool(tree, "export", "rejects", "retry", "--source", sqlite.url, "-o", tree.path, code=1)
    assert "export invoices -i" in ran.stderr
    ran = tool(tree, "export", "sweep", "--source", sqlite.url, "-o", tree.path, code=1)
    assert "no index of its rows" in ran.stderr


def test_commands_take_a_tree_of_files_for_what_it_is(sqlite, tree):
    """Also where the configuration has the other layout, for another tree."""
    fill(sqlite)
    tree.export(sqlite)
    with open(os.path.join(tree.home, "tidemark.toml"), "w", encoding="utf-8") as file:
        file.write('[export.invoices]\nlayout = "ndjson"\n')
    sqlite.run("DELETE FROM t_invoice WHERE fid = 4")
    words = ("--source", sqlite.url, "-o", tree.path)
    tool(tree, "export", "sweep", *words, "--apply", "--yes")
    assert not os.path.exists(os.path.join(tree.path, "t2/CN/20250304+INV4.json"))
    tool(tree, "export", "rejects", "retry", *words)


def test_a_further_export_is_looked_after_in_its_own_tree(sqlite, tree):
    """Without `output`, its tree is context/NAME, for all commands."""
    fill(sqlite)
    config = os.path.join(tree.home, "tidemark.toml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f'source = "{sqlite.url}"\n[export.receipts]\n')
    tool(tree, "export", "receipts", "-i", "--margin", "60m")
    assert os.path.isdir(os.path.join(tree.home, "context/receipts/t1"))
    shown = tool(tree, "export", "state", "show", "--export", "receipts").stdout
    assert "context/receipts/.export_state" in shown
    tool(tree, "export", "state", "show", code=1)  # There are no invoices yet.
    sqlite.run("DELETE FROM t_invoice WHERE fid = 4")
    tool(tree, "export", "sweep", "--export", "receipts", "--apply", "--yes")
    assert not os.path.exists(os.path.join(tree.home, "context/receipts/t2"))


def test_the_summary_says_where_files_are_and_how_to_see_the_rejects(sqlite, tree):
    fill(sqlite)
    sqlite.run("UPDATE t_invoice SET fext_field = '{' WHERE fid = 4")
    words = ("--source", sqlite.url, "-o", "a tree")
    ran = tool(tree, "export", "invoices", *words, code=3)
    assert "Output folder: a tree\n" in ran.stdout
    assert "tidemark export rejects list -o 'a tree'\n" in ran.stdout
    zh = tool(tree, "--lang", "zh", "export", "invoices", *words, code=3).stdout
    assert "输出目录: a tree\n" in zh


# Words


def test_a_server_that_is_away_or_says_no(mariadb, tree):
    away = tree.export(mariadb.url.replace(f":{mariadb.server.port}/", ":1/"), code=75)
    assert "tidemark doctor" in away.exit_error["hint"]
    refused = tree.export(mariadb.url.replace(":tidemark@", ":wrong@"), code=12)
    assert "PASSWORD" in refused.exit_error["hint"]
    # What stands on the command line is for all to see.
    assert "list of processes" in refused.err and ":wrong" not in refused.err


def test_compression_that_does_not_exist(sqlite, tree):
    for words in (("-c", "lzma"), ("--compress", "lzma")):
        ran = tree.export(sqlite, *words, code=2)
        assert "gzip|zstd" in ran.exit_error["hint"] and "--compress=gzip" in ran.exit_error["hint"]
    assert "--compress=zstd" in tree.export(sqlite, "-c", "zstd", code=2).exit_error["hint"]


def test_a_source_file_that_is_not_there(tree):
    ran = tree.export("sqlite:none.db", code=1)
    assert tree.home in ran.exit_error["hint"]


@pytest.mark.skipif(not ROOT, reason="needs another user")
def test_a_source_that_its_reader_may_not_lock(sqlite, tree, tmp_path):
    for folder in (tmp_path, *list(tmp_path.parents)[:-1]):
        if not os.stat(folder).st_mode & 0o001:
            pytest.skip(f"{folder} is closed to other users")
    fill(sqlite)
    sqlite.connection.close()
    sqlite.connection = sqlite3.connect(":memory:")  # Its files beside the database are gone.
    ran = tree.finish(tree.start(sqlite, wrapper=run_as_nobody()), 12)
    assert "journal_mode=DELETE" in ran.exit_error["hint"]
