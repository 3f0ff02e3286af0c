"""The database: connections that come back, and the functions of schema ocpp.

Nothing but those functions is called. Callers see exceptions that say what happened to the
statement (bridge/exceptions.py); what a lost connection leaves unknown is never called done.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg

from bridge.exceptions import BridgeError, DatabaseAway
from bridge.link import Link
from bridge.settings import Policy

__all__ = ["Database"]

FIRST_DELAY_S = 0.1
LAST_DELAY_S = 5.0
# Handshakes may wait for locks, and must not keep anything else waiting.
HANDSHAKE_LINKS = 2

_START = "select ocpp.start_bridge($1, $2)"
_OPEN = "select ocpp.open_connection($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_HANDLE = (
    "select ordinal, reply, error_code, error_description"
    " from ocpp.handle_calls($1, $2, $3, $4, $5, $6)"
)
_LOG = "select ocpp.log_frames($1, $2, $3, $4, $5, $6, $7, $8)"
_KEEP_ALIVE = "select ocpp.keep_alive($1, $2, $3)"
_DISTRUST = "select ocpp.report_distrust($1)"
_CLOSE = "select ocpp.close_connections($1, $2, $3)"
_STOP = "select ocpp.stop_bridge($1)"
_LIST_WAITING = "select ocpp.list_waiting_connections($1)"
_TAKE = (
    "select connection_id, message_id, action, payload, timeout_s from ocpp.take_commands($1, $2)"
)
_FINISH = "select ocpp.finish_commands($1, $2, $3, $4, $5, $6, $7, $8)"
_STORE_SCHEMAS = "select ocpp.store_schemas($1, $2, $3)"
_NOTIFY = "select pg_notify($1, $2)"

logger = logging.getLogger(__name__)


class Database:
    """All links, their supervision, and one method a function of schema ocpp."""

    def __init__(self, url: str, *, bridge_id: uuid.UUID, host: str, workers: int) -> None:
        self._bridge_id = bridge_id
        self._host = host
        self.url = url
        """For the one connection that is no link (bell.py); holds a password."""
        self.workers = [Link(self, url) for _ in range(workers)]
        """Links for batches of calls, one a lane."""
        # One link for keep-alives, closings and the log, which the database is sure to get.
        self._control = Link(self, url)
        self._control_lock = asyncio.Lock()
        # One each for commands and their outcomes, so that nothing else holds them up.
        self._taker = Link(self, url)
        self._finisher = Link(self, url)
        self._handshake_links = [Link(self, url) for _ in range(HANDSHAKE_LINKS)]
        self._free_for_handshake: asyncio.Queue[Link] = asyncio.Queue()
        for link in self._handshake_links:
            self._free_for_handshake.put_nowait(link)
        self.is_up = False
        self.answered_at = 0.0
        """Event loop time of the last answer."""
        self.on_up: Callable[[Policy], None] = lambda _policy: None
        self.on_down: Callable[[], None] = lambda: None
        # Set when a link is lost, cleared by the supervisor.
        self._lost = asyncio.Event()
        # Notified when links are back, or known to stay away.
        self._settled = asyncio.Condition()
        self._last_complaint = ""

    @property
    def _links(self) -> list[Link]:
        return [
            *self.workers,
            self._control,
            self._taker,
            self._finisher,
            *self._handshake_links,
        ]

    # Supervision

    async def supervise(self) -> None:
        """Connect, stay connected, and tell on_up and on_down; runs until cancelled."""
        attempt = 0
        while True:
            try:
                policy = await self._start()
            except BridgeError as error:
                self._complain(error)
            else:
                attempt = 0
                await self._serve(policy)
            delay = min(LAST_DELAY_S, FIRST_DELAY_S * 2**attempt) * random.uniform(0.5, 1)
            attempt = min(attempt + 1, 10)
            await asyncio.sleep(delay)

    async def _start(self) -> Policy:
        for link in self._links:
            if not link.is_connected:
                await link.connect()
        rows = await self._control.fetch_first(_START, self._bridge_id, self._host)
        return Policy.from_json(json.loads(rows[0][0]))

    async def _serve(self, policy: Policy) -> None:
        """Be up until a lost link cannot be had back at once."""
        self.is_up = True
        self._last_complaint = ""
        logger.info("database connected")
        self.on_up(policy)
        await self._settle()
        while True:
            await self._lost.wait()
            self._lost.clear()
            if not await self._heal():
                break
            await self._settle()
        self.is_up = False
        for link in self._links:
            link.drop()
        self._lost.clear()
        logger.warning("database away")
        self.on_down()
        await self._settle()

    async def _heal(self) -> bool:
        """Reconnect what was lost, once: a killed backend is no reason to disconnect chargers."""
        try:
            for link in self._links:
                if not link.is_connected:
                    await link.connect()
                    logger.warning("one database connection was lost and replaced")
        except DatabaseAway as error:
            self._complain(error)
            return False
        return True

    async def _settle(self) -> None:
        async with self._settled:
            self._settled.notify_all()

    def _complain(self, error: BridgeError) -> None:
        complaint = str(error)
        level = logging.DEBUG if complaint == self._last_complaint else logging.WARNING
        self._last_complaint = complaint
        logger.log(level, "database not usable (%s)", complaint)

    def on_lost_link(self) -> None:
        """A link noticed that its connection is gone."""
        self._lost.set()

    def on_answer(self) -> None:
        """A statement came back."""
        self.answered_at = asyncio.get_running_loop().time()

    async def reconnected(self, link: Link) -> asyncpg.Connection:
        """Wait while `link` is being reconnected. Raises DatabaseAway when it is not."""
        async with self._settled:
            while True:
                if not self.is_up:
                    raise DatabaseAway("the database is away")
                connection = link.raw()
                if connection is not None and not connection.is_closed():
                    return connection
                self._lost.set()
                await self._settled.wait()

    async def close(self, *, is_answering: bool) -> None:
        """Close all links, without a word to a server that does not answer.

        The supervisor must have been cancelled.
        """
        if is_answering:
            await asyncio.gather(*(link.close() for link in self._links))
        else:
            for link in self._links:
                link.drop()

    # The functions of schema ocpp

    @asynccontextmanager
    async def handshake_link(self) -> AsyncIterator[Link]:
        """Wait for a link for open_connection."""
        link = await self._free_for_handshake.get()
        try:
            yield link
        finally:
            self._free_for_handshake.put_nowait(link)

    async def _fetch(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """Run a statement that is neither a batch nor a handshake."""
        async with self._control_lock:
            return await self._control.fetch(statement, *arguments)

    async def open_connection(
        self,
        link: Link,
        *,
        path: Sequence[str],
        username: str | None,
        password: bytes | None,
        subprotocols: Sequence[str],
        remote_address: str,
        tls_version: str | None,
        client_certificate: str | None,
        user_agent: str | None,
    ) -> dict[str, Any]:
        """Ask who connects; the answer has `status` and what it needs."""
        rows = await link.fetch(
            _OPEN,
            self._bridge_id,
            path,
            username,
            password,
            subprotocols,
            remote_address,
            tls_version,
            client_certificate,
            user_agent,
        )
        answer: dict[str, Any] = json.loads(rows[0][0])
        return answer

    @staticmethod
    async def handle_calls(
        link: Link,
        connection_ids: list[int],
        message_ids: list[str],
        actions: list[str],
        payloads: list[str],
        violations: list[str | None],
        received_at: list[datetime],
    ) -> list[asyncpg.Record]:
        """Run a batch; rows are (ordinal from 1, reply, error_code, error_description)."""
        return await link.fetch(
            _HANDLE, connection_ids, message_ids, actions, payloads, violations, received_at
        )

    async def log_frames(self, columns: Sequence[Sequence[object]]) -> None:
        """Store frames that no batch carried; `columns` in the order of ocpp.log_frames."""
        await self._fetch(_LOG, *columns)

    async def keep_alive(
        self, connection_ids: Sequence[int], last_frame_at: Sequence[datetime]
    ) -> list[int]:
        """Report the open sockets; returns those that must be closed."""
        rows = await self._fetch(_KEEP_ALIVE, self._bridge_id, connection_ids, last_frame_at)
        return list(rows[0][0] or ())

    async def report_distrust(self, addresses: Sequence[str]) -> None:
        """Tell whence clients came that refused our certificate."""
        await self._fetch(_DISTRUST, addresses)

    async def close_connections(
        self, connection_ids: Sequence[int], codes: Sequence[int], reasons: Sequence[str]
    ) -> None:
        """Record that sockets are gone."""
        await self._fetch(_CLOSE, connection_ids, codes, reasons)

    async def stop_bridge(self) -> None:
        """Record that this bridge stopped on purpose."""
        await self._fetch(_STOP, self._bridge_id)

    async def list_waiting_connections(self) -> list[int]:
        """The open connections of this bridge for which a command waits."""
        rows = await self._fetch(_LIST_WAITING, self._bridge_id)
        return list(rows[0][0] or ())

    async def take_commands(self, connection_ids: Sequence[int]) -> list[asyncpg.Record]:
        """Mark commands as sent, one a connection at most.

        Rows are (connection_id, message_id, action, payload, timeout_s).
        """
        return await self._taker.fetch(_TAKE, self._bridge_id, connection_ids)

    async def finish_commands(self, columns: Sequence[Sequence[object]]) -> list[int]:
        """Store what became of commands; `columns` in the order of ocpp.finish_commands.

        Returns the connections for which another one waits.
        """
        rows = await self._finisher.fetch(_FINISH, *columns)
        return list(rows[0][0] or ())

    async def store_schemas(self, version: str, digest: str, schemas: str) -> None:
        """Give the database the schemas of what may be sent; `schemas` is JSON by action."""
        await self._fetch(_STORE_SCHEMAS, version, digest, schemas)

    async def notify(self, channel: str, payload: str) -> None:
        """Ring a bell, in a transaction of its own."""
        await self._fetch(_NOTIFY, channel, payload)
