"""The whole way of an order: a sandbox of the shop as a process of its own, `tidemark load orders`,
a warehouse."""

import contextlib
import json
import signal
import subprocess

import measure

CREDENTIALS = {"TIDEMARK_XIAOE__APP_ID": "sandbox_app", "TIDEMARK_XIAOE__CLIENT_ID": "sandbox_client",
               "TIDEMARK_XIAOE__SECRET_KEY": "sandbox_secret"}
SPAN = ("--from", "2025-01-01", "--to", "2025-06-30")


@contextlib.contextmanager
def shop(tidemark, orders, environment, faults=""):
    """URL of a shop with so many orders in half a year. It keeps the published limit of 3,000 calls
    in 10 seconds."""
    words = [tidemark, "sandbox", "xiaoe", "--listen", "127.0.0.1:0", "--json", "--orders",
             str(orders), *SPAN, "--clock", "2025-07-01 00:00:00", "--faults", faults]
    with subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            if not line:
                raise measure.Failed("the sandbox did not start")
            yield f"http://127.0.0.1:{json.loads(line)['port']}"
        finally:
            process.send_signal(signal.SIGTERM)


def load(tidemark, url, warehouse, environment, launcher, folder, within, *options):
    """Measures one load of everything the shop has."""
    taken = measure.run(
        [tidemark, "load", "orders", "--shop-url", url, "--warehouse", warehouse.url, *SPAN,
         "--restart", "--json", "--progress", "off", *options],
        {**environment, **CREDENTIALS}, launcher, folder, within)
    said = taken.said
    counted = said["orders_new"] + said["orders_changed"] + said["orders_unchanged"]
    if counted != warehouse.rows or said["errors"]:
        raise measure.Failed(f"the load counts {counted} orders: {said}")
    return taken


def runs(tidemark, warehouse, environment, launcher, folder, within):
    """Yields (name, measurement): into empty tables, then everything again."""
    with shop(tidemark, warehouse.rows, environment) as url:
        warehouse.forget()
        for name in ("new", "unchanged"):
            yield name, load(tidemark, url, warehouse, environment, launcher, folder, within)


def distant_runs(tidemark, warehouse, environment, launcher, folder, within):
    """The same from a shop whose answers take up to 100 ms."""
    with shop(tidemark, warehouse.rows, environment, "latency=100ms") as url:
        warehouse.forget()
        yield "new, answers up to 100 ms late", load(tidemark, url, warehouse, environment,
                                                     launcher, folder, within)
