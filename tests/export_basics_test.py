"""The invoice export on the three databases: modes, filters, moves, voided rows, forms of files."""

import os
import subprocess

import pytest

from export_fixture import invoice, payload_of
from programs import BINARY


def fill(source, rows=30):
    """A small table: three tenants, two countries and none, some rows that are not exported."""
    source.make_table()
    table = [invoice(fid, tenant=f"t{fid % 3}", country=("CN", "DE", None)[fid % 7 % 3])
             for fid in range(1, rows + 1)]
    table.append(invoice(901, status=2))
    table.append({**invoice(902), "fext_field": None})
    table.append({**invoice(903), "finvoice_no": None})
    table.append({**invoice(904), "fissue_date": None})
    source.add(*table)


# Full


def test_full_export_equals_the_table(source, tree):
    fill(source)
    ran = tree.export(source)
    tree.check_equals(source)
    assert (ran.mode, ran.rows_read, ran.files_written, ran.files_unchanged) == ("full", 30, 30, 0)
    assert ran.groups_total == ran.groups_ok == len(
        {os.path.dirname(path) for path in tree.raw()})
    assert ran.bytes_written == sum(len(content) for content in tree.raw().values())
    assert not os.path.exists(tree.state_path)  # A full run does not touch the watermarks.


def test_a_second_full_export_rewrites_nothing(source, tree):
    fill(source)
    tree.export(source)
    times = tree.times()
    ran = tree.export(source)
    assert (ran.files_written, ran.files_unchanged) == (0, 30)
    assert tree.times() == times


def test_what_was_damaged_or_deleted_in_the_tree_comes_back(source, tree):
    fill(source)
    tree.export(source)
    first, second, third = sorted(tree.raw())[:3]
    os.remove(os.path.join(tree.path, first))
    tree.write(second, b"{}")
    os.utime(os.path.join(tree.path, third))  # Touched only: not rewritten.
    ran = tree.export(source)
    assert (ran.files_written, ran.files_unchanged) == (2, 28)
    tree.check_equals(source)


@pytest.mark.parametrize("threads", ["1", "2", "16"])
def test_any_number_of_threads_gives_the_same_tree(source, tree, threads):
    source.make_table()
    source.add(*[invoice(fid, tenant="big" if fid % 100 else "small") for fid in range(1, 5001)])
    ran = tree.export(source, "-t", threads)
    assert ran.rows_read == ran.files_written == 5000
    tree.check_equals(source)


@pytest.mark.parametrize("form, ending", [("gzip", ".json.gz"), ("zstd", ".json.zst")])
def test_compressed_files(source, tree, form, ending):
    fill(source)
    tree.export(source, f"--compress={form}")
    assert all(path.endswith(ending) for path in tree.raw())
    tree.check_equals(source)
    assert tree.export(source, f"--compress={form}").files_written == 0


def test_a_change_of_compression_rewrites_only_what_changes(source, tree):
    fill(source)
    tree.export(source)
    assert tree.export(source, "-c").files_written == 0
    source.change(1, source.ago(1), fext_field=payload_of(1, 2))
    ran = tree.export(source, "-c")
    assert (ran.files_written, ran.files_removed) == (1, 1)
    assert sum(path.endswith(".gz") for path in tree.raw()) == 1
    tree.check_equals(source)


# Incremental


def test_incremental_runs_export_what_changed(source, tree):
    fill(source)
    ran = tree.incremental(source, "60m")
    assert (ran.mode, ran.rows_read, ran.files_written) == ("incremental", 30, 30)
    assert {entry["tenant"]: entry["records"] for entry in ran.tenants} == {
        "t0": 10, "t1": 10, "t2": 10}
    assert all(entry["to"] == ran.boundary for entry in ran.tenants)
    tree.check_equals(source)

    source.change(1, source.ago(50), fext_field=payload_of(1, 2))
    source.add(invoice(31, tenant="t3", stamp=source.ago(50)))
    second = tree.incremental(source, "40m")
    assert (second.rows_read, second.files_written) == (2, 2)
    assert second.tenant("t1")["from"] == ran.boundary
    assert second.groups_empty == 2
    tree.check_equals(source)


def test_a_run_without_news_moves_the_watermark_and_no_file(source, tree):
    fill(source)
    tree.incremental(source, "60m")
    times = tree.times()
    ran = tree.incremental(source, "30m")
    assert ran.rows_read == 0
    assert {mark for mark, _, _ in tree.state().values()} == {ran.boundary}
    assert {records for _, records, _ in tree.state().values()} == {0}
    assert tree.times() == times


def test_the_watermark_never_moves_back(source, tree):
    fill(source)
    ran = tree.incremental(source, "5m")
    state = tree.state()
    again = tree.incremental(source, "60m")
    assert again.boundary < ran.boundary
    assert tree.state() == state
    tree.check_equals(source)


def test_rows_in_the_margin_wait(source, tree):
    fill(source)
    source.add(invoice(40, stamp=source.ago(10)))
    assert tree.incremental(source, "20m").rows_read == 30
    assert tree.incremental(source, "5m").rows_read == 1
    tree.check_equals(source)


def test_a_tenant_of_the_table_alone(source, tree):
    fill(source)
    ran = tree.incremental(source, "60m", "--tenant", "t1")
    assert [entry["tenant"] for entry in ran.tenants] == ["t1"]
    assert list(tree.state()) == ["t1"]
    assert set(path.split("/")[0] for path in tree.raw()) == {"t1"}
    twice = tree.export(source, "--tenant", "t2", "--tenant", "t2")
    assert twice.rows_read == 10
    tree.incremental(source, "50m")
    tree.check_equals(source)


def test_the_same_tenant_named_twice_is_read_once(source, tree):
    fill(source)
    ran = tree.incremental(source, "60m", "--tenant", "t1", "--tenant", "t1")
    assert (ran.rows_read, len(ran.tenants)) == (10, 1)


def test_a_country_alone_keeps_the_watermark(source, tree):
    fill(source)
    ran = tree.incremental(source, "60m", "--country", "DE")
    assert set(path.split("/")[1] for path in tree.raw()) == {"DE"}
    assert all(entry["to"] == entry["from"] for entry in ran.tenants)
    assert not os.path.exists(tree.state_path)
    tree.export(source, "--country", "UNKNOWN")
    assert set(path.split("/")[1] for path in tree.raw()) == {"DE", "UNKNOWN"}
    tree.incremental(source, "60m")
    tree.check_equals(source)


def test_the_first_groups_alone_keep_the_watermark(source, tree):
    fill(source)
    ran = tree.incremental(source, "60m", "--limit", "2")
    assert not os.path.exists(tree.state_path)
    groups = {os.path.dirname(path) for path in tree.raw()}
    # In the order of the bytes; whether NULL is first or last is up to the database.
    assert groups in ({"t0/CN", "t0/UNKNOWN"}, {"t0/CN", "t0/DE"})
    assert ran.rows_read == len(tree.raw())
    full = tree.export(source, "-l", "2")
    assert full.files_written == 0
    tree.incremental(source, "60m")
    tree.check_equals(source)


@pytest.mark.parametrize("layout", ["files", "ndjson"])
def test_rows_without_a_payload_are_passed_over(source, tree, layout):
    """More of them in a row than fill a chunk, at both ends, and here and there."""
    stamp = source.ago(30)
    source.make_table().add(*(invoice(n, stamp=stamp) for n in range(1, 6001)))
    source.run("UPDATE t_invoice SET fext_field = NULL"
               " WHERE fid <= 20 OR fid > 5900 OR fid % 7 = 0 OR fid BETWEEN 200 AND 4900")
    whole = source.exported()
    ran = tree.export(source, "--layout", layout, "--threads", "3")
    assert (ran.code, ran.rows_read, ran.rejected) == (0, len(whole), 0)
    if layout == "files":
        tree.check_equals(source)
    source.change(300, source.ago(20), fext_field=payload_of(300, 2))
    ran = tree.incremental(source, "10m", "--layout", layout)
    assert ran.code == 0
    assert tree.incremental(source, "10m", "--layout", layout).rows_read == 0
    if layout == "files":
        tree.check_equals(source)


# Dry run


@pytest.mark.parametrize("words", [(), ("-i", "--margin", "10m"), ("--prune",)])
def test_a_dry_run_writes_nothing_at_all(source, tree, words):
    fill(source)
    ran = tree.export(source, "--dry-run", *words)
    assert (ran.dry_run, ran.files_written) == (True, 30)
    assert not os.path.exists(tree.path)

    tree.incremental(source, "60m")
    source.change(1, source.ago(30), fext_field=payload_of(1, 2))
    source.change(2, source.ago(30), ftenant_id="t9")
    source.change(3, source.ago(30), fissue_status=2)
    before = tree.snapshot()
    ran = tree.export(source, "--dry-run", *words)
    assert tree.snapshot() == before
    # The file of the row that moved, and with --prune that of the voided row.
    assert (ran.files_written, ran.files_removed) == (2, 2 if "--prune" in words else 1)
    assert ran.gone_removed == (1 if "--prune" in words else 0)

    real = tree.export(source, *words)
    figures = ("rows_read", "files_written", "files_unchanged", "bytes_written", "rows_gone",
               "gone_removed", "groups_total", "rejected", "collisions")
    assert {name: getattr(ran, name) for name in figures} == {
        name: getattr(real, name) for name in figures}


# Rows that move and rows that go


@pytest.mark.parametrize("change, path", [
    ({"ftenant_id": "new"}, "new/DE/20250304+INV1"),
    ({"fcountry": "FR"}, "t1/FR/20250304+INV1"),
    ({"fcountry": None}, "t1/UNKNOWN/20250304+INV1"),
    ({"fissue_date": "2026-01-02"}, "t1/DE/20260102+INV1"),
    ({"finvoice_no": "INV1-B"}, "t1/DE/20250304+INV1-B"),
    ({"finvoice_no": "inv1"}, "t1/DE/20250304+inv1"),
    ({"ftenant_id": "n", "fcountry": "X", "fissue_date": "2026-01-02", "finvoice_no": "Z",
      "fext_field": payload_of(1, 2)}, "n/X/20260102+Z"),
])
@pytest.mark.parametrize("mode", ["full", "incremental"])
def test_a_row_that_moves_leaves_no_file_behind(source, tree, change, path, mode):
    fill(source)
    tree.incremental(source, "60m")
    assert "t1/DE/20250304+INV1" in tree.files()
    source.change(1, source.ago(50), **change)
    words = ("-i",) if mode == "incremental" else ()
    ran = tree.export(source, *words, margin="40m")
    assert (ran.files_written, ran.files_removed) == (1, 1)
    assert path in tree.files()
    tree.check_equals(source)


def test_two_rows_that_swap_their_numbers(source, tree):
    source.make_table()
    source.add(invoice(1, number="A"), invoice(2, number="B"))
    tree.incremental(source, "60m")
    stamp = source.ago(50)
    source.change(1, stamp, finvoice_no="B")
    source.change(2, stamp, finvoice_no="A")
    tree.incremental(source, "40m")
    files = tree.files()
    assert sorted(files.values()) == sorted(source.exported().values())
    assert files["t1/CN/20250304+A"] == payload_of(2).encode()
    marked = next(path for path in files if path.startswith("t1/CN/20250304+B"))
    assert files[marked] == payload_of(1).encode()
    assert tree.export(source).files_written == 0
    tree.check_tidy()


def test_voided_and_deleted_rows_are_counted_and_pruned(source, tree):
    fill(source)
    tree.export(source)
    source.run("UPDATE t_invoice SET fissue_status = 4 WHERE fid = 1")
    source.run("DELETE FROM t_invoice WHERE fid = 2")
    ran = tree.export(source)
    assert (ran.rows_gone, ran.gone_removed, len(tree.raw())) == (2, 0, 30)
    ran = tree.export(source, "--prune")
    assert (ran.rows_gone, ran.gone_removed, len(tree.raw())) == (2, 2, 28)
    tree.check_equals(source)
    source.run("UPDATE t_invoice SET fissue_status = 3 WHERE fid = 1")
    assert tree.export(source, "--prune").rows_gone == 0
    tree.check_equals(source)


def test_pruning_where_nobody_can_be_asked_is_refused_before_anything_is_read(source, tree):
    fill(source)
    words = [BINARY, "export", "invoices", "--source", source.url, "-o", tree.path, "--prune"]
    ran = subprocess.run(words, env={"PATH": os.environ["PATH"], "HOME": tree.home},
                         cwd=tree.home, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                         check=False)
    assert ran.returncode == 2 and "--prune" in ran.stderr and "--yes" in ran.stderr
    assert not os.path.exists(tree.path)


def test_a_run_over_a_part_prunes_nothing(source, tree):
    fill(source)
    tree.export(source)
    for words in (("--tenant", "t1"), ("--country", "DE"), ("--limit", "1"), ("-i",)):
        ran = tree.export(source, "--prune", *words)
        assert (ran.rows_gone, ran.gone_removed) == (0, 0)
    tree.check_equals(source)
