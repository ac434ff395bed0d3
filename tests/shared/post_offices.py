"""A notification service and a mail server on this machine, which answer as they are told."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Received:
    """One request to the notification service."""

    path: str
    authorization: str
    body: dict[str, Any]


@dataclass(slots=True)
class NotificationService:
    """
    What it was sent, and what it answers next; when nothing is left to say, that the letter was taken.

    An answer is a status and the kind of error, or a number of seconds to say nothing.
    """

    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, str] | float] = field(default_factory=list)
    address: str = ""


@contextmanager
def notification_service() -> Iterator[NotificationService]:
    """Run a notification service on a free port."""
    service = NotificationService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            service.received.append(Received(self.path, self.headers["Authorization"], body))
            answer = service.answers.pop(0) if service.answers else (201, "")
            if isinstance(answer, float):
                time.sleep(answer)
                return
            status, kind = answer
            said = {
                "status_code": status,
                "errors": [{"error": kind, "message": f"{body['email_address']}!"}],
            }
            content = json.dumps({"id": "1"} if status == 201 else said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with _running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        service.address = f"http://127.0.0.1:{port}"
        yield service


@dataclass(slots=True)
class MailServer:
    """What it took, and how it answers the next recipients: by default that they are welcome."""

    taken: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    port: int = 0


class _MailHandler(socketserver.StreamRequestHandler):
    """One conversation; it speaks as little of RFC 5321 as one letter needs."""

    office: MailServer

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            if verb == "DATA":
                self._say("354 go on")
                self.office.taken.append(self._letter())
                self._say("250 taken")
            elif verb == "RCPT" and self.office.answers:
                self._say(self.office.answers.pop(0))
            else:
                self._say("250 fine")

    def _letter(self) -> str:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.decode())
        return "".join(lines)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server on a free port."""
    server = MailServer()
    handler = type("Handler", (_MailHandler,), {"office": server})
    with _running(socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)) as port:
        server.port = port
        yield server


@contextmanager
def _running(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.socket.getsockname()[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
