"""Who gets which file name: collisions, owners, trees of older exporters."""

import gzip
import os

import pytest

from export_fixture import invoice, payload_of


def owner(tree, stem):
    """Which row's payload lies under the name, or its marked form."""
    found = {path: content for path, content in tree.files().items() if path.startswith(stem)}
    return {path[len(stem):]: content for path, content in found.items()}


def test_the_smallest_key_gets_the_name(source, tree):
    source.make_table()
    source.add(invoice(3, number="A/1"), invoice(1, number="A:1"), invoice(2, number="A_1"))
    ran = tree.export(source)
    assert (ran.files_written, ran.collisions) == (3, 2)
    assert "share the name" in ran.err
    files = owner(tree, "t1/CN/20250304+A_1")
    assert files[""] == payload_of(1).encode()
    assert sorted(map(len, files)) == [0, 9, 9]
    assert all(mark == "" or (mark[0] == "~" and int(mark[1:], 16) >= 0) for mark in files)
    assert sorted(files.values()) == [payload_of(fid).encode() for fid in (1, 2, 3)]
    assert tree.export(source).files_written == 0


def test_names_that_differ_in_case_only_are_equal(source, tree):
    source.make_table()
    source.add(invoice(2, number="ABC"), invoice(1, number="abc"), invoice(4, number="ÄÖ"),
               invoice(3, number="äö"))
    assert tree.export(source).collisions == 2
    folded = [path.casefold() for path in tree.raw()]
    assert len(set(folded)) == 4
    assert tree.files()["t1/CN/20250304+abc"] == payload_of(1).encode()
    assert tree.files()["t1/CN/20250304+äö"] == payload_of(3).encode()


def test_the_same_number_twice_over_many_ranges_and_threads(sqlite, tree):
    """Whatever the order in which the ranges come in, the smallest key has the plain name."""
    sqlite.make_table()
    rows = 9000
    sqlite.add(*[invoice(fid, number=f"N{fid % (rows // 3)}") for fid in range(1, rows + 1)])
    ran = tree.export(sqlite, "-t", "8")
    assert (ran.files_written, ran.collisions) == (rows, rows - rows // 3)
    files = tree.files()
    assert len(files) == rows
    for fid in range(1, rows // 3):
        assert files[f"t1/CN/20250304+N{fid}"] == payload_of(fid).encode()
    assert tree.export(sqlite, "-t", "8").files_written == 0


def test_an_owner_keeps_its_name(source, tree):
    source.make_table()
    source.add(invoice(5, number="A"))
    tree.incremental(source, "60m")
    source.add(invoice(1, number="a", stamp=source.ago(50)))
    tree.incremental(source, "40m")
    source.change(5, source.ago(30), fext_field=payload_of(5, 2))
    source.change(1, source.ago(30), fext_field=payload_of(1, 2))
    tree.incremental(source, "20m")
    tree.export(source)
    files = tree.files()
    assert files["t1/CN/20250304+A"] == payload_of(5, 2).encode()
    marked, = [path for path in files if "~" in path]
    assert marked.startswith("t1/CN/20250304+a~")
    assert files[marked] == payload_of(1, 2).encode()


def test_an_owner_gone_frees_the_name(source, tree):
    source.make_table()
    source.add(invoice(1, number="A"), invoice(2, number="a"))
    tree.export(source)
    source.run("DELETE FROM t_invoice WHERE fid = 1")
    tree.export(source, "--prune")
    source.add(invoice(3, number="A"))
    tree.export(source)
    assert sorted(tree.files().values()) == [payload_of(2).encode(), payload_of(3).encode()]
    assert tree.files()["t1/CN/20250304+A"] == payload_of(3).encode()


def test_tenants_that_look_alike_in_the_file_system(source, tree):
    source.make_table()
    source.add(*[invoice(fid, tenant=tenant, number="SAME")
                 for fid, tenant in enumerate(("a/b", "a:b", "A_b", "a_B"), 1)])
    ran = tree.incremental(source, "60m")
    assert ran.files_written == 4
    assert sorted(tree.files().values()) == [payload_of(fid).encode() for fid in (1, 2, 3, 4)]
    assert len(tree.state()) == 4
    assert tree.export(source).files_written == 0


def adopt(tree, source, *words):
    """Runs over a tree that an older exporter left; nothing may be rewritten."""
    before = tree.times()
    ran = tree.export(source, *words)
    assert (ran.files_written, ran.files_removed) == (0, 0)
    assert ran.files_unchanged == ran.rows_read
    assert tree.times() == before


@pytest.mark.parametrize("words", [(), ("-c",), ("-i",), ("--compress=zstd",)])
@pytest.mark.parametrize("form", ["plain", "newline", "gzip", "both"])
def test_files_of_an_older_exporter_are_taken_over(source, tree, words, form):
    source.make_table()
    source.add(*[invoice(fid) for fid in range(1, 11)])
    for path, content in source.exported().items():
        if form in ("plain", "both"):
            tree.write(path + ".json", content)
        if form == "newline":
            tree.write(path + ".json", content + b"\n")
        if form in ("gzip", "both"):
            tree.write(path + ".json.gz", gzip.compress(content, 9))
    adopt(tree, source, *words)
    adopt(tree, source, *words[:1] if words != ("-i",) else ())


def test_what_was_taken_over_is_replaced_when_it_changes(source, tree):
    source.make_table()
    source.add(*[invoice(fid) for fid in range(1, 4)])
    for path, content in source.exported().items():
        tree.write(path + ".json", content)
        tree.write(path + ".json.gz", gzip.compress(content))
    tree.incremental(source, "60m")
    source.change(1, source.ago(50), fext_field=payload_of(1, 2))
    source.change(2, source.ago(50), fcountry="DE")
    tree.incremental(source, "40m", "-c")
    here = {path for path in tree.raw() if "INV3" not in path}
    assert here == {"t1/CN/20250304+INV1.json.gz", "t1/DE/20250304+INV2.json.gz"}


def test_an_old_file_with_other_content_is_replaced(source, tree):
    source.make_table()
    source.add(invoice(1), invoice(2))
    tree.write("t1/CN/20250304+INV1.json", b'{"old": 1}')
    tree.write("t1/CN/20250304+INV2.json", payload_of(2).encode() + b"\n\n")
    ran = tree.export(source)
    assert ran.files_written == 2
    tree.check_equals(source)


@pytest.mark.parametrize("words", [(), ("-i",), ("-c",), ("--compress=zstd",)])
@pytest.mark.parametrize("old", [gzip.compress(b'{"old": 1}'), gzip.compress(b'{"old": 1}')[:-9]])
def test_an_old_file_with_another_ending_is_replaced(source, tree, words, old):
    """It stayed beside the new one, and told the old content for good."""
    source.make_table()
    source.add(invoice(1), invoice(2))
    for path in ("t1/CN/20250304+INV1.json.gz", "t1/CN/20250304+INV1.json.zst"):
        tree.write(path, old)
    tree.export(source, *words)
    ending = {"-c": ".json.gz", "--compress=zstd": ".json.zst"}.get("".join(words), ".json")
    assert set(tree.raw()) == {f"t1/CN/20250304+INV{fid}{ending}" for fid in (1, 2)}


def test_of_two_rows_that_shared_an_old_file_each_gets_its_own(source, tree):
    """The older exporter let the second overwrite the first."""
    source.make_table()
    source.add(invoice(1, number="A/1"), invoice(2, number="A:1"))
    tree.write("t1/CN/20250304+A_1.json", payload_of(2).encode())
    dry = tree.export(source, "--dry-run")
    ran = tree.export(source)
    assert (dry.rows_read, dry.files_written) == (ran.rows_read, ran.files_written)
    assert ran.rows_read == ran.files_written + ran.files_unchanged == 2
    assert sorted(tree.files().values()) == [payload_of(1).encode(), payload_of(2).encode()]
    assert tree.export(source).files_written == 0


def test_two_rows_of_one_name_keep_their_files_when_the_index_is_lost(source, tree):
    """The first finds its file; the second must not take it, not even until the end of the run."""
    pairs = 60
    source.make_table()
    for pair in range(1, pairs + 1):
        source.add(invoice(2 * pair, number=f"A/{pair}"), invoice(2 * pair + 1, number=f"A:{pair}"))
    tree.export(source)
    before = {path: time for path, time in tree.times().items() if "~" not in path}
    files = tree.files()
    assert len(before) == pairs and len(files) == 2 * pairs
    for _ in range(2):
        os.unlink(os.path.join(tree.path, ".export_state", "index.db"))
        dry = tree.export(source, "--dry-run")
        ran = tree.export(source)
        assert (dry.files_written, dry.files_unchanged) == (ran.files_written, ran.files_unchanged)
        assert (ran.files_written, ran.files_unchanged) == (pairs, pairs)
        assert {path: tree.times()[path] for path in before} == before
        assert tree.files() == files


@pytest.mark.parametrize("words", [["-i"], []])
def test_a_mended_reject_of_the_same_name_and_content_gets_a_file_of_its_own(sqlite, tree, words):
    sqlite.make_table()
    same = payload_of(1)
    sqlite.add(invoice(1, number="A", payload=same, stamp=sqlite.ago(60)),
               invoice(2, number="A", payload="{broken", stamp=sqlite.ago(60)))
    assert tree.export(sqlite, "-i", code=3).rejected == 1
    # Mended without a new stamp: only the reject list brings it back.
    sqlite.run("UPDATE t_invoice SET fext_field = ? WHERE fid = 2", (same,))
    ran = tree.export(sqlite, *words)
    assert ran.code == 0 and ran.files_written == 1
    assert list(tree.files().values()) == [same.encode(), same.encode()]
    (rejects,), = tree.index("SELECT COUNT(*) FROM reject")
    assert rejects == 0


def test_files_of_others_stay(source, tree):
    source.make_table()
    source.add(invoice(1))
    tree.write("README.txt", b"ours")
    tree.write("t1/CN/note.json", b"{}")
    tree.write("t9/.hidden", b"")
    tree.export(source, "--prune")
    assert {"README.txt", "t1/CN/note.json", "t9/.hidden"} < set(tree.raw())
    assert os.path.exists(os.path.join(tree.path, "t1/CN/20250304+INV1.json"))
