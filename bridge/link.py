"""A connection to the database that tells what happened to a statement (exceptions.py)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import asyncpg

from bridge.exceptions import (
    BridgeError,
    DatabaseAway,
    OutcomeUnknown,
    StatementFailed,
    StatementRetryable,
)

__all__ = ["Link", "Supervisor", "connect"]

CONNECT_TIMEOUT_S = 5.0
STATEMENT_TIMEOUT_S = 30.0

# Conflicts: rolled back, worth another try.
_RETRYABLE = frozenset({"40001", "40P01"})
# The session ends, or is on a server that takes no writes (after a failover): connect anew.
_LOST = frozenset({"57P01", "57P02", "57P03", "57P05", "25006", "25P02", "25P03", "25P04"})

# ValueError is what the library makes of an unusable URL.
_CONNECT_ERRORS = (
    OSError,
    TimeoutError,
    ValueError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


class Supervisor(Protocol):
    """Who connects links again: the database."""

    is_up: bool

    def on_lost_link(self) -> None:
        """A link noticed that its connection is gone."""

    def on_answer(self) -> None:
        """A statement came back."""

    async def reconnected(self, link: Link) -> asyncpg.Connection:
        """Wait while `link` is being reconnected. Raises DatabaseAway when it is not."""


async def connect(url: str) -> asyncpg.Connection:
    """Connect to a server that takes writes. Raises DatabaseAway."""
    try:
        return await asyncpg.connect(
            url,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=STATEMENT_TIMEOUT_S,
            server_settings={"application_name": "voltaro bridge"},
            target_session_attrs="read-write",
        )
    except _CONNECT_ERRORS as error:
        raise DatabaseAway(f"{type(error).__name__}: {error}") from error


class Link:
    """One connection to the database, reconnected by its supervisor when it is lost."""

    __slots__ = ("_connection", "_supervisor", "_url")

    def __init__(self, supervisor: Supervisor, url: str) -> None:
        self._supervisor = supervisor
        self._url = url
        # None while the connection is lost.
        self._connection: asyncpg.Connection | None = None

    @property
    def is_connected(self) -> bool:
        return self._connection is not None and not self._connection.is_closed()

    async def connect(self) -> None:
        """Connect to a server that takes writes. Raises DatabaseAway."""
        connection = await connect(self._url)
        connection.add_termination_listener(self._on_termination)
        self._connection = connection

    def drop(self) -> None:
        """Give the connection up without waiting for the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
            self._supervisor.on_lost_link()

    async def close(self) -> None:
        """Say goodbye to the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                await connection.close(timeout=2)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                connection.terminate()

    async def fetch(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """Run one statement, which is one transaction.

        Raises DatabaseAway (not sent), OutcomeUnknown, StatementRetryable or StatementFailed.
        """
        connection = self._connection
        if not self._supervisor.is_up or connection is None or connection.is_closed():
            connection = await self._supervisor.reconnected(self)
        return await self._run(connection, statement, arguments)

    async def fetch_first(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """The same before the database counts as up, on a link just connected."""
        if self._connection is None:
            raise DatabaseAway("the connection was lost at once")
        return await self._run(self._connection, statement, arguments)

    async def _run(
        self, connection: asyncpg.Connection, statement: str, arguments: Sequence[object]
    ) -> list[asyncpg.Record]:
        try:
            rows: list[asyncpg.Record] = await connection.fetch(statement, *arguments)
        except asyncpg.PostgresError as error:
            raise self._translated(error) from error
        except asyncpg.DataError as error:
            # An argument that the client library cannot encode.
            raise StatementFailed("22000", str(error)) from error
        except (
            OSError,
            TimeoutError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,
        ) as error:
            self.drop()
            raise OutcomeUnknown(str(error) or type(error).__name__) from error
        except asyncio.CancelledError:
            self.drop()
            raise
        self._supervisor.on_answer()
        return rows

    def _translated(self, error: asyncpg.PostgresError) -> BridgeError:
        sqlstate = error.sqlstate or "XX000"
        if sqlstate in _RETRYABLE:
            return StatementRetryable(sqlstate)
        if sqlstate in _LOST or sqlstate.startswith("08"):
            self.drop()
            return OutcomeUnknown(f"{sqlstate}: {error.args[0] if error.args else ''}")
        return StatementFailed(sqlstate, str(error.args[0] if error.args else ""))

    def raw(self) -> asyncpg.Connection | None:
        return self._connection

    def _on_termination(self, connection: object) -> None:
        if connection is self._connection:
            self._connection = None
            self._supervisor.on_lost_link()
