"""A TCP gate between the tool and a server: cuts connections, delays, or changes nothing.

    with Gate(("127.0.0.1", server.port)) as gate:
        gate.port                        # where the tool connects
        gate.cut_after = [50_000, None]  # the first connection ends after 50,000 bytes from the server

A cut connection is reset, with what was on its way lost, or closed in an orderly way.
"""

import socket
import struct
import threading
import time


class Gate:
    def __init__(self, target):
        self.target = target
        self.cut_after = []  # Bytes from the server, for each connection in turn; None: no cut.
        self.cut_rest_after = None  # For the connections beyond that list.
        self.orderly = False  # A cut connection ends with a FIN, as if the server had closed it.
        self.delay_s = 0  # Before each piece from the server.
        self.connections = 0
        self.cuts = 0
        self.lock = threading.Lock()
        self.open = set()

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()
        self.cut_all()

    def url(self, url):
        """The URL, through the gate."""
        return url.replace(f":{self.target[1]}/", f":{self.port}/")

    def cut_all(self):
        """Ends all connections now."""
        with self.lock:
            pairs = list(self.open)
        for pair in pairs:
            self.end(pair)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.target)
            except OSError:
                return
            with self.lock:
                number = self.connections
                self.connections += 1
                self.open.add((client, server))
            limit = self.cut_after[number] if number < len(self.cut_after) else self.cut_rest_after
            pair = (client, server)
            for pump in ((client, server, pair, None), (server, client, pair, limit)):
                threading.Thread(target=self.pump, args=pump, daemon=True).start()

    def pump(self, source, sink, pair, limit):
        passed = 0
        try:
            while piece := source.recv(65536):
                if self.delay_s and source is pair[1]:
                    time.sleep(self.delay_s)
                if limit is not None and passed + len(piece) >= limit:
                    sink.sendall(piece[:limit - passed])
                    with self.lock:
                        self.cuts += 1
                    break
                sink.sendall(piece)
                passed += len(piece)
        except OSError:
            pass
        self.end(pair)

    def end(self, pair):
        with self.lock:
            self.open.discard(pair)
        for side in pair:
            try:
                if not self.orderly:
                    side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                # Wakes the other thread's recv(), without which close() would do nothing.
                side.shutdown(socket.SHUT_RDWR if self.orderly else socket.SHUT_RD)
            except OSError:
                pass
            side.close()
