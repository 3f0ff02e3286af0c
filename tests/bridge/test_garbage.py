"""A socket that is gone leaves nothing behind, not even until Python looks for cycles.

Such a look takes longer the more chargers there are, so the bridge has it done rarely
(bridge/__main__.py): cycles of a million reconnects would fill the memory before.
"""

from __future__ import annotations

import asyncio
import gc
import json
from pathlib import Path

from websockets.server import ServerProtocol

from bridge.connection import Connection
from bridge.outgoing import Outgoing
from bridge.server import Bridge
from bridge.session import Session
from bridge.settings import Settings
from db import parts
from tests.bridge.chargers import KEY, add_charger, basic, masked_frame, upgrade_request
from tests.support.databases import Database
from tests.support.processes import free_port

_HELD = (Connection, Session, Outgoing, ServerProtocol)


def _count_held() -> int:
    return sum(isinstance(one, _HELD) for one in gc.get_objects())


async def _visit(port: int, identity: str, *, key: bytes, ending: bytes) -> bytes:
    """Connect, call once if admitted, and leave; returns what came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(upgrade_request(f"/{identity}", authorization=basic(identity, key)))
    answer = await reader.readuntil(b"\r\n\r\n")
    if answer.startswith(b"HTTP/1.1 101"):
        call = json.dumps([2, "1", "Heartbeat", {}]).encode()
        writer.write(masked_frame(0x81, call))
        await reader.read(1000)
        writer.write(ending)
        await writer.drain()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_sockets_leave_no_cycles(database: Database, tmp_path: Path) -> None:
    add_charger(database, "CP-G")
    port = free_port()
    environment = parts.bridge_environment(database.settings)
    environment |= {"VOLTARO_OCPP_PORT": str(port), "VOLTARO_HOME": str(tmp_path)}
    bridge = Bridge(Settings.from_environment(environment))
    await bridge.start()
    try:
        async with asyncio.timeout(20):
            while b" 101 " not in await _visit(port, "CP-G", key=KEY, ending=b""):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.5)
        gc.collect()
        gc.disable()
        before = _count_held()
        for _ in range(3):
            # It leaves without a word, with a close frame, and is refused.
            await _visit(port, "CP-G", key=KEY, ending=b"")
            await _visit(port, "CP-G", key=KEY, ending=masked_frame(0x88, b"\x03\xe8"))
            await _visit(port, "CP-G", key=b"wrong", ending=b"")
        async with asyncio.timeout(10):
            while _count_held() > before:  # noqa: ASYNC110 - objects tell nobody when they die
                await asyncio.sleep(0.05)
    finally:
        gc.enable()
        await bridge.drain()
