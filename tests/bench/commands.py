"""From the API call to the frame on the charger's socket, with one bridge and with three.

One process holds both ends, so one clock times both: it posts api.send_command to PostgREST and
reads the charger's socket. One command at a time, on an otherwise idle machine.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import websockets
from websockets.asyncio.client import ClientConnection

from db.seed import seed
from db.token import mint
from tests.bench.report import Figure
from tests.e2e.accounts import Account, add_chargers
from tests.e2e.installation import BridgeProcess, Installation
from tests.support.processes import running_postgrest, wait_until

__all__ = ["LATENCY_LIMIT_MS", "measure"]

LATENCY_LIMIT_MS = 50.0
"""Of the 99th percentile (issue 3)."""

_BRIDGES = (1, 3)
_CHARGERS = 60
_WARM_UP = 100
_COMMANDS = 1_000
_TIMEOUT_S = 20.0
_TENANT = "greenway"


def measure() -> Iterator[Figure]:
    """Measure with each number of bridges; half a minute."""
    with Installation.running() as installation, ExitStack() as stack:
        seed(installation.settings)
        with installation.owner() as owner:
            row = owner.execute("select id from core.tenants where slug = %s", [_TENANT]).fetchone()
            assert row is not None
            accounts = add_chargers(
                owner, int(row[0]), [f"COMMANDED{number:02}" for number in range(_CHARGERS)]
            )
            owner.execute("analyze")
        api = stack.enter_context(running_postgrest(installation.settings, Path(installation.home)))
        token = mint(installation.settings, f"operator@{_TENANT}.example")
        for count in _BRIDGES:
            bridges = [installation.add_bridge(f"{count}-{number}") for number in range(count)]
            for bridge in bridges:
                bridge.start()
                stack.callback(bridge.kill)
                _await_ready(bridge)
            times_ms = asyncio.run(_measure(bridges, accounts, api.url, token))
            for bridge in bridges:
                bridge.drain()
            ordered = sorted(times_ms)
            yield Figure(f"commands.{count}.p50", ordered[len(ordered) // 2], "ms")
            yield Figure(
                f"commands.{count}.p99",
                ordered[len(ordered) * 99 // 100],
                "ms",
                limit=LATENCY_LIMIT_MS,
            )
            yield Figure(f"commands.{count}.max", ordered[-1], "ms")


def _await_ready(bridge: BridgeProcess) -> None:
    """A bridge listens before it has its database, and listens for commands a moment later."""
    wait_until(lambda: "database connected" in bridge.log.read_text(), what="the bridge is ready")


async def _measure(
    bridges: Sequence[BridgeProcess], accounts: Sequence[Account], api_url: str, token: str
) -> list[float]:
    """Milliseconds of each command; the chargers are spread over the bridges."""
    async with AsyncExitStack() as stack:
        chargers = []
        for number, account in enumerate(accounts):
            charger = _Charger(account)
            await charger.connect(bridges[number % len(bridges)].url)
            stack.push_async_callback(charger.close)
            chargers.append(charger)
        api = await stack.enter_async_context(_Api(api_url, token))
        times_ms = []
        for number in range(_WARM_UP + _COMMANDS):
            charger = chargers[number % len(chargers)]
            charger.commanded.clear()
            began = time.perf_counter()
            async with asyncio.timeout(_TIMEOUT_S):
                await asyncio.gather(api.send(charger.identity), charger.commanded.wait())
            if number >= _WARM_UP:
                times_ms.append(1000 * (charger.commanded_at - began))
        return times_ms


class _Charger:
    """A charger that notes when a command comes, and accepts it."""

    def __init__(self, account: Account) -> None:
        self.identity = account.identity
        self._key = account.key
        self.commanded = asyncio.Event()
        self.commanded_at = 0.0
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def connect(self, url: str) -> None:
        """Connect and have a call answered, so that commands may come."""
        token = base64.b64encode(f"{self.identity}:{self._key}".encode()).decode()
        socket = await websockets.connect(
            f"{url}/{self.identity}",
            subprotocols=[websockets.Subprotocol("ocpp1.6")],
            additional_headers={"Authorization": f"Basic {token}"},
            compression=None,
            ping_interval=None,
            proxy=None,
        )
        await socket.send('[2,"h","Heartbeat",{}]')
        await socket.recv()
        self._socket = socket
        self._reader = asyncio.get_running_loop().create_task(self._read(socket))

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            self.commanded_at = time.perf_counter()
            self.commanded.set()
            message_id = json.loads(text)[1]
            await socket.send(json.dumps([3, message_id, {"status": "Accepted"}]))

    async def close(self) -> None:
        """Leave."""
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader


class _Api:
    """PostgREST over one connection that is kept open, as a portal's is."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname, parts.port
        self._token = token

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def send(self, identity: str) -> None:
        """Queue a TriggerMessage for a charge point."""
        body = json.dumps(
            {
                "action": "TriggerMessage",
                "payload": {"requestedMessage": "Heartbeat"},
                "charge_point": identity,
            }
        ).encode()
        self._writer.write(
            b"POST /rpc/send_command HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b"
            % (self._token.encode(), len(body), body)
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if b"transfer-encoding: chunked" in head:
            answer = await self._read_chunks()
        else:
            size = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            answer = await self._reader.readexactly(size)
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(f"the API refused a command: {answer.decode()}")

    async def _read_chunks(self) -> bytes:
        answer = b""
        while True:
            size = int(await self._reader.readline(), 16)
            chunk = await self._reader.readexactly(size + 2)
            if not size:
                return answer
            answer += chunk[:-2]
