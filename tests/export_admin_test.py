"""What looks after an export tree: state, rejects, selftest."""

import fcntl
import json
import os
import pty
import sqlite3
import subprocess
import termios
from datetime import datetime, timedelta

import pymysql
import pytest

import servers

BINARY = os.environ["TIDEMARK_BINARY"]

TABLE = """CREATE TABLE t_invoice (
  fid INTEGER PRIMARY KEY, ftenant_id TEXT, fcountry TEXT, fissue_date TEXT, finvoice_no TEXT,
  fissue_status INTEGER, fext_field TEXT, fupdate_time TEXT)"""


class Export:
    """A folder with a database `source.db` and its tree `out`."""

    def __init__(self, folder):
        self.folder = folder
        self.out = folder / "out"
        self.state = self.out / ".export_state"
        self.file = self.state / ".last_export_time"
        self.sql(TABLE)

    def sql(self, statement, *params):
        with sqlite3.connect(self.folder / "source.db") as connection:
            connection.execute(statement, params)
        connection.close()

    def invoice(self, key, tenant="1", payload='{"a":1}', stamp="2025-06-01 00:00:00"):
        self.sql("INSERT OR REPLACE INTO t_invoice VALUES (?,?,'DE','2025-05-01',?,3,?,?)",
                 key, tenant, f"INV-{key}", payload, stamp)

    def run(self, *words, code=0, command="export", **variables):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **variables,
                       "TIDEMARK_SOURCE": "sqlite:source.db",
                       "TIDEMARK_EXPORT__INVOICES__OUTPUT": "out"}
        ran = subprocess.run([BINARY, command, *words], env=environment, cwd=self.folder,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                             encoding="utf-8")
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran

    def ask(self, *words, answer, code=0):
        """With somebody at a terminal, who answers; what was shown on it."""
        parent, child = pty.openpty()
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "TERM": "xterm",
                       "TIDEMARK_SOURCE": "sqlite:source.db",
                       "TIDEMARK_EXPORT__INVOICES__OUTPUT": "out"}
        with subprocess.Popen([BINARY, "export", *words], env=environment, cwd=self.folder,
                              stdin=child, stdout=child, stderr=child, start_new_session=True,
                              preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) as ran:
            os.close(child)
            shown = b""
            try:
                while chunk := os.read(parent, 4096):
                    shown += chunk
                    if shown.endswith(b"[y/N] "):
                        os.write(parent, answer)
            except OSError:  # The other end is closed.
                pass
            assert ran.wait(timeout=120) == code, shown
        os.close(parent)
        return shown.decode()

    def json(self, *words, code=0, command="export"):
        ran = self.run(*words, "--json", code=code, command=command)
        return [json.loads(line) for line in ran.stdout.splitlines()]

    def files(self):
        return sorted(str(path.relative_to(self.out)) for path in self.out.rglob("*")
                      if path.is_file() and ".export_state" not in path.parts)

    def marks(self):
        return {line.split("|")[0]: line.split("|")[1] for line in self.file.read_text().splitlines()}


@pytest.fixture
def export(tmp_path):
    return Export(tmp_path)


# state show


def test_show_says_what_the_tree_remembers(export):
    export.invoice(1, "1")
    export.invoice(2, "租户|2")
    export.run("invoices", "-i")
    *tenants, summary = export.json("state", "show")
    assert [t["tenant"] for t in tenants] == ["1", "租户|2"]
    assert all(t["status"] == "SUCCESS" and t["records"] == 1 for t in tenants)
    assert all(t["mark"] == t["indexed_upto"] and 290 < t["age_seconds"] < 400 for t in tenants)
    assert summary["zone"] == "UTC" and summary["table"] == "t_invoice"
    assert summary["lock"] is None and summary["files"] == 2 and summary["rejects_open"] == 0

    english = export.run("state", "show").stdout
    assert "TENANT" in english and "租户|2" in english and "lock:     free" in english
    chinese = export.run("state", "show", "--lang", "zh").stdout
    assert "水位" in chinese and "空闲" in chinese


def test_show_without_a_tree_fails_and_says_what_to_do(export):
    assert "--output-dir" in export.run("state", "show", code=1).stderr


def test_show_with_damage_shows_the_rest(export):
    export.invoice(1)
    export.run("invoices", "-i")
    export.file.write_text("rubbish\n")
    *lines, last = export.json("state", "show", code=1)
    assert last["message_type"] == "exit_error" and "line 1" in last["message"]
    summary = next(line for line in lines if line["message_type"] == "summary")
    assert (summary["files"], summary["exit_code"]) == (1, 1)


def test_show_names_the_owner_of_the_lock(export):
    export.invoice(1)
    export.run("invoices", "-i")
    lock = export.state / ".export.lock"
    lock.write_text(f"pid {os.getpid()} host {os.uname().nodename} since 2025-12-03T17:04:06Z\n")
    assert f"pid {os.getpid()}" in export.json("state", "show")[-1]["lock"]
    assert export.json("state", "show")[-1]["lock_owner_alive"] is True
    lock.write_text(f"pid 4194305 host {os.uname().nodename} since 2025-12-03T17:04:06Z\n")
    assert export.json("state", "show")[-1]["lock_owner_alive"] is False
    lock.unlink()
    lock.mkdir()
    assert export.json("state", "show")[-1]["lock"].endswith(".export.lock/")


def test_another_export_is_named(export):
    assert "there are: invoices" in export.run("state", "show", "--export", "receipts", code=2).stderr


# state reset and restore


def test_reset_makes_a_tenant_be_read_again_and_rewrites_nothing(export):
    for key in (1, 2):
        export.invoice(key, str(key))
    export.run("invoices", "-i")
    before = {path: (export.out / path).stat().st_mtime_ns for path in export.files()}
    assert "--yes" in export.run("state", "reset", "1", code=2).stderr
    assert "1 tenant reset" in export.run("state", "reset", "1", "--yes").stdout
    assert list(export.marks()) == ["2"]
    summary = export.json("invoices", "-i")[-1]
    assert summary["rows_read"] == 1 and summary["files_unchanged"] == 1
    assert before == {path: (export.out / path).stat().st_mtime_ns for path in export.files()}
    assert list(export.marks()) == ["1", "2"]


def test_reset_of_an_unknown_tenant_changes_nothing(export):
    export.invoice(1)
    export.run("invoices", "-i")
    before = export.file.read_bytes()
    export.run("state", "reset", "1", "nobody", "--yes", code=1)
    assert export.file.read_bytes() == before
    export.run("state", "reset", "--yes", code=2)
    export.run("state", "reset", "1", "--all", "--yes", code=2)


def test_reset_and_restore_of_a_damaged_file(export):
    export.invoice(1)
    export.run("invoices", "-i")
    whole = export.file.read_bytes()
    export.run("invoices", "-i")
    export.file.write_text("rubbish\n")
    export.run("state", "reset", "1", "--yes", code=1)
    assert "--yes" in export.run("state", "restore", code=2).stderr  # Nobody can be asked.
    assert export.file.read_text() == "rubbish\n"
    export.run("state", "restore", "--yes")
    assert export.file.read_bytes() == whole
    export.file.write_text("rubbish\n")
    export.run("state", "reset", "--all", "--yes")
    assert export.file.read_bytes() == b""
    assert len(export.json("state", "show")[-1]["backups"]) >= 1


def test_restore_asks_as_reset_does(export):
    export.invoice(1)
    export.run("invoices", "-i")
    export.run("invoices", "-i")
    export.file.write_text("# mine\n")
    for words, answer, code in ((("restore",), b"n\n", 0), (("restore",), b"\x03", 130),
                                (("reset", "--all"), b"n\n", 0), (("reset", "--all"), b"\x03", 130)):
        question = export.ask("state", *words, answer=answer, code=code)
        assert "[y/N]" in question and str(export.out.name) in question
        assert export.file.read_text() == "# mine\n"
    newest = max(path.name for path in export.state.glob(".last_export_time.backup.*"))
    assert newest in export.ask("state", "restore", answer=b"y\n")
    assert export.file.read_text() != "# mine\n"


def test_restore_asks_only_for_what_it_can_do(export):
    export.invoice(1)
    export.run("invoices", "-i")
    assert "[y/N]" not in export.ask("state", "restore", answer=b"y\n", code=1)
    older = export.state / ".last_export_time.backup.20250601-000000"
    older.write_bytes(export.file.read_bytes())
    newest = export.state / ".last_export_time.backup.20250602-000000"
    newest.write_text("rubbish\n")
    assert "[y/N]" not in export.ask("state", "restore", newest.name, answer=b"y\n", code=1)
    assert "[y/N]" not in export.ask("state", "restore", "none", answer=b"y\n", code=1)
    assert older.name in export.ask("state", "restore", answer=b"n\n")
    older.write_text("rubbish\n")
    before = export.file.read_bytes()
    assert "[y/N]" not in export.ask("state", "restore", answer=b"y\n", code=1)
    assert "2" in export.run("state", "restore", "--yes", code=1).stderr
    assert export.file.read_bytes() == before


def test_restore_names_what_it_cannot_find(export):
    export.invoice(1)
    export.run("invoices")
    export.run("state", "restore", "--yes", code=1)
    export.run("state", "restore", "../../etc/passwd", "--yes", code=1)


def test_a_change_waits_for_no_lock(export):
    export.invoice(1)
    for _ in range(2):
        export.run("invoices", "-i")
    with open(export.state / ".export.lock", "r+", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        export.run("state", "reset", "--all", "--yes", code=11)
        export.run("state", "restore", "--yes", code=11)
        export.run("state", "show")


# rejects


@pytest.fixture
def rejecting(export):
    for key in range(1, 5):
        export.invoice(key, payload="{broken" if key < 4 else "{}")
    export.run("invoices", "-i", code=3)
    return export


def test_rejects_are_listed(rejecting):
    *rejects, summary = rejecting.json("rejects", "list")
    assert [r["key"] for r in rejects] == ["1", "2", "3"]
    assert rejects[0]["invoice_no"] == "INV-1" and rejects[0]["reason"]
    assert summary["rejects_open"] == 3
    shown = rejecting.run("rejects", "list", "--lang", "zh").stdout
    assert "INV-2" in shown and "未处理" in shown


def test_accepted_rejects_make_no_run_partial(rejecting):
    rejecting.run("rejects", "accept", "1", "17", code=1)
    rejecting.run("rejects", "accept", code=2)
    assert rejecting.json("rejects", "accept", "1")[-1]["accepted"] == 1
    rejecting.run("invoices", "-i", code=3)
    assert rejecting.json("rejects", "accept", "--all")[-1]["accepted"] == 2
    assert all(r["accepted"] for r in rejecting.json("rejects", "list")[:-1])
    rejecting.invoice(2, payload="{broken again")
    rejecting.run("rejects", "retry", code=3)
    assert [r["key"] for r in rejecting.json("rejects", "list")[:-1] if not r["accepted"]] == ["2"]


def test_a_mended_row_whose_file_cannot_be_written_stays_on_the_list(rejecting):
    """Its stamp is behind the watermark: nothing but the list would ever bring it back."""
    in_the_way = rejecting.out / "1/DE/20250501+INV-2.json"
    (in_the_way / "something").mkdir(parents=True)
    rejecting.invoice(2)
    for words in (("rejects", "retry"), ("invoices", "-i")):
        rejecting.run(*words, code=1)  # Nothing was done.
        assert "2" in [r["key"] for r in rejecting.json("rejects", "list")[:-1]]
    (in_the_way / "something").rmdir()
    in_the_way.rmdir()
    rejecting.run("rejects", "retry", code=3)  # For the other two.
    assert in_the_way.read_text() == '{"a":1}'
    assert "2" not in [r["key"] for r in rejecting.json("rejects", "list")[:-1]]


def statuses(export):
    return {line.split("|")[0]: line.strip().split("|")[3]
            for line in export.file.read_text().splitlines()}


def test_a_line_is_partial_as_long_as_rejects_of_its_tenant_stand(export):
    for key, tenant in enumerate("aabbcc", 1):
        export.invoice(key, tenant, payload="{broken" if key in (1, 3) else "{}")
    export.run("invoices", "-i", code=3)
    assert statuses(export) == {"a": "PARTIAL", "b": "PARTIAL", "c": "SUCCESS"}
    summary = export.json("invoices", "-i", code=3)[-1]  # Without news, but they still stand.
    assert statuses(export) == {"a": "PARTIAL", "b": "PARTIAL", "c": "SUCCESS"}
    assert {t["tenant"]: t["status"] for t in summary["tenants"]} == statuses(export)
    export.run("rejects", "accept", "3")  # Known, and fine.
    export.run("invoices", "-i", code=3)
    assert statuses(export) == {"a": "PARTIAL", "b": "SUCCESS", "c": "SUCCESS"}
    export.invoice(1)
    export.run("invoices", "-i")
    assert set(statuses(export).values()) == {"SUCCESS"}


def test_a_retry_that_mends_settles_the_line(export):
    for key in range(1, 4):
        export.invoice(key, payload="{broken" if key < 3 else "{}")
    export.run("invoices", "-i", code=3)
    before = export.file.read_text()
    export.invoice(1)
    export.run("rejects", "retry", code=3)
    assert export.file.read_text() == before
    export.invoice(2)
    export.run("rejects", "retry")
    assert export.file.read_text() == before.replace("PARTIAL", "SUCCESS")


@pytest.mark.parametrize("change", [
    lambda text: text.replace("PARTIAL", "FAILED"),
    lambda text: text.replace("|20", "|21"),  # Somebody set the mark ahead of what is exported.
])
def test_a_retry_vouches_only_for_what_it_knows(export, change):
    for key in range(1, 3):
        export.invoice(key, payload="{broken" if key < 2 else "{}")
    export.run("invoices", "-i", code=3)
    export.file.write_text(change(export.file.read_text()))
    before = export.file.read_text()
    export.invoice(1)
    export.run("rejects", "retry")
    assert export.file.read_text() == before


def test_a_retry_after_a_full_export_settles_the_line(export):
    for key in range(1, 3):
        export.invoice(key, payload="{broken" if key < 2 else "{}")
    export.run("invoices", "-i", code=3)
    export.run("invoices", code=3)
    before = export.file.read_text()
    export.invoice(1)
    export.run("rejects", "retry")
    assert export.file.read_text() == before.replace("PARTIAL", "SUCCESS")


def damage(path, how):
    if how == "rubbish":
        path.write_text("rubbish\n")
    else:  # Something that cannot be read, also not by root.
        path.unlink()
        path.mkdir()


@pytest.mark.parametrize("how", ["rubbish", "unreadable"])
def test_a_retry_beside_a_state_file_that_cannot_be_read_is_an_error(export, how):
    export.invoice(1, payload="{broken")
    export.run("invoices", "-i", code=3)
    damage(export.file, how)
    export.invoice(1)
    assert ".last_export_time" in export.run("rejects", "retry", code=1).stderr
    assert [r["key"] for r in export.json("rejects", "list")[:-1]] == ["1"]
    assert export.file.is_dir() if how == "unreadable" else export.file.read_text() == "rubbish\n"
    if how == "unreadable":
        export.file.rmdir()
    else:
        export.file.unlink()
    export.run("rejects", "retry")
    assert export.json("rejects", "list")[:-1] == []


def left_by_a_kill(export, key, tenant):
    """A reject as the recovery after a kill puts it on the list; '' is how it once did."""
    with sqlite3.connect(export.state / "index.db") as index:
        index.execute("INSERT INTO reject VALUES (?,?,NULL,'x','the run that wrote its file was "
                      "killed',?,'2025-06-01T00:00:00Z','2025-06-01T00:00:00Z',0)",
                      (key, tenant, bytes(16)))
    index.close()


@pytest.mark.parametrize("as_stored", [None, ""])
def test_a_reject_that_does_not_know_its_tenant_may_be_anyones(export, as_stored):
    for key, tenant in enumerate(("", "a", "b"), 1):
        export.invoice(key, tenant)
    export.run("invoices", "-i")
    left_by_a_kill(export, 3, as_stored)
    # The run of one tenant does not get to the row.
    export.run("invoices", "-i", "--tenant", "a", code=3)
    assert statuses(export) == {"": "PARTIAL", "a": "PARTIAL", "b": "PARTIAL"}
    reject, summary = export.json("rejects", "list")
    assert reject["tenant"] is None and summary["rejects_open"] == 1
    assert "?" in export.run("rejects", "list").stdout
    export.run("rejects", "retry")
    assert set(statuses(export).values()) == {"SUCCESS"}


def test_a_reject_of_the_empty_tenant_is_nobody_elses(export):
    for key, tenant in enumerate(("", "a"), 1):
        export.invoice(key, tenant, payload="{}" if tenant else "{broken")
    export.run("invoices", "-i", code=3)
    assert statuses(export) == {"": "PARTIAL", "a": "SUCCESS"}
    export.run("invoices", "-i", "--tenant", "a", code=3)
    assert statuses(export) == {"": "PARTIAL", "a": "SUCCESS"}


def test_a_reject_of_an_unknown_tenant_stays_accepted_without_its_index(export):
    export.invoice(1)
    export.run("invoices", "-i")
    left_by_a_kill(export, 1, None)
    export.sql("UPDATE t_invoice SET fissue_status = 4")
    export.run("rejects", "accept", "1")
    (export.state / "index.db").unlink()
    export.invoice(2)
    export.run("invoices", "-i", "--tenant", "1")
    assert statuses(export) == {"1": "SUCCESS"}


def test_a_list_of_rejects_that_is_lost_mends_no_line(export):
    for key in range(1, 3):
        export.invoice(key, payload="{broken" if key < 2 else "{}")
    export.run("invoices", "-i", code=3)
    (export.state / "index.db").unlink()
    export.run("rejects", "retry")  # Nothing stands on the new list.
    assert statuses(export) == {"1": "PARTIAL"}
    export.run("invoices", "-i", code=3)
    assert statuses(export) == {"1": "PARTIAL"}


def lose(index, loss):
    if loss == "removed":
        index.unlink()
    elif loss == "damaged":
        index.write_bytes(os.urandom(20_000))
    else:  # As a run leaves it that is killed when it has only just made it.
        with sqlite3.connect(index) as emptied:
            for table in ("meta", "file", "name", "removal", "reject", "tenant"):
                emptied.execute(f"DELETE FROM {table}")
        emptied.close()


@pytest.mark.parametrize("loss", ["removed", "damaged", "emptied"])
@pytest.mark.parametrize("words", [("invoices",), ("invoices", "-i"), ("invoices", "--dry-run")])
def test_what_was_accepted_outlives_the_index(rejecting, loss, words):
    rejecting.run("rejects", "accept", "1", "2")
    index = rejecting.state / "index.db"
    lose(index, loss)
    ran = rejecting.json(*words, code=3)[-1]
    assert (ran["rejected"], ran["rejects_open"]) == (3, 1)
    assert any("stay accepted" in note for note in ran["notes"])
    if "--dry-run" in words:
        return
    rejecting.invoice(1)  # Mended.
    rejecting.run("invoices", "-i", code=3)
    index.unlink()
    rejecting.run("invoices", "-i", code=3)
    rejects = rejecting.json("rejects", "list")[:-1]
    assert [(r["key"], r["accepted"]) for r in rejects] == [("2", True), ("3", False)]


def test_what_was_accepted_outlives_a_compact_without_the_index(export):
    for key in range(1, 5):
        export.invoice(key, payload="{broken" if key < 4 else "{}")
    export.run("invoices", "--layout", "ndjson", code=3)
    export.run("rejects", "accept", "1", "2")
    (export.state / "index.db").unlink()
    export.run("compact")
    ran = export.json("invoices", "--layout", "ndjson", code=3)[-1]
    assert (ran["rejected"], ran["rejects_open"]) == (3, 1)
    assert any("stay accepted" in note for note in ran["notes"])
    accepted = json.loads((export.state / "accepted_rejects.json").read_text())
    assert [reject["key"] for reject in accepted] == [1, 2]


def test_a_list_of_acceptances_that_cannot_be_read_is_said(rejecting):
    rejecting.run("rejects", "accept", "--all")
    accepted = rejecting.state / "accepted_rejects.json"
    accepted.write_text("[")
    (rejecting.state / "index.db").unlink()
    for _ in range(2):  # It stays as it is, for somebody to look at, until it is removed.
        ran = rejecting.json("invoices", "-i", code=3)[-1]
        assert ran["rejects_open"] == 3
        assert any("accepted again" in note for note in ran["notes"])
        assert "remove the file" in rejecting.run("rejects", "accept", "--all", code=1).stderr
        assert "请删除该文件" in rejecting.run("rejects", "accept", "--all", "--lang", "zh", code=1).stderr
        assert accepted.read_text() == "["
    accepted.unlink()
    assert rejecting.json("rejects", "accept", "--all")[-1]["accepted"] == 3
    assert len(json.loads(accepted.read_text())) == 3


def index_of_version_1(export):
    """As the first version kept it: names beside the files, in no table of their own."""
    with sqlite3.connect(export.state / "index.db") as index:
        index.executescript("""
            ALTER TABLE file ADD COLUMN name_hash INTEGER;
            UPDATE file SET name_hash = (SELECT hash FROM name WHERE name.file = file.id);
            DROP TABLE name; DELETE FROM meta WHERE name = 'settled'; PRAGMA user_version = 1;""")
    index.close()


def test_a_tree_of_the_first_version_works_as_it_is(rejecting):
    for key in range(4, 40):
        rejecting.invoice(key)
    rejecting.run("invoices", code=3)
    rejecting.run("rejects", "accept", "--all")
    (rejecting.state / "accepted_rejects.json").unlink()  # It had none.
    index_of_version_1(rejecting)
    times = {path: (rejecting.out / path).stat().st_mtime_ns for path in rejecting.files()}
    # What only reads.
    assert rejecting.json("state", "show")[-1]["rejects_accepted"] == 3
    assert len(rejecting.json("rejects", "list")) == 4
    assert rejecting.json("invoices", "--dry-run")[-1]["files_written"] == 0
    assert rejecting.json("sweep")[-1]["files_unchanged"] == len(times)
    with sqlite3.connect(rejecting.state / "index.db") as index:
        assert index.execute("PRAGMA user_version").fetchone() == (1,)
    index.close()
    # What writes.
    ran = rejecting.json("invoices", "-i")[-1]
    assert (ran["rejects_open"], ran["notes"]) == (0, [])
    with sqlite3.connect(rejecting.state / "index.db") as index:
        assert index.execute("PRAGMA user_version").fetchone() == (3,)
    index.close()
    rejecting.invoice(7, tenant="2")
    assert rejecting.json("invoices")[-1]["files_removed"] == 1
    assert {path: (rejecting.out / path).stat().st_mtime_ns for path in rejecting.files()
            if path in times}.items() <= times.items()


def test_retry_reads_just_these_rows(rejecting):
    rejecting.invoice(1)
    rejecting.invoice(2)
    rejecting.sql("DELETE FROM t_invoice WHERE fid = 3")
    marks = rejecting.marks()
    one = rejecting.json("rejects", "retry", "1", code=3)[-1]
    assert one["command"] == "export rejects retry"
    assert (one["rows_read"], one["files_written"]) == (1, 1)
    assert "17" in rejecting.run("rejects", "retry", "17", code=1).stderr
    rest = rejecting.json("rejects", "retry")[-1]
    assert (rest["rows_read"], rest["files_written"], rest["rejects_open"]) == (1, 1, 0)
    assert rejecting.json("rejects", "list")[:-1] == []
    assert len(rejecting.files()) == 3 and rejecting.marks() == marks
    assert rejecting.json("rejects", "retry")[-1]["rows_read"] == 0


def test_a_retry_is_recorded_as_a_run(rejecting):
    rejecting.invoice(1)
    rejecting.run("rejects", "retry", "1", code=3)
    last = rejecting.json("list", "-n1", command="runs")[0]
    assert last["job"] == "export rejects retry invoices"
    assert (last["status"], last["exit_code"]) == ("partial", 3)


# state import


OLD_STATE = "1|2025-06-10 12:00:00|2|SUCCESS\n租户|1970-01-01 00:00:00|0|FAILED\n"


def old_tree(export, tree):
    """As the old scripts leave it: files, and marks in the zone of their machine."""
    (tree / ".export_state").mkdir(parents=True)
    (tree / ".export_state" / ".last_export_time").write_text(OLD_STATE, encoding="utf-8")
    (tree / "1" / "DE").mkdir(parents=True)
    (tree / "1" / "DE" / "20250501+INV-1.json").write_text('{"a":1}', encoding="utf-8")
    (tree / "1" / "DE" / "20250501+INV-2.json").write_text('{"a":"old"}', encoding="utf-8")
    (tree / "1" / "DE" / "20250501+INV-3.json.gz").write_bytes(b"")
    (tree / "1" / "notes.txt").write_text("mine", encoding="utf-8")


def test_import_converts_marks_and_leaves_files_alone(export):
    for key in (1, 2):
        export.invoice(key)
    old_tree(export, export.out)
    before = {path: (export.out / path).stat().st_mtime_ns for path in export.files()}

    dry = export.json("state", "import", "--old-zone", "Asia/Shanghai", "--dry-run")
    assert export.file.read_text(encoding="utf-8") == OLD_STATE
    *tenants, summary = export.json("state", "import", "--old-zone", "Asia/Shanghai")
    assert dry[:-1] == tenants
    # Noon in Shanghai is four o'clock UTC, less the margin of five minutes.
    assert tenants[0] == {"message_type": "tenant", "tenant": "1", "before": "2025-06-10 12:00:00",
                          "mark": "2025-06-10 03:55:00"}
    assert tenants[1]["mark"] == "1970-01-01 00:00:00"
    assert summary["files"] == {".json": 2, ".json.gz": 1} and summary["same_tree"]
    assert summary["unknown_examples"] == ["1/notes.txt"]
    assert export.marks() == {"1": "2025-06-10 03:55:00", "租户": "1970-01-01 00:00:00"}
    assert before == {path: (export.out / path).stat().st_mtime_ns for path in export.files()}
    assert "already exported" in export.run("state", "import", code=2).stderr

    ran = export.json("invoices", "-i")[-1]
    assert (ran["rows_read"], ran["files_unchanged"], ran["files_written"]) == (2, 1, 1)
    after = {path: (export.out / path).stat().st_mtime_ns for path in export.files()}
    assert {path for path in after if after[path] != before[path]} == {"1/DE/20250501+INV-2.json"}


def test_import_from_another_tree_says_that_files_stay_there(export):
    export.invoice(1)
    old_tree(export, export.folder / "context")
    ran = export.run("state", "import", "--from", "context/.export_state", "--old-zone", "UTC")
    assert "-o context" in ran.stdout
    assert export.marks()["1"] == "2025-06-10 11:55:00"
    assert (export.folder / "context/.export_state/.last_export_time").read_text("utf-8") == OLD_STATE
    assert export.json("invoices", "-i")[-1]["files_written"] == 1


def test_import_of_a_mark_in_the_hour_that_comes_twice_takes_the_first(export):
    old_tree(export, export.out)
    export.file.write_text("1|2025-10-26 02:30:00|1|SUCCESS\n2|2999-01-01 00:00:00|1|SUCCESS\n")
    tenants = export.json("state", "import", "--old-zone", "Europe/Berlin")
    assert tenants[0]["mark"] == "2025-10-26 00:25:00"
    assert tenants[1]["mark"] < "2900"


def test_import_refuses_what_it_does_not_understand(export):
    old_tree(export, export.out)
    assert "unknown zone" in export.run("state", "import", "--old-zone", "Mars", code=2).stderr
    export.run("state", "import", "--from", "nowhere", code=1)
    export.file.write_text("1|2025-06-10 12:00:00|2|SUCCESS\n2|yesterday|0|SUCCESS\n")
    assert "line 2" in export.run("state", "import", code=1).stderr
    assert not (export.state / "source.json").exists()
    (export.state / ".export.lock").unlink()
    (export.state / ".export.lock").mkdir()
    assert "rmdir" in export.run("state", "import", code=11).stderr


@pytest.mark.parametrize("zone, expected", [("+08:00", "12:00:00"), ("SYSTEM", "13:00:00")])
def test_import_asks_mariadb_for_its_zone(export, zone, expected):
    old_tree(export, export.out)
    with servers.MariaDB(args=[f"--default-time-zone={zone}"], time_zone="Asia/Tokyo") as server:
        connection = pymysql.connect(host="127.0.0.1", port=server.port, user=servers.USER,
                                     password=servers.PASSWORD, database=servers.DATABASE)
        connection.cursor().execute(TABLE.replace("TEXT", "VARCHAR(40)"))
        connection.close()
        *tenants, summary = export.json("state", "import", "--source", server.url,
                                        "--old-zone", "Asia/Shanghai")
    mark = datetime.fromisoformat(tenants[0]["mark"])
    back = timedelta(seconds=summary["stepped_back_seconds"])
    assert str(mark + back) == f"2025-06-10 {expected}" and back >= timedelta(minutes=5)
    assert json.loads((export.state / "source.json").read_text())["zone"].startswith(zone)


def test_import_asks_postgres_for_its_zone(export):
    old_tree(export, export.out)
    with servers.Postgres(time_zone="America/New_York") as server:
        tenants = export.json("state", "import", "--source", server.url,
                              "--old-zone", "Asia/Shanghai")
    assert tenants[0]["mark"] < "2025-06-10 00:00:00" and tenants[0]["mark"] > "2025-06-09 23:50:00"


# The record of runs


def test_runs_are_recorded_and_dry_runs_are_not(export):
    def recorded():
        ran = subprocess.run([BINARY, "runs", "list", "--json"], cwd=export.folder,
                             env={"PATH": os.environ["PATH"], "HOME": str(export.folder)},
                             capture_output=True, timeout=60, encoding="utf-8", check=True)
        return [json.loads(line) for line in ran.stdout.splitlines()]

    export.invoice(1)
    export.run("invoices", "--dry-run")
    export.run("invoices")
    export.invoice(2, payload="{broken")
    export.run("invoices", "-i", code=3)
    export.sql("DROP TABLE t_invoice")
    export.run("invoices", "-i", code=1)
    runs = [run for run in recorded() if run.get("job") == "export invoices"]
    assert sorted(run["status"] for run in runs) == ["failed", "partial", "success"]
    assert next(run for run in runs if run["status"] == "success")["counts"]["files_written"] == 1


def test_a_state_database_that_is_away_stops_no_run(export):
    export.invoice(1)
    ran = export.run("invoices", TIDEMARK_STATE="mysql://nobody@127.0.0.1:1/none")
    assert len(export.files()) == 1 and "127.0.0.1" in ran.stderr


# selftest


def selftest(export, *words, code=0):
    (export.folder / "tmp").mkdir(exist_ok=True)
    ran = export.run("selftest", *words, code=code, TMPDIR=str(export.folder / "tmp"))
    assert os.listdir(export.folder / "tmp") == [] and not export.out.exists()
    return ran.stdout


def test_selftest_plays_eight_tests_and_leaves_nothing(export):
    for key in range(1, 8):
        export.invoice(key, str(key % 4), payload="{broken" if key == 5 else "{}")
    shown = selftest(export, "--lang", "zh")
    assert "[TEST] 测试1: " in shown and "[TEST] 测试8: " in shown
    assert shown.count("[SUCCESS] ✓ ") == 8 and "[ERROR]" not in shown
    assert "[SUCCESS] 通过: 8" in shown and "[SUCCESS] 所有测试通过!" in shown
    *tests, summary = [json.loads(line) for line in selftest(export, "--json").splitlines()]
    assert summary["passed"] == 8 and all(test["passed"] for test in tests)


def test_selftest_does_not_export_a_large_table(export):
    rows = [(key, "big" if key % 10 else "small", f"INV-{key}",
             f"2025-01-01 {key // 3600:02}:{key // 60 % 60:02}:{key % 60:02}")
            for key in range(1, 5001)]
    with sqlite3.connect(export.folder / "source.db") as connection:
        connection.executemany(
            "INSERT INTO t_invoice VALUES (?,?,'DE','2025-05-01',?,3,'{}',?)", rows)
    connection.close()
    tests = [json.loads(line) for line in selftest(export, "--json").splitlines()]
    details = {test["number"]: test["detail"] for test in tests[:-1]}
    assert details[1].endswith("> 2025-01-01 01:04:48")  # The 1,001st newest of the large one.
    assert details[2].startswith("1112 rows") and details[7].startswith("1112 rows, 0 files written")
    assert "1 tenant" in json.loads(selftest(export, "--json", "-l", "1").splitlines()[0])["detail"]


def test_selftest_of_tenants_that_are_bytes_does_not_export_a_large_table(export):
    rows = [(key, f"INV-{key}", f"2025-01-01 {key // 3600:02}:{key // 60 % 60:02}:{key % 60:02}")
            for key in range(1, 3001)]
    with sqlite3.connect(export.folder / "source.db") as connection:
        connection.executemany(
            "INSERT INTO t_invoice VALUES (?,x'37','DE','2025-05-01',?,3,'{}',?)", rows)
    connection.close()
    tests = [json.loads(line) for line in selftest(export, "--json").splitlines()]
    assert tests[-1]["passed"] == 8
    assert tests[1]["detail"].startswith("1000 rows")


def test_selftest_of_untyped_columns_does_not_export_a_large_table(export):
    rows = [(key, f"INV-{key}", f"2025-01-01 {key // 3600:02}:{key // 60 % 60:02}:{key % 60:02}")
            for key in range(1, 3001)]
    with sqlite3.connect(export.folder / "source.db") as connection:
        connection.executemany("INSERT INTO t_invoice VALUES (?,7,'DE','2025-05-01',?,3,'{}',?)",
                               rows)
    connection.close()
    export.sql("CREATE VIEW v_invoice AS SELECT fid, ftenant_id + 0 AS ftenant_id, fcountry,"
               " fissue_date, finvoice_no, fissue_status + 0 AS fissue_status, fext_field,"
               " fupdate_time FROM t_invoice")
    ran = export.run("selftest", "--json", TIDEMARK_EXPORT__INVOICES__TABLE="v_invoice",
                     TIDEMARK_EXPORT__INVOICES__KEY="fid")
    details = [json.loads(line).get("detail", "") for line in ran.stdout.splitlines()]
    assert details[0].endswith("> 2025-01-01 00:33:20")  # The 1,001st newest.
    assert details[1].startswith("1000 rows")


def test_selftest_fails_where_a_watermark_would_wait(export):
    export.invoice(1)
    export.invoice(2, tenant="2", stamp="1748772000")
    shown = selftest(export, code=1)
    assert "✗ first incremental run" in shown and "fupdate_time of t_invoice is no time" in shown


def test_selftest_of_no_tenant_is_not_one_of_all(export):
    assert "from 1" in export.run("selftest", "-l", "0", code=2).stderr


def test_selftest_fails_with_its_source(export):
    export.sql("DROP TABLE t_invoice")
    shown = selftest(export, code=1)
    assert "[ERROR] ✗ configuration and connection" in shown and "passed: 0" in shown
    assert "test 2" not in shown
