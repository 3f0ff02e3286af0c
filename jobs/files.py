"""The file server of the jobs runner: it serves the file of an export to whoever has its link.

A link is good once, and SQL says so (`jobs.redeem_export_link`). Nothing else is served, and no
token is ever logged. Without TLS: a proxy in front brings that, and VOLTARO_FILES_URL its address.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from jobs.exceptions import FilesError
from jobs.exporter import export_name

__all__ = ["FileServer"]

_TOKEN = re.compile(r"vx_[A-Za-z0-9_-]{43}")
_MOST_CONNECTIONS = 64
_IDLE_S = 10.0
"""A connection that has asked for nothing for so long is closed: there are few of them."""
_PAUSE_S = 5.0
"""Between two attempts to listen."""
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - compared, not bound
_HEADERS = {
    "Accept-Ranges": "none",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_logger = logging.getLogger("jobs")


class FileServer:
    """Listens from the moment it is made where it can; `run` serves until `stop` is set.

    Where it cannot listen it says so and tries again: prices and exports do not wait for it.
    """

    def __init__(self, database_url: str, stop: threading.Event, env: Mapping[str, str]) -> None:
        """Raises FilesError when its port is none."""
        home = Path(env.get("VOLTARO_HOME") or ".voltaro")
        self.folder = home / "exports"
        """Where the files are; the exporter makes it."""
        self._database_url = database_url
        self._stop = stop
        self._host = env.get("VOLTARO_FILES_HOST") or "127.0.0.1"
        self._port = _port_of(env.get("VOLTARO_FILES_PORT") or "3080")
        self._socket = self._listen()
        if self._socket is not None:
            # Port 0 is any that is free.
            self._port = self._socket.getsockname()[1]
        shown = _EVERYWHERE.get(self._host, f"[{self._host}]" if ":" in self._host else self._host)
        base = env.get("VOLTARO_FILES_URL") or f"http://{shown}:{self._port}"
        self.url_prefix = f"{base.rstrip('/')}/exports/"
        """What comes before the token in an address."""
        # One connection, used by one request at a time: strangers cannot make more.
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._lock = asyncio.Lock()

    def run(self) -> None:
        """Serve until `stop` is set; transfers under way get some seconds then."""
        while self._socket is None:
            if self._stop.wait(_PAUSE_S):
                return
            self._socket = self._listen()
        app = Starlette(
            routes=[
                Route("/health", self._health, methods=["GET"]),
                Route("/exports/{token}", self._serve, methods=["GET"]),
            ]
        )
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=_MOST_CONNECTIONS,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=3,
            )
        )

        def end() -> None:
            self._stop.wait()
            server.should_exit = True

        threading.Thread(target=end, daemon=True).start()
        server.run(sockets=[self._socket])

    def _listen(self) -> socket.socket | None:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            return socket.create_server((self._host, self._port), family=family)
        except OSError as error:
            _logger.warning(
                "the file server cannot listen on %s:%s, trying again: %s",
                self._host,
                self._port,
                error,
            )
            return None

    async def _health(self, _: Request) -> Response:
        return PlainTextResponse("ok\n", headers=_HEADERS)

    async def _serve(self, request: Request) -> Response:
        # A HEAD would use the link up for nothing.
        if request.method != "GET":
            return PlainTextResponse("GET only\n", 405, {**_HEADERS, "Allow": "GET"})
        token = request.path_params["token"]
        try:
            found = await self._redeem(token) if _TOKEN.fullmatch(token) else None
        except psycopg.Error as error:
            _logger.warning("file server: %s", str(error).strip().splitlines()[0])
            return PlainTextResponse(
                "try again later\n", 503, headers={**_HEADERS, "Retry-After": "5"}
            )
        if found is None:
            return PlainTextResponse(
                "This link is unknown, has been used or is over: make a new one.\n",
                404,
                headers=_HEADERS,
            )
        path, name = found
        # The link is used up, so a part of the file would be all that there is of it.
        request.scope["headers"] = [
            (key, value) for key, value in request.scope["headers"] if key != b"range"
        ]
        return FileResponse(path, media_type="text/csv", filename=name, headers=_HEADERS)

    async def _redeem(self, token: str) -> tuple[Path, str] | None:
        """Find the file that a token is for, and use the token up if the file is here."""
        found: tuple[Path, str] | None = None
        async with self._lock:
            if self._connection is None or self._connection.closed:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._database_url, connect_timeout=5, application_name="voltaro files"
                )
            async with self._connection.transaction() as transaction:
                cursor = await self._connection.execute(
                    "select tenant_id, export_id, attempt, file_name"
                    " from jobs.redeem_export_link(%s)",
                    [token],
                )
                row = await cursor.fetchone()
                if row is None:
                    return None
                tenant_id, export_id, attempt, name = row
                path = self.folder / export_name(tenant_id, export_id, attempt)
                if not path.is_file():
                    _logger.warning("export %s of tenant %s is not here", export_id, tenant_id)
                    raise psycopg.Rollback(transaction)
                found = path, name
        if found is not None:
            _logger.info("export %s of tenant %s fetched", export_id, tenant_id)
        return found


class _Protocol(H11Protocol):
    """HTTP for clients that come with a request: silence and half a request end."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # as uvicorn's own is typed
        self._look_later()

    def _look_later(self) -> None:
        self.loop.call_later(_IDLE_S, self._end_idle)

    def _end_idle(self) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        else:
            self._look_later()


def _port_of(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise FilesError(f"VOLTARO_FILES_PORT must be a number up to 65535, not {text!r}")
    return int(text)
