"""Layout ndjson: parts behind manifests, and compacting."""

import gzip
import json
import os
import pty
import signal
import sqlite3
import subprocess

import pytest

from export_fixture import BINARY, invoice, payload_of
from export_faults_test import ROOT, fill, run_as_nobody, wait_until
from export_keys_test import make_table_with_nullable_key, message_of
from gate import Gate


def manifest(tree, group):
    with open(os.path.join(tree.path, group, "_manifest.json"), encoding="utf-8") as file:
        return json.load(file)


def content(path):
    """A part, decompressed."""
    with open(path, "rb") as file:
        data = file.read()
    if path.endswith(".gz"):
        return gzip.decompress(data)
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dc"], input=data, check=True, capture_output=True).stdout
    return data


def lines(tree, group):
    """All lines that the manifest lists, in order; every part as the manifest describes it."""
    found = []
    for part in manifest(tree, group)["parts"]:
        path = os.path.join(tree.path, group, part["file"])
        assert os.path.getsize(path) == part["bytes"]
        rows = content(path).decode().splitlines()
        assert len(rows) == part["rows"]
        found += [json.loads(row) for row in rows]
    return found


def newest(tree, unreadable=()):
    """{key: payload} as a reader of the whole tree sees it: the newest line of a key counts."""
    seen = {}
    for folder, _, names in os.walk(tree.path):
        group = os.path.relpath(folder, tree.path)
        if "_manifest.json" not in names or group in unreadable:
            continue
        for part in manifest(tree, group)["parts"]:
            for row in content(os.path.join(folder, part["file"])).decode().splitlines():
                line = json.loads(row)
                order = (part["run"], line["update_time"] or "")
                if line["key"] not in seen or seen[line["key"]][0] <= order:
                    seen[line["key"]] = (order, line["payload"])
    return {key: payload for key, (_, payload) in seen.items()}


def parts_on_disk(tree):
    return sorted(path for path in tree.raw() if ".ndjson" in path)


def parts_listed(tree):
    listed = []
    for folder, _, names in os.walk(tree.path):
        if "_manifest.json" in names:
            group = os.path.relpath(folder, tree.path)
            listed += [f"{group}/{part['file']}" for part in manifest(tree, group)["parts"]]
    return sorted(listed)


def compact(tree, *words):
    ran = subprocess.run([BINARY, "export", "compact", "-o", tree.path, "--json", *words],
                         capture_output=True, encoding="utf-8", cwd=tree.home, check=False,
                         env={"PATH": os.environ["PATH"], "HOME": tree.home})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.fixture
def table(source):
    source.make_table()
    source.add(*[invoice(fid, tenant="t1" if fid % 3 else "t2", country="CN" if fid % 2 else None)
                 for fid in range(1, 301)])
    return source


@pytest.mark.parametrize("compress", [[], ["-c"], ["-c=zstd"]])
def test_a_full_export_holds_every_row(table, tree, compress):
    ran = tree.export(table, "--layout", "ndjson", *compress)
    assert (ran.rows_read, ran.rows_written, ran.files_written) == (300, 300, 4)
    rows = table.run("SELECT fid, fext_field FROM t_invoice")
    assert newest(tree) == {fid: json.loads(payload) for fid, payload in rows}
    first = lines(tree, "t1/CN")[0]
    assert list(first) == ["key", "invoice_no", "issue_date", "update_time", "payload"]
    assert (first["key"], first["invoice_no"]) == (1, "INV1")
    assert manifest(tree, "t2/UNKNOWN")["parts"][0]["window"] is None
    tree.check_tidy()


def test_a_second_full_export_replaces_the_parts(table, tree):
    tree.export(table, "--layout", "ndjson")
    before = parts_on_disk(tree)
    table.run("DELETE FROM t_invoice WHERE fid = 300")
    ran = tree.export(table, "--layout", "ndjson")
    assert (ran.files_written, ran.files_removed) == (4, 4)
    assert not set(before) & set(parts_on_disk(tree))
    assert parts_on_disk(tree) == parts_listed(tree)
    assert 300 not in newest(tree)


def test_a_part_of_a_gone_group_that_cannot_be_removed_fails_nothing(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1", "CN"), invoice(2, "t2", "CN"))
    tree.export(sqlite, "--layout", "ndjson")
    part = os.path.join(tree.path, "t2/CN", manifest(tree, "t2/CN")["parts"][0]["file"])
    os.remove(part)
    os.makedirs(os.path.join(part, "in the way"))
    sqlite.run("DELETE FROM t_invoice WHERE fid = 2")
    ran = tree.export(sqlite, "--layout", "ndjson", "--prune", code=3)
    assert (ran.files_written, ran.files_removed, ran.groups_failed) == (1, 1, 0)
    assert part in ran.lines[0]["message"]
    assert not os.path.exists(os.path.join(tree.path, "t2/CN/_manifest.json"))
    # Said again until it is mended; what is new is exported all the same.
    sqlite.add(invoice(3, "t1", "CN"))
    assert part in tree.export(sqlite, "--layout", "ndjson", code=3).lines[0]["message"]
    assert set(newest(tree)) == {1, 3}
    os.rmdir(os.path.join(part, "in the way"))
    os.rmdir(part)
    tree.export(sqlite, "--layout", "ndjson")


def as_nobody(sqlite, tree, tmp_path):
    """Exports as a user whom folders of the tree may be closed to."""
    os.makedirs(tree.path)
    if ROOT:
        for folder in (tmp_path, *list(tmp_path.parents)[:-1]):
            if "pytest-" in str(folder):  # Its own, and closed to others.
                os.chmod(folder, 0o711)
            elif not os.stat(folder).st_mode & 0o001:
                pytest.skip(f"{folder} is closed to other users")
        os.chown(tree.path, 65534, 65534)
        for name in (tmp_path, sqlite.path):
            os.chmod(name, 0o777)
        sqlite.run("PRAGMA journal_mode=DELETE")

    def run(*words, code=0):
        started = tree.start(sqlite, "--layout", "ndjson", *words, wrapper=run_as_nobody())
        return tree.finish(started, code)
    return run


def test_a_gone_group_whose_folder_may_not_be_written_stays_whole(sqlite, tree, tmp_path):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1", "CN"), invoice(2, "t2", "CN"))
    run = as_nobody(sqlite, tree, tmp_path)
    run()
    sqlite.run("DELETE FROM t_invoice WHERE fid = 2")
    gone = os.path.join(tree.path, "t2/CN")
    os.chmod(gone, 0o555)
    ran = run("--prune", code=3)
    assert (ran.files_written, ran.files_removed, ran.groups_failed) == (1, 1, 0)
    assert gone in ran.lines[0]["message"]
    assert parts_on_disk(tree) == parts_listed(tree) and set(newest(tree)) == {1, 2}
    os.chmod(gone, 0o755)
    assert (ran.rows_gone, ran.gone_removed) == (1, 0)
    ran = run("--prune")
    assert (ran.rows_gone, ran.gone_removed) == (1, 1)
    assert not os.path.exists(gone)
    assert parts_on_disk(tree) == parts_listed(tree) and set(newest(tree)) == {1}


def test_incremental_runs_add_parts_and_compacting_folds_them(table, tree):
    tree.incremental(table, "60m", "--layout", "ndjson")
    table.change(1, table.ago(55), fext_field=payload_of(1, 2))
    table.change(2, table.ago(55), ftenant_id="t9")
    ran = tree.incremental(table, "50m", "--layout", "ndjson")
    assert (ran.rows_read, ran.files_written) == (2, 2)
    window = manifest(tree, "t1/CN")["parts"][1]["window"]
    assert window == {"after": ran.tenant("t1")["from"], "upto": ran.boundary}
    rows = table.run("SELECT fid, fext_field FROM t_invoice")
    expected = {fid: json.loads(payload) for fid, payload in rows}
    assert newest(tree) == expected

    folded = compact(tree)
    assert (folded["rows_before"], folded["rows_after"]) == (302, 300)
    # Row 2 left t1/UNKNOWN: its old line is gone there, though that group got no new part.
    assert 2 not in [line["key"] for line in lines(tree, "t1/UNKNOWN")]
    assert [line["key"] for line in lines(tree, "t9/UNKNOWN")] == [2]
    assert newest(tree) == expected
    assert parts_on_disk(tree) == parts_listed(tree)
    tree.check_tidy()
    assert compact(tree)["groups_folded"] == 0


def test_line_breaks_of_a_payload_become_blanks(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1, payload='{\n "a": "x\\ny",\r\n "b": 12345678901234567890.10\n}'))
    tree.export(sqlite, "--layout", "ndjson")
    part = parts_on_disk(tree)[0]
    text = content(os.path.join(tree.path, part)).decode()
    assert text.count("\n") == 1
    assert text.endswith('"payload":{  "a": "x\\ny",   "b": 12345678901234567890.10 }}\n')


def test_groups_whose_folders_would_meet_stay_apart(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1, tenant="a/b"), invoice(2, tenant="a:b"), invoice(3, tenant="A_B"))
    tree.export(sqlite, "--layout", "ndjson")
    groups = sorted({os.path.dirname(part) for part in parts_listed(tree)})
    assert len({group.lower() for group in groups}) == 3
    tree.export(sqlite, "--layout", "ndjson")
    assert sorted({os.path.dirname(part) for part in parts_listed(tree)}) == groups
    assert sorted(newest(tree)) == [1, 2, 3]


def test_a_killed_run_leaves_the_old_parts(table, tree):
    tree.export(table, "--layout", "ndjson")
    before = tree.raw()
    for delay in (0.02, 0.06, 0.1, 0.15):
        process = tree.start(table, "--layout", "ndjson", "-t", "1")
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        assert set(parts_listed(tree)) <= set(parts_on_disk(tree))
        assert len(newest(tree)) == 300
    tree.export(table, "--layout", "ndjson")
    assert parts_on_disk(tree) == parts_listed(tree)
    assert len(before) == len(tree.raw())
    tree.check_tidy()


def test_a_damaged_part_is_named_and_nothing_is_folded(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2))
    tree.export(sqlite, "--layout", "ndjson")
    part = os.path.join(tree.path, parts_on_disk(tree)[0])
    with open(part, "ab") as file:
        file.write(b'{"key":3')
    ran = subprocess.run([BINARY, "export", "compact", "-o", tree.path], capture_output=True,
                         encoding="utf-8", check=False,
                         env={"PATH": os.environ["PATH"], "HOME": tree.home, "LANG": "C"})
    assert ran.returncode == 1
    assert os.path.basename(part) in ran.stderr
    assert len(parts_listed(tree)) == 1


def test_watermarks_wait_for_the_parts(sqlite, tree):
    """A finished tenant is not marked while another one's rows are still being packed."""
    sqlite.make_table()
    sqlite.add(*[invoice(fid, tenant="a") for fid in range(1, 1001)])
    sqlite.add(*[invoice(fid, tenant="b") for fid in range(1001, 20001)])
    for delay in (0.05, 0.1, 0.2, 0.4):
        process = tree.start(sqlite, "-i", "--layout", "ndjson", "-t", "1")
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        if os.path.exists(tree.state_path):
            marked = [tenant for tenant, (mark, _, _) in tree.state().items() if mark > "1971"]
            assert all(parts_listed(tree) for _ in marked)
    tree.export(sqlite, "-i", "--layout", "ndjson")
    assert len(newest(tree)) == 20000


def test_no_country_and_the_country_unknown_are_one_group(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1, country=None), invoice(2, country=""), invoice(3, country="UNKNOWN"))
    for _ in range(2):
        tree.export(sqlite, "--layout", "ndjson")
        assert sorted(line["key"] for line in lines(tree, "t1/UNKNOWN")) == [1, 2, 3]


def test_retrying_single_rejects_is_refused(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2, payload="{broken"))
    tree.export(sqlite, "--layout", "ndjson", code=3)
    sqlite.change(2, "2025-06-01 10:00:00", fext_field=payload_of(2))
    ran = subprocess.run(
        [BINARY, "export", "rejects", "retry", "--source", sqlite.url, "-o", tree.path],
        capture_output=True, encoding="utf-8", check=False,
        env={"PATH": os.environ["PATH"], "HOME": tree.home, "LANG": "C",
             "TIDEMARK_EXPORT__INVOICES__LAYOUT": "ndjson"})
    assert ran.returncode == 1
    assert len(newest(tree)) == 1
    tree.incremental(sqlite, "1m", "--layout", "ndjson")
    assert len(newest(tree)) == 2


def test_a_tree_keeps_its_layout(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.export(sqlite)
    ran = tree.export(sqlite, "-i", "--layout", "ndjson", code=2)
    assert "layout files" in ran.exit_error["message"]


@pytest.mark.parametrize("index", ["kept", "lost"])
def test_a_clock_that_was_set_back_does_not_reorder_runs(sqlite, tree, index):
    """The newest line of a key is the one of the newest run, whatever the clock said."""
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.export(sqlite, "-i", "--layout", "ndjson", margin="60m")
    # The first run, as a clock a century ahead would have named it.
    folder = os.path.join(tree.path, "t1/CN")
    made = manifest(tree, "t1/CN")
    run = made["parts"][0]["run"]
    ahead = "2125" + run[4:]
    for part in made["parts"]:
        renamed = part["file"].replace(run, ahead)
        os.rename(os.path.join(folder, part["file"]), os.path.join(folder, renamed))
        part["file"], part["run"] = renamed, ahead
    with open(os.path.join(folder, "_manifest.json"), "w", encoding="utf-8") as file:
        json.dump(made, file)
    database = os.path.join(tree.state_folder, "index.db")
    if index == "lost":
        os.remove(database)
        for line in (tree.state_path,):
            os.remove(line)
    else:
        with sqlite3.connect(database) as connection:
            connection.execute("UPDATE meta SET value = ? WHERE name = 'packed_run'", (ahead,))
        connection.close()

    sqlite.change(1, sqlite.ago(30), fext_field=payload_of(1, 2))
    tree.export(sqlite, "-i", "--layout", "ndjson", margin="5m")
    runs = [part["run"] for part in manifest(tree, "t1/CN")["parts"]]
    assert runs == sorted(runs) and runs[0] == ahead and runs[1] > ahead
    compacted = subprocess.run([BINARY, "export", "compact", "-o", tree.path], check=False,
                               env={"PATH": os.environ["PATH"], "HOME": tree.home})
    assert compacted.returncode == 0
    assert newest(tree) == {1: json.loads(payload_of(1, 2))}
    assert manifest(tree, "t1/CN")["parts"][0]["run"] > runs[1]


def test_more_groups_than_open_files(sqlite, tree):
    sqlite.make_table()
    sqlite.add(*[invoice(fid, tenant=f"t{fid % 300}") for fid in range(1, 9001)])
    tree.export(sqlite, "--layout", "ndjson", "-t", "2")
    assert newest(tree) == {fid: json.loads(payload_of(fid)) for fid in range(1, 9001)}
    assert sum(len(lines(tree, f"t{tenant}/CN")) for tenant in range(300)) == 9000


# Groups that are gone


def answered(tree, source, answer, *words):
    """What the tool writes on a terminal where somebody answers."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [BINARY, "export", "invoices", "--source", source.url, "-o", tree.path,
         "--layout", "ndjson", *words],
        env={"PATH": os.environ["PATH"], "HOME": tree.home, "LANG": "C", "TERM": "xterm"},
        cwd=tree.home, stdin=child, stdout=child, stderr=child)
    os.close(child)
    seen = b""
    asked = False
    while True:
        try:
            piece = os.read(parent, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
        if b"[y/N]" in seen and not asked:
            asked = True
            os.write(parent, answer + b"\n")
    assert process.wait(timeout=60) == 0, seen.decode()
    os.close(parent)
    return seen.decode()


def test_a_group_that_is_gone_is_removed_after_a_question(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1"), invoice(2, "t2"), invoice(3, "t2"))
    tree.export(sqlite, "--layout", "ndjson")
    sqlite.run("DELETE FROM t_invoice WHERE ftenant_id = 't2'")

    seen = answered(tree, sqlite, b"n", "--prune")
    # The bar is off the line while somebody thinks.
    assert "\r" not in seen.partition("[y/N]")[2].partition("\n")[0].rstrip("\r")
    assert "2 rows are deleted or voided" in seen and "t2/CN" in seen
    assert set(newest(tree)) == {1, 2, 3} and parts_on_disk(tree) == parts_listed(tree)
    seen = answered(tree, sqlite, b"y", "--prune")
    assert set(newest(tree)) == {1} and parts_on_disk(tree) == parts_listed(tree)
    assert "[y/N]" not in answered(tree, sqlite, b"y", "--prune")
    tree.check_tidy()


@pytest.mark.parametrize("words", [(), ("-i", "--margin", "10m"), ("--prune",), ("-c",)])
def test_a_dry_run_tells_what_a_run_would_do(sqlite, tree, words):
    sqlite.make_table()
    sqlite.add(*[invoice(fid, f"t{fid % 3}") for fid in range(1, 31)])
    words = ("--layout", "ndjson", *words)
    ran = tree.export(sqlite, "--dry-run", *words)
    assert (ran.rows_written, ran.files_written) == (30, 3)
    assert not os.path.exists(tree.path)

    tree.incremental(sqlite, "60m", "--layout", "ndjson")
    sqlite.run("DELETE FROM t_invoice WHERE ftenant_id = 't2'")
    sqlite.change(1, sqlite.ago(30), fext_field=payload_of(1, 2))
    sqlite.change(4, sqlite.ago(30), fext_field="{broken")
    before = tree.snapshot()
    code = tree.export(sqlite, "--dry-run", *words, code=None)
    assert tree.snapshot() == before
    real = tree.export(sqlite, *words, code=3)
    figures = ("rows_read", "rows_written", "files_written", "files_removed", "bytes_written",
               "rows_gone", "gone_removed", "groups_total", "rejected")
    assert {name: getattr(code, name) for name in figures} == {
        name: getattr(real, name) for name in figures}
    if "-i" not in words:
        assert real.rows_gone == 10
        assert (real.gone_removed, real.files_removed) == ((10, 3) if "--prune" in words else (0, 2))


# Rejected rows


def broken(fid, version=1):
    """Not broken for a run that requires nothing."""
    return json.dumps({"id": fid, "version": version})


@pytest.mark.parametrize("compress", [(), ("-c",)])
def test_a_rejected_row_keeps_its_last_good_line(sqlite, tree, compress):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1"), invoice(2, "t1"), invoice(3, "t1"), invoice(4, "t2"),
               invoice(5, "t3"), invoice(6, "t2"))
    good = {fid: json.loads(payload_of(fid)) for fid in range(1, 7)}
    full = ("--layout", "ndjson", *compress)
    tree.incremental(sqlite, "60m", *full)
    sqlite.change(2, sqlite.ago(50), fext_field=payload_of(2, 2))
    good[2] = json.loads(payload_of(2, 2))
    tree.incremental(sqlite, "40m", *full)

    # One beside good rows, one alone in its group, one that moved; and two that are really gone.
    sqlite.change(2, sqlite.ago(30), fext_field=broken(2))
    sqlite.change(4, sqlite.ago(30), fext_field="{broken")
    sqlite.change(5, sqlite.ago(30), fext_field=broken(5), ftenant_id="t1")
    sqlite.run("DELETE FROM t_invoice WHERE fid IN (3, 6)")
    del good[3], good[6]
    for _ in range(2):
        ran = tree.export(sqlite, *full, "--require-field", "buyer", "--prune", code=3)
        assert (ran.rejected, ran.rows_gone, ran.gone_removed) == (3, 0, 0)
        assert newest(tree) == good
        assert parts_on_disk(tree) == parts_listed(tree)
    assert [line["key"] for line in lines(tree, "t2/CN")] == [4]
    compact(tree)
    assert newest(tree) == good
    # A run over a part of the table touches nothing else.
    tree.export(sqlite, *full, "--require-field", "buyer", "--tenant", "t1", code=3)
    assert newest(tree) == good

    # What is mended replaces it.
    for fid in (2, 4, 5):
        sqlite.change(fid, sqlite.ago(20), fext_field=payload_of(fid, 3))
        good[fid] = json.loads(payload_of(fid, 3))
    ran = tree.export(sqlite, *full, "--prune")
    assert (ran.rejects_open, ran.rows_gone) == (0, 1)
    assert newest(tree) == good
    assert sorted(line["key"] for line in lines(tree, "t1/CN")) == [1, 2, 5]


def test_a_row_that_was_never_good_keeps_no_group(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1"), invoice(2, "t2"), invoice(3, "t2", payload="{broken"))
    tree.export(sqlite, "--layout", "ndjson", code=3)
    sqlite.run("DELETE FROM t_invoice WHERE fid = 2")
    ran = tree.export(sqlite, "--layout", "ndjson", "--prune", code=3)
    assert (ran.rows_gone, ran.gone_removed) == (1, 1)
    assert set(newest(tree)) == {1}


def test_a_damaged_part_with_rejected_rows_is_told(sqlite, tree):
    """Nobody can say where the last good lines stand: all old parts stay, beside the new ones."""
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2), invoice(3, "t2"))
    tree.export(sqlite, "--layout", "ndjson")
    part = os.path.join(tree.path, parts_on_disk(tree)[0])
    sqlite.change(2, sqlite.ago(30), fext_field="{broken")
    os.truncate(part, os.path.getsize(part) - 1)
    before = tree.raw()
    ran = tree.export(sqlite, "--layout", "ndjson", "--prune", code=3)
    assert os.path.basename(part) in message_of(ran)
    assert (ran.rows_written, ran.rejected, ran.files_removed) == (2, 1, 0)
    assert set(parts_on_disk(tree)) > {path for path in before if ".ndjson" in path}
    sqlite.change(2, sqlite.ago(30), fext_field=payload_of(2))
    tree.export(sqlite, "--layout", "ndjson")
    assert parts_on_disk(tree) == parts_listed(tree)
    assert sorted(newest(tree)) == [1, 2, 3]


# One damaged manifest


def damage(tree, group):
    """What puts it right again."""
    path = os.path.join(tree.path, group, "_manifest.json")
    with open(path, "rb+") as file:
        whole = file.read()
        file.truncate(len(whole) // 2)

    def mend():
        with open(path, "wb") as again:
            again.write(whole)
    return mend


def lose(tree, group):
    path = os.path.join(tree.path, group, "_manifest.json")
    with open(path, "rb") as file:
        whole = file.read()
    os.remove(path)

    def put_back():
        with open(path, "wb") as again:
            again.write(whole)
    return put_back


def change_all(source, fids, version, minutes):
    for fid in fids:
        source.change(fid, source.ago(minutes), fext_field=payload_of(fid, version))


def test_a_damaged_manifest_fails_its_group_alone(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1", "CN"), invoice(2, "t1", "US"), invoice(3, "t2", "CN"))
    tree.incremental(sqlite, "60m", "--layout", "ndjson")
    before = tree.state()
    mend = damage(tree, "t1/CN")
    change_all(sqlite, (1, 2, 3), 2, 50)
    ran = tree.incremental(sqlite, "40m", "--layout", "ndjson", code=3)
    error = next(error for error in ran.errors if "t1/CN/_manifest.json" in error["message"])
    assert "1 row is not exported" in error["message"]
    # Its tenant waits as a whole: further runs do not add the lines of its other groups again.
    assert (ran.rows_written, ran.files_failed, ran.groups_failed) == (1, 2, 2)
    tree.incremental(sqlite, "40m", "--layout", "ndjson", code=3)
    assert len(manifest(tree, "t1/US")["parts"]) == 1
    assert newest(tree, {"t1/CN"}) == {2: json.loads(payload_of(2)),
                                       3: json.loads(payload_of(3, 2))}
    after = tree.state()
    assert after["t1"] == (before["t1"][0], 0, "FAILED")
    assert (after["t2"][0] > before["t2"][0], after["t2"][2]) == (True, "SUCCESS")
    mend()
    tree.incremental(sqlite, "40m", "--layout", "ndjson")
    assert newest(tree) == {fid: json.loads(payload_of(fid, 2)) for fid in (1, 2, 3)}
    assert tree.state()["t1"] == (tree.state()["t2"][0], 2, "SUCCESS")


@pytest.mark.parametrize("words", [(), ("-i", "--margin", "40m")])
def test_a_manifest_that_is_gone_fails_its_group_as_a_damaged_one_does(sqlite, tree, words):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1"), invoice(2, "t1"), invoice(3, "t2"))
    tree.incremental(sqlite, "60m", "--layout", "ndjson")
    put_back = lose(tree, "t1/CN")
    change_all(sqlite, (1, 3), 2, 50)
    for margin in ("--dry-run", "--yes"):
        ran = tree.export(sqlite, "--layout", "ndjson", *words, margin, code=3)
        assert "t1/CN/_manifest.json is missing" in message_of(ran)
        assert not os.path.exists(os.path.join(tree.path, "t1/CN/_manifest.json"))
    assert newest(tree)[3] == json.loads(payload_of(3, 2))
    put_back()
    tree.export(sqlite, "--layout", "ndjson", *words)
    assert newest(tree) == {1: json.loads(payload_of(1, 2)), 2: json.loads(payload_of(2)),
                            3: json.loads(payload_of(3, 2))}
    assert parts_on_disk(tree) == parts_listed(tree)


@pytest.mark.parametrize("words", [(), ("-i", "--margin", "40m")])
def test_a_folder_that_takes_no_file_fails_its_group_alone(sqlite, tree, tmp_path, words):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1"), invoice(2, "t2"), invoice(3, "t3"))
    run = as_nobody(sqlite, tree, tmp_path)
    run("-i", "--margin", "60m")
    change_all(sqlite, (1, 2, 3), 2, 50)
    # A row that moved into it keeps its old line.
    sqlite.change(3, sqlite.ago(50), ftenant_id="t1", fext_field=payload_of(3, 2))
    closed = os.path.join(tree.path, "t1/CN")
    os.chmod(closed, 0o555)
    ran = run(*words, code=3)
    assert closed in message_of(ran)
    assert any("writable" in line.get("hint", "") for line in ran.lines)
    assert (ran.rows_written, ran.files_failed, ran.files_removed) == (1, 2, 0)
    assert newest(tree) == {1: json.loads(payload_of(1)), 2: json.loads(payload_of(2, 2)),
                            3: json.loads(payload_of(3))}
    assert parts_on_disk(tree) == parts_listed(tree)
    assert not words or tree.state()["t1"][2] == "FAILED"
    os.chmod(closed, 0o755)
    run(*words)
    assert newest(tree) == {fid: json.loads(payload_of(fid, 2)) for fid in (1, 2, 3)}
    assert parts_on_disk(tree) == parts_listed(tree)


@pytest.mark.parametrize("words", [("--tenant", "t2"), ("--country", "US"), ("--limit", "1")])
def test_a_row_that_moved_out_of_what_a_full_export_reads_is_not_lost(sqlite, tree, words):
    sqlite.make_table()
    sqlite.add(invoice(1, "t3", "CN"), invoice(2, "t2", "US"), invoice(3, "t2", "US"))
    if words[0] == "--limit":
        sqlite.change(1, sqlite.ago(60), ftenant_id="t9")
    tree.export(sqlite, "--layout", "ndjson")
    sqlite.change(3, sqlite.ago(50), ftenant_id="t9", fcountry="CN", fext_field=payload_of(3, 2))
    for kept in (1, 2):
        ran = tree.export(sqlite, "--layout", "ndjson", *words)
        assert newest(tree)[3] == json.loads(payload_of(3))
        note = next(note for note in ran.notes if "beside the new ones" in note)
        assert note.startswith(f"{kept} old part{'s' if kept > 1 else ''} stay")
        assert f"tidemark export compact -o {tree.path}" in note
    compact(tree)
    assert sorted(line["key"] for line in lines(tree, "t2/US")) == [2, 3]
    tree.export(sqlite, "--layout", "ndjson")
    assert newest(tree)[3] == json.loads(payload_of(3, 2))
    assert [line["key"] for line in lines(tree, "t2/US")] == [2]


def test_a_closed_folder_keeps_the_other_groups_of_its_tenant_waiting(sqlite, tree, tmp_path):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1", "CN"), invoice(2, "t1", "US"), invoice(3, "t2"))
    run = as_nobody(sqlite, tree, tmp_path)
    run("-i", "--margin", "60m")
    change_all(sqlite, (1, 2, 3), 2, 50)
    closed = os.path.join(tree.path, "t1/US")
    os.chmod(closed, 0o555)
    for written in (1, 0):
        ran = run("-i", "--margin", "40m", code=3)
        assert (ran.rows_written, ran.files_failed, ran.files_removed) == (written, 2, 0)
        assert len(manifest(tree, "t1/CN")["parts"]) == 1
        assert parts_on_disk(tree) == parts_listed(tree)
    os.chmod(closed, 0o755)
    run("-i", "--margin", "40m")
    assert newest(tree) == {fid: json.loads(payload_of(fid, 2)) for fid in (1, 2, 3)}


def test_compacting_beside_a_folder_that_takes_no_file_folds_the_others_once(sqlite, tree, tmp_path):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1"), invoice(2, "t2"), invoice(3, "t1"), invoice(4, "t2"))
    run = as_nobody(sqlite, tree, tmp_path)
    run()
    # One row moves into the closed folder, one out of it.
    sqlite.change(3, sqlite.ago(50), ftenant_id="t2", fext_field=payload_of(3, 2))
    sqlite.change(4, sqlite.ago(50), ftenant_id="t1", fext_field=payload_of(4, 2))
    run("-i", "--margin", "40m")
    closed = os.path.join(tree.path, "t1/CN")
    os.chmod(closed, 0o555)
    rows = newest(tree)
    for _ in range(3):
        ran = subprocess.run([*run_as_nobody(), BINARY, "export", "compact", "-o", tree.path],
                             capture_output=True, encoding="utf-8", cwd=tree.home, check=False,
                             env={"PATH": os.environ["PATH"], "HOME": tree.home})
        assert (ran.returncode, closed in ran.stderr) == (1, True), ran.stdout + ran.stderr
        assert sorted(line["key"] for line in lines(tree, "t2/CN")) == [2, 3]
        assert len(manifest(tree, "t1/CN")["parts"]) == 2
        assert newest(tree) == rows
        assert parts_on_disk(tree) == parts_listed(tree)
    os.chmod(closed, 0o755)
    assert compact(tree)["rows_after"] == 4
    assert newest(tree) == rows


def test_a_row_that_moves_to_or_from_a_damaged_group_is_not_lost(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1"), invoice(2, "t1"), invoice(3, "t2"), invoice(4, "t2"))
    tree.export(sqlite, "--layout", "ndjson")
    mend = damage(tree, "t1/CN")
    sqlite.change(2, sqlite.ago(50), ftenant_id="t2", fext_field=payload_of(2, 2))
    sqlite.change(4, sqlite.ago(50), ftenant_id="t1", fext_field=payload_of(4, 2))
    ran = tree.export(sqlite, "--layout", "ndjson", "--prune", code=3)
    assert (ran.rows_written, ran.files_failed, ran.files_removed) == (2, 2, 0)
    assert any("the old parts stay" in note for note in ran.notes)
    # The last line of 4 is the old one, as long as its group cannot be read.
    assert newest(tree, {"t1/CN"}) == {2: json.loads(payload_of(2, 2)),
                                       3: json.loads(payload_of(3)), 4: json.loads(payload_of(4))}
    mend()
    assert newest(tree)[2] == json.loads(payload_of(2, 2))
    tree.export(sqlite, "--layout", "ndjson", "--prune")
    assert newest(tree) == {1: json.loads(payload_of(1)), 2: json.loads(payload_of(2, 2)),
                            3: json.loads(payload_of(3)), 4: json.loads(payload_of(4, 2))}
    assert sorted(line["key"] for line in lines(tree, "t1/CN")) == [1, 4]
    assert parts_on_disk(tree) == parts_listed(tree)


def test_a_damaged_manifest_of_a_group_without_rows_keeps_what_may_be_needed(sqlite, tree):
    """The last good line of a rejected row may stand anywhere: nothing is pruned, all are told."""
    sqlite.make_table()
    sqlite.add(invoice(1, "t1"), invoice(2, "t2"), invoice(3, "t3"))
    tree.export(sqlite, "--layout", "ndjson")
    mend = damage(tree, "t3/CN")
    sqlite.run("DELETE FROM t_invoice WHERE fid = 3")
    sqlite.change(2, sqlite.ago(50), ftenant_id="t1", fext_field="{broken")
    for _ in range(2):
        ran = tree.export(sqlite, "--layout", "ndjson", "--prune", code=3)
        assert "t3/CN/_manifest.json" in message_of(ran)
        assert (ran.rows_written, ran.rejected, ran.gone_removed) == (1, 1, 0)
        assert set(newest(tree, {"t3/CN"})) == {1, 2}
    # Once no line is looked for, the groups that can be read are pruned.
    sqlite.change(2, sqlite.ago(50), fext_field=payload_of(2, 2))
    ran = tree.export(sqlite, "--layout", "ndjson", "--prune", code=3)
    assert "t3/CN/_manifest.json" in message_of(ran)
    assert (ran.rows_written, ran.gone_removed) == (2, 1)
    mend()
    tree.export(sqlite, "--layout", "ndjson", "--prune")
    assert set(newest(tree)) == {1, 2}


def test_a_manifest_that_may_not_be_read_stops_nobody_else(sqlite, tree, tmp_path):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1"), invoice(2, "t2"), invoice(3, "t3"))
    run = as_nobody(sqlite, tree, tmp_path)
    run()
    sqlite.change(2, sqlite.ago(50), fext_field="{broken")
    change_all(sqlite, (1,), 2, 50)
    path = os.path.join(tree.path, "t3/CN/_manifest.json")
    os.chmod(path, 0)
    ran = run(code=3)
    os.chmod(path, 0o644)
    assert "t3/CN/_manifest.json" in message_of(ran)
    assert (ran.rows_written, ran.rejected) == (1, 1)
    assert newest(tree) == {1: json.loads(payload_of(1, 2)), 2: json.loads(payload_of(2)),
                            3: json.loads(payload_of(3))}


def test_a_mended_row_of_a_damaged_group_stays_on_the_reject_list(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1"), invoice(2, "t1", payload="{broken"),
               invoice(3, "t2", payload="{broken"))
    tree.incremental(sqlite, "60m", "--layout", "ndjson", code=3)
    mend = damage(tree, "t1/CN")
    # Without a new stamp: the list alone brings them back.
    for fid in (2, 3):
        sqlite.run(f"UPDATE t_invoice SET fext_field = '{payload_of(fid)}' WHERE fid = {fid}")
    ran = tree.incremental(sqlite, "60m", "--layout", "ndjson", code=3)
    assert "t1/CN/_manifest.json" in message_of(ran)
    assert ran.rejects_open == 1
    assert set(newest(tree, {"t1/CN"})) == {3}
    mend()
    assert tree.incremental(sqlite, "60m", "--layout", "ndjson").rejects_open == 0
    assert set(newest(tree)) == {1, 2, 3}


def test_a_damaged_manifest_and_a_lost_index_stop_nobody(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1"), invoice(2, "t2"))
    tree.export(sqlite, "--layout", "ndjson")
    damage(tree, "t1/CN")
    os.remove(os.path.join(tree.state_folder, "index.db"))
    ran = tree.export(sqlite, "--layout", "ndjson", code=3)
    assert (ran.rows_written, ran.files_failed) == (1, 1)
    assert set(newest(tree, {"t1/CN"})) == {2}
    # Without new parts there is nothing that the old ones could stand beside.
    sqlite.run("DELETE FROM t_invoice WHERE fid = 2")
    ran = tree.export(sqlite, "--layout", "ndjson", code=1)
    assert not any("old parts" in note for note in ran.notes)


@pytest.mark.parametrize("harm", [damage, lose])
def test_compacting_waits_for_a_manifest(sqlite, tree, harm):
    """A line that was folded would count as newer than those that nobody can read."""
    sqlite.make_table()
    sqlite.add(invoice(1, "t1"), invoice(2, "t2"), invoice(3, "t2"))
    tree.incremental(sqlite, "60m", "--layout", "ndjson")
    # The newest line of 3 stands in t1; that of t2 would be folded, were the other not in sight.
    sqlite.change(3, sqlite.ago(50), ftenant_id="t1", fext_field=payload_of(3, 2))
    sqlite.change(2, sqlite.ago(50), fext_field=payload_of(2, 2))
    tree.incremental(sqlite, "40m", "--layout", "ndjson")
    mend = harm(tree, "t1/CN")
    before = tree.raw()
    for words in (("--dry-run",), ()):
        ran = subprocess.run([BINARY, "export", "compact", "-o", tree.path, *words],
                             capture_output=True, encoding="utf-8", cwd=tree.home, check=False,
                             env={"PATH": os.environ["PATH"], "HOME": tree.home})
        assert ran.returncode == 1
        assert "t1/CN/_manifest.json" in ran.stderr
        assert tree.raw() == before
    mend()
    compact(tree)
    assert newest(tree)[3] == json.loads(payload_of(3, 2))
    assert [line["key"] for line in lines(tree, "t2/CN")] == [2]


def test_a_lost_manifest_keeps_the_last_lines_of_rejected_rows(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1"), invoice(2, "t2"), invoice(3, "t2"))
    tree.incremental(sqlite, "60m", "--layout", "ndjson")
    sqlite.change(3, sqlite.ago(50), ftenant_id="t9", fext_field=payload_of(3, 2))
    tree.incremental(sqlite, "40m", "--layout", "ndjson")
    mend = lose(tree, "t9/CN")
    # It moves back and breaks: its older line must not be stamped anew.
    sqlite.change(3, sqlite.ago(30), ftenant_id="t2", fext_field="{broken")
    for _ in range(2):
        ran = tree.export(sqlite, "--layout", "ndjson", "--prune", code=3)
        assert "t9/CN/_manifest.json is missing" in message_of(ran)
        assert (ran.rejected, ran.gone_removed) == (1, 0)
        assert any("old parts stay" in note for note in ran.notes)
    mend()
    assert newest(tree)[3] == json.loads(payload_of(3, 2))
    tree.export(sqlite, "--layout", "ndjson", "--prune", code=3)
    assert newest(tree) == {1: json.loads(payload_of(1)), 2: json.loads(payload_of(2)),
                            3: json.loads(payload_of(3, 2))}
    assert parts_on_disk(tree) == parts_listed(tree)


@pytest.mark.parametrize("name", ["copy/20251203T170406-123456-0001.txt",
                                  "t1/20251203T170406-123456.ndjson", "t1/CN/notes.ndjson"])
def test_files_of_others_are_no_parts(sqlite, tree, name):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1"))
    tree.export(sqlite, "--layout", "ndjson")
    tree.write(name, b"mine")
    tree.export(sqlite, "--layout", "ndjson", "--prune")
    compact(tree)
    assert newest(tree) == {1: json.loads(payload_of(1))}


def test_a_lost_manifest_of_a_gone_group_is_told(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1, "t1"), invoice(2, "t2"))
    tree.export(sqlite, "--layout", "ndjson")
    lose(tree, "t2/CN")
    sqlite.run("DELETE FROM t_invoice WHERE fid = 2")
    ran = tree.export(sqlite, "--layout", "ndjson", "--prune", code=3)
    assert "t2/CN/_manifest.json is missing" in message_of(ran)
    assert (ran.rows_written, ran.gone_removed) == (1, 0)


# What is not in the tree is not told as exported


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_full_export_that_is_stopped_publishes_nothing(mariadb, tree, number, code):
    fill(mariadb, rows=8000, size=300)
    tree.export(mariadb, "--layout", "ndjson", "--tenant", "t1")
    before = tree.raw()
    with Gate(("127.0.0.1", mariadb.server.port)) as gate:
        gate.delay_s = 0.01
        process = tree.start(gate.url(mariadb.url), "--layout", "ndjson", "-t", "1")
        staged = os.path.join(tree.state_folder, "staging/parts/0")
        wait_until(lambda: os.path.exists(staged) or process.poll() is not None)
        gate.delay_s = 0.1
        process.send_signal(number)
        ran = tree.finish(process, code)
    assert ran.rows_written == ran.files_written == ran.groups_ok == 0
    assert 0 < ran.files_failed == ran.rows_read < 8000
    assert any("no part was published" in note for note in ran.notes)
    assert tree.raw() == before
    tree.check_tidy()


@pytest.mark.parametrize("kind", ["mariadb", "postgres"])
def test_a_full_export_that_loses_its_server_publishes_nothing(request, tree, kind):
    source = request.getfixturevalue(kind)
    fill(source, rows=3000, size=1000)
    with Gate(("127.0.0.1", source.server.port)) as gate:
        gate.cut_after = [None, 1_000_000]
        gate.cut_rest_after = 0
        ran = tree.export(gate.url(source.url), "--layout", "ndjson", "-t", "1", code=75)
    assert ran.rows_written == ran.files_written == ran.groups_ok == 0
    assert 0 < ran.files_failed == ran.rows_read < 3000
    assert tree.raw() == {}


def test_a_full_disk_fails_the_tenants_that_were_done_as_well(sqlite, tree, small_disk):
    sqlite.make_table()
    sqlite.add(invoice(1, "a"), *[invoice(fid, "b", payload=payload_of(fid) + " " * 3000)
                                  for fid in range(2, 1200)])
    tree.__init__(str(small_disk / "out"), tree.home)
    ran = tree.incremental(sqlite, "60m", "--layout", "ndjson", "-t", "1", code=1)
    assert any(error["kind"] == "no_space" for error in ran.errors), ran.text()
    assert (ran.rows_written, ran.groups_ok) == (0, 0)
    for tenant in ("a", "b"):
        report = ran.tenant(tenant)
        assert (report["status"], report["records"]) == ("FAILED", 0)
        assert report["from"] == report["to"]
    assert tree.raw() == {}
    if os.path.exists(tree.state_path):
        assert {mark for mark, _, _ in tree.state().values()} == {"1970-01-01 00:00:00"}
    sqlite.run("DELETE FROM t_invoice WHERE fid > 100")
    tree.incremental(sqlite, "60m", "--layout", "ndjson")
    assert len(newest(tree)) == 100


def test_a_tenant_that_fails_is_not_told_as_exported(mariadb, tree):
    """The other one is: its parts are in the tree."""
    mariadb.make_table()
    # By the rows of a, the reader learns how many fit into a chunk: it is cut in the second of b.
    mariadb.add(*[invoice(fid, "a" if fid < 51 else "b", payload=payload_of(fid) + " " * 2000)
                  for fid in range(1, 2051)])
    with Gate(("127.0.0.1", mariadb.server.port)) as gate:
        gate.cut_after = [None, 2_000_000]
        gate.cut_rest_after = 0
        ran = tree.incremental(gate.url(mariadb.url), "60m", "--layout", "ndjson", "-t", "1",
                               code=3)
    assert (ran.rows_written, ran.groups_ok, ran.groups_failed) == (50, 1, 1)
    assert ran.files_failed == ran.rows_read - 50 > 0
    assert (ran.tenant("a")["status"], ran.tenant("a")["records"]) == ("SUCCESS", 50)
    assert (ran.tenant("b")["status"], ran.tenant("b")["records"]) == ("FAILED", 0)
    assert tree.state()["b"] == ("1970-01-01 00:00:00", 0, "FAILED")
    assert len(newest(tree)) == 50
    tree.incremental(mariadb, "60m", "--layout", "ndjson")
    assert len(newest(tree)) == 2050


@pytest.mark.parametrize("mode", [(), ("-i", "--margin", "5m")])
def test_a_row_without_a_key_keeps_nobody_from_being_published(sqlite, tree, mode):
    make_table_with_nullable_key(sqlite, 10)
    key = {"TIDEMARK_EXPORT__INVOICES__KEY": "serial"}
    ran = tree.export(sqlite, "--layout", "ndjson", *mode, code=3, **key)
    assert "2 rows" in message_of(ran)
    assert (ran.rows_written, len(newest(tree))) == (10, 10)
    # One that loses its key keeps its line: nobody knows which one it was.
    sqlite.run("UPDATE t_invoice SET serial = NULL WHERE serial = 'INV3'")
    ran = tree.export(sqlite, "--layout", "ndjson", *mode, "--prune", code=3, **key)
    assert "3 rows" in message_of(ran)
    assert "INV3" in newest(tree)
    sqlite.run("UPDATE t_invoice SET serial = finvoice_no WHERE serial IS NULL")
    tree.export(sqlite, "--layout", "ndjson", *mode, **key)
    assert len(newest(tree)) == 12


def test_a_group_stays_in_its_folder(sqlite, tree):
    """Also when the folder without a mark has become free."""
    sqlite.make_table()
    sqlite.add(invoice(1, "a/b"), invoice(2, "a:b"))
    tree.incremental(sqlite, "60m", "--layout", "ndjson")
    assert [line["key"] for line in lines(tree, "a_b/CN")] == [1]
    marked = next(part for part in parts_listed(tree) if "~" in part).rsplit("/", 1)[0]
    sqlite.run("DELETE FROM t_invoice WHERE fid = 1")
    tree.export(sqlite, "--layout", "ndjson", "--prune")
    sqlite.change(2, sqlite.ago(30), fext_field=payload_of(2, 2))
    for words in (("-i", "--margin", "10m"), ()):
        tree.export(sqlite, "--layout", "ndjson", *words)
        assert {part.rsplit("/", 1)[0] for part in parts_listed(tree)} == {marked}
    assert newest(tree) == {2: json.loads(payload_of(2, 2))}
