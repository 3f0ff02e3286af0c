"""Chargers for tests: real sockets, and rows that let them in."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import json
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import psycopg
import websockets
from psycopg.rows import TupleRow
from websockets.asyncio.client import ClientConnection
from websockets.datastructures import Headers

from tests.support.databases import Database
from tests.support.processes import RunningBridge, running_bridge, wait_until

__all__ = [
    "KEY",
    "TENANT_ID",
    "Charger",
    "RawSocket",
    "add_charger",
    "await_ready",
    "basic",
    "connected",
    "health",
    "logged_frames",
    "masked_frame",
    "open_connections",
    "superuser",
    "tuned_bridge",
    "upgrade_request",
]

TENANT_ID = 101
KEY = b"a key of some length"
TIMEOUT_S = 10.0


@contextlib.contextmanager
def superuser(database: Database) -> Iterator[psycopg.Connection[TupleRow]]:
    """An autocommit connection that sees everything, to set up and to look."""
    with psycopg.connect(database.superuser_url, autocommit=True) as opened:
        yield opened


def add_charger(
    database: Database, identity: str, *, key: bytes | None = KEY, **columns: object
) -> None:
    """Add a charge point of tenant greenway, with a key; `columns` are its row's."""
    names = ["tenant_id", "identity", *columns]
    values = [TENANT_ID, identity, *columns.values()]
    with superuser(database) as connection:
        row = connection.execute(
            f"insert into core.charge_points ({', '.join(names)})"  # noqa: S608 - names are the test's
            f" values ({', '.join(['%s'] * len(names))}) returning id",
            values,
        ).fetchone()
        assert row is not None
        if key is not None:
            connection.execute(
                "insert into core.charge_point_keys (tenant_id, charge_point_id, key_hash)"
                " values (%s, %s, fleet.hash_charge_point_key(%s))",
                [TENANT_ID, row[0], key],
            )


def logged_frames(database: Database, identity: str) -> list[tuple[Any, ...]]:
    """(direction, message_type, message_id, action, payload, error_code) of a charger's log."""
    with superuser(database) as connection:
        return connection.execute(
            "select l.direction, l.message_type, l.message_id, l.action, l.payload, l.error_code"
            " from ops.message_log as l inner join core.charge_points as cp"
            " on cp.tenant_id = l.tenant_id and cp.id = l.charge_point_id"
            " where cp.identity = %s order by l.id",
            [identity],
        ).fetchall()


def open_connections(database: Database, identity: str) -> list[int]:
    """The connections of a charger that the database takes for open."""
    with superuser(database) as connection:
        rows = connection.execute(
            "select c.id from ops.connections as c inner join core.charge_points as cp"
            " on cp.tenant_id = c.tenant_id and cp.id = c.charge_point_id"
            " where cp.identity = %s and c.closed_at is null",
            [identity],
        ).fetchall()
    return [row[0] for row in rows]


def basic(user: str | bytes, password: bytes) -> str:
    """The value of an Authorization header."""
    name = user.encode() if isinstance(user, str) else user
    return "Basic " + base64.b64encode(name + b":" + password).decode()


def health(bridge: RunningBridge) -> int:
    """The status of GET /health; 0 when nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", bridge.port, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def await_ready(bridge: RunningBridge) -> None:
    """Wait until the bridge has its database."""
    wait_until(lambda: health(bridge) == 200, what="the bridge is ready")


@contextlib.contextmanager
def tuned_bridge(
    database: Database,
    directory: Path,
    *,
    environment: Mapping[str, str] | None = None,
    **settings: float,
) -> Iterator[RunningBridge]:
    """A bridge whose settings in the database are others, so that nobody has to wait."""
    with superuser(database) as connection:
        for name, value in settings.items():
            connection.execute(
                "update ops.settings set value = to_jsonb(%s::numeric) where name = %s",
                [value, f"bridge.{name}"],
            )
    with running_bridge(database.settings, directory, environment=environment) as bridge:
        await_ready(bridge)
        yield bridge


class Charger:
    """A charger's end of a WebSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, frame: object) -> None:
        """Send a text frame: a string as it is, else as JSON."""
        await self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def receive(self) -> list[Any]:
        """The next frame."""
        async with asyncio.timeout(TIMEOUT_S):
            frame: list[Any] = json.loads(await self.socket.recv())
        return frame

    async def exchange(self, frame: object) -> list[Any]:
        """Send a frame and return the next one that comes."""
        await self.send(frame)
        return await self.receive()

    async def call(self, action: str, payload: object, *, message_id: str = "m1") -> list[Any]:
        """Send a call and return its answer."""
        return await self.exchange([2, message_id, action, payload])

    async def closed(self) -> tuple[int, str]:
        """Wait until the socket is closed; returns the code and reason of the other side."""
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                try:
                    await self.socket.recv()
                except websockets.ConnectionClosed as closed:
                    received = closed.rcvd
                    return (received.code, received.reason) if received else (1006, "")


@contextlib.asynccontextmanager
async def connected(
    bridge: RunningBridge,
    identity: str,
    *,
    path: str | None = None,
    key: bytes = KEY,
    user: str | bytes | None = None,
    authorization: str | None = None,
    subprotocols: tuple[str, ...] = ("ocpp1.6",),
    **options: Any,
) -> AsyncIterator[Charger]:
    """Connect as a charger; raises websockets.InvalidStatus when it is refused."""
    headers = Headers()
    headers["Authorization"] = authorization or basic(user or identity, key)
    async with websockets.connect(
        bridge.url + (path or f"/{identity}"),
        subprotocols=[websockets.Subprotocol(name) for name in subprotocols] or None,
        additional_headers=headers,
        compression=options.pop("compression", None),
        ping_interval=options.pop("ping_interval", None),
        proxy=None,
        **options,
    ) as client:
        yield Charger(client)


class RawSocket:
    """A TCP connection to the bridge, for what no library would send."""

    def __init__(self, bridge: RunningBridge) -> None:
        self.socket = socket.create_connection(("127.0.0.1", bridge.port), timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def receive_all(self) -> bytes:
        """Everything until the other side ends."""
        data = b""
        with contextlib.suppress(ConnectionResetError):
            while more := self.socket.recv(65_536):
                data += more
        return data

    def upgrade(self, identity: str, *, key: bytes = KEY) -> None:
        """Do the handshake of a charger."""
        self.send(upgrade_request(f"/{identity}", authorization=basic(identity, key)))
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.socket.recv(1)
            assert more, data
            data += more
        assert data.startswith(b"HTTP/1.1 101 "), data

    def send_text(self, text: bytes) -> None:
        """Send a text frame (masked with zeros)."""
        self.send(masked_frame(0x81, text))


def upgrade_request(
    path: str, *, authorization: str | None = None, connection: bool = True
) -> bytes:
    """A WebSocket handshake as bytes."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: bridge",
        "Upgrade: websocket",
        *(["Connection: Upgrade"] if connection else []),
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: ocpp1.6",
        *([f"Authorization: {authorization}"] if authorization else []),
        "",
        "",
    ]
    return "\r\n".join(lines).encode()


def masked_frame(head: int, payload: bytes) -> bytes:
    """A client's frame; `head` is its first byte (FIN, RSV, opcode)."""
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 65_536:
        length = bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        length = bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return bytes([head]) + length + b"\0\0\0\0" + payload
