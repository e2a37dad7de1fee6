"""What alerts are sent to: a robot that checks what its vendor checks, and a mail server."""

import base64
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import queue
import socket
import ssl
import threading
import time
import urllib.parse

WAIT_S = 60


class Robot:
    """A group robot of DingTalk, WeCom or Feishu, or a gateway. It answers 200 also when it refuses,
    as they do."""

    def __init__(self, kind, secret="", keyword="", port=0):
        self.kind = kind
        self.secret = secret
        self.keyword = keyword
        self.refuse = None  # An answer (status, text) for everything.
        self.texts = queue.Queue()
        self.refused = queue.Queue()
        self.requests = []
        robot = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                status, answer = robot.answer(self.path, self.headers, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer.encode())))
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    @property
    def webhook(self):
        path = {"dingtalk": "robot/send?access_token=top-secret-token",
                "wecom": "cgi-bin/webhook/send?key=top-secret-token",
                "feishu": "open-apis/bot/v2/hook/top-secret-token", "gateway": "send"}[self.kind]
        return f"http://127.0.0.1:{self.port}/{path}"

    def answer(self, path, headers, body):
        self.requests.append((path, dict(headers), body))
        if self.refuse:
            self.refused.put(self.refuse)
            return self.refuse
        fault = self.fault(path, json.loads(body))
        if fault:
            self.refused.put(fault)
            return 200, json.dumps(fault)
        self.texts.put(self.text(json.loads(body)))
        return 200, '{"code":0,"msg":"success"}' if self.kind == "feishu" else '{"errcode":0,"errmsg":"ok"}'

    def text(self, message):
        if self.kind == "feishu":
            return message["content"]["text"]
        return message["text"]["content"] if self.kind != "gateway" else message["text"]

    def fault(self, path, message):
        """As the vendors' pages say."""
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query))
        if self.kind == "dingtalk":
            if query.get("access_token") != "top-secret-token":
                return {"errcode": 300005, "errmsg": "token is not exist"}
            if self.secret:
                stamp = query.get("timestamp", "0")
                sign = base64.b64encode(hmac.digest(self.secret.encode(),
                                                    f"{stamp}\n{self.secret}".encode(), "sha256"))
                if query.get("sign") != sign.decode():
                    return {"errcode": 310000, "errmsg": "sign not match"}
                if abs(time.time() * 1000 - int(stamp)) > 3_600_000:
                    return {"errcode": 310000, "errmsg": "invalid timestamp"}
            if self.keyword and self.keyword not in message["text"]["content"]:
                return {"errcode": 310000, "errmsg": "keywords not in content"}
        if self.kind == "wecom":
            if query.get("key") != "top-secret-token":
                return {"errcode": 93000, "errmsg": "invalid webhook url"}
            if len(message["text"]["content"].encode()) > 2048:
                return {"errcode": 40058, "errmsg": "content exceed max length 2048"}
        if self.kind == "feishu" and self.secret:
            key = f"{message['timestamp']}\n{self.secret}".encode()
            if message["sign"] != base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode():
                return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}
        return None

    def next(self, timeout=WAIT_S):
        return self.texts.get(timeout=timeout)


class MailServer:
    """Enough of SMTP for one client: EHLO, STARTTLS, AUTH PLAIN and LOGIN, MAIL, RCPT, DATA, QUIT. A
    password that comes outside TLS is a fault."""

    def __init__(self, certificate, implicit, user="alerts@example.com", password="auth-code"):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificate)
        self.implicit = implicit
        self.user = user
        self.password = password
        self.refuse = None  # An answer to DATA: "451 4.3.0 try later".
        self.faults = []
        self.mails = queue.Queue()
        self.refused = queue.Queue()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        assert not self.faults

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            if self.implicit:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.talk(connection, self.implicit)
        except (OSError, ssl.SSLError, ValueError):
            pass
        finally:
            connection.close()

    def talk(self, connection, secure):
        lines = connection.makefile("rb")

        def say(text):
            connection.sendall(text.encode() + b"\r\n")

        say("220 mail.example.com ESMTP")
        logged_in, envelope = False, {"to": []}
        while line := lines.readline():
            word = line.decode().strip()
            verb = word.upper().split(" ")[0]
            if verb == "EHLO":
                more = "250-AUTH PLAIN LOGIN\r\n" if secure else "250-STARTTLS\r\n"
                say(f"250-mail.example.com\r\n{more}250 8BITMIME")
            elif verb == "STARTTLS":
                say("220 go ahead")
                secured = self.context.wrap_socket(connection, server_side=True)
                lines, connection, secure = secured.makefile("rb"), secured, True
            elif verb == "AUTH":
                if not secure:
                    self.faults.append("a password outside TLS")
                parts = word.split(" ")
                if len(parts) < 3:
                    say("334 ")
                    parts.append(lines.readline().decode().strip())
                given = base64.b64decode(parts[2]).split(b"\0")[1:]
                logged_in = given == [self.user.encode(), self.password.encode()]
                say("235 ok" if logged_in else "535 authentication failed")
            elif verb == "MAIL":
                envelope["from"] = word
                say("250 ok" if logged_in else "530 authentication required")
            elif verb == "RCPT":
                envelope["to"].append(word)
                say("250 ok")
            elif verb == "DATA":
                say("354 go ahead")
                data = b""
                while (row := lines.readline()) not in (b".\r\n", b""):
                    data += row[1:] if row.startswith(b"..") else row
                if self.refuse:
                    self.refused.put(self.refuse)
                    say(self.refuse)
                else:
                    say("250 queued")
                    self.mails.put((envelope, email.message_from_bytes(
                        data, policy=email.policy.default)))
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")

    def next(self, timeout=WAIT_S):
        return self.mails.get(timeout=timeout)
