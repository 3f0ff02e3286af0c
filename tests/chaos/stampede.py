"""Many chargers that reconnect at once, on plain sockets: they cost a core little themselves.

Each connects, boots, reports its two connectors and sends a Heartbeat; refused (503, 429) or cut
off, it tries again after a second or two with jitter, as firmware with a back-off does.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import struct
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.e2e.accounts import Account

__all__ = ["Stampede"]

_SCRIPT: tuple[tuple[str, dict[str, object]], ...] = (
    ("BootNotification", {"chargePointVendor": "Voltaro", "chargePointModel": "Stampede"}),
    ("StatusNotification", {"connectorId": 0, "errorCode": "NoError", "status": "Available"}),
    ("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"}),
    ("Heartbeat", {}),
)
_ANSWER_TIMEOUT_S = 30.0


@dataclass(slots=True)
class Stampede:
    """What became of them."""

    port: int
    """Of the bridge or balancer, on 127.0.0.1."""
    back_after_s: list[float] = field(default_factory=list)
    """From the start to the answer to the last call of each."""
    call_errors: list[str] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    boot_intervals_s: list[int] = field(default_factory=list)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def run(self, accounts: Sequence[Account], *, timeout_s: float) -> None:
        """Send all of them at once; returns when the last is back. Raises TimeoutError."""
        began = time.monotonic()
        async with asyncio.timeout(timeout_s), asyncio.TaskGroup() as tasks:
            for number, account in enumerate(accounts):
                tasks.create_task(self._return(account, number, began))

    def disconnect(self) -> None:
        """Drop all connections without a word."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _return(self, account: Account, number: int, began: float) -> None:
        while True:
            try:
                await self._connect_and_report(account, number)
            except (OSError, EOFError, TimeoutError, _RefusedError) as error:
                self.refusals[str(error) or type(error).__name__] += 1
                await asyncio.sleep(random.uniform(1, 2))
            else:
                self.back_after_s.append(time.monotonic() - began)
                return

    async def _connect_and_report(self, account: Account, number: int) -> None:
        # Chargers have addresses of their own.
        source = f"127.{1 + number // 60000}.{number // 250 % 250}.{1 + number % 250}"
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(source, 0)
        )
        self._writers.append(writer)
        try:
            await self._upgrade(account, reader, writer)
            for message_id, (action, payload) in enumerate(_SCRIPT):
                text = json.dumps([2, str(message_id), action, payload])
                writer.write(_masked(text.encode()))
                async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                    answer = json.loads(await _read_text(reader, writer))
                if answer[0] != 3:
                    self.call_errors.append(f"{account.identity} {action}: {answer}")
                elif action == "BootNotification":
                    self.boot_intervals_s.append(answer[2]["interval"])
        except BaseException:
            writer.transport.abort()
            raise

    async def _upgrade(
        self, account: Account, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        token = base64.b64encode(f"{account.identity}:{account.key}".encode()).decode()
        nonce = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET /{account.identity} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {nonce}\r\nSec-WebSocket-Protocol: ocpp1.6\r\n"
            f"Authorization: Basic {token}\r\n\r\n".encode()
        )
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            head = await reader.readuntil(b"\r\n\r\n")
        status = head.split(b"\r\n", 1)[0].decode()
        if " 101 " not in status:
            raise _RefusedError(status)


class _RefusedError(Exception):
    """The upgrade was refused, or the bridge closed the socket."""


def _masked(text: bytes) -> bytes:
    """A text frame with a mask of zeros, which RFC 6455 §5.3 asks of clients in form only."""
    if len(text) < 126:
        return bytes((0x81, 0x80 | len(text))) + b"\0\0\0\0" + text
    return struct.pack("!BBH", 0x81, 0xFE, len(text)) + b"\0\0\0\0" + text


async def _read_text(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The next text message; pings are answered, a close raises."""
    while True:
        opcode, size = await reader.readexactly(2)
        if size == 126:
            (size,) = struct.unpack("!H", await reader.readexactly(2))
        payload = await reader.readexactly(size)
        if opcode == 0x81:
            return payload
        if opcode == 0x89:
            writer.write(bytes((0x8A, 0x80 | size)) + b"\0\0\0\0" + payload)
        elif opcode == 0x88:
            raise _RefusedError(f"closed with {struct.unpack('!H', payload[:2])[0]}")
