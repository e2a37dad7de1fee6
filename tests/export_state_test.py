"""The state file of incremental exports: its form, people's edits, damage, backups."""

import datetime
import os
import re
import sqlite3
import time

import pytest

from export_fixture import invoice, payload_of


def fill(source, *tenants):
    source.make_table()
    source.add(*[invoice(fid, tenant=tenant) for fid, tenant in enumerate(tenants, 1)])


def test_the_form_of_the_file(source, tree):
    fill(source, "t2", "t1", "t1", "a|b", "100%", "租户", "#1")
    ran = tree.incremental(source, "60m")
    with open(tree.state_path, "rb") as file:
        text = file.read().decode()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", ran.boundary)
    lines = [("%231", 1), ("100%25", 1), ("a%7Cb", 1), ("t1", 2), ("t2", 1), ("租户", 1)]
    # In the order of the tenants' bytes.
    assert text == "".join(f"{tenant}|{ran.boundary}|{count}|SUCCESS\n" for tenant, count in lines)
    tree.incremental(source, "50m")
    assert sorted(tree.state()) == sorted(tenant for tenant, _ in lines)


def test_a_rejected_row_makes_the_tenant_partial(source, tree):
    fill(source, "t1", "t2")
    source.add(invoice(9, tenant="t1", payload="{broken"))
    ran = tree.incremental(source, "60m", code=3)
    state = tree.state()
    assert state["t1"] == (ran.boundary, 1, "PARTIAL")
    assert state["t2"] == (ran.boundary, 1, "SUCCESS")


def test_a_time_moved_back_exports_the_period_again(source, tree):
    fill(source, "t1", "t2")
    tree.incremental(source, "60m")
    os.remove(os.path.join(tree.path, "t1/CN/20250304+INV1.json"))
    tree.edit_state(lambda text: re.sub(r"^t1\|.*$", "t1|2025-01-01 00:00:00|7|SUCCESS", text,
                                        flags=re.M))
    ran = tree.incremental(source, "50m")
    assert (ran.rows_read, ran.files_written) == (1, 1)
    assert ran.tenant("t1")["from"] == "2025-01-01 00:00:00"
    tree.check_equals(source)


@pytest.mark.parametrize("edit", [
    lambda text: "",
    lambda text: "\n".join(line for line in text.splitlines() if not line.startswith("t1|")) + "\n",
    lambda text: text.replace("t1|", "#t1|"),
])
def test_a_line_deleted_starts_the_tenant_over(source, tree, edit):
    fill(source, "t1", "t2")
    tree.incremental(source, "60m")
    source.run("UPDATE t_invoice SET fext_field = ? WHERE fid = 1", (payload_of(1, 2),))
    tree.edit_state(edit)
    ran = tree.incremental(source, "50m")
    assert ran.tenant("t1")["from"] == "1970-01-01 00:00:00"
    assert ran.files_written == 1
    assert sorted(tree.state()) == ["t1", "t2"]
    tree.check_equals(source)


def test_the_file_deleted_starts_all_over(source, tree):
    fill(source, "t1", "t2")
    tree.incremental(source, "60m")
    os.remove(tree.state_path)
    times = tree.times()
    ran = tree.incremental(source, "50m")
    assert (ran.rows_read, ran.files_written, ran.files_unchanged) == (2, 0, 2)
    assert tree.times() == times
    assert sorted(tree.state()) == ["t1", "t2"]


@pytest.mark.parametrize("edit", [
    lambda text: text.replace("\n", "\r\n"),
    lambda text: "\ufeff" + text,
    lambda text: "# exported by cron\n\n" + text + "\n   \n",
    lambda text: text.rstrip("\n"),
])
def test_what_editors_do_to_a_file_is_fine(source, tree, edit):
    fill(source, "t1", "t2")
    tree.incremental(source, "60m")
    tree.edit_state(edit)
    ran = tree.incremental(source, "50m")
    assert (ran.rows_read, ran.groups_empty) == (0, 2)


@pytest.mark.parametrize("line", [
    "t1|2025-01-01 00:00:00|1", "t1|2025-01-01 00:00:00|1|SUCCESS|x", "t1|yesterday|1|SUCCESS",
    "t1|2025-13-01 00:00:00|1|SUCCESS", "t1|2025-01-01 00:00:00|-1|SUCCESS", "t1|2025-01-01|1|DONE",
    "t1|2025-01-01 00:00:00|1|success", "t2|2025-01-01 00:00:00|1|SUCCESS", "t%1|2025-01-01 00:00:00",
    "\x00", "t1|2025-01-01 00:00:00|99999999999999999999|SUCCESS"])
def test_a_damaged_line_is_an_error_that_helps(sqlite, tree, line):
    fill(sqlite, "t1", "t2")
    tree.incremental(sqlite, "60m")
    tree.incremental(sqlite, "50m")  # Makes a backup.
    tree.edit_state(lambda text: re.sub(r"^t1\|.*$", lambda _: line, text, flags=re.M))
    before = tree.snapshot()
    ran = tree.incremental(sqlite, "40m", code=1)
    backup = tree.backups()[-1]
    message = ran.exit_error
    assert ("line 2" if line.startswith("t2|") else "line 1") in message["message"]
    assert tree.state_path in message["message"]
    assert f"restore -o {tree.path} {backup}" in message["hint"]
    after = tree.snapshot()
    for path in (*tree.raw(), ".export_state/.last_export_time"):
        assert after[path] == before[path]
    os.replace(os.path.join(tree.state_folder, backup), tree.state_path)
    tree.incremental(sqlite, "40m")
    tree.check_equals(sqlite)


def test_a_full_run_works_beside_a_damaged_state_file(sqlite, tree):
    fill(sqlite, "t1")
    tree.incremental(sqlite, "60m")
    tree.edit_state(lambda text: "rubbish\n")
    tree.export(sqlite)
    with open(tree.state_path, encoding="utf-8") as file:
        assert file.read() == "rubbish\n"


def test_a_mark_in_the_future_waits(source, tree):
    fill(source, "t1")
    tree.incremental(source, "60m")
    tree.edit_state(lambda text: re.sub(r"\|\d{4}", "|2199", text, count=1))
    edited = tree.state()
    ran = tree.incremental(source, "50m", code=3)
    assert (ran.rows_read, tree.state()) == (0, edited)
    assert (ran.tenants_ahead, ran.tenant("t1")["status"]) == (1, "PARTIAL")
    assert any("2199" in note and "state reset" in note for note in ran.notes)
    assert "redo" not in ran.lines[-1]


def test_a_tenant_that_is_gone_keeps_its_line(source, tree):
    fill(source, "t1", "t2")
    tree.incremental(source, "60m")
    source.run("DELETE FROM t_invoice WHERE ftenant_id = 't2'")
    ran = tree.incremental(source, "50m")
    assert tree.state()["t2"] == (ran.boundary, 0, "SUCCESS")


def test_ten_backups_and_one_a_day_are_kept(sqlite, tree):
    fill(sqlite, "t1")
    tree.incremental(sqlite, "60m")
    prefix = ".last_export_time.backup."
    days = [f"202{year}0101-{hour:02}0000" for year in range(4) for hour in (1, 2)]
    today = sqlite.now().strftime("%Y%m%d")
    yesterday = sqlite.ago(24 * 60)[:10].replace("-", "")
    recent = [f"{yesterday}-{hour:02}0000" for hour in range(3)]
    now = [f"{today}-0000{second:02}" for second in range(12)]
    for stamp in [*days, *recent, *now]:
        with open(os.path.join(tree.state_folder, prefix + stamp), "w", encoding="utf-8") as file:
            file.write("t1|2025-01-01 00:00:00|1|SUCCESS\n")
    tree.incremental(sqlite, "50m")
    kept = [name[len(prefix):] for name in tree.backups()]
    assert len(kept) == 11
    assert kept[0] == recent[-1]  # The last of a day within the last month.
    assert kept[1:10] == now[3:]  # Nine older ones and the one just made.


def test_the_backup_is_what_was_there_before_the_run(sqlite, tree):
    fill(sqlite, "t1")
    tree.incremental(sqlite, "60m")
    with open(tree.state_path, "rb") as file:
        before = file.read()
    assert tree.backups() == []
    tree.incremental(sqlite, "50m")
    with open(os.path.join(tree.state_folder, tree.backups()[-1]), "rb") as file:
        assert file.read() == before


# Edited by hand while a run is at work


def test_an_edit_during_a_run_stands_and_is_told(mariadb, tree):
    """The run waits for a locked table, so that there is time to edit."""
    mariadb.make_table()
    mariadb.add(*[invoice(fid, tenant=f"t{fid % 3}", stamp=mariadb.ago(50))
                  for fid in range(1, 31)])
    tree.incremental(mariadb, "60m")
    mariadb.add(*[invoice(fid, tenant=f"t{fid % 3}", stamp=mariadb.ago(30))
                  for fid in range(31, 61)])
    before = tree.state()
    with mariadb.connect() as locker:
        locker.cursor().execute("LOCK TABLES t_invoice WRITE")
        process = tree.start(mariadb, "-i", "--margin", "5m", "--fence=off")
        deadline = time.monotonic() + 60
        while not mariadb.run("SELECT 1 FROM information_schema.processlist WHERE state LIKE "
                              "'Waiting for table%'"):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        # Whether the run has read the file already or not, the edit must not be lost.
        tree.edit_state(lambda text: "".join(
            line.replace(before["t1"][0], "2025-01-01 00:00:00") if line.startswith("t1|") else line
            for line in text.splitlines(keepends=True)))
        locker.cursor().execute("UNLOCK TABLES")
    ran = tree.finish(process, code=None)
    state = tree.state()
    assert state["t0"][0] > before["t0"][0] and state["t2"][0] > before["t2"][0]
    if ran.code == 3:
        assert "edited during the run" in ran.tenant("t1")["error"]
        assert state["t1"][0] == "2025-01-01 00:00:00"
    else:  # The run began with the edit.
        assert ran.code == 0 and ran.tenant("t1")["from"] == "2025-01-01 00:00:00"
    tree.incremental(mariadb, "5m")
    tree.check_equals(mariadb)


# The database's clock is set back


def play_set_back(tree, before_s, passed_s, database_s):
    """The last run was `passed_s` ago by this machine, and the database's clock has gone on by
    `database_s` since; its marks were `before_s` behind that clock."""
    with sqlite3.connect(os.path.join(tree.state_folder, "index.db")) as index:
        (text,), = index.execute("SELECT value FROM meta WHERE name = 'clock'")
        database, boot, since_boot, wall = text.split("|")
        then = (datetime.datetime.fromisoformat(database)
                - datetime.timedelta(seconds=database_s))
        index.execute("UPDATE meta SET value = ? WHERE name = 'clock'",
                      (f"{then}|{boot}|{int(since_boot) - passed_s * 1_000_000}|"
                       f"{int(wall) - passed_s * 1_000_000}",))
    index.close()
    mark = (then - datetime.timedelta(seconds=before_s)).strftime("%Y-%m-%d %H:%M:%S")
    tree.edit_state(lambda text: re.sub(r"\|[^|]*\|(\d+\|)", rf"|{mark}|\1", text))
    return mark


HOUR = 3600


@pytest.mark.parametrize("database_s", [
    600,       # The clock has passed the watermark again: nothing else would ever show it.
    -600,      # Not yet.
    -48 * HOUR])
def test_no_row_is_lost_when_the_databases_clock_was_set_back(sqlite, tree, database_s):
    sqlite.make_table()
    sqlite.add(*[invoice(fid, tenant=f"t{fid % 2}", stamp=sqlite.ago(600)) for fid in range(1, 5)])
    tree.export(sqlite, "-i")
    mark = play_set_back(tree, 300, HOUR, database_s)
    late = sqlite.ago(20)  # Stamped when the clock went for the second time through that hour.
    assert late < mark
    sqlite.add(invoice(9, stamp=late))
    assert tree.export(sqlite, "-i", "--dry-run").files_written == 1
    ran = tree.export(sqlite, "-i")
    assert ran.files_written == 1 and "was set back" in " ".join(ran.notes)
    assert ran.tenants_ahead == 0
    assert all(now >= mark for now, _, _ in tree.state().values())  # They never go back.
    tree.check_equals(sqlite)

    # Until the clock has passed the watermarks again, and each row once.
    sqlite.add(invoice(10, stamp=sqlite.ago(4)))
    again = tree.incremental(sqlite, "3m")
    assert again.rows_read == again.files_written == 1
    assert ("was set back" in " ".join(again.notes)) == (database_s < 0)
    tree.edit_state(lambda text: re.sub(r"\|[^|]*\|(\d+\|)", rf"|{sqlite.ago(10)}|\1", text))
    tree.incremental(sqlite, "2m")
    last = tree.incremental(sqlite, "1m")
    assert last.notes == [] and last.rows_read == 0


def test_what_a_set_back_clock_hides_waits_for_the_run_of_its_tenant(sqlite, tree):
    sqlite.make_table()
    sqlite.add(*[invoice(fid, tenant=f"t{fid % 2}", stamp=sqlite.ago(600)) for fid in range(1, 5)])
    tree.export(sqlite, "-i")
    play_set_back(tree, 300, HOUR, 600)
    sqlite.add(*[invoice(fid, tenant=f"t{fid % 2}", stamp=sqlite.ago(20)) for fid in (10, 11)])
    assert tree.export(sqlite, "-i", "--tenant", "t0").files_written == 1
    assert tree.export(sqlite, "-i", "--tenant", "t0", "-l", "1").files_written == 0
    assert tree.export(sqlite, "-i").files_written == 1
    tree.check_equals(sqlite)


def test_marks_that_the_clock_did_not_pass_again_stay(sqlite, tree):
    sqlite.make_table()
    sqlite.add(*[invoice(fid, stamp=sqlite.ago(600)) for fid in range(1, 5)])
    tree.export(sqlite, "-i")
    # By less than the margin: every new stamp is after the marks.
    play_set_back(tree, 300, HOUR, HOUR - 120)
    ran = tree.export(sqlite, "-i")
    assert ran.notes == [] and ran.rows_read == 0


def read_from(tree):
    (value,), = tree.index("SELECT value FROM meta WHERE name = 'read_from'")
    return value


@pytest.mark.parametrize("layout", ["files", "ndjson"])
def test_a_tenant_that_fails_lets_no_other_be_read_again_after_a_set_back(sqlite, tree, layout):
    words = ("-i", "--layout", layout)
    sqlite.make_table()
    sqlite.add(*[invoice(fid, tenant=f"t{fid % 2}", stamp=sqlite.ago(600)) for fid in range(1, 5)])
    tree.export(sqlite, *words)
    mark = play_set_back(tree, 300, HOUR, -600)
    late = [invoice(fid, tenant="t1", stamp=sqlite.ago(20)) for fid in range(101, 151)]
    sqlite.add(*late, invoice(10, tenant="t0", stamp=sqlite.ago(20)),
               {**invoice(12, tenant="t0"), "fupdate_time": 5})  # No time: t0 fails.
    ran = tree.export(sqlite, *words, code=3)
    assert ran.rows_read == len(late) + 1 and "was set back" in " ".join(ran.notes)
    before = tree.times()
    began = read_from(tree)
    for _ in range(2):
        ran = tree.export(sqlite, *words, code=3)
        assert ran.rows_read == 1 and ran.tenant("t0")["status"] == "FAILED"
        assert ran.tenant("t1")["status"] == "SUCCESS"
        assert read_from(tree) == began
    assert {path: at for path, at in tree.times().items() if "t1/" in path} == {
        path: at for path, at in before.items() if "t1/" in path}
    # What comes new is read once, also before the clock has passed the mark again.
    sqlite.add(invoice(11, tenant="t1", stamp=sqlite.ago(4)))
    assert tree.incremental(sqlite, "3m", "--layout", layout, code=3).rows_read == 2
    assert tree.incremental(sqlite, "2m", "--layout", layout, code=3).rows_read == 1
    # Nothing that waited for the other is lost.
    sqlite.run("UPDATE t_invoice SET fupdate_time = ? WHERE fid = 12", (sqlite.ago(30),))
    assert tree.incremental(sqlite, "2m", "--layout", layout).rows_read == 2
    assert tree.incremental(sqlite, "1m", "--layout", layout).rows_read == 0
    assert all(now >= mark for now, _, _ in tree.state().values())
    if layout == "files":
        tree.check_equals(sqlite)


def test_a_clock_that_is_set_back_twice_makes_all_doubtful_again(sqlite, tree):
    sqlite.make_table()
    sqlite.add(*[invoice(fid, tenant=f"t{fid % 2}", stamp=sqlite.ago(600)) for fid in range(1, 5)])
    tree.export(sqlite, "-i")
    mark = play_set_back(tree, 300, HOUR, -600)
    sqlite.add(invoice(11, stamp=sqlite.ago(20)))
    assert tree.export(sqlite, "-i").rows_read == 1
    with sqlite3.connect(os.path.join(tree.state_folder, "index.db")) as index:
        (text,), = index.execute("SELECT value FROM meta WHERE name = 'clock'")
        database, boot, since_boot, wall = text.split("|")
        index.execute("UPDATE meta SET value = ? WHERE name = 'clock'",
                      (f"{database}|{boot}|{int(since_boot) - 2 * HOUR * 1_000_000}|{wall}",))
    index.close()
    sqlite.add(invoice(13, stamp=sqlite.ago(100)))
    ran = tree.export(sqlite, "-i")
    assert ran.files_written == 1 and ran.rows_read == 2
    assert tree.export(sqlite, "-i").rows_read == 0
    assert all(now >= mark for now, _, _ in tree.state().values())
    tree.check_equals(sqlite)


def test_a_boundary_before_what_is_in_doubt_makes_nothing_more_doubtful(sqlite, tree):
    sqlite.make_table()
    sqlite.add(invoice(1, stamp=sqlite.ago(600)), invoice(2, stamp=sqlite.ago(600)))
    tree.export(sqlite, "-i")
    play_set_back(tree, 10, 60, -60)
    sqlite.add(invoice(3, stamp=sqlite.ago(3)))  # The clock was never set back so far.
    ran = tree.export(sqlite, "-i")  # Up to five minutes ago.
    began = read_from(tree)
    assert began > sqlite.ago(2) and ran.rows_read == 0
    assert "summer time" in " ".join(ran.notes)
    assert tree.incremental(sqlite, "4m").rows_read == 0 and read_from(tree) == began
    sqlite.add(invoice(4, stamp=sqlite.ago(0, 2)))
    time.sleep(1)
    assert tree.incremental(sqlite, "0s").rows_read == 1


def test_a_mark_that_somebody_mistyped_keeps_no_set_back_in_mind(sqlite, tree):
    sqlite.make_table()
    sqlite.add(*[invoice(fid, tenant=f"t{fid % 2}", stamp=sqlite.ago(600)) for fid in range(1, 5)])
    tree.export(sqlite, "-i")
    play_set_back(tree, 300, HOUR, 600)
    tree.edit_state(lambda text: re.sub(r"t0\|\d{4}", "t0|2099", text))
    sqlite.add(invoice(9, stamp=sqlite.ago(20)))
    ran = tree.export(sqlite, "-i")
    assert ran.files_written == 1 and "was set back" in " ".join(ran.notes)
    again = tree.export(sqlite, "-i", code=3)
    assert "was set back" not in " ".join(again.notes) and again.tenants_ahead == 1
    # Alone, it tells nothing of the clock.
    play_set_back(tree, 300, HOUR, 600)
    tree.edit_state(lambda text: re.sub(r"t0\|\d{4}", "t0|2099",
                                        re.sub(r"t1\|[^|]*", "t1|2025-01-01 00:00:00", text)))
    again = tree.export(sqlite, "-i", code=3)
    assert "was set back" not in " ".join(again.notes) and again.tenants_ahead == 1


@pytest.mark.parametrize("text", ["", "rubbish", "2999-01-01 00:00:00|x|0|0", "||||",
                                  "2025-01-01 00:00:00|x|999999999999999999|0"])
def test_a_reading_of_the_clock_that_is_odd_stops_nothing(sqlite, tree, text):
    sqlite.make_table()
    sqlite.add(invoice(1))
    tree.export(sqlite, "-i")
    with sqlite3.connect(os.path.join(tree.state_folder, "index.db")) as index:
        index.execute("UPDATE meta SET value = ? WHERE name = 'clock'", (text,))
    index.close()
    sqlite.add(invoice(2, stamp=sqlite.ago(10)))
    tree.export(sqlite, "-i")
    sqlite.run("UPDATE t_invoice SET fupdate_time = ?", (sqlite.ago(10),))
    tree.export(sqlite, "-i")
    assert set(tree.files()) >= {"t1/CN/20250304+INV1"}
