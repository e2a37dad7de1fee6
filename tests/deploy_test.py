"""What is shipped for systemd and cron (deploy/): systemd's own opinion of the units and their times,
and each command line as it stands there, run once against the sandbox of a shop and a table of
invoices. A renamed option breaks it."""

import glob
import os
import re
import shlex
import shutil
import signal
import subprocess

import pytest

from load_fixture import CREDENTIALS, PresentShop, days_ago
from programs import BINARY, run

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
UNITS = sorted(glob.glob(os.path.join(ROOT, "deploy/systemd/*.service")))
TIMERS = sorted(glob.glob(os.path.join(ROOT, "deploy/systemd/*.timer")))
CRONTABS = sorted(glob.glob(os.path.join(ROOT, "deploy/cron/*")))
# What stays until it is asked to end.
SERVERS = ("tidemark-serve.service", "tidemark-receive.service")
# The export makes the tree that the sweep looks at.
ORDER = ("export invoices", "load orders", "load", "export sweep")

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None,
                                   reason="no systemd-analyze here (Debian package systemd)")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def settings(text):
    """[(key, value)] of a unit or an environment file."""
    return [tuple(line.split("=", 1)) for line in text.splitlines()
            if "=" in line and not line.startswith(("#", ";", "["))]


def values(unit, key):
    return [value for name, value in unit if name == key]


class House:
    """The places that units and crontabs name, below a folder of the test's own."""

    def __init__(self, folder, shop):
        self.folder = folder
        for place in ("bin", "etc", "lib/tidemark", "log", "credentials", "home"):
            (folder / place).mkdir(parents=True)
        os.symlink(BINARY, folder / "bin/tidemark")
        source = f"sqlite:{folder}/invoices.db"
        run(["tidemark", "samples", "create", "--to", source, "--invoices", 20], folder)
        for file in glob.glob(os.path.join(ROOT, "deploy/systemd/*.env")):
            text = re.sub("(?m)^TIDEMARK_SOURCE=.*$", f"TIDEMARK_SOURCE={source}",
                          self.placed(read(file)))
            (folder / "etc" / os.path.basename(file)).write_text(
                text + "\nTIDEMARK_RECEIVE__LISTEN=127.0.0.1:0\n", encoding="utf-8")
        for secret in ("source-password", "webhook-secret"):
            (folder / "etc" / secret).write_text("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
                                                 encoding="utf-8")
            (folder / "etc" / secret).chmod(0o600)
        (folder / "etc/tidemark.toml").write_text(f"""
[serve]
listen = "127.0.0.1:0"
[load]
history_start = "{days_ago(7)}"
warehouse = "sqlite:{folder}/lib/tidemark/warehouse.db"
[xiaoe]
url = "{shop.url}"
""", encoding="utf-8")
        self.source = source

    def placed(self, text):
        for there, here in (("/usr/local/bin", "bin"), ("/etc/tidemark", "etc"),
                            ("/var/log/tidemark", "log"), ("/var/lib", "lib")):
            text = text.replace(there, str(self.folder / here))
        return text

    def unit(self, path):
        return settings(self.placed(read(path)))

    def environment(self, unit):
        """As systemd makes it; beside that the sandbox's credentials, for which people have files
        of their own."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), **CREDENTIALS}
        for credential in values(unit, "LoadCredential"):
            name, path = credential.split(":", 1)
            shutil.copy(path, self.folder / "credentials" / name)
        for line in values(unit, "Environment"):
            environment.update(word.split("=", 1) for word in
                               shlex.split(line.replace("%d", str(self.folder / "credentials"))))
        for path in values(unit, "EnvironmentFile"):
            environment.update(settings(read(path)))
        return environment


@pytest.fixture(name="shop", scope="module")
def a_shop(tmp_path_factory):
    with PresentShop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture(name="house")
def a_house(tmp_path, shop):
    return House(tmp_path, shop)


def in_order(line):
    return next((i for i, words in enumerate(ORDER) if f"tidemark {words}" in line), len(ORDER))


def in_words(line, environment):
    """As systemd takes a command line apart."""
    return [re.sub(r"\$\{(\w+)\}", lambda found: environment[found[1]], word)
            for word in shlex.split(line)]


def accepted(unit):
    return {0, *(int(code) for line in values(unit, "SuccessExitStatus") for code in line.split())}


def test_each_unit_is_looked_at():
    names = {os.path.basename(path) for path in UNITS}
    assert len(names) > 10 and names.issuperset(SERVERS)
    for path in TIMERS:
        assert os.path.basename(path).replace(".timer", ".service") in names
    for name in names.difference(SERVERS):
        assert any(os.path.basename(path) == name.replace(".service", ".timer") for path in TIMERS)


@needs_systemd
def test_systemd_has_nothing_to_say_about_the_units(house):
    units = []
    for path in UNITS + TIMERS:
        # `%` has its meaning in units; the test's folder has none.
        (house.folder / os.path.basename(path)).write_text(house.placed(read(path)),
                                                           encoding="utf-8")
        units.append(house.folder / os.path.basename(path))
    ran = run(["systemd-analyze", "verify", "--man=no", *units], house.folder)
    told = [line for line in (ran.out + ran.err).splitlines()
            if any(os.path.basename(unit) in line for unit in units)]
    assert told == [], ran.text()


@needs_systemd
@pytest.mark.parametrize("path", TIMERS, ids=os.path.basename)
def test_a_time_comes_again(path, tmp_path):
    times = values(settings(read(path)), "OnCalendar")
    assert times
    for time in times:
        ran = run(["systemd-analyze", "calendar", "--iterations=3", time], tmp_path)
        assert ran.out.count("Iter") + ran.out.count("Next elapse") >= 3, ran.text()
        assert "never" not in ran.out, ran.text()


def test_each_line_of_a_unit_runs(house):
    lines = []
    for path in UNITS:
        if os.path.basename(path) in SERVERS:
            continue
        unit = house.unit(path)
        found = [(line, key) for key in ("ExecStartPre", "ExecStart") for line in values(unit, key)]
        assert [key for _, key in found].count("ExecStart") == 1, path
        lines.append((in_order(found[-1][0]), path, unit, [line for line, _ in found]))
    for _, path, unit, commands in sorted(lines, key=lambda one: one[:2]):
        environment = house.environment(unit)
        for command in commands:
            ran = run(in_words(command, environment), house.folder, code=None, **environment)
            assert ran.code in accepted(unit), f"{path}: {command}\n{ran.text()}"
            assert ran.code != 2, ran.text()


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_starts_and_ends(house, name):
    unit = house.unit(os.path.join(ROOT, "deploy/systemd", name))
    environment = house.environment(unit)
    [line] = values(unit, "ExecStart")
    with open(house.folder / "errors", "w+", encoding="utf-8") as errors, \
            subprocess.Popen(in_words(line, environment), env=environment, cwd=house.folder,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                             encoding="utf-8") as process:
        started = any(line.startswith("listening on ") for line in process.stdout)
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        code = process.wait(60)
        errors.seek(0)
        told = errors.read()
    assert started and code in {0, 143}, f"exit code {code}\n{told}"
    assert "Sanitizer" not in told and "runtime error" not in told, told


def crontab(text):
    """(variables, [(time, user, command)]) as cron reads /etc/cron.d."""
    variables, jobs = {}, []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        assigned = re.fullmatch(r"(\w+)\s*=\s*(.*)", line)
        if assigned:
            variables[assigned[1]] = assigned[2]
        else:
            *time, user, command = line.split(None, 6)
            jobs.append((time, user, command))
    return variables, jobs


@pytest.mark.parametrize("path", CRONTABS, ids=os.path.basename)
def test_each_line_of_a_crontab_runs(house, path):
    variables, jobs = crontab(house.placed(read(path)))
    assert jobs
    if "TIDEMARK_SOURCE" in variables:
        variables["TIDEMARK_SOURCE"] = house.source
    if "tidemark-warehouse" in path:  # It works on what the other one has loaded.
        run([house.folder / "bin/tidemark", "load", "orders"], house.folder, **CREDENTIALS,
            TIDEMARK_CONFIG=str(house.folder / "etc/tidemark.toml"))
        (house.folder / "lib/tidemark/backups").mkdir()
    for time, user, command in sorted(jobs, key=lambda job: in_order(job[2])):
        for field, most in zip(time, (59, 23, 31, 12, 7), strict=True):
            assert re.fullmatch(r"(\*|\d+(-\d+)?)(/\d+)?(,\d+(-\d+)?)*", field), time
            assert all(int(number) <= most for number in re.findall(r"\d+", field)), time
        assert user == "tidemark"
        assert "%" not in command.replace(r"\%", ""), "cron ends a command at %"
        # Cron gives these, the variables of its file, and nothing more.
        environment = {"HOME": str(house.folder / "home"), "SHELL": "/bin/sh", "LOGNAME": user,
                       **CREDENTIALS, **variables}
        process = subprocess.run(["/bin/sh", "-c", command], env=environment,
                                 cwd=house.folder / "home", stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300,
                                 encoding="utf-8", check=False)
        log = read(variables["LOG"])
        # 3: benefits of orders whose 14 days are not over.
        codes = (0, 3) if "load benefits" in command else (0,)
        assert process.returncode in codes, f"{command}\n{process.returncode}\n{log[-4000:]}"
        assert process.stdout + process.stderr == "", "cron would send a mail each time"
        assert "Sanitizer" not in log and "runtime error" not in log, log
