"""Numbers of the hub → Markdown, JSON and a plot."""

import dataclasses
import json

from hub_cases import BACKLOG, BATCHES, BURST, COPIES, FANOUT, STEADY, STEADY_RATE
from report import STYLE, gnuplot, ratio

COLORS = ["#137cbd", "#0d8050", "#5c7080", "#d9822b", "#a82a2a"]
PLOT = "hub-latency.svg"


def count_text(value):
    return f"{value:,.0f}"


def ms_text(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def percentiles_text(taken):
    return " / ".join(ms_text(taken.latency_ms[name]) for name in ("p50", "p95", "p99"))


# What stands in a row: its name, the job, and the cell of what was taken.
ROWS = [
    ("burst, one voucher a request: delivered/s", BURST, lambda t: count_text(t.delivered_per_second)),
    ("burst: taken from the publisher/s", BURST, lambda t: count_text(t.published_per_second)),
    ("burst: p50 / p95 / p99, ms", BURST, percentiles_text),
    ("batches of 100 a request: delivered/s", BATCHES, lambda t: count_text(t.delivered_per_second)),
    (f"{STEADY_RATE:,}/s: p50 / p95 / p99, ms", STEADY, percentiles_text),
    (f"1 → {COPIES} receivers: delivered/s", FANOUT, lambda t: count_text(t.delivered_per_second)),
    ("backlog, receiver back: delivered/s", BACKLOG, lambda t: count_text(t.delivered_per_second)),
    ("CPU of hub or worker, µs an event", BURST, lambda t: count_text(t.cpu_us)),
    ("CPU of database or Redis, µs an event", BURST, lambda t: count_text(t.server_cpu_us)),
    ("CPU of publisher and receiver, µs an event", BURST, lambda t: count_text(t.load_cpu_us)),
    ("peak memory of hub or worker, MB", BURST, lambda t: count_text(t.peak_mb)),
    ("sent again (at least once)", BURST, lambda t: count_text(t.repeated)),
]


def table(results):
    names = list(results)
    lines = ["| | " + " | ".join(names) + " |", "|---|" + "--:|" * len(names)]
    for what, job, cell in ROWS:
        cells = [cell(jobs[job]) if job in jobs else "–" for jobs in results.values()]
        if any(one != "–" for one in cells):
            lines.append(f"| {what} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def ratios(results):
    """How often the first one's rate holds that of the last ones."""
    (first, ours), *others = results.items()
    lines = []
    for name, jobs in others:
        words = [f"{what}: {ratio(ours[job].delivered_per_second, jobs[job].delivered_per_second)}×"
                 for what, job in (("burst", BURST), ("1 → 10", FANOUT), ("backlog", BACKLOG))
                 if job in ours and job in jobs]
        if words:
            lines.append(f"- {first} over {name}: " + ", ".join(words))
    return "\n".join(lines)


def events_text(results):
    return "; ".join(
        f"{name}: " + ", ".join(f"{job} {count_text(taken.events)}" for job, taken in jobs.items())
        for name, jobs in results.items())


def markdown(about, results, images):
    parts = [
        f"Measured {about['date']} with `{about['command']}` on {about['machine']};"
        f" {about['versions']}, {about['hub_versions']}; Tidemark at {about['revision']}. Everything, publisher and"
        " receiver too, shares these cores; states and Redis lie in memory (tmpfs).",
        table(results), ratios(results), f"Events: {events_text(results)}.",
    ]
    parts += [f"![{alt}]({path})" for alt, path in images]
    return "\n\n".join(part for part in parts if part) + "\n"


def raw(about, results):
    plain = {name: {job: dataclasses.asdict(taken) for job, taken in jobs.items()}
             for name, jobs in results.items()}
    return json.dumps({"about": about, "hubs": plain}, indent=1)


def plot_latency(results, folder):
    """How long events took from publisher to receiver, a line for each, in its steady job."""
    shown = {name: jobs[STEADY] for name, jobs in results.items() if STEADY in jobs}
    blocks, plots = [], []
    for index, (name, taken) in enumerate(shown.items()):
        total = sum(count for _, count in taken.histogram)
        lines = "".join(f"{upto} {100 * count / total}\n" for upto, count in taken.histogram)
        blocks.append(f"$d{index} << EOD\n{lines}EOD\n")
        plots.append(f"$d{index} using 1:2 with linespoints lw 2 pt 7 ps 0.4"
                     f" lc rgb '{COLORS[index % len(COLORS)]}' title '{name}' noenhanced")
    gnuplot(STYLE.format(height=420) + "".join(blocks) + f"""
set output '{PLOT}'
set title 'From publisher to receiver at {STEADY_RATE} events a second'
set logscale x
set xlabel 'milliseconds, logarithmic (ten steps a decade)'
set ylabel '% of events'
set yrange [0:*]
set grid
plot {", ".join(plots)}
""", folder)
    return PLOT
