"""The jobs of the hub's benchmark, and what is measured of each."""

from dataclasses import dataclass

from hub_rivals import Receiver


@dataclass(frozen=True)
class Taken:
    """One job done once. Latency is from the time at which an event was to be published to the
    receiver's answer."""

    events: int
    published_per_second: float
    delivered_per_second: float  # Requests that the receiver took; with fan-out, copies.
    latency_ms: dict  # p50, p95, p99, p999, max
    histogram: list  # [[up to so many ms, count], …]
    cpu_us: float  # Of hub or worker, an event.
    server_cpu_us: float  # Of the database or Redis, an event.
    load_cpu_us: float  # Of publisher and receiver, an event.
    peak_mb: float
    repeated: int


def measured(rival, receiver, before, published, seconds_of):
    report = receiver.report()
    events = published["published"]
    after = rival.usage()
    own, server = ((b - a) * 1e6 / events for a, b in zip(before, after))
    return Taken(
        events=events,
        published_per_second=events / published["seconds"],
        delivered_per_second=report["received"] / seconds_of(report, published),
        latency_ms=report["latency_ms"],
        histogram=report["histogram"],
        cpu_us=own,
        server_cpu_us=server,
        load_cpu_us=(published["cpu_seconds"] + report["cpu_seconds"]) * 1e6 / events,
        peak_mb=rival.peak_mb(),
        repeated=report["repeated"],
    )


def since_start(report, published):
    return (report["last_ns"] - published["start_ns"]) / 1e9


def flow(rival, program, events, rate=0, copies=1, batch=1):
    """Publishes, and waits until all of it is delivered."""
    with Receiver(program, events, copies) as receiver, rival:
        rival.subscribe(receiver.urls)
        before = rival.usage()
        published = rival.publish(events, rate, batch)
        return measured(rival, receiver, before, published, since_start)


def backlog(rival, program, events):
    """Publishes while the receiver is down, then starts it: from its first event to its last."""
    with Receiver(program, events, closed=True) as receiver, rival:
        rival.subscribe(receiver.urls)
        rival.hold()
        before = rival.usage()
        published = rival.publish(events, 0, 1)
        receiver.open()
        rival.go_on()
        return measured(rival, receiver, before, published,
                        lambda report, _: (report["last_ns"] - report["first_ns"]) / 1e9)


BURST, BATCHES, STEADY, FANOUT, BACKLOG = "burst", "batches", "steady", "fan-out", "backlog"
STEADY_RATE = 1000
COPIES = 10
BATCH = 100


JOBS = (BURST, BATCHES, STEADY, FANOUT, BACKLOG)


def do(job, rival, program, events):
    """One job, done once; `events` says how many of each job."""
    count = events[BURST if job == BATCHES else job]
    if job == BACKLOG:
        return backlog(rival, program, count)
    rate = STEADY_RATE if job == STEADY else 0
    copies = COPIES if job == FANOUT else 1
    batch = BATCH if job == BATCHES else 1
    return flow(rival, program, count, rate, copies, batch)
