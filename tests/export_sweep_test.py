"""`tidemark export sweep`: what no timestamp shows."""

import json
import os
import subprocess

from export_fixture import BINARY, invoice, payload_of


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
