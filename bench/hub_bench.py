"""Measures the hub beside Celery + Redis + requests, each with a fresh state."""

import contextlib
import itertools
import os
import sys
from dataclasses import dataclass
from typing import Callable

import hub_cases
import servers
import table
from hub_cases import BACKLOG, BATCHES, BURST, FANOUT, STEADY
from hub_rivals import Celery, Tidemark

# A peer that is much slower gets less to do, so that a run ends; rates do not depend on it.
EVENTS = {BURST: 100_000, STEADY: 10_000, FANOUT: 20_000, BACKLOG: 100_000}
EVENTS_SERVER = {BURST: 30_000, STEADY: 10_000, FANOUT: 5_000, BACKLOG: 30_000}
EVENTS_CELERY = {BURST: 5_000, STEADY: 5_000, FANOUT: 500, BACKLOG: 5_000}
EVENTS_QUICK = {BURST: 1_000, STEADY: 1_000, FANOUT: 200, BACKLOG: 1_000}
EVENTS_CELERY_QUICK = {BURST: 100, STEADY: 100, FANOUT: 10, BACKLOG: 100}


MEMORY_MB = 1024  # Of a database server.


def fresh_hub(build, folder, state):
    """The hub of the tests, with this state."""
    os.environ["TIDEMARK_BINARY"] = str(build / "tidemark")
    from hub_fixture import Hub  # Reads the variable when it is loaded.

    folder.mkdir()
    return Hub(str(folder), state)


@dataclass(frozen=True)
class Rival:
    """One that is measured."""

    events: dict  # How many of each job.
    make: Callable  # A number → it, with a state of its own.
    takes_batches: bool = True


@contextlib.contextmanager
def on_sqlite(build, folder, events):
    def make(number):
        return Tidemark(fresh_hub(build, folder / f"hub-{number}", None), build / "hub_publisher")

    yield Rival(events, make)


@contextlib.contextmanager
def on_server(server, create, build, folder, events):
    """`create(server, database)` makes an empty database."""
    with server:
        def make(number):
            create(server, f"hub_{number}")
            url = f"{server.url.rpartition('/')[0]}/hub_{number}"
            hub = fresh_hub(build, folder / f"hub-{number}", url)
            return Tidemark(hub, build / "hub_publisher", server)

        yield Rival(events, make)


@contextlib.contextmanager
def on_celery(folder, events, acks_late):
    with servers.Redis() as redis:
        yield Rival(events, lambda _: Celery(redis, folder, acks_late), takes_batches=False)


def note(text):
    print(text, file=sys.stderr, flush=True)


def measure(name, rival, build, numbers, wanted):
    """{job: Taken}"""
    results = {}
    for job in wanted:
        if job == BATCHES and not rival.takes_batches:
            continue
        taken = hub_cases.do(job, rival.make(next(numbers)), build / "counting_receiver",
                             rival.events)
        note(f"  {name}, {job}: {taken.delivered_per_second:,.0f}/s,"
             f" p99 {taken.latency_ms['p99']:.1f} ms, {taken.cpu_us:.0f} us CPU an event")
        results[job] = taken
    return results


def measure_all(build, folder, options):
    """{name: {job: Taken}}; one server at a time, so that the others have no part in it."""
    numbers = itertools.count()
    quick = options.quick
    on_server_too = EVENTS_QUICK if quick else EVENTS_SERVER
    celery = EVENTS_CELERY_QUICK if quick else EVENTS_CELERY
    rivals = {
        "Tidemark, SQLite": on_sqlite(build, folder, EVENTS_QUICK if quick else EVENTS),
        "Tidemark, MariaDB": on_server(table.mariadb(MEMORY_MB), table.create_on_mariadb, build,
                                       folder, on_server_too),
        "Tidemark, PostgreSQL": on_server(table.postgres(MEMORY_MB), table.create_on_postgres, build,
                                          folder, on_server_too),
        "Celery, defaults": on_celery(folder, celery, acks_late=False),
        "Celery, acks_late": on_celery(folder, celery, acks_late=True),
    }
    results = {}
    for name, made in rivals.items():
        # A smoke does everything once, and of the others only the first job.
        jobs = (BURST,) if quick and results else hub_cases.JOBS
        wanted = [job for job in jobs if options.only in f"{name}, {job}"]
        if wanted:
            with made as rival:
                results[name] = measure(name, rival, build, numbers, wanted)
    return results
