"""What a tree remembers of its source, and what that forbids."""

import json
import os
import subprocess

import pytest
from export_fixture import BINARY, SqliteSource, invoice, payload_of
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


# What else the watermarks are measured by: name, key, columns.

ENV = "TIDEMARK_EXPORT__INVOICES__"


def record(tree):
    with open(os.path.join(tree.state_folder, "source.json"), encoding="utf-8") as file:
        return json.load(file)


def edit_record(tree, change):
    """As an older version, or a person, would have left it."""
    path = os.path.join(tree.state_folder, "source.json")
    value = record(tree)
    change(value)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file)


def forget_new_fields(value):
    for name in ("export", "key", "columns", "prune_columns", "trimmed"):
        value.pop(name)


def drafts(tree, source, *words, code=0, **variables):
    """The export [export.drafts] into the same tree."""
    config = os.path.join(tree.home, "drafts.toml")
    with open(config, "w", encoding="utf-8") as file:
        file.write('[export.drafts]\ntable = "t_invoice"\nstatus_value = "1"\n')
    process = subprocess.run(
        [BINARY, "export", "drafts", "--source", source.url, "-o", tree.path, "--json", "--yes",
         "--config", config, *words], capture_output=True, encoding="utf-8", cwd=tree.home,
        check=False, env={"PATH": os.environ["PATH"], "HOME": tree.home, **variables})
    assert process.returncode == code, process.stdout + process.stderr
    return [json.loads(line) for line in process.stdout.splitlines() if line.startswith("{")]


def test_the_record_says_what_is_exported(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.export(sqlite)
    assert record(tree)["export"] == "invoices"
    assert record(tree)["key"] == {"columns": ["fid"], "type": "integer"}
    assert record(tree)["columns"] == record(tree)["prune_columns"] == {
        "tenant": "ftenant_id", "status": "fissue_status", "status_value": "3",
        "update_time": "fupdate_time", "payload": "fext_field"}


def key_is_other(source, tree, run, key):
    source.make_table()
    source.run("CREATE UNIQUE INDEX by_number ON t_invoice (finvoice_no)")
    source.add(*[invoice(fid) for fid in range(1, 6)])
    tree.incremental(source, "60m")
    before = tree.times()
    source.change(2, source.ago(30), fext_field=payload_of(2, 2))
    snapshot = tree.snapshot()
    ran = run(source, "--dry-run", **{ENV + "KEY": key})
    assert ran.rows_read == 5 and ran.files_written == 1 and ran.files_unchanged == 4
    assert "the key changed" in str(ran.notes)
    assert tree.snapshot() == snapshot
    ran = run(source, **{ENV + "KEY": key})
    assert ran.rows_read == 5 and ran.files_written == 1 and ran.files_unchanged == 4
    assert "(fid: integer) -> (finvoice_no: text)" in str(ran.notes)
    tree.check_equals(source)
    times = tree.times()
    assert [path for path in before if before[path] != times[path]] == [
        "t1/CN/20250304+INV2.json"]
    ran = run(source, **{ENV + "KEY": key})
    assert ran.files_written == 0 and "the key changed" not in str(ran.notes)
    source.run("DELETE FROM t_invoice WHERE fid = 3")
    ran = tree.export(source, "--prune", **{ENV + "KEY": key})
    assert ran.gone_removed == 1
    tree.check_equals(source)


@pytest.mark.parametrize("full", [False, True])
def test_files_are_found_again_by_another_key(sqlite, tree, full):
    def run(source, *words, **variables):
        if full:
            return tree.export(source, *words, **variables)
        return tree.incremental(source, "10m", *words, **variables)

    key_is_other(sqlite, tree, run, "finvoice_no")


def test_files_are_found_again_by_another_key_of_a_server(mariadb, tree):
    key_is_other(mariadb, tree,
                 lambda source, *words, **variables: tree.incremental(source, "10m", *words,
                                                                      **variables), "finvoice_no")


def test_a_key_column_that_becomes_text(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2))
    tree.incremental(sqlite, "60m")
    sqlite.make_table(fid="TEXT")
    sqlite.add(invoice(1), invoice(2, payload=payload_of(2, 2), stamp=sqlite.ago(30)))
    ran = tree.incremental(sqlite, "10m")
    assert "(fid: integer) -> (fid: text)" in str(ran.notes)
    tree.check_equals(sqlite)


def test_a_view_without_types_and_rows_tells_no_key_type(sqlite, tree):
    """A table that is empty for a while must not cost the index, and what it knows of rows."""
    sqlite.make_table()
    sqlite.run("CREATE VIEW v AS SELECT fid + 0 AS fid, ftenant_id, fcountry, fissue_date, "
               "finvoice_no, fissue_status, fext_field, fupdate_time FROM t_invoice")
    view = {ENV + "TABLE": "v", ENV + "KEY": "fid"}
    sqlite.add(invoice(1), invoice(2))
    tree.incremental(sqlite, "60m", **view)
    assert record(tree)["key"]["type"] == "integer"
    sqlite.run("DELETE FROM t_invoice")
    ran = tree.export(sqlite, "--prune", **view)
    assert ran.gone_removed == 2 and "key changed" not in str(ran.notes)
    assert record(tree)["key"]["type"] == "integer"
    sqlite.add(invoice(1, stamp=sqlite.ago(30)))
    ran = tree.incremental(sqlite, "10m", **view)
    assert "key changed" not in str(ran.notes) and len(tree.files()) == 1


def test_accepted_rejects_go_with_their_key(sqlite, tree):
    sqlite.make_table()
    sqlite.run("CREATE UNIQUE INDEX by_both ON t_invoice (ftenant_id, finvoice_no)")
    sqlite.add(invoice(1), invoice(2, payload="{broken"))
    tree.incremental(sqlite, "60m", code=3)
    subprocess.run([BINARY, "export", "rejects", "accept", "--all", "-o", tree.path], check=True,
                   cwd=tree.home, env={"PATH": os.environ["PATH"], "HOME": tree.home},
                   capture_output=True)
    tree.incremental(sqlite, "60m")
    ran = tree.incremental(sqlite, "50m", "--dry-run", code=3,
                           **{ENV + "KEY": "ftenant_id,finvoice_no"})
    assert ran.rejects_open == 1
    ran = tree.incremental(sqlite, "50m", code=3, **{ENV + "KEY": "ftenant_id,finvoice_no"})
    assert ran.rejects_open == 1 and ran.rejected == 1
    assert os.path.exists(os.path.join(tree.state_folder, "accepted_rejects.json.other_key"))
    sqlite.change(2, sqlite.ago(30), fext_field=payload_of(2))
    tree.incremental(sqlite, "10m", **{ENV + "KEY": "ftenant_id,finvoice_no"})
    tree.check_equals(sqlite)


def test_a_packed_tree_keeps_its_key(sqlite, tree):
    sqlite.make_table()
    sqlite.run("CREATE UNIQUE INDEX by_number ON t_invoice (finvoice_no)")
    sqlite.add(invoice(1))
    tree.incremental(sqlite, "60m", "--layout=ndjson")
    before = tree.snapshot()
    ran = tree.incremental(sqlite, "10m", "--layout=ndjson", code=2,
                           **{ENV + "KEY": "finvoice_no"})
    assert "new folder" in ran.exit_error["hint"] and "finvoice_no" in ran.exit_error["message"]
    assert {name: seen for name, seen in tree.snapshot().items() if "lock" not in name
            and name != ".export_state"} == {
        name: seen for name, seen in before.items() if "lock" not in name
        and name != ".export_state"}


CHANGES = [("STATUS_VALUE", "4", "status_value '3' -> '4'"),
           ("STATUS_COLUMN", "fkind", "status_column 'fissue_status' -> 'fkind'"),
           ("PAYLOAD_COLUMN", "fother", "payload_column 'fext_field' -> 'fother'"),
           ("TENANT_COLUMN", "fgroup", "tenant_column 'ftenant_id' -> 'fgroup'"),
           ("UPDATE_TIME_COLUMN", "fchanged",
            "update_time_column 'fupdate_time' -> 'fchanged'")]


def other_settings(source, tree, setting, value, note):
    """Rows of the new selection bear stamps that the watermarks have passed."""
    source.make_table()
    for column in ("fkind INT", "fother VARCHAR(500)", "fgroup VARCHAR(64)",
                   f"fchanged {source.types['fupdate_time']}"):
        source.run(f"ALTER TABLE t_invoice ADD COLUMN {column}")
    source.add(invoice(1), invoice(2, status=4), invoice(3))
    source.run("UPDATE t_invoice SET fkind = 3, fother = '{\"id\": 9}', fgroup = 't1', "
               "fchanged = '2025-06-01 10:00:00'")
    tree.incremental(source, "60m")
    tree.export(source)  # Covers all of it again: coverage alone forgets nothing.
    changed = {ENV + setting: value}
    wanted = {"STATUS_VALUE": 1, "STATUS_COLUMN": 3}.get(setting, 2)
    before = tree.snapshot()
    ran = tree.incremental(source, "50m", "--dry-run", **changed)
    assert ran.rows_read == wanted and tree.snapshot() == before
    ran = tree.incremental(source, "50m", **changed)
    assert ran.rows_read == wanted
    assert note in str(ran.notes) and "from the beginning" in str(ran.notes)
    # Nothing goes until it is confirmed, in whatever run; the notes say so where it was asked for.
    for _ in range(2):
        ran = tree.export(source, "--prune", **changed)
        assert ran.gone_removed == 0 and "--confirm-source" in str(ran.notes)
    gone = ran.rows_gone
    assert gone == (2 if setting == "STATUS_VALUE" else 0)
    assert tree.incremental(source, "40m", **changed).rows_read == 0
    ran = tree.export(source, "--prune", "--confirm-source", **changed)
    assert ran.gone_removed == gone and "nothing is pruned" not in str(ran.notes)
    assert "confirm" not in str(tree.export(source, "--prune", **changed).notes)


@pytest.mark.parametrize("setting,value,note", CHANGES)
def test_other_settings_read_from_the_beginning(sqlite, tree, setting, value, note):
    other_settings(sqlite, tree, setting, value, note)


@pytest.mark.parametrize("setting,value,note", [CHANGES[0], CHANGES[4]])
def test_other_settings_of_a_server_read_from_the_beginning(mariadb, tree, setting, value, note):
    other_settings(mariadb, tree, setting, value, note)


def test_settings_that_come_back_need_no_word(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2, status=4))
    tree.incremental(sqlite, "60m")
    tree.incremental(sqlite, "50m", **{ENV + "STATUS_VALUE": "4"})
    sqlite.run("DELETE FROM t_invoice WHERE fid = 2")
    ran = tree.export(sqlite, "--prune")
    assert ran.gone_removed == 1 and "--confirm-source" not in str(ran.notes)
    tree.check_equals(sqlite)


def test_two_exports_do_not_share_a_tree(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1), invoice(2, status=1))
    tree.incremental(sqlite, "60m")
    for words in ((), ("-i",), ("--dry-run",)):
        lines = drafts(tree, sqlite, *words, code=2)
        error = next(line for line in lines if line["message_type"] == "exit_error")
        assert "'invoices'" in error["message"] and "'drafts'" in error["message"]
        assert "export.drafts.output" in error["hint"] and "--confirm-source" in error["hint"]
    tree.check_equals(sqlite)
    # Renamed on purpose: then the old name is the other one.
    drafts(tree, sqlite, "-i", "--confirm-source")
    assert record(tree)["export"] == "drafts"
    assert len(tree.files()) == 2
    tree.incremental(sqlite, "50m", code=2)
    drafts(tree, sqlite, "-i")


def test_a_tree_of_an_older_version_takes_over_what_it_finds(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.incremental(sqlite, "60m")
    new = record(tree)
    edit_record(tree, forget_new_fields)
    before = tree.snapshot()
    assert tree.incremental(sqlite, "50m", "--dry-run").notes == []
    assert tree.snapshot() == before
    ran = tree.incremental(sqlite, "50m")
    assert ran.notes == [] and ran.rows_read == 0
    assert record(tree) == new
    # Also where it had another source and nothing was confirmed yet.
    edit_record(tree, lambda value: (forget_new_fields(value), value.update(prune_source="x")))
    sqlite.run("DELETE FROM t_invoice")
    assert tree.export(sqlite, "--prune").gone_removed == 0
    assert record(tree)["prune_source"] == "x"


def test_unknown_fields_do_no_harm(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.incremental(sqlite, "60m")
    edit_record(tree, lambda value: value.update(later={"a": [1]}))
    ran = tree.incremental(sqlite, "50m")
    assert ran.rows_read == 0 and ran.notes == []


@pytest.mark.parametrize("damage", [
    {"export": 7}, {"key": "fid"}, {"key": {"columns": [1], "type": "integer"}},
    {"key": {"columns": ["fid"]}}, {"columns": {}}, {"columns": None},
    {"prune_columns": {"tenant": "a"}}, {"trimmed": "yes"}, "half", "empty"])
def test_a_damaged_record_is_not_guessed_at(sqlite, tree, damage):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.incremental(sqlite, "60m")
    path = os.path.join(tree.state_folder, "source.json")
    if isinstance(damage, dict):
        edit_record(tree, lambda value: value.update(damage))
    else:
        with open(path, "r+", encoding="utf-8") as file:
            file.truncate(os.path.getsize(path) // 2 if damage == "half" else 0)
    state = tree.state()
    for words in ((), ("-i",), ("--dry-run",)):
        ran = tree.export(sqlite, *words, code=1)
        assert "source.json" in ran.exit_error["message"]
        assert "remove the file" in ran.exit_error["hint"]
    assert tree.state() == state
    os.remove(path)
    sqlite.add(invoice(2, stamp=sqlite.ago(70)))
    tree.incremental(sqlite, "50m")
    tree.check_equals(sqlite)


def test_a_status_that_is_no_text_is_remembered(sqlite, tree):
    """The environment may hold any bytes: the same bytes are the same status."""
    sqlite.make_table(fissue_status="TEXT")
    sqlite.add(invoice(1, status="3"))
    odd = {ENV + "STATUS_VALUE": "\udcff\udcfe"}
    first = tree.export(sqlite, code=None, **odd)
    if first.code == 0:
        assert tree.export(sqlite, **odd).notes == []


def state_bytes(tree, name):
    with open(os.path.join(tree.state_folder, name), "rb") as file:
        return file.read()


def key_changes(source, tree):
    source.make_table()
    source.run("CREATE UNIQUE INDEX by_number ON t_invoice (finvoice_no)")
    source.add(invoice(1), invoice(2, payload="{broken"))
    tree.incremental(source, "60m", code=3)
    return {ENV + "KEY": "finvoice_no"}


def test_a_run_that_dies_with_the_index_put_aside_keeps_it(sqlite, tree):
    """Killed between the putting aside and the record: nothing is there to be put aside again."""
    other = key_changes(sqlite, tree)
    os.rename(os.path.join(tree.state_folder, "index.db"),
              os.path.join(tree.state_folder, "index.db.other_key"))
    for name in ("index.db.other_key-wal", "accepted_rejects.json.other_key"):
        with open(os.path.join(tree.state_folder, name), "wb") as file:
            file.write(b"of the old key")
    kept = state_bytes(tree, "index.db.other_key")
    sqlite.change(2, sqlite.ago(45), fext_field=payload_of(2, 2))
    tree.incremental(sqlite, "40m", **other)
    tree.check_equals(sqlite)
    assert state_bytes(tree, "index.db.other_key") == kept
    assert state_bytes(tree, "index.db.other_key-wal") == b"of the old key"
    assert state_bytes(tree, "accepted_rejects.json.other_key") == b"of the old key"


def test_a_run_that_fails_with_a_new_index_does_not_put_it_over_the_old_one(sqlite, tree):
    """The record says the new key before there is an index by it."""
    other = key_changes(sqlite, tree)
    journal = os.path.join(tree.state_folder, "round.journal")
    os.remove(journal)
    os.mkdir(journal)
    ran = tree.incremental(sqlite, "50m", code=None, **other)
    assert ran.code != 0 and "round.journal" in ran.exit_error["message"]
    assert os.path.exists(os.path.join(tree.state_folder, "index.db"))
    assert record(tree)["key"] == {"columns": ["finvoice_no"], "type": "text"}
    kept = state_bytes(tree, "index.db.other_key")
    os.rmdir(journal)
    ran = tree.incremental(sqlite, "40m", code=3, **other)
    assert "the key changed" not in str(ran.notes) and ran.rows_read == 2
    assert state_bytes(tree, "index.db.other_key") == kept
    sqlite.change(2, sqlite.ago(35), fext_field=payload_of(2, 2))
    tree.incremental(sqlite, "30m", **other)
    tree.check_equals(sqlite)


def test_single_rejects_are_not_retried_by_another_key(sqlite, tree):
    """Refused with the command that helps, before anything is put aside or marks go back."""
    other = {**key_changes(sqlite, tree), ENV + "STATUS_VALUE": "4"}
    before = tree.snapshot()
    for words in ((), ("2",), ("INV2",)):
        process = subprocess.run(
            [BINARY, "export", "rejects", "retry", *words, "--source", sqlite.url, "-o", tree.path],
            check=False, cwd=tree.home, capture_output=True, encoding="utf-8",
            env={"PATH": os.environ["PATH"], "HOME": tree.home, **other})
        assert process.returncode == 2, process.stdout + process.stderr
        assert "(fid: integer), now it is (finvoice_no: text)" in process.stderr
        assert f"tidemark export invoices -i -o {tree.path}" in process.stderr
    after = tree.snapshot()
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert changed <= {".export_state", ".export_state/.export.lock"}
    del other[ENV + "STATUS_VALUE"]
    sqlite.change(2, sqlite.ago(70), fext_field=payload_of(2, 2))
    tree.incremental(sqlite, "50m", **other)
    tree.check_equals(sqlite)


def confirmed(ran):
    mark = "confirmed by --confirm-source: "
    return [note[len(mark):] for note in ran.notes if note.startswith(mark)]


def test_a_confirmation_says_what_it_confirms(sqlite, tree, tmp_path):
    """One word confirms all: also what a person who gave it for the address did not mean."""
    sqlite.make_table()
    sqlite.run("ALTER TABLE t_invoice ADD COLUMN fother TEXT")
    sqlite.add(invoice(1), invoice(2))
    tree.incremental(sqlite, "60m")
    assert confirmed(tree.incremental(sqlite, "60m", "--confirm-source")) == []
    with SqliteSource(tmp_path / "moved.db") as moved:
        moved.make_table()
        moved.run("ALTER TABLE t_invoice ADD COLUMN fother TEXT")
        moved.add(invoice(1, status=4))
        changed = {ENV + "STATUS_VALUE": "4", ENV + "PAYLOAD_COLUMN": "fother"}
        moved.run("UPDATE t_invoice SET fother = fext_field")
        # What a run without the word reads is not what the tree is confirmed to be of.
        tree.incremental(moved, "50m", **changed)
        source = record(tree)
        assert source["prune_source"] != source["source"]
        before = tree.snapshot()
        ran = tree.incremental(moved, "45m", "--dry-run", "--confirm-source", **changed)
        assert tree.snapshot() == before
        expected = [f"source '{source['prune_source']}' -> '{source['source']}'",
                    "status_value '3' -> '4'", "payload_column 'fext_field' -> 'fother'"]
        mark = "a run will confirm, by --confirm-source: "
        assert [note[len(mark):] for note in ran.notes if note.startswith(mark)] == expected
        assert confirmed(tree.incremental(moved, "40m", "--confirm-source", **changed)) == expected
        assert confirmed(tree.incremental(moved, "40m", "--confirm-source", **changed)) == []
    lines = drafts(tree, sqlite, "-i", "--confirm-source")
    notes = next(line for line in lines if line["message_type"] == "summary")["notes"]
    assert "confirmed by --confirm-source: name 'invoices' -> 'drafts'" in notes


def test_a_confirmation_is_told_in_chinese_and_by_a_sweep(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.incremental(sqlite, "60m")
    changed = {ENV + "STATUS_VALUE": "4"}
    words = ["--source", sqlite.url, "-o", tree.path, "--confirm-source"]
    for command, told in ((["sweep"], "正式运行将按 --confirm-source 确认："),
                          (["invoices", "-i"], "已按 --confirm-source 确认：")):
        process = subprocess.run(
            [BINARY, "export", *command, *words, "--lang", "zh"], check=False, cwd=tree.home,
            capture_output=True, encoding="utf-8",
            env={"PATH": os.environ["PATH"], "HOME": tree.home, **changed})
        assert told + "status_value '3' -> '4'" in process.stdout, process.stdout + process.stderr
