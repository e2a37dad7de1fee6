"""Runs one program and says what it took."""

import json
import os
import subprocess
from dataclasses import dataclass


class Failed(Exception):
    """A measured program failed, or did not do its work: there is no number."""


@dataclass(frozen=True)
class Measurement:
    """What one run took. `peak_mb` is the program's own memory at its highest, not the server's."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def run(command, environment, launcher, folder):
    """Runs `command` to its end and measures it, started by `launcher` (the program `measured`);
    logs go to `folder`. A floor reports its own time on stdout, {"seconds": …}, because its
    preparations do not count."""
    taken, log = folder / "taken", folder / "log"
    with open(log, "wb") as err:
        done = subprocess.run(
            [str(word) for word in [launcher, taken, *command]],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=err, check=False,
        )
    if done.returncode != 0:
        words = log.read_text(errors="replace")[-2000:]
        raise Failed(f"{' '.join(map(str, command))}: exit {done.returncode}\n{words}")
    numbers = json.loads(taken.read_text())
    if done.stdout.startswith(b'{"seconds"'):
        numbers["seconds"] = json.loads(done.stdout)["seconds"]
    return Measurement(numbers["seconds"], numbers["cpu_seconds"], numbers["peak_kib"] / 1024)


def count_files(tree, suffix):
    """How many files below `tree` end with `suffix`; hidden folders (state) do not count."""
    found = 0
    for _, folders, files in os.walk(tree):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += sum(name.endswith(suffix) for name in files)
    return found
