#!/usr/bin/python3
"""Measures exporters side by side, in turns, in one run. Started by bench/run."""

import argparse
import contextlib
import functools
import hashlib
import os
import pathlib
import shlex
import shutil
import signal
import sys
import tempfile

import cases
import hub_bench
import hub_report
import kept
import measure
import report
import table
import tidemark_cases

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
BUILD = REPOSITORY / os.environ.get("BENCH_BUILD", "build")
TIDEMARK = BUILD / "tidemark"
LARGE_ROWS = 200_000  # From here on a case runs at most three times, a Python one once.


def numbers(text):
    return [int(word) for word in text.split(",") if word]


def arguments():
    parser = argparse.ArgumentParser(
        prog="bench/run", description=__doc__,
        epilog="A whole run writes its tables and plots into docs/ as well; --quick and --only"
               " print them only.",
    )
    parser.add_argument("--rows", type=numbers, default="52480,1000000", metavar="N[,N…]",
                        help="invoices in the table (default: %(default)s); the first number also"
                             " on PostgreSQL and SQLite")
    parser.add_argument("--growth", type=numbers, default="10000,100000,2000000",
                        metavar="N[,N…]", help="further sizes for the growth table (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--only", default="", metavar="NAME",
                        help="only cases whose name contains this")
    parser.add_argument("--part", choices=("all", "export", "hub"), default="all",
                        help="measure only exports, or only the hub (default: %(default)s)")
    parser.add_argument("--quick", action="store_true",
                        help="a smoke of seconds; its numbers mean nothing")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR",
                        help="raw results as JSON, written as each size of a table is done; the same"
                             " command goes on there after it was stopped")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.growth, options.rounds = [500], [], 1
    return options


def command_line(options):
    """The command that repeats this run; where its raw results went does not matter."""
    if options.part == "hub":
        return shlex.join(["bench/run", "--part", "hub"]
                          + (["--only", options.only] if options.only else []))
    words = ["bench/run", "--rows", ",".join(map(str, options.rows)),
             "--growth", ",".join(map(str, options.growth)), "--rounds", str(options.rounds)]
    return shlex.join(words + (["--only", options.only] if options.only else []))


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
            try:
                case.prepare(out)
                taken = measure.run(case.command(out), environment, BUILD / "measured", folder)
                case.check(out)
            finally:
                shutil.rmtree(out)
            results[case].append(taken)
            note(f"  round {turn + 1}: {case.name}: {taken.seconds:.3f} s, {taken.peak_mb:.0f} MB")
    return results


def measure_size(source, choose, options, folder):
    """Measures what `choose` picks for this table."""
    kept = tidemark_cases.KeptTree(TIDEMARK, source.source, folder / "kept", environment(folder))
    selected = [case for case in choose(source, kept)
                if source.rows <= case.rows_max and options.only in case.name]
    try:
        return measure_all(selected, source.rows, options.rounds,
                           {**environment(folder), **source.environment}, folder)
    finally:
        kept.remove()


def measure_sizes(part, invoices, fill, choose, options, folder):
    """{(database, rows): {case: [measurements]}} for tables of so many invoices, each filled,
    measured and dropped. `part` names them among the kept results."""
    results = {}
    for count in invoices:
        name = f"{part}-{count}"
        if before := options.kept.load(name):
            note(f"{count:,} invoices: measured before, {options.out / name}.json")
            results[before[0]] = before[1]
            continue
        note(f"{count:,} invoices: filling the table")
        with fill(TIDEMARK, count) as source:
            size = source.database, source.rows
            results[size] = measure_size(source, choose, options, folder)
        options.kept.save(name, *size, results[size])
    return results


def environment(folder):
    """Nobody's settings but ours, and a state database of our own."""
    ours = {name: value for name, value in os.environ.items()
            if not name.startswith(("TIDEMARK_", "DB_"))}
    return {**ours, "TIDEMARK_STATE": f"sqlite:{folder}/state.db", "TIDEMARK_LANG": "en"}


def comparison(source, kept):
    """Everything side by side, for one size of the table."""
    yield from cases.floors(source, BUILD)
    yield from cases.python(source)
    yield from cases.mydumper(source)
    yield from tidemark_cases.everything(source, TIDEMARK, kept)


def other_source(source, kept):
    """A database that the old exporters did not know, beside its own shell."""
    yield from cases.shells(source)
    yield from tidemark_cases.everything(source, TIDEMARK, kept)


def growth_cases(source, kept):
    """What is followed over the size of the table."""
    scan, *_ = cases.floors(source, BUILD)
    yield scan
    yield from tidemark_cases.full(source, TIDEMARK)
    yield from tidemark_cases.ndjson(source, TIDEMARK)
    yield from tidemark_cases.nothing_new(kept)


@contextlib.contextmanager
def scratch():
    """A folder in memory if there is one, gone at the end."""
    parent = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-bench-", dir=parent))
    folder.chmod(0o755)  # PostgreSQL's account passes through it.
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(about, sizes, growth):
    """Writes tables and plots into docs/."""
    images = REPOSITORY / "docs/images"
    images.mkdir(parents=True, exist_ok=True)
    for old in images.glob("benchmark-*.svg"):
        old.unlink()
    shown = []
    for (database, rows), results in sizes.items():
        name = f"benchmark-{database.lower()}-{rows}.svg"
        report.plot_times(report.title(database, rows), results, images, name)
        shown.append((f"Seconds for {rows:,} invoices on {database}", f"images/{name}"))
    if growth:
        report.plot_growth(growth, images, "benchmark-growth.svg")
        shown.append(("Time and memory over the size of the table", "images/benchmark-growth.svg"))
    report.put_between_markers(REPOSITORY / "docs/benchmarks.md", "bench",
                               report.markdown(about, sizes, growth, shown))


def publish_hub(about, results):
    """Writes the hub's table and plot into docs/."""
    plot = hub_report.plot_latency(results, REPOSITORY / "docs/images")
    shown = [("Time from publisher to receiver at 1,000 events a second", f"images/{plot}")]
    report.put_between_markers(REPOSITORY / "docs/benchmarks.md", "bench-hub",
                               hub_report.markdown(about, results, shown))


def followed(sizes, growth):
    """Of the large comparison, what is followed over the size of the table."""
    names = {case.name for results in growth.values() for case in results}
    return {size: {case: runs for case, runs in results.items() if case.name in names}
            for size, results in sizes.items()}


def measure_sources(options, folder):
    """(sizes, growth): one server at a time, so that the other has no part in it."""
    memory_mb = 256 if options.quick else 6144
    with table.mariadb(memory_mb) as server:
        fill = functools.partial(table.on_mariadb, server)
        sizes = measure_sizes("mariadb", options.rows, fill, comparison, options, folder)
        growth = measure_sizes("growth", options.growth, fill, growth_cases, options, folder)
    if growth:
        growth |= followed(sizes, growth)
    others = options.rows[:1]
    with table.postgres(memory_mb) as server:
        fill = functools.partial(table.on_postgres, server)
        sizes |= measure_sizes("postgresql", others, fill, other_source, options, folder)
    fill = functools.partial(table.on_sqlite, folder)
    sizes |= measure_sizes("sqlite", others, fill, other_source, options, folder)
    return sizes, growth


def main():
    options = arguments()
    about = report.machine(REPOSITORY, command_line(options))
    options.kept = kept.KeptResults(options.out, {
        "tidemark": hashlib.sha256(TIDEMARK.read_bytes()).hexdigest(), "rounds": options.rounds,
        "only": options.only})
    sizes, growth, hubs = {}, {}, {}
    with scratch() as folder:
        os.environ["TMPDIR"] = str(folder)  # The servers' folders lie in memory as well.
        if options.part != "hub":
            sizes, growth = measure_sources(options, folder)
            print(report.markdown(about, sizes, growth, []))
        if options.part != "export":
            hubs = hub_bench.measure_all(BUILD, folder, options)
            print(hub_report.markdown(about, hubs, []))
    if options.out and hubs:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "hub.json").write_text(hub_report.raw(about, hubs))
    if not options.quick and not options.only:
        if sizes:
            publish(about, sizes, growth)
        if hubs:
            publish_hub(about, hubs)


def stop(*_):
    raise KeyboardInterrupt


def run_to_end(program):
    # Also where a shell started this with SIGINT ignored: the servers must end with us.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        program()
    except measure.Failed as failed:
        sys.exit(f"bench/run: {failed}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run_to_end(main)
