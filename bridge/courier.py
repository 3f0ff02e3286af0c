"""Commands on their way from the database to chargers, and their outcomes on the way back.

It asks for the commands of many connections in one statement, and stores many outcomes in one;
each on a link of its own, so that an outcome that waits for a lock holds up no command.
A command is marked as sent, and that is committed, before its frame is written: it is sent at
most once (DESIGN decision 9). Which connections to ask for is told by the bell (bell.py) and, for
the bells that were missed, by a poll.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

from bridge.database import Database
from bridge.exceptions import BridgeError, StatementFailed, StatementRetryable
from bridge.journal import sql_text
from bridge.outgoing import Command, Outcome, Outgoing

__all__ = ["Courier"]

# Each command takes a subtransaction, as calls do (dispatcher.py).
MAX_BATCH = 40
MAX_TRIES = 4
RETRY_DELAY_S = 0.02
# How long the database may be asked again for a batch that it refused, one by one.
SINGLY_S = 5.0
# While outcomes cannot be stored, and how long they are worth it.
FIRST_PAUSE_S = 0.2
LAST_PAUSE_S = 3.0
KEEP_S = 300.0
MAX_WAITING_BYTES = 16 * 1024 * 1024
OUTCOME_BYTES = 400  # what an outcome takes beside its payload
# What a poll does when no bell can ring.
FAST_POLL_S = 0.25

logger = logging.getLogger(__name__)

_T = TypeVar("_T")
_Report = tuple[Outgoing, Outcome]


class Courier:
    """Asks for commands, hands them to sessions, and stores what became of them."""

    def __init__(self, database: Database, find: Callable[[int], Outgoing | None]) -> None:
        """`find` returns what sends commands on an open connection, by its id."""
        self._database = database
        self._find = find
        # Chargers to look for a command for, in the order in which they asked.
        self._asking: dict[int, Outgoing] = {}
        self._reports: deque[_Report] = deque()
        self._waiting_bytes = 0
        self._is_taking = False
        self._is_storing = False
        # Until outcomes are tried to be stored again; longer each time.
        self._pause_s = FIRST_PAUSE_S
        self._asked = asyncio.Event()
        self._reported = asyncio.Event()
        self._poll_now = asyncio.Event()
        self.max_unanswered = 1
        """Commands in a row without an answer after which a socket is closed."""
        self.is_bell_heard = False
        """Whether bells reach this process; polls are frequent while they do not."""

    @property
    def is_idle(self) -> bool:
        """Whether no command is being fetched and every outcome is stored."""
        return not (self._is_taking or self._is_storing or self._reports)

    def ring(self, connection_id: int) -> None:
        """A command may wait for that connection."""
        outgoing = self._find(connection_id)
        if outgoing is not None:
            outgoing.ring()

    def poll_soon(self) -> None:
        """Bells may have been missed: look at once."""
        self._poll_now.set()

    def forget(self) -> None:
        """The database is away: those that asked will ask again, with new sockets."""
        self._asking.clear()

    # From chargers

    def ask(self, outgoing: Outgoing) -> None:
        """Look whether a command waits for this charger."""
        self._asking[outgoing.connection_id] = outgoing
        self._asked.set()

    def report(self, outgoing: Outgoing, outcome: Outcome) -> None:
        """Store an outcome; `release` is called when that is done, or given up."""
        size = _size(outcome)
        if self._waiting_bytes + size > MAX_WAITING_BYTES:
            # As if it had never come: the database makes the command unknown in time.
            logger.warning("an outcome for connection %d is dropped", outcome.connection_id)
            outgoing.release(outcome, has_more=False)
            return
        self._waiting_bytes += size
        self._reports.append((outgoing, outcome))
        self._reported.set()

    # Tasks

    async def run(self) -> None:
        """Carry; runs until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take_all())
            tasks.create_task(self._store_all())

    async def _take_all(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            while self._asking:
                self._is_taking = True
                try:
                    await self._take()
                finally:
                    self._is_taking = False

    async def _store_all(self) -> None:
        while True:
            await self._reported.wait()
            self._reported.clear()
            while self._reports:
                self._is_storing = True
                try:
                    await self._store()
                finally:
                    self._is_storing = False

    async def poll(self, interval_s: float) -> None:
        """Find the commands whose bell was missed; runs until cancelled."""
        while True:
            delay_s = interval_s if self.is_bell_heard else min(interval_s, FAST_POLL_S)
            try:
                async with asyncio.timeout(delay_s * random.uniform(0.9, 1.1)):
                    await self._poll_now.wait()
            except TimeoutError:
                pass
            self._poll_now.clear()
            try:
                waiting = await self._database.list_waiting_connections()
            except StatementFailed as error:
                logger.error("commands cannot be looked for: %s", error)
            except BridgeError as error:
                logger.debug("commands cannot be looked for: %s", error)
            else:
                for connection_id in waiting:
                    self.ring(connection_id)

    # Commands

    async def _take(self) -> None:
        asked = [
            outgoing
            for outgoing in [self._asking.pop(number) for number in _first(self._asking)]
            if outgoing.begin_taking()
        ]
        # All batches lock in the same order.
        asked.sort(key=_connection_id)
        try:
            for outgoing, error in await _in_parts(asked, self._take_batch):
                # The poll finds it again; what was marked in vain becomes unknown in time.
                number = outgoing.connection_id
                logger.warning("commands of connection %d were not fetched: %s", number, error)
        except Exception:
            # A defect of ours, or of what ocpp.take_commands returned.
            logger.exception("commands could not be handed out")
        for outgoing in asked:
            if outgoing.is_taken:
                outgoing.end_taking(None)

    async def _take_batch(self, asked: Sequence[Outgoing]) -> None:
        rows = await _repeated(
            lambda: self._database.take_commands([one.connection_id for one in asked])
        )
        commands: dict[int, Command] = {
            row[0]: Command(row[1], row[2], row[3], float(row[4])) for row in rows
        }
        for outgoing in asked:
            try:
                outgoing.end_taking(commands.get(outgoing.connection_id))
            except Exception:
                # A defect of ours: this command becomes unknown, and no other charger notices.
                logger.exception("a command could not be sent")

    # Outcomes

    async def _store(self) -> None:
        batch = [self._reports.popleft() for _ in range(min(MAX_BATCH, len(self._reports)))]
        is_stuck = False
        for report, error in await _in_parts(batch, self._store_batch):
            outgoing, outcome = report
            age_s = (datetime.now(UTC) - outcome.received_at).total_seconds()
            if age_s < KEEP_S and not (isinstance(error, StatementFailed) and not error.is_ours):
                # Storing an outcome twice changes nothing.
                self._reports.append(report)
                is_stuck = True
                continue
            logger.error(
                "an outcome for connection %d is dropped: %s", outcome.connection_id, error
            )
            self._release(outgoing, outcome, has_more=False)
        if is_stuck:
            await asyncio.sleep(self._pause_s * random.uniform(0.5, 1))
            self._pause_s = min(2 * self._pause_s, LAST_PAUSE_S)
        else:
            self._pause_s = FIRST_PAUSE_S

    async def _store_batch(self, batch: Sequence[_Report]) -> None:
        more = set(
            await _repeated(
                lambda: self._database.finish_commands(_columns([one for _, one in batch]))
            )
        )
        for outgoing, outcome in batch:
            self._release(outgoing, outcome, has_more=outcome.connection_id in more)

    def _release(self, outgoing: Outgoing, outcome: Outcome, *, has_more: bool) -> None:
        self._waiting_bytes -= _size(outcome)
        try:
            outgoing.release(outcome, has_more=has_more)
        except Exception:
            logger.exception("a charger could not go on")


def _first(asking: Iterable[int]) -> list[int]:
    return list(islice(asking, MAX_BATCH))


def _connection_id(outgoing: Outgoing) -> int:
    return outgoing.connection_id


def _columns(outcomes: Sequence[Outcome]) -> list[list[object]]:
    """In the order of ocpp.finish_commands."""
    return [
        [one.connection_id for one in outcomes],
        [sql_text(one.message_id) for one in outcomes],
        [one.kind for one in outcomes],
        [_optional(one.payload) for one in outcomes],
        [_optional(one.error_code) for one in outcomes],
        [_optional(one.error_description) for one in outcomes],
        [_optional(one.violations) for one in outcomes],
        [one.received_at for one in outcomes],
    ]


def _optional(text: str | None) -> str | None:
    return None if text is None else sql_text(text)


def _size(outcome: Outcome) -> int:
    return OUTCOME_BYTES + len(outcome.payload or "") + len(outcome.violations or "")


async def _repeated(statement: Callable[[], Awaitable[_T]]) -> _T:
    """Run a statement again while it is rolled back by a conflict."""
    for attempt in range(1, MAX_TRIES):
        try:
            return await statement()
        except StatementRetryable:
            await asyncio.sleep(RETRY_DELAY_S * 2**attempt * random.uniform(0.5, 1))
    return await statement()


async def _in_parts(
    items: Sequence[_T], work: Callable[[Sequence[_T]], Awaitable[None]]
) -> list[tuple[_T, BridgeError]]:
    """Do `work` for all at once or, when the database refuses that, for one after the other.

    Returns those for which it was not done, and why.
    """
    if not items:
        return []
    try:
        await work(items)
        return []
    except (StatementRetryable, StatementFailed) as error:
        if len(items) == 1:
            return [(items[0], error)]
        logger.warning("a batch of %d commands goes one by one: %s", len(items), error)
    except BridgeError as error:
        return [(item, error) for item in items]
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SINGLY_S
    undone: list[tuple[_T, BridgeError]] = []
    for item in items:
        if loop.time() > deadline:
            undone.append((item, StatementFailed("57014", "others took too long")))
            continue
        try:
            await work([item])
        except BridgeError as error:
            undone.append((item, error))
    return undone
