"""Numbers of loads → Markdown."""

import statistics

import report

BEGIN, END = "<!-- bench-load:begin -->", "<!-- bench-load:end -->"
STAGES = ("fetch", "transform", "compare", "write", "commit")


def rate(runs):
    """Rows per second, of the median; None without runs."""
    if not runs:
        return None
    return statistics.median(run.said.get("rows", 0) / run.seconds for run in runs)


def rate_text(value):
    return "–" if value is None else f"{value:,.0f}"


def of(results, who, reading):
    for contestant, readings in results.items():
        if contestant.who == who:
            return rate(readings.get(reading))
    return None


def cpu(readings):
    return " / ".join(f"{statistics.median(run.cpu_seconds for run in runs):.1f}"
                      for runs in readings.values())


def upserts(database, rows, results):
    lines = [f"### {rows:,} orders into {database}: rows/s", "",
             "| what | new | unchanged | 1 % changed | CPU s | peak MB | new ÷ floor |"
             " unchanged ÷ merge | changed ÷ merge |", "|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for contestant, readings in results.items():
        new, same, changed = (rate(readings.get(name)) for name in ("first", "same", "changed"))
        name = contestant.name
        lines.append("| " + " | ".join([
            f"**{name}**" if contestant.who.startswith("tidemark") else name,
            rate_text(new), rate_text(same), rate_text(changed), cpu(readings),
            f"{max(report.peak_mb(runs) for runs in readings.values()):.0f}",
            report.ratio(new, of(results, "floor", "first")),
            report.ratio(same, of(results, "merge", "same")),
            report.ratio(changed, of(results, "merge", "changed")),
        ]) + " |")
    return "\n".join(lines)


def pipeline(orders, results):
    """`results`: {(database, name): measurements}."""
    lines = [f"### {orders:,} orders from the sandbox into the warehouse", "",
             "| warehouse | orders | orders/s | s | calls/s | CPU s of the loader | peak MB | "
             + " | ".join(f"{stage} s" for stage in STAGES) + " |",
             "|---|---|--:|--:|--:|--:|--:|" + "--:|" * len(STAGES)]
    for (database, name), runs in results.items():
        run = sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]
        stages = run.said.get("stage_seconds", {})
        lines.append("| " + " | ".join([
            database, name, f"{orders / run.seconds:,.0f}", f"{run.seconds:.1f}",
            f"{run.said['pages'] / run.seconds:,.0f}", f"{run.cpu_seconds:.1f}",
            f"{report.peak_mb(runs):.0f}",
            *(f"{stages[stage]:.1f} ({100 * stages[stage] / run.seconds:.0f} %)"
              if stage in stages else "–" for stage in STAGES),
        ]) + " |")
    return "\n".join(lines)


def markdown(about, sizes, pipelines):
    parts = [
        f"Measured {about['date']} with `{about['command']}` on {about['machine']};"
        f" {about['versions']}; Tidemark at {about['revision']}. Database, shop and loader share the"
        " machine; the databases are in memory (tmpfs).",
    ]
    parts += [upserts(*size, results) for size, results in sizes.items()]
    parts += [pipeline(orders, results) for orders, results in pipelines.items()]
    return "\n\n".join(parts) + "\n"


def publish(file, text):
    """Replaces what stands between the markers of `file`."""
    before, rest = file.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    file.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")
