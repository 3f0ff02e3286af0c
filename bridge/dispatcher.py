"""Calls on their way through the database: many chargers' calls in one statement.

A lane is one database connection and the calls that wait for it. A charger always uses the
same lane and has one call at a time in it, so its calls stay in order and no two batches touch
the same charger. A batch is what came in while the one before ran: no call waits on purpose.
"""

from __future__ import annotations

import asyncio
import logging
import random
import zlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.database import Database
from bridge.exceptions import (
    DatabaseAway,
    OutcomeUnknown,
    StatementFailed,
    StatementRetryable,
)
from bridge.journal import sql_text
from bridge.link import Link

__all__ = ["Caller", "Dispatcher", "PendingCall"]

# Past 64 subtransactions PostgreSQL gets slow; each call takes one, and functions may nest.
MAX_BATCH = 40
# Calls that touch rows shared by chargers wait for each other's locks: a few at a time.
MAX_SOLO_BATCH = 8
MAX_TRIES = 4
RETRY_DELAY_S = 0.02
# How long the calls of a batch that failed may take one by one, while others wait.
SINGLY_S = 5.0

INTERNAL = 1011
TRY_AGAIN_LATER = 1013

logger = logging.getLogger(__name__)


class Caller(Protocol):
    """What a lane needs to know of the charger that called."""

    @property
    def connection_id(self) -> int: ...

    def complete(
        self, call: PendingCall, reply: str | None, error_code: str | None, description: str | None
    ) -> None:
        """The call was committed with this outcome."""

    def abandon(self, close_code: int, reason: str) -> None:
        """The call has no outcome; the socket must close, so that the charger tries again."""


@dataclass(slots=True, eq=False)
class PendingCall:
    """A call between its frame and its answer."""

    caller: Caller
    message_id: str
    action: str
    payload: str
    violations: str | None
    """JSON text of what the call breaks in its schema."""
    received_at: datetime
    key: int
    """Hash of id, action and payload: a repetition has the same."""
    repetitions: int = 0
    """How often the charger sent it again while it was pending."""


class Lane:
    """One worker connection and what waits for it."""

    __slots__ = ("_is_busy", "_link", "_ready", "_solo", "_solo_is_next", "_wake")

    def __init__(self, link: Link) -> None:
        self._link = link
        self._ready: deque[PendingCall] = deque()
        self._solo: deque[PendingCall] = deque()
        # Batches take turns when both kinds wait.
        self._solo_is_next = False
        self._is_busy = False
        self._wake = asyncio.Event()

    @property
    def is_idle(self) -> bool:
        return not (self._is_busy or self._ready or self._solo)

    def submit(self, call: PendingCall, *, is_solo: bool) -> None:
        """Queue a call; its caller must have no other one in here."""
        (self._solo if is_solo else self._ready).append(call)
        self._wake.set()

    async def run(self) -> None:
        """Work; runs until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._ready or self._solo:
                self._is_busy = True
                try:
                    await self._work(self._next_batch())
                finally:
                    self._is_busy = False

    def _next_batch(self) -> list[PendingCall]:
        if self._solo and (self._solo_is_next or not self._ready):
            queue, most = self._solo, MAX_SOLO_BATCH
        else:
            queue, most = self._ready, MAX_BATCH
        self._solo_is_next = queue is self._ready
        batch = [queue.popleft() for _ in range(min(most, len(queue)))]
        # All batches lock in the same order.
        batch.sort(key=_connection_id)
        return batch

    async def _work(self, batch: Sequence[PendingCall]) -> None:
        """Run a batch; when the database refuses it as a whole, run its calls one by one.

        Not when it took too long: its calls would take as long again, each of them.
        """
        try:
            await self._run(batch)
        except (DatabaseAway, OutcomeUnknown) as error:
            logger.warning("%d calls without an outcome: %s", len(batch), error)
            for call in batch:
                _abandon(call, TRY_AGAIN_LATER, "database away")
        except (StatementRetryable, StatementFailed) as error:
            if isinstance(error, StatementFailed) and error.is_timeout:
                logger.error("%d calls took too long: %s", len(batch), error)
                for call in batch:
                    _abandon(call, TRY_AGAIN_LATER, "the call took too long")
            elif len(batch) > 1:
                logger.warning("a batch of %d calls goes one by one: %s", len(batch), error)
                await self._work_singly(batch)
            else:
                _abandon_failed(batch[0], error)
        except Exception:
            # A defect of ours: these chargers reconnect, the lane goes on.
            logger.exception("a batch failed")
            for call in batch:
                _abandon(call, TRY_AGAIN_LATER, "the call failed")

    async def _work_singly(self, batch: Sequence[PendingCall]) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + SINGLY_S
        for number, call in enumerate(batch):
            if loop.time() > deadline:
                logger.warning("%d calls are left over", len(batch) - number)
                for late in batch[number:]:
                    _abandon(late, TRY_AGAIN_LATER, "the call took too long")
                return
            await self._work([call])

    async def _run(self, batch: Sequence[PendingCall]) -> None:
        for attempt in range(1, MAX_TRIES + 1):
            try:
                rows = await Database.handle_calls(
                    self._link,
                    [call.caller.connection_id for call in batch],
                    [sql_text(call.message_id) for call in batch],
                    [sql_text(call.action) for call in batch],
                    [call.payload for call in batch],
                    [call.violations for call in batch],
                    [call.received_at for call in batch],
                )
                break
            except StatementRetryable:
                if attempt == MAX_TRIES:
                    raise
                await asyncio.sleep(RETRY_DELAY_S * 2**attempt * random.uniform(0.5, 1))
        unanswered = dict(enumerate(batch, start=1))
        for ordinal, reply, error_code, description in rows:
            call = unanswered.pop(ordinal, None)
            if call is not None:
                _complete(call, reply, error_code, description)
        for call in unanswered.values():
            # Why is in the database's log: somebody's lock, or a defect of ours.
            logger.warning(
                "%s of connection %d has no outcome", call.action, call.caller.connection_id
            )
            _abandon(call, TRY_AGAIN_LATER, "no answer")


def _connection_id(call: PendingCall) -> int:
    return call.caller.connection_id


def _complete(
    call: PendingCall, reply: str | None, error_code: str | None, description: str | None
) -> None:
    try:
        call.caller.complete(call, reply, error_code, description)
    except Exception:
        logger.exception("an answer could not be sent")
        _abandon(call, TRY_AGAIN_LATER, "the answer could not be sent")


def _abandon_failed(call: PendingCall, error: StatementRetryable | StatementFailed) -> None:
    is_ours = isinstance(error, StatementRetryable) or error.is_ours
    is_usual = isinstance(error, StatementFailed) and (error.is_blocked or error.is_stale)
    logger.log(
        logging.WARNING if is_usual else logging.ERROR,
        "a call of connection %d failed: %s",
        call.caller.connection_id,
        error,
    )
    _abandon(call, TRY_AGAIN_LATER if is_ours else INTERNAL, "the call failed")


def _abandon(call: PendingCall, close_code: int, reason: str) -> None:
    try:
        call.caller.abandon(close_code, reason)
    except Exception:
        logger.exception("a socket could not be closed")


class Dispatcher:
    """The lanes of one bridge."""

    __slots__ = ("_lanes", "solo_actions")

    def __init__(self, links: Sequence[Link]) -> None:
        self._lanes = [Lane(link) for link in links]
        self.solo_actions: frozenset[str] = frozenset()
        """Messages that go in small batches of their own, as the database says."""

    @property
    def is_idle(self) -> bool:
        """Whether no call waits or runs."""
        return all(lane.is_idle for lane in self._lanes)

    def lane_for(self, identity: str) -> Lane:
        """The lane of a charger, the same over all its connections."""
        return self._lanes[zlib.crc32(identity.encode()) % len(self._lanes)]

    def submit(self, lane: Lane, call: PendingCall) -> None:
        """Queue a call in its charger's lane."""
        lane.submit(call, is_solo=call.action in self.solo_actions)

    async def run(self) -> None:
        """Run all lanes until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for lane in self._lanes:
                tasks.create_task(lane.run())
