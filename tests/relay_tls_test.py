"""Receivers behind a private authority that ask for a client certificate."""

import http.server
import os
import shutil
import ssl
import threading

import pytest

from certificates import Authority
from hub_fixture import Hub, Receiver, wait_until


AGAIN_S = [1] * 20  # A retry schedule for those that mend what is wrong.


def server_context(certificate, key, clients):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(clients)
    return context


class Party:
    """A private authority with a server's and a client's certificate."""

    def __init__(self, folder, name, **server):
        self.authority = Authority(folder, name)
        self.server = self.authority.issue("server", **server)
        self.client = self.authority.issue("client")

    def context(self):
        return server_context(*self.server, self.authority.certificate)


class Files:
    """The files that a subscription names; put() replaces them as an operator would."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def put(self, party):
        for name, source in self.sources(party).items():
            shutil.copy(source, self.folder / "new")
            os.replace(self.folder / "new", self.folder / name)

    def sources(self, party):
        return {"ca.pem": party.authority.certificate, "client.pem": party.client[0],
                "client.key": party.client[1]}

    def fields(self):
        return {"tls_ca": str(self.folder / "ca.pem"),
                "tls_certificate": str(self.folder / "client.pem"),
                "tls_key": str(self.folder / "client.key")}


class Proxy(http.server.BaseHTTPRequestHandler):
    """Stands for a hub behind a proxy that speaks TLS."""

    def do_GET(self):
        body = b'{"data":[],"next_cursor":null}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class QuietServer(http.server.HTTPServer):
    def handle_error(self, request, client_address):
        """A client that does not believe us leaves."""


def test_the_tool_believes_a_proxy_of_a_private_authority_only_when_told_to(tmp_path):
    authority = Authority(tmp_path, "ours")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("proxy"))
    with QuietServer(("127.0.0.1", 0), Proxy) as proxy:
        proxy.socket = context.wrap_socket(proxy.socket, server_side=True)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        tool = Hub(tmp_path)
        tool.port = proxy.server_address[1]
        there = {"TIDEMARK_SERVER": f"https://127.0.0.1:{tool.port}"}
        tool.run("tokens", "list", code=75, **there)
        listed = tool.run("tokens", "list", **there,
                          TIDEMARK_SERVER_CA=str(authority.certificate))
        assert "no tokens" in listed
        tool.run("tokens", "list", code=2, **there, TIDEMARK_SERVER_CA=str(tmp_path / "none.pem"))
        proxy.shutdown()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def ours(folder):
    return Party(folder, "ours")


@pytest.fixture(scope="module")
def others(folder):
    return Party(folder, "others")


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with Hub(tmp_path_factory.mktemp("hub")) as made:
        yield made
        made.stop()


@pytest.fixture
def files(tmp_path, ours):
    made = Files(tmp_path / "files")
    made.put(ours)
    return made


def subscribe(hub, receiver, fields, retry_schedule_s=(3600,)):
    made = hub.subscribe(receiver.url, retry_schedule_s=list(retry_schedule_s), **fields)
    receiver.trust(made["secret"])
    return made["id"]


def try_once(hub, subscription):
    """A new event for it; how its delivery looks after an attempt."""
    event = hub.post(f"/api/v1/subscriptions/{subscription}/test")["event_id"]

    def attempted():
        rows = hub.get(f"/api/v1/deliveries?subscription_id={subscription}")["data"]
        return [row for row in rows if row["event_id"] == event and row["attempts"] > 0
                and row["status"] != "delivering"]

    return wait_until(attempted)[0]


def test_the_right_certificates_deliver(hub, ours, files):
    with Receiver(tls=ours.context()) as receiver:
        shown = try_once(hub, subscribe(hub, receiver, files.fields()))
        assert shown["status"] == "delivered", shown
        receiver.next()


WRONG_SERVERS = {
    "of another authority": (lambda ours, others: others.server, "issuer"),
    "for another host": (lambda ours, others: ours.authority.issue("host", names="DNS:other.example"),
                         "127.0.0.1"),
    "that has expired": (lambda ours, others: ours.authority.issue("old", days=-1), "expired"),
}


@pytest.mark.parametrize("server, word", WRONG_SERVERS.values(), ids=WRONG_SERVERS.keys())
def test_a_server_with_a_certificate(hub, ours, others, files, server, word):
    context = server_context(*server(ours, others), ours.authority.certificate)
    with Receiver(tls=context) as receiver:
        shown = try_once(hub, subscribe(hub, receiver, files.fields()))
        assert shown["status"] == "retrying" and shown["last_error"] == "TLS_ERROR", shown
        assert word in shown["last_message"], shown
        assert receiver.deliveries.empty()


def test_the_systems_authorities_do_not_know_a_private_one(hub, ours):
    with Receiver(tls=ours.context()) as receiver:
        shown = try_once(hub, subscribe(hub, receiver, {}))
        assert shown["last_error"] == "TLS_ERROR", shown
        assert "self-signed certificate" in shown["last_message"], shown


WRONG_CLIENTS = {
    "none": lambda ours, others: None,
    "of another authority": lambda ours, others: others.client,
    "that has expired": lambda ours, others: ours.authority.issue("late", days=-1),
}


@pytest.mark.parametrize("client", WRONG_CLIENTS.values(), ids=WRONG_CLIENTS.keys())
def test_a_client_certificate_that_the_server_refuses(hub, ours, others, files, client):
    fields = {"tls_ca": files.fields()["tls_ca"]}
    if pair := client(ours, others):
        fields |= {"tls_certificate": str(pair[0]), "tls_key": str(pair[1])}
    with Receiver(tls=ours.context()) as receiver:
        shown = try_once(hub, subscribe(hub, receiver, fields))
        assert shown["status"] == "retrying" and receiver.deliveries.empty()
        # The server's words come with the end of the connection, which may overtake them.
        assert shown["last_error"] in ("TLS_ERROR", "ECONNRESET"), shown
        assert shown["last_error"] == "ECONNRESET" or "alert" in shown["last_message"], shown


def test_a_file_that_is_missing_is_our_fault_and_works_once_it_is_there(hub, ours, files):
    os.rename(files.folder / "client.key", files.folder / "away")
    with Receiver(tls=ours.context()) as receiver:
        subscription = subscribe(hub, receiver, files.fields(), AGAIN_S)
        shown = try_once(hub, subscription)
        assert shown["last_error"] == "TLS_FILE_ERROR" and "client.key" in shown["last_message"], shown
        os.rename(files.folder / "away", files.folder / "client.key")
        assert receiver.next().id == shown["event_id"]


def test_files_that_are_replaced_count_at_the_next_connection(hub, ours, others, files):
    """Both sides change their authority; nobody restarts. The receiver closes each connection, or
    else the old ones would serve for up to five minutes."""
    with Receiver(tls=ours.context()) as receiver:
        receiver.headers = {"Connection": "close"}
        subscription = subscribe(hub, receiver, files.fields(), AGAIN_S)
        assert try_once(hub, subscription)["status"] == "delivered"
        receiver.tls = others.context()
        assert try_once(hub, subscription)["last_error"] == "TLS_ERROR"
        files.put(others)
        receiver.next()
        wait_until(lambda: {row["status"] for row in hub.get(
            f"/api/v1/deliveries?subscription_id={subscription}")["data"]} == {"delivered"})
        # And what was right before is wrong now.
        receiver.tls = ours.context()
        assert try_once(hub, subscription)["last_error"] == "TLS_ERROR"
