#!/usr/bin/python3
"""Real database servers for tests: in a temporary folder, on free ports, gone afterwards.

    tests/servers.py run [--mariadb] [--postgres] -- COMMAND...

starts the servers (both if none is named), runs COMMAND with TIDEMARK_TEST_MARIADB_URL and
TIDEMARK_TEST_POSTGRES_URL set, stops the servers, and ends with COMMAND's exit code. Works as root
and as an ordinary user. Needs only Debian's mariadb-server-core and postgresql and the standard
library.

In a Python test:

    with servers.MariaDB(args=["--default-time-zone=+08:00"]) as server:
        server.url, server.socket_url, server.port, server.log_text()
        server.kill9(); server.restart(); server.stop(); server.start()

The settings are quick, not unreal: nothing waits for the disk, but what was committed outlives a
kill -9 of the server, since the kernel has it. Each server also listens on a Unix socket.
"""

import argparse
import contextlib
import ctypes
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30
USER = PASSWORD = DATABASE = "tidemark"
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ServerError(Exception):
    """A server cannot be started or stopped; the text carries its log."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def find_program(names, patterns, package):
    """The first of the named programs, in PATH or in the folders of `patterns` (newest first)."""
    for name in names:
        found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        if found:
            return found
        for pattern in patterns:
            candidates = glob.glob(os.path.join(pattern, name))
            if candidates:
                return max(candidates, key=version_in_path)
    raise ServerError(f"{names[0]} was not found; install the package {package}")


def version_in_path(path):
    return [int(part) for part in path.split("/") if part.isdigit()]


def make_folder():
    """A new temporary folder that other users may pass through (PostgreSQL refuses to be root)."""
    for parent in (os.environ.get("TMPDIR"), roomy_memory(), "/tmp", "/var/tmp"):
        # Unix sockets have short paths (107 bytes), so a deep TMPDIR will not do.
        if parent and len(parent) < 60 and others_can_reach(parent):
            folder = tempfile.mkdtemp(prefix="tidemark-", dir=parent)
            os.chmod(folder, 0o755)
            return folder
    raise ServerError("no temporary folder that every user may reach: tried TMPDIR, /tmp, /var/tmp")


def roomy_memory():
    """A folder in memory if there is plenty of it: making a table does not wait for a disk there."""
    folder, bytes_min = "/dev/shm", 4 << 30
    try:
        room = os.statvfs(folder)
    except OSError:
        return None
    return folder if room.f_bavail * room.f_frsize >= bytes_min else None


def others_can_reach(path):
    path = os.path.realpath(path)
    while os.path.isdir(path):
        if not os.stat(path).st_mode & 0o001:
            return False
        if path == "/":
            return True
        path = os.path.dirname(path)
    return False


def die_with_parent(death_signal):
    """The server ends when this process does, however that happens."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, death_signal)


@contextlib.contextmanager
def signals_held():
    """Signals that ask us to end arrive after the block: in the midst of Popen() one would lose the
    process that was just started. Gives the mask that the new process needs (take_signals)."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
    try:
        yield before
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def take_signals(mask):
    """For a process started with signals_held(), before it becomes another program."""
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]
    except OSError:
        return []


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill_session(process):
    """Ends a process of ours and what it started (initdb works through others)."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)


class Server:
    """A server process and its folder. start() may be called again after stop() or kill9()."""

    name = ""
    stop_signal = signal.SIGTERM

    def __init__(self, args=(), time_zone=None):
        self.args = list(args)
        self.time_zone = time_zone
        self.folder = None
        self.port = None
        self.process = None
        self.was_up = False

    def __enter__(self):
        try:
            self.folder = make_folder()
            self.port = free_port()
            self.install()
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.remove()

    # What the kinds of servers differ in.

    def install(self):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def is_ready(self):
        raise NotImplementedError

    def account(self):
        """The user that the server runs as, None for our own."""
        return None

    # Processes.

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def environment(self):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "MYSQL_"))}
        # A starting MariaDB removes what others' temporary tables left in the folder it shares.
        environment.update(LC_ALL="C.UTF-8", HOME=self.folder, TMPDIR=self.folder)
        if self.time_zone:
            environment["TZ"] = self.time_zone
        return environment

    def spawn(self, command, mask, stdin=subprocess.DEVNULL):
        """To be called with signals_held(), whose `mask` the process gets."""
        account = self.account()

        def prepare():
            take_signals(mask)
            os.setsid()  # Ctrl-C is for us; we stop the server in our own time.
            if account:
                os.initgroups(account.pw_name, account.pw_gid)
                os.setgid(account.pw_gid)
                os.setuid(account.pw_uid)
            die_with_parent(self.stop_signal)  # After setuid, which forgets it.

        with open(self.path("log"), "ab") as log:
            return subprocess.Popen(command, stdin=stdin, stdout=log, stderr=log,
                                    cwd=self.path("data"), env=self.environment(),
                                    preexec_fn=prepare)

    def run_to_end(self, command, text=None):
        process = None
        try:
            with signals_held() as mask:
                process = self.spawn(command, mask, stdin=subprocess.PIPE)
            process.communicate(text.encode() if text else None, timeout=START_TIMEOUT_S)
        except BaseException:
            if process:
                kill_session(process)
            raise
        if process.returncode != 0:
            raise ServerError(f"{command[0]} failed ({process.returncode}):\n{self.log_text()}")

    def make_data_folder(self):
        os.mkdir(self.path("data"), 0o700)
        account = self.account()
        if account:
            os.chown(self.path("data"), account.pw_uid, account.pw_gid)
            os.chown(self.folder, account.pw_uid, account.pw_gid)

    def start(self):
        """Starts the server and waits until it answers. The port stays the same from the first
        start on, so that a URL stays good."""
        if self.process:
            raise ServerError(f"{self.name} runs already")
        for _ in range(3):
            log_begin = len(self.log_text())
            with signals_held() as mask:
                self.process = self.spawn(self.command(), mask)
            deadline = time.monotonic() + START_TIMEOUT_S
            while time.monotonic() < deadline and self.process.poll() is None:
                if self.is_ready():
                    self.was_up = True
                    return
                time.sleep(0.02)
            died = self.process.poll() is not None
            self.kill9()
            log = self.log_text()[log_begin:]
            if not died or "Address already in use" not in log:
                break
            if not self.was_up:  # Somebody took the port since it was found free.
                self.port = free_port()
        raise ServerError(f"{self.name} did not start; its log:\n{self.log_text()[-8000:]}")

    def stop(self):
        """An orderly stop."""
        if not self.process:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise ServerError(f"{self.name} did not stop; its log:\n{self.log_text()[-8000:]}")
        self.process = None

    def kill9(self):
        """The server and its helpers vanish at once, as clients see it."""
        if not self.process:
            return
        family = [self.process.pid, *children_of(self.process.pid)]
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        self.process = None
        # PostgreSQL does not start again before the last of its old processes has gone.
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while any(is_running(pid) for pid in family) and time.monotonic() < deadline:
            time.sleep(0.01)

    def restart(self):
        self.stop()
        self.start()

    def remove(self):
        """Stops the server in whatever state it is, and removes its folder."""
        try:
            self.stop()
        except ServerError as error:
            print(error, file=sys.stderr)
        finally:
            self.kill9()
            if self.folder:
                shutil.rmtree(self.folder, ignore_errors=True)
                self.folder = None

    def log_text(self):
        try:
            with open(self.path("log"), encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""


class MariaDB(Server):
    """A MariaDB (or MySQL, if only that is installed)."""

    name = "MariaDB"
    variable = "TIDEMARK_TEST_MARIADB_URL"

    @property
    def url(self):
        return f"mysql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def socket(self):
        return self.path("s")

    @property
    def socket_url(self):
        return f"mysql://{USER}:{PASSWORD}@/{DATABASE}?socket={self.socket}"

    def install(self):
        self.server = find_program(["mariadbd", "mysqld"], [], "mariadb-server-core")
        self.make_data_folder()
        as_root = ["--user=root"] if os.geteuid() == 0 else []
        install_db = shutil.which("mariadb-install-db")
        if install_db:
            self.run_to_end([install_db, "--no-defaults", "--auth-root-authentication-method=normal",
                             "--skip-test-db", "--skip-name-resolve",
                             f"--datadir={self.path('data')}", *as_root])
        else:
            self.run_to_end([self.server, "--no-defaults", "--initialize-insecure",
                             f"--datadir={self.path('data')}", *as_root])
        with open(self.path("init.sql"), "w", encoding="utf-8") as init:
            for host in ("localhost", "%"):
                init.write(f"CREATE USER IF NOT EXISTS {USER}@'{host}' IDENTIFIED BY '{PASSWORD}';\n"
                           f"GRANT ALL ON *.* TO {USER}@'{host}' WITH GRANT OPTION;\n")
            init.write(f"CREATE DATABASE IF NOT EXISTS {DATABASE};\n")

    def command(self):
        return [self.server, "--no-defaults", f"--datadir={self.path('data')}",
                f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={self.socket}",
                f"--pid-file={self.path('pid')}", f"--init-file={self.path('init.sql')}",
                "--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci",
                "--skip-name-resolve", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=2",
                "--innodb-use-native-aio=0", "--max-allowed-packet=64M",
                *(["--user=root"] if os.geteuid() == 0 else []), *self.args]

    def is_ready(self):
        # The server greets first: a length, a number, then the version of the protocol.
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.settimeout(1)
                greeting = connection.recv(5)
                return len(greeting) == 5 and greeting[4] == 10
        except OSError:
            return False


class Postgres(Server):
    """A PostgreSQL. As root it runs as the user postgres or nobody, since it refuses to be root."""

    name = "PostgreSQL"
    variable = "TIDEMARK_TEST_POSTGRES_URL"
    stop_signal = signal.SIGINT  # Fast: does not wait for clients.

    @property
    def url(self):
        return f"postgres://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def socket(self):
        return self.folder

    @property
    def socket_url(self):
        return f"postgres://{USER}:{PASSWORD}@:{self.port}/{DATABASE}?socket={self.socket}"

    def account(self):
        if os.geteuid() != 0:
            return None
        for name in ("postgres", "nobody"):
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
        raise ServerError("PostgreSQL refuses to run as root, and there is no user nobody")

    def install(self):
        folders = ["/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin"]
        initdb = find_program(["initdb"], folders, "postgresql")
        self.server = os.path.join(os.path.dirname(os.path.realpath(initdb)), "postgres")
        self.make_data_folder()
        password_file = self.path("password")
        with open(password_file, "w", encoding="utf-8") as file:
            file.write(PASSWORD + "\n")
        os.chmod(password_file, 0o644)
        self.run_to_end([initdb, "-D", self.path("data"), "-U", USER, "--auth=scram-sha-256",
                         f"--pwfile={password_file}", "-E", "UTF8", "--locale=C.UTF-8",
                         "--no-sync"])
        self.run_to_end([self.server, "--single", "-D", self.path("data"), "postgres"],
                        f"CREATE DATABASE {DATABASE}\n")

    def command(self):
        settings = {
            "listen_addresses": "127.0.0.1", "port": self.port,
            "unix_socket_directories": self.socket, "fsync": "off",
            "max_prepared_transactions": 10, "log_line_prefix": "%m ",
        }
        if self.time_zone:
            settings["timezone"] = self.time_zone
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [self.server, "-D", self.path("data"), *options, *self.args]

    def start(self):
        # Left behind by a kill -9, it would make is_ready() answer for the dead server.
        if self.folder and not self.process and os.path.exists(self.path("data", "postmaster.pid")):
            os.remove(self.path("data", "postmaster.pid"))
        super().start()

    def is_ready(self):
        try:
            with open(self.path("data", "postmaster.pid"), encoding="ascii") as file:
                lines = file.read().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"


class Redis(Server):
    """A Redis that keeps what it was told over a kill -9 (an append-only file). With `tls`, the
    files (authority, certificate, key), it speaks TLS on a second port, and asks a client there for
    a certificate of that authority if `clients` says so: no, optional or yes."""

    name = "Redis"

    def __init__(self, args=(), tls=None, clients="no"):
        super().__init__(args)
        self.tls = tls
        self.clients = clients
        self.tls_port = None

    @property
    def tls_url(self):
        return f"rediss://:{PASSWORD}@127.0.0.1:{self.tls_port}/0"

    @property
    def url(self):
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    @property
    def socket(self):
        return self.path("s")

    @property
    def socket_url(self):
        return f"unix://:{PASSWORD}@{self.socket}?db=0"

    def install(self):
        self.server = find_program(["redis-server"], [], "redis-server")
        self.make_data_folder()
        self.tls_port = free_port() if self.tls else None

    def tls_options(self):
        if not self.tls:
            return []
        authority, certificate, key = map(str, self.tls)
        return ["--tls-port", str(self.tls_port), "--tls-ca-cert-file", authority,
                "--tls-cert-file", certificate, "--tls-key-file", key,
                "--tls-auth-clients", self.clients]

    def command(self):
        return [self.server, "--bind", "127.0.0.1", "--port", str(self.port),
                "--unixsocket", self.socket, "--requirepass", PASSWORD, "--save", "",
                "--appendonly", "yes", "--appendfsync", "no", "--dir", self.path("data"),
                "--daemonize", "no", *self.tls_options(), *self.args]

    def is_ready(self):
        try:
            return self.ask("PING") == "PONG"
        except (OSError, ServerError):
            return False

    def connection(self):
        return RedisConnection(self.port)

    def ask(self, *words):
        with self.connection() as connection:
            return connection.ask(*words)


class RedisConnection:
    """The little of Redis' protocol that tests need: Debian's Python has no client for it."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), START_TIMEOUT_S)
        self.file = self.socket.makefile("rb")
        self.ask("AUTH", PASSWORD)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def ask(self, *words):
        self.send(*words)
        return self.answer()

    def send(self, *words):
        """Without waiting: many commands, then as many answers."""
        encoded = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(encoded) +
                            b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded))

    def answer(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise OSError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2].decode(errors="replace")
        if kind == b"-":
            raise ServerError(rest)
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if int(rest) < 0:
            return None
        if kind == b"$":
            return self.file.read(int(rest) + 2)[:-2].decode(errors="replace")
        return [self.answer() for _ in range(int(rest))]


class Interrupted(BaseException):
    """A signal asked us to end."""

    def __init__(self, number):
        super().__init__(number)
        self.number = number


def interrupt(number, _frame):
    raise Interrupted(number)


def run_command(arguments, environment):
    """The exit code of the command; when a signal asks us to end, ends the command first."""
    command = None
    try:
        with signals_held() as mask:
            command = subprocess.Popen(arguments, env=environment,
                                       preexec_fn=lambda: take_signals(mask))
        return command.wait()
    except Interrupted as interrupted:
        ignore_signals()
        if command:
            end_command(command, interrupted.number)
        return 128 + interrupted.number


def end_command(command, number):
    # A Ctrl-C has reached the whole foreground group; another signal has reached only us.
    first = None if number == signal.SIGINT else number
    for attempt, patience_s in ((first, 10), (signal.SIGTERM, 10), (signal.SIGKILL, None)):
        if attempt:
            command.send_signal(attempt)
        try:
            command.wait(patience_s)
            return
        except subprocess.TimeoutExpired:
            continue


def ignore_signals():
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def run(kinds, command):
    """The exit code of the command, or 128 + the signal that ended us."""
    for number in ENDING_SIGNALS:
        signal.signal(number, interrupt)
    environment = dict(os.environ)
    running = []
    try:
        for kind in kinds:
            server = kind()
            running.append(server)
            server.__enter__()
            environment[kind.variable] = server.url
        return run_command(command, environment)
    except Interrupted as interrupted:
        return 128 + interrupted.number
    except (ServerError, OSError) as error:
        print(f"servers.py: {error}", file=sys.stderr)
        return 1
    finally:
        ignore_signals()
        for server in reversed(running):
            server.remove()


def main():
    parser = argparse.ArgumentParser(
        description="Runs a command with private database servers.",
        epilog="example: tests/servers.py run --mariadb -- build-debug/sql_contract_test")
    commands = parser.add_subparsers(dest="action", required=True)
    run_parser = commands.add_parser("run", help="start servers, run COMMAND, stop them")
    run_parser.add_argument("--mariadb", action="store_true")
    run_parser.add_argument("--postgres", action="store_true")
    run_parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    arguments = parser.parse_args()
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        parser.error("no command given")
    kinds = [kind for kind, wanted in ((MariaDB, arguments.mariadb), (Postgres, arguments.postgres))
             if wanted or not (arguments.mariadb or arguments.postgres)]
    sys.exit(run(kinds, command))


if __name__ == "__main__":
    main()
