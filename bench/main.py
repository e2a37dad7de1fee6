#!/usr/bin/python3
"""Measures exporters side by side, in turns, in one run. Started by bench/run."""

import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import statistics
import sys
import tempfile

import cases
import measure
import servers
import table

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
LARGE_ROWS = 200_000  # From here on a case runs at most three times, the Python ones once.


def arguments():
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--rows", default="52480,1000000", metavar="N[,N…]",
                        help="invoices in the table (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--only", metavar="NAME", help="only cases whose name contains this")
    parser.add_argument("--quick", action="store_true", help="a smoke of seconds; numbers mean nothing")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR", help="raw results as JSON")
    options = parser.parse_args()
    options.rows = [int(rows) for rows in options.rows.split(",")]
    if options.quick:
        options.rows, options.rounds = [500], 1
    return options


def note(text):
    print(text, file=sys.stderr, flush=True)


def rounds_of(case, rows, wanted):
    if rows < LARGE_ROWS:
        return wanted
    return min(wanted, 1 if case.who == "python" else 3)


def measure_all(selected, rows, rounds, environment, folder):
    """Runs the cases in turns, every second round backwards, so that none always comes first or
    after the same other. Returns {case: [measurements]}."""
    results = {case: [] for case in selected}
    for turn in range(rounds):
        for case in selected if turn % 2 == 0 else reversed(selected):
            if turn >= rounds_of(case, rows, rounds):
                continue
            out = folder / "out"
            out.mkdir()
            case.prepare(out)
            taken = measure.run(case.command(out), environment, REPOSITORY / "build/measured",
                                folder)
            case.check(out)
            shutil.rmtree(out)
            results[case].append(taken)
            note(f"  round {turn + 1}: {case.name}: {taken.seconds:.3f} s, {taken.peak_mb:.0f} MB")
    return results


def main():
    options = arguments()
    parent = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-bench-", dir=parent))
    folder.chmod(0o755)
    everything = {}
    try:
        memory_mb = 512 if options.quick else 4096
        with servers.mariadb(folder, memory_mb) as server:
            for rows in options.rows:
                note(f"{rows:,} invoices")
                name = f"bench_{rows}"
                table.fill(server.port, name, rows)
                source = cases.Table(rows, {
                    "DB_HOST": "127.0.0.1", "DB_PORT": str(server.port), "DB_USER": "root",
                    "DB_PASSWORD": "", "DB_NAME": name,
                })
                build = REPOSITORY / "build"
                selected = [
                    case
                    for case in [*cases.floors(source, build), *cases.python(source),
                                 *cases.mydumper(source)]
                    if rows <= case.rows_max and (options.only or "") in case.name
                ]
                everything[rows] = measure_all(
                    selected, rows, options.rounds, source.environment, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for rows, results in everything.items():
        for case, runs in results.items():
            seconds = [run.seconds for run in runs]
            print(f"{rows:>9} {case.name:<28} median {statistics.median(seconds):8.3f} min {min(seconds):8.3f} peak {max(run.peak_mb for run in runs):7.1f} MB")
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        raw = {rows: {case.name: [dataclasses.asdict(run) for run in runs]
                      for case, runs in results.items()} for rows, results in everything.items()}
        (options.out / "results.json").write_text(json.dumps(raw, indent=1))


if __name__ == "__main__":
    main()
