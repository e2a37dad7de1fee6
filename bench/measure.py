"""Runs one program and says what it took."""

import dataclasses
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
    said: dict = dataclasses.field(default_factory=dict)  # The last line it printed, if JSON.


def last_object(output):
    """The JSON object that is the last line of `output`, else {}."""
    line = output.strip().rpartition(b"\n")[2]
    return json.loads(line) if line.startswith(b"{") else {}


def run(command, environment, launcher, folder, within=()):
    """Runs `command` to its end and measures it, started by `launcher` (the program `measured`),
    which is itself started by the words `within`, if there are any; logs go to `folder`. A program
    whose preparations do not count reports its own time on stdout, {"seconds": …}."""
    taken, log = folder / "taken", folder / "log"
    with open(log, "wb") as err:
        done = subprocess.run(
            [str(word) for word in [*within, launcher, taken, *command]],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=err, check=False,
        )
    if done.returncode != 0:
        words = log.read_text(errors="replace")[-2000:]
        raise Failed(f"{' '.join(map(str, command))}: exit {done.returncode}\n{words}")
    numbers = json.loads(taken.read_text())
    said = last_object(done.stdout)
    if done.stdout.startswith(b'{"seconds"'):
        numbers.update(said)
    return Measurement(numbers["seconds"], numbers["cpu_seconds"], numbers["peak_kib"] / 1024, said)


def count_files(tree, suffix):
    """How many files below `tree` end with `suffix`; hidden folders (state) do not count."""
    found = 0
    for _, folders, files in os.walk(tree):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += sum(name.endswith(suffix) for name in files)
    return found
