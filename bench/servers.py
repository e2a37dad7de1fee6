"""Private database servers for a benchmark: in a temporary folder, on a free port, gone at the end.

Unlike those of the tests they have the memory of a server in use: the table fits into it, so that
exporters are compared and not disks.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import time

POSTGRES_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
START_SECONDS_MAX = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(server, port, log):
    until = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")


class Server:
    """A running server process and its folder. Use as a context manager."""

    def __init__(self, folder, command, port, user=None):
        self.folder, self.port = folder, port
        self.log = folder / "server.log"
        with open(self.log, "wb") as log:
            # A session of its own: Ctrl-C reaches us, and we end the server.
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder,
                start_new_session=True, user=user, group=user, extra_groups=[] if user else None,
            )
        try:
            wait_for(self.process, port, self.log)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def mariadb(parent, memory_mb):
    """MariaDB; its user is root without a password."""
    folder = parent / "mariadb"
    folder.mkdir()
    data = folder / "data"
    user = ["--user=root"] if os.geteuid() == 0 else []
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", f"--datadir={data}", *user,
         "--auth-root-authentication-method=normal", "--skip-test-db"],
        check=True, stdout=subprocess.DEVNULL,
    )
    port = free_port()
    return Server(folder, [
        "mariadbd", "--no-defaults", *user, f"--datadir={data}", f"--socket={folder}/socket",
        f"--pid-file={folder}/pid", f"--port={port}", "--bind-address=127.0.0.1",
        f"--innodb-buffer-pool-size={memory_mb}M", "--innodb-log-file-size=512M",
        "--innodb-flush-log-at-trx-commit=2", "--innodb-use-native-aio=0",
        "--max-allowed-packet=256M", "--local-infile=1", "--character-set-server=utf8mb4",
    ], port)


def postgres(parent, memory_mb):
    """PostgreSQL; its user is `postgres`, trusted. It refuses root, so root lends it that account."""
    folder = parent / "postgres"
    folder.mkdir()
    user = None
    if os.geteuid() == 0:
        user = "postgres"
        shutil.chown(folder, user, user)
    data = folder / "data"
    subprocess.run(
        [POSTGRES_BIN / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
         "--locale=C", "--no-sync"],
        check=True, stdout=subprocess.DEVNULL, user=user, group=user, cwd=folder,
        extra_groups=[] if user else None,
    )
    port = free_port()
    return Server(folder, [
        POSTGRES_BIN / "postgres", "-D", data, "-k", folder, "-p", str(port),
        "-c", "listen_addresses=127.0.0.1", "-c", f"shared_buffers={memory_mb}MB",
        "-c", "max_wal_size=4GB",
    ], port, user)
