"""Frames and closings on their way to the database, beside the answers to chargers.

Bounded: when the database cannot keep up, the newest frames are dropped and counted; closings
are a few bytes each and are kept.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from bridge.database import Database
from bridge.exceptions import BridgeError, StatementFailed

__all__ = ["Journal", "sql_text"]

MAX_WAITING_BYTES = 16 * 1024 * 1024
MAX_BATCH_FRAMES = 500
FRAME_BYTES = 200  # what a frame takes beside its payload
RETRY_DELAY_S = 0.2
# Closings that wait for locks, one after the other, hold up frames and keep-alives.
SINGLY_S = 5.0

logger = logging.getLogger(__name__)

_FrameRow = tuple[int, datetime, str, int | None, str | None, str | None, str, str | None]


def sql_text(text: str) -> str:
    """Return `text` as PostgreSQL can hold it: NUL becomes its visible symbol."""
    return text.replace("\0", "\u2400") if "\0" in text else text


class Journal:
    """Collects what happened and writes it in batches from one task."""

    __slots__ = (
        "_closings",
        "_database",
        "_dropped",
        "_frames",
        "_idle",
        "_waiting_bytes",
        "_wake",
    )

    def __init__(self, database: Database) -> None:
        self._database = database
        self._frames: list[_FrameRow] = []
        self._waiting_bytes = 0
        # Frames that did not fit since the last line about it.
        self._dropped = 0
        self._closings: list[tuple[int, int, str]] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def log_frame(
        self,
        connection_id: int,
        direction: str,
        payload: str,
        *,
        message_type: int | None,
        message_id: str | None,
        action: str | None,
        error: str | None,
    ) -> None:
        """Log a frame that goes through no batch; `direction` is in or out."""
        size = len(payload) + FRAME_BYTES
        if self._waiting_bytes + size > MAX_WAITING_BYTES:
            self._dropped += 1
            return
        self._waiting_bytes += size
        self._frames.append(
            (
                connection_id,
                datetime.now(UTC),
                direction,
                message_type,
                None if message_id is None else sql_text(message_id),
                None if action is None else sql_text(action),
                sql_text(payload),
                None if error is None else sql_text(error),
            )
        )
        self._notify()

    def record_closing(self, connection_id: int, code: int, reason: str) -> None:
        """Record that a socket is gone."""
        self._closings.append((connection_id, code, sql_text(reason)))
        self._notify()

    def _notify(self) -> None:
        self._idle.clear()
        self._wake.set()

    async def run(self) -> None:
        """Write what is collected; runs until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._write_frames()
                await self._write_closings()
            except BridgeError as error:
                # Kept for when the database is back: a frame logged twice is better than none.
                if isinstance(error, StatementFailed):
                    level = logging.WARNING if error.is_blocked else logging.ERROR
                    logger.log(level, "frames or closings cannot be written: %s", error)
                self._wake.set()
                await asyncio.sleep(RETRY_DELAY_S)
            if not self._frames and not self._closings:
                self._idle.set()

    async def flush(self) -> None:
        """Wait until everything collected so far is written."""
        await self._idle.wait()

    async def _write_frames(self) -> None:
        while self._frames:
            batch = self._frames[:MAX_BATCH_FRAMES]
            try:
                await self._database.log_frames(list(zip(*batch, strict=True)))
            except StatementFailed as error:
                if error.is_ours:
                    raise
                for frame in batch:
                    await self._write_frame(frame)
            del self._frames[: len(batch)]
            self._waiting_bytes -= sum(len(frame[6]) + FRAME_BYTES for frame in batch)
        if self._dropped:
            logger.warning("%d frames were not logged: too many at once", self._dropped)
            self._dropped = 0

    async def _write_frame(self, frame: _FrameRow) -> None:
        """Write one frame of a batch that the database refused; a bad one hurts no other."""
        try:
            await self._database.log_frames([(value,) for value in frame])
        except StatementFailed as error:
            if error.is_ours:
                raise
            logger.error("a frame of connection %d cannot be logged: %s", frame[0], error)

    async def _write_closings(self) -> None:
        while self._closings:
            batch = self._closings[:MAX_BATCH_FRAMES]
            connection_ids, codes, reasons = zip(*batch, strict=True)
            try:
                await self._database.close_connections(connection_ids, codes, reasons)
            except StatementFailed:
                if len(batch) == 1:
                    raise
                await self._write_closings_singly(len(batch))
            else:
                del self._closings[: len(batch)]

    async def _write_closings_singly(self, count: int) -> None:
        """Write what can be written; what cannot (a row is locked) goes to the end and raises."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + SINGLY_S
        failure: StatementFailed | None = None
        for _ in range(count):
            if loop.time() > deadline:
                break
            connection_id, code, reason = self._closings[0]
            try:
                await self._database.close_connections([connection_id], [code], [reason])
            except StatementFailed as error:
                failure = error
                self._closings.append(self._closings[0])
            del self._closings[0]
        if failure is not None:
            raise failure
