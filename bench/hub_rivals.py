"""What the hub's benchmark measures: Tidemark, and Celery + Redis + requests doing the same job."""

import json
import os
import pathlib
import subprocess
import sys
import time

from measure import Failed

HERE = pathlib.Path(__file__).resolve().parent
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # The example of Standard Webhooks.
PATIENCE_S = 600


def children_of(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
            found += [int(word) for word in file.read().split()]
    return found


def tree_of(pid):
    """The process and all that it started."""
    return [pid] + [below for child in children_of(pid) for below in tree_of(child)]


def cpu_seconds(pid):
    """Of the whole tree, since its start."""
    ticks = 0
    for one in tree_of(pid):
        with open(f"/proc/{one}/stat", encoding="ascii") as file:
            ticks += sum(int(word) for word in file.read().rsplit(")", 1)[1].split()[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_mb(pid):
    """The highest memory of each process of the tree, together."""
    total = 0
    for one in tree_of(pid):
        with open(f"/proc/{one}/status", encoding="ascii") as file:
            total += sum(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
    return total / 1024


class Receiver:
    """The counting receiver. It ends by itself when everything came."""

    def __init__(self, program, events, copies=1, closed=False):
        words = [program, SECRET, events, copies] + (["closed"] if closed else [])
        self.process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, encoding="ascii")
        self.expected = events * copies
        port = int(self.process.stdout.readline())
        self.urls = [f"http://127.0.0.1:{port}/hook/{copy}" for copy in range(copies)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def open(self):
        self.process.stdin.write("open\n")
        self.process.stdin.flush()

    def report(self):
        """Waits until everything came. Dies otherwise: what is lost or forged has no speed."""
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.stdin.close()  # It says what came.
        report = json.loads(self.process.stdout.read())
        if report["received"] != self.expected or report["bad"]:
            raise Failed(f"the receiver got {report}")
        return report


class Tidemark:
    """`tidemark serve`; `server` is that of the database, if any."""

    def __init__(self, hub, publisher, server=None):
        self.hub = hub
        self.publisher = publisher
        self.server = server

    def __enter__(self):
        self.hub.start()
        return self

    def __exit__(self, *_):
        self.hub.kill()

    def subscribe(self, urls):
        for copy, url in enumerate(urls):
            self.hub.subscribe(url, name=f"bench {copy}", secret=SECRET, concurrency=256)

    def hold(self):
        """It tries for itself whether the receiver is there."""

    def go_on(self):
        """As before."""

    def publish(self, events, rate=0, batch=1):
        words = [self.publisher, self.hub.port, "bench", events, rate, 8 if batch > 1 else 256, batch]
        token = self.hub.environment["TIDEMARK_ADMIN_TOKEN"]
        return run_publisher(words, {**os.environ, "TOKEN": token})

    def usage(self):
        """CPU seconds of hub and database."""
        return (cpu_seconds(self.hub.process.pid),
                cpu_seconds(self.server.process.pid) if self.server else 0)

    def peak_mb(self):
        return peak_mb(self.hub.process.pid)


class Celery:
    """A worker with as many processes as there are cores, as it starts by default."""

    def __init__(self, redis, folder, acks_late):
        self.server = redis
        self.folder = folder
        self.environment = {**os.environ, "BROKER": redis.url, "SECRET": SECRET,
                            "PYTHONPATH": str(HERE / "hub"),
                            "PYTHONDONTWRITEBYTECODE": "1",
                            "ACKS_LATE": "1" if acks_late else ""}
        self.worker = None

    def __enter__(self):
        self.server.ask("FLUSHALL")
        return self

    def __exit__(self, *_):
        self.stop_worker()

    def subscribe(self, urls):
        self.environment["TARGETS"] = ",".join(urls)
        self.start_worker()

    def start_worker(self):
        log = self.folder / "celery.log"
        with open(log, "wb") as file:
            self.worker = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "celery_app", "worker", "-l", "WARNING"],
                env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=file,
                stderr=file)
        deadline = time.monotonic() + PATIENCE_S
        while not self.answers_ping():
            if self.worker.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"the Celery worker did not start:\n{log.read_text()[-2000:]}")

    def answers_ping(self):
        ping = subprocess.run(
            [sys.executable, "-m", "celery", "-A", "celery_app", "inspect", "ping"],
            env=self.environment, cwd=self.folder, capture_output=True, check=False)
        return ping.returncode == 0

    def stop_worker(self):
        if self.worker is None:
            return
        self.worker.terminate()  # Finishes what is under way.
        self.worker.wait()
        self.worker = None

    def hold(self):
        """A task whose receiver is down is tried three times, a minute apart, and then lost: the
        worker stands still until the receiver is back."""
        self.stop_worker()

    def go_on(self):
        self.start_worker()

    def publish(self, events, rate=0, batch=1):
        del batch
        words = [sys.executable, HERE / "hub/celery_app.py", events, rate]
        return run_publisher(words, self.environment)

    def usage(self):
        """CPU seconds of the worker and of Redis."""
        return (cpu_seconds(self.worker.pid) if self.worker else 0,
                cpu_seconds(self.server.process.pid))

    def peak_mb(self):
        return peak_mb(self.worker.pid)


def run_publisher(words, environment):
    done = subprocess.run([str(word) for word in words], env=environment, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        raise Failed(f"{words[0]}: exit {done.returncode}\n{done.stderr[-2000:]}")
    report = json.loads(done.stdout)
    if report["refused"]:
        raise Failed(f"not everything was taken: {report}")
    return report
