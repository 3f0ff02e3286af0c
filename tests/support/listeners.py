"""A real HTTP server on loopback that keeps what it was sent and answers as it is told."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["Listener", "Received", "Reply", "listening"]


@dataclass(frozen=True, slots=True)
class Received:
    """A request that came."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered, after a while; status 0: nothing, the connection ends."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_s: float = 0.0


@dataclass(slots=True)
class Listener:
    """A server under way."""

    url: str
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], Reply] = lambda _: Reply()
    ended: threading.Event = field(default_factory=threading.Event)
    """Set at the end of the test: nobody waits for a slow reply then."""


@contextlib.contextmanager
def listening() -> Iterator[Listener]:
    """Listen on a free port of loopback for as long as the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            received = Received(self.path, dict(self.headers.items()), body, time.time())
            listener.received.append(received)
            reply = listener.answer(received)
            listener.ended.wait(reply.delay_s)
            if reply.status == 0:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is called
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        listener = Listener(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            listener.ended.set()
            server.shutdown()
            thread.join()
