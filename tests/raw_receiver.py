"""A receiver that speaks bytes: what no HTTP library would send."""

import contextlib
import socket
import struct
import threading


class RawReceiver:
    """Reads one request from each connection (unless `reads` is False) and hands it to
    script(receiver, connection), which may do with it what it likes; then closes it. `connections`
    counts them."""

    def __init__(self, script, reads=True):
        self.script = script
        self.reads = reads
        self.connections = 0
        self.over = threading.Event()  # For scripts that take their time.
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self.threads = [threading.Thread(target=self.accept)]

    def __enter__(self):
        self.threads[0].start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)  # Wakes accept().
        for thread in self.threads:
            thread.join()
        self.listener.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self.serve, args=(connection,))
                self.threads.append(thread)
                thread.start()

    def serve(self, connection):
        connection.settimeout(30)
        with connection, contextlib.suppress(OSError):
            if self.reads:
                read_request(connection)
            self.script(self, connection)


def read_request(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65536)
        if not piece:
            return
        head += piece
    head, _, body = head.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            wanted = int(line.split(b":")[1])
            while len(body) < wanted:
                body += connection.recv(65536)


def reset(connection):
    """Ends it with a reset in place of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
