"""Numbers → Markdown and plots."""

import datetime
import pathlib
import re
import shutil
import statistics
import subprocess



def median(runs):
    return statistics.median(run.seconds for run in runs)


def peak_mb(runs):
    return max(run.peak_mb for run in runs)


def best(results, who, work):
    """The lowest median of this one's cases of this work; None if it was not measured."""
    medians = [median(runs) for case, runs in results.items()
               if (case.who, case.work) == (who, work) and runs]
    return min(medians, default=None)


def references(results):
    """What each work is compared with: the floor, Python, mydumper, in seconds or None."""
    scan, write = best(results, "floor", "scan"), best(results, "floor", "write")
    files = scan + write if scan and write else None
    dump = best(results, "mydumper", "dump")
    return {
        "floor": {"files": files, "dump": scan, "ndjson": scan},
        "python": {work: best(results, "python", work)
                   for work in ("files", "gzip", "nothing new")},
        "mydumper": {"ndjson": dump, "dump": dump, "files": dump},
    }


def ratio(above, below):
    if not above or not below:
        return "–"
    value = above / below
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def seconds_text(value):
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def title(database, rows):
    return f"{rows:,} invoices on {database}"


def table(database, rows, results):
    """One size: a Markdown table, floors first, in the order in which the cases were declared."""
    known = references(results)
    lines = [
        f"### {title(database, rows)}", "",
        "| what | median s | min s | rounds | CPU s | peak MB | × floor | Python takes × |"
        " × mydumper |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for case, runs in results.items():
        if not runs:
            continue
        taken = median(runs)
        ours = case.who == "tidemark"
        lines.append(
            "| " + " | ".join([
                f"**{case.name}**" if ours else case.name,
                seconds_text(taken),
                seconds_text(min(run.seconds for run in runs)),
                str(len(runs)),
                f"{statistics.median(run.cpu_seconds for run in runs):.2f}",
                f"{peak_mb(runs):.0f}",
                ratio(taken, known["floor"].get(case.work)) if case.who != "floor" else "–",
                ratio(known["python"].get(case.work), taken) if ours else "–",
                ratio(taken, known["mydumper"].get(case.work)) if ours else "–",
            ]) + " |")
    return "\n".join(lines)


def growth_table(growth):
    """How time and memory grow with the table: one line a size, two columns a case."""
    names = list(dict.fromkeys(case.name for results in growth.values() for case in results))
    lines = ["### Growth", "",
             "| invoices | " + " | ".join(f"{name} (s / MB)" for name in names) + " |",
             "|--:|" + "--:|" * len(names)]
    for (_, rows), results in sorted(growth.items()):
        by_name = {case.name: runs for case, runs in results.items() if runs}
        cells = [f"{seconds_text(median(by_name[name]))} / {peak_mb(by_name[name]):.0f}"
                 if name in by_name else "–" for name in names]
        lines.append(f"| {rows:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().split("\n")[0]


def hub_versions():
    celery = first_line("/usr/bin/python3", "-c", "import celery; print(celery.__version__)")
    redis = re.search(r"v=([\d.]+)", first_line("redis-server", "--version"))
    return f"Celery {celery}, Redis {redis.group(1) if redis else 'unknown'}"


def machine(repository, command):
    """What was measured where: no name of the machine, no path of it."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    cores = first_line("nproc")
    version = re.search(r"PRETTY_NAME=\"(.*)\"", pathlib.Path("/etc/os-release").read_text())
    revision = first_line("git", "-C", str(repository), "rev-parse", "--short", "HEAD")
    versions = ", ".join([
        "MariaDB " + re.search(r"Ver ([\d.]+)", first_line("mariadbd", "--version")).group(1),
        "PostgreSQL " + first_line("/usr/lib/postgresql/15/bin/postgres", "--version").split()[2],
        first_line("/usr/bin/python3", "--version"),
        "mydumper " + first_line("mydumper", "--version").split()[1].rstrip(","),
    ])
    return {
        "date": datetime.date.today().isoformat(),
        "command": command,
        "machine": f"{cores} cores ({cpu.group(1) if cpu else 'unknown'}),"
                   f" {int(memory.group(1)) / 1048576:.0f} GB, {version.group(1)}",
        "versions": versions,
        "hub_versions": hub_versions(),
        "revision": revision if re.fullmatch("[0-9a-f]+", revision) else "unknown",
    }


def markdown(about, sizes, growth, images):
    parts = [
        f"Measured {about['date']} with `{about['command']}` on {about['machine']};"
        f" {about['versions']}; Tidemark at {about['revision']}. Source and target are in memory"
        " (tmpfs, a buffer pool larger than the table), so that disks do not decide.",
    ]
    parts += [table(*size, results) for size, results in sizes.items()]
    if growth:
        parts.append(growth_table(growth))
    parts += [f"![{alt}]({path})" for alt, path in images]
    return "\n\n".join(parts) + "\n"


def put_between_markers(file, name, text):
    """Replaces what stands between the markers `name` of `file`."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, rest = file.read_text(encoding="utf-8").split(begin)
    after = rest.split(end)[1]
    file.write_text(f"{before}{begin}\n{text}{end}{after}", encoding="utf-8")


def gnuplot(script, folder):
    if shutil.which("gnuplot"):
        subprocess.run(["gnuplot"], input=script, text=True, check=True, cwd=folder)


STYLE = """
set terminal svg size 860,{height} font 'sans-serif,13' background '#ffffff'
set border lc rgb '#888888'
set grid lc rgb '#dddddd'
"""
COLORS = {"floor": "#9aa5b1", "python": "#d9822b", "mydumper": "#5c7080", "shell": "#5c7080", "tidemark": "#137cbd"}


def plot_times(heading, results, folder, name):
    """One bar a case, seconds on a logarithmic axis."""
    shown = [(case, median(runs)) for case, runs in results.items() if runs]
    script = STYLE.format(height=80 + 24 * len(shown)) + f"""
set output '{name}'
set title '{heading}: seconds, logarithmic (median)'
set logscale x
set xrange [0.01:*]
set yrange [{len(shown) - 0.3}:-0.7] noreverse
set lmargin 36
unset key
"""
    tics = ", ".join(f'"{case.name}" {i}' for i, (case, _) in enumerate(shown))
    script += f"set ytics ({tics}) noenhanced\n"
    lines = [
        f"'-' using (0.01):1:($2-0.01):(0) with vectors nohead lw 13 lc rgb '{COLORS[case.who]}',"
        " '' using 2:1:3 with labels left offset 0.6,0" for case, _ in shown
    ]
    script += "plot " + ", ".join(lines) + "\n"
    for i, (_, taken) in enumerate(shown):
        point = f"{i} {max(taken, 0.0101)} {seconds_text(taken)}\ne\n"
        script += point * 2
    gnuplot(script, folder)


def plot_growth(growth, folder, name):
    """Seconds (left) and peak memory (right) over the size of the table."""
    names = list(dict.fromkeys(case.name for results in growth.values() for case in results))
    blocks, plots = [], {"seconds": [], "MB": []}
    for index, case_name in enumerate(names):
        points = [(rows, median(runs), peak_mb(runs)) for (_, rows), results in sorted(growth.items())
                  for case, runs in results.items() if case.name == case_name and runs]
        lines = "".join(f"{rows} {seconds} {mb}\n" for rows, seconds, mb in points)
        blocks.append(f"$d{index} << EOD\n{lines}EOD\n")
        for column, unit in ((2, "seconds"), (3, "MB")):
            plots[unit].append(f"$d{index} using 1:{column} with linespoints lw 2 pt 7 title"
                               f" '{case_name}' noenhanced")
    script = STYLE.format(height=480) + "".join(blocks) + f"""
set output '{name}'
set multiplot layout 1,2
set logscale xy
set format x '%.0s%c'
set xlabel 'invoices in the table'
set key outside bottom center vertical maxrows 4 samplen 2
set title 'seconds'
plot {", ".join(plots["seconds"])}
set title 'peak memory, MB'
set yrange [1:1024]
plot {", ".join(plots["MB"])}
unset multiplot
"""
    gnuplot(script, folder)
