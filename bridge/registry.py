"""The open sockets of this process: who is connected, who needs a ping, who is dead."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

from bridge.connection import Connection
from bridge.session import NORMAL, Session

__all__ = ["Registry"]

# Pings are spread over the interval in this many steps.
SLOTS = 20
# A ping is one probe, not the judge (QUIRKS rows 19 and 20): any bytes count as life.
SILENT_INTERVALS = 3
GOING_AWAY = 1001

logger = logging.getLogger(__name__)


class Registry:
    """Open connections by id and by charger."""

    __slots__ = ("_by_id", "_by_identity", "_slots")

    def __init__(self) -> None:
        self._by_id: dict[int, Connection] = {}
        self._by_identity: dict[str, int] = {}
        # Connection ids by the step in which they are pinged.
        self._slots: list[set[int]] = [set() for _ in range(SLOTS)]

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._by_id.values()))

    def get(self, connection_id: int) -> Connection | None:
        """The open connection of that id."""
        return self._by_id.get(connection_id)

    def add(self, connection: Connection, session: Session) -> None:
        """Register a socket that was admitted; the newest one of a charger replaces the others.

        Handshakes may end in another order than the database admitted them: the higher id is
        the newer one.
        """
        new = session.connection_id
        self._by_id[new] = connection
        self._slots[new % SLOTS].add(new)
        other = self._by_identity.get(session.identity)
        if other is None:
            self._by_identity[session.identity] = new
            return
        self._by_identity[session.identity] = max(new, other)
        older = self._by_id[min(new, other)].session
        if older is not None:
            # What was called on it is answered on it (row 17).
            older.retire(NORMAL, "replaced by a newer connection")

    def remove(self, connection: Connection) -> None:
        """Forget a socket that is gone; a newer one of the same charger stays (row 18)."""
        session = connection.session
        if session is None or self._by_id.get(session.connection_id) is not connection:
            return
        gone = session.connection_id
        del self._by_id[gone]
        self._slots[gone % SLOTS].discard(gone)
        if self._by_identity.get(session.identity) == gone:
            del self._by_identity[session.identity]

    async def ping(self, interval_s: float, silence_s: float) -> None:
        """Ping every socket once an interval and close the dead ones, until cancelled.

        Who answers pings is dead after three without an answer, who never did after `silence_s`
        without a frame: some chargers say nothing but their heartbeats (QUIRKS rows 19 and 21).
        """
        loop = asyncio.get_running_loop()
        step = 0
        while True:
            await asyncio.sleep(interval_s / SLOTS)
            step = (step + 1) % SLOTS
            now = loop.time()
            for connection_id in list(self._slots[step]):
                connection = self._by_id[connection_id]
                patience_s = (
                    SILENT_INTERVALS * interval_s if connection.answers_pings else silence_s
                )
                if now - connection.last_frame_at > patience_s and connection.is_awaited:
                    self._end_silent(connection)
                else:
                    connection.ping()

    @staticmethod
    def _end_silent(connection: Connection) -> None:
        session = connection.session
        logger.info("%s gives no sign of life", session.identity if session else "-")
        connection.close(GOING_AWAY, "no sign of life")
