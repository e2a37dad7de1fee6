"""`tidemark export sweep`: what no timestamp shows."""

import json
import os
import subprocess

import pytest

from export_fixture import (BINARY, PostgresSource, SqliteSource, invoice,
                            payload_of)


def sweep(tree, source, *words, code=0):
    ran = subprocess.run(
        [BINARY, "export", "sweep", "--source", source.url, "-o", tree.path, "--json", *words],
        capture_output=True, encoding="utf-8", cwd=tree.home, check=False,
        env={"PATH": os.environ["PATH"], "HOME": tree.home})
    assert ran.returncode == code, ran.stdout + ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def found(summary):
    return {kind: count for kind, count in summary["findings"].items() if count}


def test_nothing_to_find(source, tree):
    source.make_table()
    source.add(*[invoice(fid) for fid in range(1, 20)])
    tree.incremental(source, "60m")
    before = tree.snapshot()
    summary = sweep(tree, source)
    assert (found(summary), summary["rows_gone"], summary["rows_read"]) == ({}, 0, 19)
    assert tree.snapshot() == before


def test_everything_that_a_window_cannot_see(source, tree):
    source.make_table()
    source.add(*[invoice(fid) for fid in range(1, 11)])
    tree.incremental(source, "60m")
    source.run("UPDATE t_invoice SET fext_field = ? WHERE fid = 1", (payload_of(1, 2),))
    source.run("UPDATE t_invoice SET ftenant_id = 't2' WHERE fid = 2")
    source.run("UPDATE t_invoice SET fissue_status = 4 WHERE fid = 3")
    source.run("DELETE FROM t_invoice WHERE fid = 4")
    source.add(invoice(20, stamp=None), invoice(21, stamp="2020-01-01 00:00:00"))
    source.change(5, source.ago(0), fext_field=payload_of(5, 2))  # A hot row.
    os.remove(os.path.join(tree.path, "t1/CN/20250304+INV6.json"))
    tree.write("t1/CN/20250304+INV7.json", b"edited by hand")
    before = tree.snapshot()

    summary = sweep(tree, source, code=3)
    # Tenant t2 has no watermark yet: row 2 lies beyond it.
    assert found(summary) == {"no_update_time": 1, "unmoved_update_time": 2,
                              "beyond_watermark": 2, "file_damaged": 2}
    assert summary["rows_gone"] == 2
    assert tree.snapshot() == before

    state = tree.state()
    summary = sweep(tree, source, "--apply", "--yes")
    assert summary["gone_removed"] == 2
    assert tree.state() == state
    tree.check_equals(source)
    assert found(sweep(tree, source)) == {}


def make_loose_table(source):
    """The tenant's column takes `t1` and `T1` for one."""
    if isinstance(source, PostgresSource):
        source.run("CREATE COLLATION IF NOT EXISTS loose (provider = icu, locale = 'und-u-ks-level2', "
                   "deterministic = false)")
        source.make_table(ftenant_id='VARCHAR(64) COLLATE "loose"')
    else:
        source.make_table(**({"ftenant_id": "TEXT COLLATE NOCASE"}
                             if isinstance(source, SqliteSource) else {}))


def test_another_spelling_of_a_tenant_with_old_stamps(source, tree):
    """The collation shows one of both; runs look for the other among the latest rows, and once a
    day among all."""
    make_loose_table(source)
    source.add(*[invoice(fid) for fid in range(1, 4)])
    tree.incremental(source, "60m")
    source.add(invoice(4, tenant="T1"))
    assert tree.incremental(source, "50m").rows_read == 0
    assert found(sweep(tree, source, code=3)) == {"unmoved_update_time": 1}
    # A day later. A dry run finds it as well, and does not count.
    searched = tree.index("SELECT value FROM meta WHERE name = 'spellings_searched'")
    assert searched
    tree.edit_index("UPDATE meta SET value = '2025-06-01 00:00:00' "
                    "WHERE name = 'spellings_searched'")
    before = tree.snapshot()
    assert tree.incremental(source, "40m", "-d").rows_read == 1
    assert tree.snapshot() == before
    ran = tree.incremental(source, "40m")
    assert ran.rows_read == 1 and set(tree.state()) == {"t1", "T1"}
    assert tree.index("SELECT value FROM meta WHERE name = 'spellings_searched'") >= searched
    tree.check_equals(source)
    assert found(sweep(tree, source)) == {}


def test_a_sweep_exports_another_spelling_of_a_tenant(source, tree):
    make_loose_table(source)
    source.add(invoice(1))
    tree.incremental(source, "60m")
    source.add(invoice(2, tenant="T1"))
    sweep(tree, source, "--apply", "--yes")
    tree.check_equals(source)
    assert found(sweep(tree, source)) == {}


@pytest.mark.parametrize("stamp, finding", [
    ("9999-12-31 23:59:59", "future_update_time"),
    ("1970-01-01 00:00:00", "unmoved_update_time"),
    ("1951-02-03 04:05:06", "unmoved_update_time"),
])
def test_a_stamp_that_no_run_ever_reaches(source, tree, stamp, finding):
    source.make_table()
    source.add(invoice(1), invoice(2, stamp=stamp), invoice(3, tenant="t2", stamp=stamp))
    assert found(sweep(tree, source, code=3))[finding] == 2  # Before there is any watermark, too.
    ahead = finding == "future_update_time"

    def run(minutes, looks, *words):
        ran = tree.incremental(source, f"{minutes}m", *words)
        notes = [note for note in ran.notes if "after the database's clock" in note]
        assert len(notes) == (1 if ahead and looks else 0)
        assert not notes or "of tenants t1 (9999-12-31 23:59:59), t2 (9999-" in notes[0]
        return ran

    run(60, True)
    run(55, False)
    # A day later. A dry run tells it as well, and does not count; nor does a clock that was ahead.
    for last in ("2025-06-01 00:00:00", "2999-06-01 00:00:00"):
        tree.edit_index(f"UPDATE meta SET value = '{last}' WHERE name = 'stamps_ahead_searched'")
        before = tree.snapshot()
        run(50, True, "--dry-run")
        assert tree.snapshot() == before
        run(50, False, "--tenant", "t1")
        run(50, True)
        ran = run(50, False)
    assert found(sweep(tree, source, code=3)) == {finding: 2}
    assert len(tree.files()) == 1
    sweep(tree, source, "--apply", "--yes")
    tree.check_equals(source)
    assert found(sweep(tree, source)) == {}
    source.run("UPDATE t_invoice SET fupdate_time = ? WHERE fid > 1", (source.ago(45),))
    assert tree.incremental(source, "40m").notes == ran.notes


def test_a_run_from_the_beginning_looks_for_stamps_ahead(sqlite, tree):
    """What was looked for among the rows of other settings tells nothing of these."""
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2, status=4), invoice(3, status=4, stamp="9999-12-31 23:59:59"))
    assert "after the database's clock" not in str(tree.incremental(sqlite, "60m").notes)
    ran = tree.incremental(sqlite, "50m", TIDEMARK_EXPORT__INVOICES__STATUS_VALUE="4")
    assert "of tenant t1 (9999-" in str(ran.notes)


@pytest.mark.parametrize("stamp, noted", [("infinity", True), ("-infinity", False)])
def test_the_infinities_of_postgresql(postgres, tree, stamp, noted):
    postgres.make_table()
    postgres.add(invoice(1), invoice(2, stamp=stamp))
    ran = tree.incremental(postgres, "60m")
    assert any("t1 (infinity)" in note for note in ran.notes) == noted
    assert found(sweep(tree, postgres, code=3)) == {"no_update_time": 1}


def test_stamps_within_a_day_ahead_are_waited_for(source, tree):
    source.make_table()
    source.add(invoice(1), invoice(2, stamp=source.ago(-23 * 60)))
    assert not any("after the database's clock" in note
                   for note in tree.incremental(source, "60m").notes)
    assert found(sweep(tree, source)) == {"beyond_watermark": 1}


def test_a_day_alone_in_a_column_of_texts_has_no_time(source, tree):
    """A day of long ago, which runs do not look for."""
    source.make_table(fupdate_time="TEXT" if isinstance(source, SqliteSource) else "VARCHAR(40)")
    source.add(invoice(1, stamp=source.ago(90)))
    tree.incremental(source, "60m")
    source.add(invoice(2, stamp="2025-06-01"))
    assert tree.incremental(source, "50m").rows_read == 0
    assert found(sweep(tree, source, code=3)) == {"no_update_time": 1}


def test_what_a_sweep_found_stands_in_the_list_of_runs(sqlite, tree):
    """Whoever has it run weekly looks there, and at its exit code."""
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2))
    tree.incremental(sqlite, "60m")
    sqlite.add(invoice(20, stamp=None))
    sqlite.run("DELETE FROM t_invoice WHERE fid = 1")
    sweep(tree, sqlite, code=3)
    listed = subprocess.run([BINARY, "runs", "list", "--json"], capture_output=True, check=True,
                            encoding="utf-8", cwd=tree.home,
                            env={"PATH": os.environ["PATH"], "HOME": tree.home})
    (run,) = [run for run in map(json.loads, listed.stdout.splitlines())
              if run.get("job") == "export sweep invoices"]
    assert run["counts"]["findings"]["no_update_time"] == 1 and run["counts"]["rows_gone"] == 1
    assert (run["status"], run["exit_code"]) == ("partial", 3) and "sweep found 2" in run["error"]


def test_removing_files_needs_a_yes(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2))
    tree.incremental(sqlite, "60m")
    sqlite.run("DELETE FROM t_invoice WHERE fid = 1")
    summary = sweep(tree, sqlite, "--apply", "--no-input", code=2)
    assert "exit_code" in summary
    assert len(tree.files()) == 2


def test_without_a_terminal_nothing_is_agreed_to(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.incremental(sqlite, "60m")
    ran = subprocess.run(
        [BINARY, "export", "sweep", "--source", sqlite.url, "-o", tree.path, "--apply"],
        capture_output=True, stdin=subprocess.DEVNULL, encoding="utf-8", check=False,
        env={"PATH": os.environ["PATH"], "HOME": tree.home, "LANG": "C"})
    assert ran.returncode == 2 and "--yes" in ran.stderr


def test_a_sweep_of_another_export_goes_by_its_configuration(sqlite, tree, tmp_path):
    sqlite.make_table("t_receipt")
    sqlite.add(invoice(1), invoice(2), table="t_receipt")
    (tmp_path / "tidemark.toml").write_text(
        f'[export.receipts]\nsource = "{sqlite.url}"\ntable = "t_receipt"\n'
        f'output = "{tree.path}"\n')
    environment = {"PATH": os.environ["PATH"], "HOME": tree.home}

    def run(*words):
        return subprocess.run([BINARY, *words, "--json"], capture_output=True, encoding="utf-8",
                              cwd=tmp_path, env=environment, check=False)

    assert run("export", "receipts").returncode == 0
    os.remove(os.path.join(tree.path, "t1/CN/20250304+INV2.json"))
    ran = run("export", "sweep", "--export", "receipts", "-t", "2", "--apply", "--yes")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1])["files_written"] == 1
    jobs = [json.loads(line).get("job") for line in run("runs", "list").stdout.splitlines()]
    assert "export sweep receipts" in jobs and "export receipts" in jobs
    assert run("export", "compact", "--export", "nonsense").returncode == 2


def test_a_packed_tree_is_refused(sqlite, tree):
    sqlite.make_table()
    ran = subprocess.run(
        [BINARY, "export", "sweep", "--source", sqlite.url, "-o", tree.path, "--layout", "ndjson"],
        capture_output=True, encoding="utf-8", check=False,
        env={"PATH": os.environ["PATH"], "HOME": tree.home, "LANG": "C"})
    assert ran.returncode == 1
    assert "index" in ran.stderr
