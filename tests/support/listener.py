"""A real HTTP server on loopback that keeps what is posted to it, and answers or waits as a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Posted:
    """Hold one request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Listener:
    """Keep requests; `answer(path)` gives the status, and may wait before it does."""

    port: int = 0
    posted: list[Posted] = field(default_factory=list)
    answer: Callable[[str], int] = lambda _path: 201
    location: str = ""

    @property
    def host(self) -> str:
        """Return it as the administrator's list names it."""
        return f"127.0.0.1:{self.port}"


@contextmanager
def listening() -> Iterator[Listener]:
    """Give a server on a port that the system picks."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            listener.posted.append(Posted(self.path, dict(self.headers.items()), body))
            self.send_response(listener.answer(self.path))
            self.send_header("Content-Length", "2")
            if listener.location:
                self.send_header("Location", listener.location)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
