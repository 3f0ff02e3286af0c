"""The bell: commands come at once by it, and seconds later without it."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from bridge.bell import listen
from tests.bridge.chargers import add_charger, connected, superuser, tuned_bridge
from tests.bridge.commands import await_state, queue, queue_silently, serve
from tests.bridge.handlers import HEARTBEAT, replace_handler
from tests.support.databases import Database
from tests.support.processes import wait_until

NEVER = 3600
HEARTBEAT_CALL = [2, "h", "Heartbeat", {}]
NOTIFICATION = b"A"


@pytest.fixture
def charging(database: Database) -> Database:
    """A database with a charger CP-B."""
    add_charger(database, "CP-B")
    replace_handler(database, "heartbeat", HEARTBEAT)
    return database


def _listeners(database: Database) -> list[int]:
    """Backends that listen for the bridge: nothing else is its last word."""
    with superuser(database) as connection:
        rows = connection.execute(
            "select pid from pg_stat_activity where usename = 'bridge'"
            " and datname = current_database() and query ilike 'listen%'"
        ).fetchall()
    return [row[0] for row in rows]


async def test_a_lost_bell_is_replaced_and_what_it_missed_is_found(
    charging: Database, tmp_path: Path
) -> None:
    """Nothing is polled for in this test: the look after LISTEN finds it."""
    with tuned_bridge(charging, tmp_path, command_poll_s=NEVER) as bridge:
        async with connected(bridge, "CP-B") as client:
            assert (await client.exchange(HEARTBEAT_CALL))[0] == 3
            for _ in range(2):
                await asyncio.to_thread(
                    wait_until, lambda: len(_listeners(charging)) == 1, what="it listens"
                )
                command_id = queue_silently(charging, "CP-B")
                with superuser(charging) as connection:
                    connection.execute("select pg_terminate_backend(%s)", _listeners(charging))
                await serve(client)
                await await_state(charging, command_id, "accepted")
            command_id = queue(charging, "CP-B")
            await serve(client)
            await await_state(charging, command_id, "accepted")
        assert "Traceback" not in bridge.log.read_text()


async def test_the_bell_never_leaves_a_transaction_open(charging: Database, tmp_path: Path) -> None:
    with tuned_bridge(charging, tmp_path):
        await asyncio.to_thread(
            wait_until, lambda: len(_listeners(charging)) == 1, what="it listens"
        )
        with superuser(charging) as connection:
            rows = connection.execute(
                "select state from pg_stat_activity where pid = %s", _listeners(charging)
            ).fetchall()
    assert rows == [("idle",)]


async def test_behind_a_pooler_that_swallows_bells_commands_are_polled_for(
    charging: Database, tmp_path: Path
) -> None:
    """As a pooler does that shares connections by transaction: LISTEN works, nothing comes."""
    async with _deaf_proxy(charging.bridge_url) as url:
        with contextlib.ExitStack() as stack:
            # The proxy works meanwhile.
            bridge = await asyncio.to_thread(
                stack.enter_context,
                tuned_bridge(
                    charging,
                    tmp_path,
                    environment={"VOLTARO_BRIDGE_DATABASE_URL": url},
                    command_poll_s=NEVER,
                ),
            )
            await asyncio.to_thread(
                wait_until, lambda: "no bell is heard" in bridge.log.read_text(), what="a warning"
            )
            async with connected(bridge, "CP-B") as client:
                assert (await client.exchange(HEARTBEAT_CALL))[0] == 3
                command_id = queue(charging, "CP-B")
                await serve(client)
                await await_state(charging, command_id, "accepted")
            bridge.process.terminate()
            await asyncio.to_thread(bridge.process.wait, 10)


@contextlib.asynccontextmanager
async def _deaf_proxy(url: str) -> AsyncIterator[str]:
    """Pass everything between client and server but notifications; yields the URL to use."""
    parts = urlsplit(url)

    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
        writer.close()

    async def downstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            # The answer to the request for encryption is one letter and no message.
            writer.write(await reader.readexactly(1))
            while True:
                head = await reader.readexactly(5)
                (size,) = struct.unpack("!I", head[1:])
                body = await reader.readexactly(size - 4)
                if head[:1] != NOTIFICATION:
                    writer.write(head + body)
        writer.close()

    tasks = set()

    async def serve_client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(parts.hostname, parts.port)
        for coroutine in (upstream(reader, server_writer), downstream(server_reader, writer)):
            task = asyncio.ensure_future(coroutine)
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(serve_client, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield urlunsplit(
            parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{port}")
        )
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()


async def test_a_server_that_lost_track_of_its_queue_is_asked_for_its_size() -> None:
    """58P01 on LISTEN: "could not access status of transaction"."""
    said: list[str] = []

    class Server:
        """A connection to such a server; no real one can be made to do that."""

        async def add_listener(self, channel: str, _callback: object) -> None:
            said.append(channel)
            if len(said) == 1:
                raise asyncpg.UndefinedFileError("could not access status of transaction 1")

        async def execute(self, statement: str) -> None:
            said.append(statement)

    await listen(cast(Any, Server()), "bridge_1", lambda *_: None)
    assert said == ["bridge_1", "select pg_notification_queue_usage()", "bridge_1"]
