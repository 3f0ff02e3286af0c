"""Effects outside: takes what is due, has it delivered, and reports what came of it.

SQL decides (`jobs.take_outbox`, `jobs.prepare_outbox`, `jobs.finish_outbox`); a deliverer makes
one call. That a call is about to be made is committed before it is made: when this process dies,
SQL finds out, and the effect is unknown rather than done twice (docs/jobs.md).
"""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import psycopg

from jobs.worker import Connection, Worker

__all__ = ["Deliverer", "Outbox", "Outcome", "Task", "outboxes_of"]

_HELPER_S = 15.0
"""A thread that helps looks so often without having been called."""
_STOP_S = 0.5
"""And so often whether it is to end."""
_PASSING = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.LockNotAvailable,
)

_logger = logging.getLogger("jobs")


@dataclass(frozen=True, slots=True)
class Task:
    """One call that is to be made."""

    id: int
    """Of the row in the outbox."""
    number: int
    """The how many-th call of it this is."""
    tenant_id: int | None
    key: str
    """Names the effect: goes outside with it, the same at each try."""
    payload: Mapping[str, Any] = field(repr=False)
    """What jobs.prepare_outbox gave; may hold secrets."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call.

    delivered: it is done. retry: it was not done, and may be tried again; in answer to asking,
    the other side has never had it. unknown: nobody knows whether it was done. dead: it was not
    done and never will be.
    """

    outcome: Literal["delivered", "retry", "unknown", "dead"]
    detail: str = ""
    """For people, of at most 2,000 characters: no secrets."""
    code: int | None = None
    """What the other side gave: an HTTP status, an SMTP code."""
    retry_after_s: float | None = None
    """How long the other side asked to be left alone."""
    result: Mapping[str, Any] | None = None
    """What the other side answered, for jobs.settle_<kind>."""


class Deliverer(Protocol):
    """Makes the calls of one kind; used by `threads` threads at once.

    Has to come to an end well within the lease of its kind (ops.outbox_kinds): every wait has a
    limit. What it raises counts as unknown.
    """

    @property
    def kind(self) -> str:
        """The kind of the outbox."""

    @property
    def threads(self) -> int:
        """How many calls may be made at once by this process."""

    @property
    def can_ask(self) -> bool:
        """Whether `ask` can find out what became of an unknown effect."""

    def deliver(self, task: Task) -> Outcome:
        """Do it."""

    def ask(self, task: Task) -> Outcome:
        """Ask the other side what became of it. Not called unless `can_ask`."""


class Outbox(Worker):
    """One thread that makes the calls of one deliverer, one at a time.

    Of several threads for one deliverer the first looks for work all the time; the others connect
    and look when it has found some (`helps`), so that having nothing to do costs little.
    """

    role = "outbox"

    def __init__(
        self,
        url: str,
        stop: threading.Event,
        deliverer: Deliverer,
        *,
        interval_s: float = 1.0,
        helps: Outbox | None = None,
    ) -> None:
        super().__init__(url, stop, interval_s=interval_s)
        self._deliverer = deliverer
        self._is_helper = helps is not None
        # Set by the first of them from when it finds work until it finds none, its calls included.
        self._has_work: threading.Event = helps._has_work if helps else threading.Event()
        # What the database has not been told yet, because the connection was lost meanwhile.
        self._unreported: tuple[Task, Outcome] | None = None

    def run(self) -> None:
        """Work until `stop` is set."""
        if self._is_helper:
            self._await_work(math.inf)
        super().run()

    def _rest(self, seconds: float) -> None:
        if self._is_helper and not self._has_work.is_set():
            self._await_work(_HELPER_S)
        else:
            super()._rest(seconds)

    def _await_work(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stop.is_set() and time.monotonic() < until:
            if self._has_work.wait(_STOP_S):
                return

    def _run_one(self, connection: Connection) -> bool:
        if self._unreported is not None:
            self._report(connection, *self._unreported)
        row = connection.execute(
            "select outbox_id, number, is_ask, tenant_id, idempotency_key"
            " from jobs.take_outbox(%s, %s, %s)",
            [self._name, self._deliverer.kind, self._deliverer.can_ask],
        ).fetchone()
        if not self._is_helper:
            (self._has_work.clear if row is None else self._has_work.set)()
        if row is None:
            return False
        outbox_id, number, is_ask, tenant_id, key = row
        task = Task(outbox_id, number, tenant_id, key, {})
        try:
            prepared = connection.execute(
                "select jobs.prepare_outbox(%s, %s)", [outbox_id, number]
            ).fetchone()
        except psycopg.Error as error:
            if connection.closed:
                raise
            problem = f"it cannot be prepared: {_sentence(error)}"
            self._report(connection, task, Outcome("unknown" if is_ask else "retry", problem))
            return True
        if prepared is None or prepared[0] is None:
            _logger.info("%s %s is no longer wanted", self._deliverer.kind, outbox_id)
            return True
        task = Task(outbox_id, number, tenant_id, key, prepared[0])
        self._report(connection, task, self._call(task, is_ask=is_ask))
        return True

    def _call(self, task: Task, *, is_ask: bool) -> Outcome:
        try:
            return self._deliverer.ask(task) if is_ask else self._deliverer.deliver(task)
        except Exception as error:
            # Whatever it is, it may have come after the effect, and must not end this thread.
            _logger.exception("%s %s", self._deliverer.kind, task.id)
            return Outcome("unknown", f"{type(error).__name__}: {error}")

    def _report(self, connection: Connection, task: Task, outcome: Outcome) -> None:
        self._unreported = task, outcome
        try:
            state = self._finish(connection, task, outcome)
        except psycopg.Error as error:
            # Told again on the next connection: lost, or in the way of somebody else.
            if connection.closed or isinstance(error, _PASSING):
                raise
            # The call was made, and what follows from it cannot be written: a person has to look.
            problem = f"what came of it cannot be kept: {_sentence(error)}"
            _logger.warning("%s %s: %s", self._deliverer.kind, task.id, problem)
            # If not even that can be kept, its lease ends, and this thread goes on with others.
            self._unreported = None
            state = self._finish(connection, task, Outcome("unknown", problem, outcome.code))
        self._unreported = None
        level = logging.INFO if outcome.outcome == "delivered" else logging.WARNING
        _logger.log(
            level, "%s %s %s: %s", self._deliverer.kind, task.id, state or "lost", outcome.detail
        )

    def _finish(self, connection: Connection, task: Task, outcome: Outcome) -> str | None:
        row = connection.execute(
            "select jobs.finish_outbox(%s, %s, %s, %s, %s, %s, %s)",
            [
                task.id,
                task.number,
                outcome.outcome,
                outcome.code,
                # PostgreSQL's text has no NUL.
                outcome.detail.replace("\0", "\u2400")[:2000],
                outcome.retry_after_s,
                None
                if outcome.result is None
                else json.dumps(outcome.result).replace("\\u0000", "\\u2400"),
            ],
        ).fetchone()
        return row[0] if row else None


def outboxes_of(url: str, stop: threading.Event, deliverer: Deliverer) -> list[Outbox]:
    """Make what makes the calls of a deliverer: one for each of its threads."""
    first = Outbox(url, stop, deliverer)
    helpers = range(1, deliverer.threads)
    return [first, *(Outbox(url, stop, deliverer, helps=first) for _ in helpers)]


def _sentence(error: psycopg.Error) -> str:
    return str(error).strip().splitlines()[0]
