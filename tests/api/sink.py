"""A receiver of webhooks for tests: a small HTTP server that keeps what it got and answers as told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Sink:
    """``answers`` are the statuses of the next answers; afterwards it is 204."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


@contextmanager
def receiving() -> Iterator[Sink]:
    """Run a receiver on loopback."""
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = sink.answers.pop(0) if sink.answers else 204
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", sink.url + "elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    sink.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield sink
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
