"""kill -9 at random moments: the next run makes good, and the state never ran ahead of the files."""

import os
import random
import sqlite3
import threading
import time

import pytest

from export_fixture import invoice, payload_of

SEED = int(os.environ.get("TIDEMARK_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
TENANTS = ("t1", "t2", "T1", "a/b", "a:b")


class Watcher:
    """Reads all files of the tree again and again: each must be whole at any moment."""

    def __init__(self, tree, payloads):
        self.tree = tree
        self.payloads = payloads  # Everything that was ever stored.
        self.torn = []
        self.reads = 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def watch(self):
        while not self.stopped.is_set():
            for folder, folders, names in os.walk(self.tree.path):
                folders[:] = [name for name in folders if name != ".export_state"]
                for name in names:
                    try:
                        with open(os.path.join(folder, name), "rb") as file:
                            content = file.read()
                    except FileNotFoundError:
                        continue
                    self.reads += 1
                    if content not in self.payloads:
                        self.torn.append((name, content[:80]))
            time.sleep(0.001)


class Story:
    """A table that lives on while exporters die over it."""

    def __init__(self, source, tree, rows, chance):
        self.source = source
        self.tree = tree
        self.chance = chance
        self.age = 300  # Minutes: the margin of the next run.
        self.next_fid = 1
        self.payloads = set()
        source.make_table()
        self.add(rows)

    def row(self, fid, stamp):
        payload = payload_of(fid, self.chance.randrange(1000)) + " " * self.chance.choice((0, 9, 3000))
        self.payloads.add(payload.encode())
        # Few numbers, so that names collide within a tenant and, by case, between tenants.
        return {**invoice(fid, tenant=self.chance.choice(TENANTS),
                          country=self.chance.choice(("CN", "DE", None)), payload=payload,
                          number=f"N{self.chance.randrange(1 + self.next_fid // 2)}", stamp=stamp)}

    def add(self, rows):
        stamp = self.source.ago(self.age, seconds=-30)
        self.source.add(*[self.row(fid, stamp)
                          for fid in range(self.next_fid, self.next_fid + rows)])
        self.next_fid += rows

    def go_on(self):
        """A minute passes, in which rows are added, changed, moved and voided."""
        self.age -= 1
        self.add(self.chance.randrange(1, 30))
        stamp = self.source.ago(self.age, seconds=-30)
        for fid in self.chance.sample(range(1, self.next_fid), 20):
            row = self.row(fid, stamp)
            row.pop("fupdate_time")
            row.pop("fid")
            if self.chance.random() < 0.5:  # The content alone.
                row = {"fext_field": row["fext_field"]}
            self.source.change(fid, stamp, **row)
        # A second boundary for the incremental run: rows of this minute are in its window.
        self.age -= 1

    def words(self, mode):
        return ("-i", "--margin", f"{self.age}m") if mode == "incremental" else ()

    def check_state_behind_files(self):
        """Each tenant whose mark moved has all its rows up to the mark in the tree."""
        if not os.path.exists(self.tree.state_path):
            return
        state = {name.replace("%7C", "|"): mark for name, (mark, _, _) in self.tree.state().items()}
        here = list(self.tree.raw().values())
        for tenant, stamp, payload in self.source.run(
                "SELECT ftenant_id, fupdate_time, fext_field FROM t_invoice"):
            if tenant in state and str(stamp) <= state[tenant]:
                assert payload.encode() in here, f"{tenant} {stamp} <= {state[tenant]}: {payload}"

    def check_equal(self):
        """Each row has exactly one file, under its name or that with a mark; nothing else."""
        rows = self.source.run("SELECT ftenant_id, fcountry, finvoice_no, fext_field FROM t_invoice")
        expected = sorted((f"{tenant.replace('/', '_').replace(':', '_')}/{country or 'UNKNOWN'}/"
                           f"20250304+{number}", payload.encode())
                          for tenant, country, number, payload in rows)
        files = self.tree.files()
        here = sorted((path.rpartition("~")[0] or path, content) for path, content in files.items())
        missing = [file for file in expected if file not in set(here)]
        extra = [file for file in here if file not in set(expected)]
        assert not missing and not extra, f"missing {missing[:5]}, extra {extra[:5]}"
        assert len(here) == len(expected)
        assert len({path.casefold() for path in files}) == len(files)
        self.tree.check_tidy()


def play(source, tree, kills, rows, words=()):
    chance = random.Random(SEED)
    print(f"TIDEMARK_TEST_SEED={SEED}")
    story = Story(source, tree, rows, chance)
    tree.export(source, *story.words("incremental"), *words)
    began = time.monotonic()
    tree.export(source, *words)
    longest = time.monotonic() - began
    killed = 0
    with Watcher(tree, story.payloads) as watcher:
        for turn in range(kills):
            story.go_on()
            mode = "full" if turn % 4 == 3 else "incremental"
            process = tree.start(source, *story.words(mode), *words)
            time.sleep(chance.uniform(0.02, longest * 1.1))
            process.kill()
            was_at_work = process.wait() == -9
            killed += was_at_work
            # Follow the machine: come sooner when runs are over, later when they are not.
            longest = longest * 1.1 if was_at_work else max(longest * 0.7, 0.03)
            process.communicate()
            story.check_state_behind_files()
            assert not watcher.torn
    assert watcher.reads > 0
    print(f"{killed} of {kills} runs were still at work")
    assert killed > 0
    tree.export(source, *story.words("incremental"), *words)
    story.check_equal()
    assert tree.export(source, *words).rows_gone == 0
    story.check_equal()


def test_killed_over_sqlite(sqlite, tree):
    play(sqlite, tree, 60, 600)


def test_killed_again_and_again_within_one_window(sqlite, tree):
    """The same window over and over, with many threads; then one whole run."""
    chance = random.Random(SEED)
    print(f"TIDEMARK_TEST_SEED={SEED}")
    story = Story(sqlite, tree, 3000, chance)
    story.age -= 1
    for turn in range(20):
        process = tree.start(sqlite, *story.words("incremental" if turn % 2 else "full"), "-t", "8")
        time.sleep(chance.uniform(0.05, 0.6))
        process.kill()
        process.communicate()
        story.check_state_behind_files()
    tree.export(sqlite, *story.words("incremental"))
    story.check_equal()


@pytest.mark.parametrize("kind", ["mariadb", "postgres"])
def test_killed_over_a_server(request, tree, kind):
    play(request.getfixturevalue(kind), tree, 10, 400)
