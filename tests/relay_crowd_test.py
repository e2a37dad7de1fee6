"""A thousand subscriptions of which every tenth hangs: the others get their events in time."""

import contextlib
import os
import selectors
import socket
import threading
import time

from hub_fixture import Hub, voucher, wait_until

ENDPOINTS = int(os.environ.get("RELAY_ENDPOINTS", "1000"))
HANGING = ENDPOINTS // 10
GROUPS = 10  # Each event goes to one of them: the crowd is what is tested, not the burst.
EVENTS = 5  # For each endpoint, one after the other.
# Not a figure of speed: the first attempts at a group's ten hanging endpoints last 5 s each, so that
# who stands in line behind them comes later than this on any machine.
LATENCY_S_MAX = 25
MEMORY_BYTES_MAX = 1 << 30  # AddressSanitizer included.
SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="


class FastReceiver(threading.Thread):
    """Answers at once, on one thread for any number of connections; knows when each event came to
    each path."""

    def __init__(self):
        super().__init__(daemon=True)
        self.arrived = {}  # {(path, event id): time}
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.stopping, self.stop_asked = socket.socketpair()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopping.close()
        self.join()

    def run(self):
        with selectors.DefaultSelector() as selector, self.listener, self.stop_asked:
            for end in (self.listener, self.stop_asked):
                selector.register(end, selectors.EVENT_READ)
            connections = {}  # {socket: what came and was not answered yet}
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self.stop_asked:
                        for connection in connections:
                            connection.close()
                        return
                    if key.fileobj is self.listener:
                        connection, _ = self.listener.accept()
                        connections[connection] = b""
                        selector.register(connection, selectors.EVENT_READ)
                    elif rest := self.serve(key.fileobj, connections[key.fileobj]):
                        connections[key.fileobj] = rest[0]
                    else:
                        selector.unregister(key.fileobj)
                        del connections[key.fileobj]
                        key.fileobj.close()

    def serve(self, connection, text):
        """Answers what is whole; the rest, in a tuple. None when the other side has gone."""
        try:
            piece = connection.recv(65536)
            text += piece
            while b"\r\n\r\n" in text:
                head, _, body = text.partition(b"\r\n\r\n")
                start, *lines = head.decode("latin-1").split("\r\n")
                fields = dict(line.split(": ", 1) for line in lines)
                fields = {name.lower(): value for name, value in fields.items()}
                length = int(fields["content-length"])
                if len(body) < length:
                    break
                self.arrived.setdefault((start.split()[1], fields["webhook-id"]), time.monotonic())
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                text = body[length:]
        except ConnectionError:
            return None
        return (text,) if piece else None


class HangingReceiver(threading.Thread):
    """Accepts and never answers."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.accepted = []

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                self.accepted.append(self.listener.accept()[0])

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)  # Wakes accept().
        self.listener.close()
        self.join()
        for connection in self.accepted:
            connection.close()


def test_hanging_endpoints_do_not_hold_up_the_others(tmp_path):
    with FastReceiver() as fast, HangingReceiver() as hanging, Hub(tmp_path) as hub:
        for number in range(ENDPOINTS):
            receiver = hanging if number % 10 == 0 else fast
            hub.subscribe(f"{receiver.url}/{number}", [f"group.g{number // 10 % GROUPS}"],
                          name=f"n{number}", secret=SECRET)
        published = {}
        descriptors = 0
        healthy = (ENDPOINTS - HANGING) // GROUPS
        for number in range(1, EVENTS * GROUPS + 1):
            begun = time.monotonic()
            body = voucher(number, event_type=f"group.g{number % GROUPS}")
            published[hub.post("/api/v1/vouchers", body)["event_id"]] = begun
            wait_until(lambda: len(fast.arrived) == number * healthy)
            descriptors = max(descriptors, hub.descriptors)
        latencies = sorted(time_s - published[event]
                           for (_, event), time_s in fast.arrived.items())
        p50, p99 = latencies[len(latencies) // 2], latencies[len(latencies) * 99 // 100]
        memory = hub.memory_bytes_max
        print(f"{ENDPOINTS} endpoints, {HANGING} hanging, {EVENTS} events: p50 {p50:.3f} s, "
              f"p99 {p99:.3f} s, at most {latencies[-1]:.3f} s; {descriptors} descriptors, "
              f"{memory >> 20} MiB")
        assert p99 < LATENCY_S_MAX
        assert memory < MEMORY_BYTES_MAX
        # Those of the healthy go round from one to the next; each hanging one has a few at most.
        assert descriptors < 2 * ENDPOINTS
        wait_until(lambda: hub.get("/api/v1/sync/stats")["backlog"] == EVENTS * HANGING)
