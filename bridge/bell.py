"""The bell: one connection that listens for what the database has to say to this bridge.

The rows are the truth and a bell only says that it is worth looking, so every (re)LISTEN is
followed by a look at all, and a silent bell is noticed: behind a pooler that shares connections
by transaction LISTEN is accepted and nothing ever comes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
from collections.abc import Callable

import asyncpg

from bridge.database import Database
from bridge.exceptions import BridgeError
from bridge.link import connect

__all__ = ["Bell", "listen"]

ECHO_TIMEOUT_S = 1.0
# A connection can be dead without a word: the bell is tried out now and then.
TEST_INTERVAL_S = 30.0
FIRST_DELAY_S = 0.2
LAST_DELAY_S = 5.0
ECHO = "echo "

logger = logging.getLogger(__name__)


class Bell:
    """Listens on one channel, on a connection of its own that never opens a transaction."""

    def __init__(
        self,
        database: Database,
        *,
        on_ring: Callable[[str], None],
        on_heard: Callable[[bool], None],
    ) -> None:
        """`on_ring` takes each payload; `on_heard` is told now and then whether bells come."""
        self._database = database
        self._on_ring = on_ring
        self._on_heard = on_heard
        self._echo = ""
        self._echoed = asyncio.Event()
        # Why the last try failed: the same trouble is told once.
        self._complaint = ""

    async def run(self, channel: str) -> None:
        """Listen, and come back when the connection is lost; runs until cancelled."""
        attempt = 0
        while True:
            try:
                await self._serve(channel)
                attempt = 0
            except (
                BridgeError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
                asyncpg.InternalClientError,
                OSError,
            ) as error:
                self._on_heard(False)
                complaint = str(error)
                level = logging.DEBUG if complaint == self._complaint else logging.WARNING
                self._complaint = complaint
                logger.log(level, "nobody listens for commands: %s", complaint)
            delay_s = min(LAST_DELAY_S, FIRST_DELAY_S * 2**attempt) * random.uniform(0.5, 1)
            attempt = min(attempt + 1, 10)
            await asyncio.sleep(delay_s)

    async def _serve(self, channel: str) -> None:
        """Listen until the connection is lost; return then."""
        connection = await connect(self._database.url)
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: lost.set())
        try:
            await listen(connection, channel, self._on_notification)
            was_heard: bool | None = None
            while not lost.is_set():
                is_heard = await self._is_heard(channel)
                self._on_heard(is_heard)
                if is_heard:
                    self._complaint = ""
                elif was_heard:
                    # Dead without a word: a new connection tells.
                    break
                elif was_heard is None and not lost.is_set():
                    logger.warning(
                        "no bell is heard on this database connection (a pooler that shares "
                        "connections by transaction?): commands are polled for"
                    )
                was_heard = is_heard
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TEST_INTERVAL_S):
                        await lost.wait()
            self._on_heard(False)
            logger.warning("the listening database connection was lost")
        finally:
            connection.terminate()

    async def _is_heard(self, channel: str) -> bool:
        """Whether a bell rung on another connection arrives here."""
        self._echo = ECHO + secrets.token_hex(8)
        self._echoed.clear()
        await self._database.notify(channel, self._echo)
        try:
            async with asyncio.timeout(ECHO_TIMEOUT_S):
                await self._echoed.wait()
        except TimeoutError:
            return False
        return True

    def _on_notification(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        if payload == self._echo:
            self._echoed.set()
        elif not payload.startswith(ECHO):
            self._on_ring(payload)


async def listen(
    connection: asyncpg.Connection,
    channel: str,
    callback: Callable[[object, int, str, str], None],
) -> None:
    """LISTEN; once more when the server has lost track of its own queue.

    "could not access status of transaction" (58P01) comes from old entries of the queue after a
    freeze, on servers without the fix of November 2025; looking at its size moves it on.
    """
    try:
        await connection.add_listener(channel, callback)
    except asyncpg.UndefinedFileError:
        await connection.execute("select pg_notification_queue_usage()")
        await connection.add_listener(channel, callback)
