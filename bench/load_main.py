#!/usr/bin/python3
"""Measures the loader beside what people use instead, in turns, in one run: orders into each
database, then the whole way from a sandbox of the shop. Started by bench/run load."""

import argparse
import collections
import dataclasses
import functools
import json
import os
import pathlib
import shlex
import sys

import load_cases
import load_pipeline
import load_report
import load_warehouse
import main as exports
import measure
import report
import table

LARGE_ROWS = 1_000_000  # From here on once but for IN_TURNS, and not on SQLite.
IN_TURNS = ("floor", "tidemark orders")  # Whose new rows are compared with each other.


def arguments():
    parser = argparse.ArgumentParser(
        prog="bench/run load", description=__doc__,
        epilog="A whole run writes its tables into docs/benchmarks.md; --quick, --only and"
               " --without print them only.",
    )
    parser.add_argument("--rows", type=exports.numbers, default="200000,2000000",
                        metavar="N[,N…]", help="orders (default: %(default)s)")
    parser.add_argument("--pipeline", type=exports.numbers, default="200000", metavar="N[,N…]",
                        help="orders of the shop that is loaded (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--only", default="", metavar="NAME",
                        help="only databases whose name contains this")
    parser.add_argument("--without", default="", metavar="NAME",
                        help="leaves out ways to write whose name contains this")
    parser.add_argument("--within", type=shlex.split, default="", metavar="COMMAND",
                        help="starts each measured program with this, such as `chrt -f 1`")
    parser.add_argument("--quick", action="store_true",
                        help="a smoke of seconds; its numbers mean nothing")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR", help="raw results as JSON")
    parser.add_argument("--publish", type=pathlib.Path, nargs="+", metavar="FILE",
                        help="measures nothing: writes the tables of these results (--out) of"
                             " parts of a run, made with --only or --without")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.pipeline, options.rounds = [3000], [3000], 1
    return options


def command_line(options):
    """The command that repeats this run."""
    words = ["bench/run", "load", "--rows", ",".join(map(str, options.rows)),
             "--pipeline", ",".join(map(str, options.pipeline)), "--rounds", str(options.rounds)]
    for name in ("only", "without"):
        if getattr(options, name):
            words += [f"--{name}", getattr(options, name)]
    return shlex.join(words)


def readings_of(contestant, turn, rows):
    """What it reads in this turn."""
    if turn == 0 or rows < LARGE_ROWS:
        return contestant.readings
    return ("first",) if contestant.who in IN_TURNS else ()


def measure_upserts(warehouse, options, folder):
    """{contestant: {reading: [measurements]}}."""
    exports.note(f"{warehouse.rows:,} orders into {warehouse.database}")
    warehouse.make_files()
    everyone = [one for one in load_cases.contestants(warehouse, exports.BUILD)
                if not options.without or options.without not in one.name]
    results = {one: collections.defaultdict(list) for one in everyone}
    environment = {**exports.environment(folder), **warehouse.environment}
    for turn in range(options.rounds):
        for one in everyone if turn % 2 == 0 else reversed(everyone):
            readings = readings_of(one, turn, warehouse.rows)
            if readings:
                warehouse.empty()
            for reading in readings:
                taken = measure.run(one.command(reading), environment,
                                    exports.BUILD / "measured", folder, options.within)
                taken.said.setdefault("rows", warehouse.rows)
                results[one][reading].append(taken)
                exports.note(f"  round {turn + 1}: {one.name}, {reading}: {taken.seconds:.3f} s,"
                             f" {warehouse.rows / taken.seconds:,.0f} rows/s")
    warehouse.remove_files()
    return results


def measure_pipeline(warehouse, options, folder, results):
    exports.note(f"{warehouse.rows:,} orders from the sandbox into {warehouse.database}")
    work = (exports.TIDEMARK, warehouse, exports.environment(folder), exports.BUILD / "measured",
            folder, options.within)
    for _ in range(options.rounds if warehouse.rows < LARGE_ROWS else 1):
        for name, taken in load_pipeline.runs(*work):
            results[warehouse.database, name].append(taken)
            exports.note(f"  {name}: {taken.seconds:.3f} s, {warehouse.rows / taken.seconds:,.0f}"
                         " orders/s")
    if warehouse.database == "MariaDB":
        for name, taken in load_pipeline.distant_runs(*work):
            results[warehouse.database, name].append(taken)
    warehouse.forget()


def measure_database(make, options, folder, sizes, pipelines):
    for rows in options.rows:
        warehouse = make(rows, folder, exports.BUILD)
        if rows < LARGE_ROWS or warehouse.database != "SQLite":
            sizes[warehouse.database, rows] = measure_upserts(warehouse, options, folder)
    for orders in options.pipeline:
        measure_pipeline(make(orders, folder, exports.BUILD), options, folder, pipelines[orders])


def measure_all(options, folder):
    """(sizes, pipelines): one server at a time, so that the other has no part in it."""
    memory_mb = 256 if options.quick else 6144
    sizes, pipelines = {}, collections.defaultdict(lambda: collections.defaultdict(list))
    for server, kind in ((table.mariadb, load_warehouse.OnMariaDB),
                         (table.postgres, load_warehouse.OnPostgres)):
        if options.only in kind.__name__:
            with server(memory_mb) as running:
                measure_database(functools.partial(kind, running), options, folder, sizes,
                                 pipelines)
    if options.only in load_warehouse.OnSQLite.__name__:
        measure_database(load_warehouse.OnSQLite, options, folder, sizes, pipelines)
    return sizes, pipelines


def raw(about, sizes, pipelines):
    plain = functools.partial(map, dataclasses.asdict)
    return json.dumps({
        "about": about,
        "upserts": [{"database": database, "rows": rows, "results": [
            {"name": one.name, "who": one.who,
             "readings": {reading: list(plain(runs)) for reading, runs in readings.items()}}
            for one, readings in results.items()]} for (database, rows), results in sizes.items()],
        "pipelines": [{"orders": orders, "database": database, "name": name,
                       "results": list(plain(runs))}
                      for orders, results in pipelines.items()
                      for (database, name), runs in results.items()],
    }, indent=1)


def read_raw(files):
    """(about, sizes, pipelines) of runs that were made one after the other."""
    about, sizes = None, {}
    pipelines = collections.defaultdict(lambda: collections.defaultdict(list))

    def measurements(runs):
        return [measure.Measurement(**run) for run in runs]

    for file in files:
        part = json.loads(file.read_text())
        about = part["about"]
        for upserts in part["upserts"]:
            sizes[upserts["database"], upserts["rows"]] = {
                load_cases.Contestant(one["name"], one["who"], None): {
                    reading: measurements(runs) for reading, runs in one["readings"].items()}
                for one in upserts["results"]}
        for pipeline in part["pipelines"]:
            pipelines[pipeline["orders"]][pipeline["database"], pipeline["name"]] += measurements(
                pipeline["results"])
    return about, sizes, pipelines


def publish_parts(files):
    about, sizes, pipelines = read_raw(files)
    about["command"] = "bench/run load, in parts"
    load_report.publish(exports.REPOSITORY / "docs/benchmarks.md",
                        load_report.markdown(about, sizes, pipelines))


def main():
    options = arguments()
    if options.publish:
        publish_parts(options.publish)
        return
    about = report.machine(exports.REPOSITORY, command_line(options))
    with exports.scratch() as folder:
        os.environ["TMPDIR"] = str(folder)  # The servers' folders lie in memory as well.
        sizes, pipelines = measure_all(options, folder)
    text = load_report.markdown(about, sizes, pipelines)
    print(text)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "load.json").write_text(raw(about, sizes, pipelines))
        (options.out / "load.md").write_text(text)
    if not options.quick and not options.only and not options.without:
        load_report.publish(exports.REPOSITORY / "docs/benchmarks.md", text)


if __name__ == "__main__":
    exports.run_to_end(main)
