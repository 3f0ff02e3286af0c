"""Commands to one charger: one in flight, each answered, timed out or never sent.

Sources: OCPP-J 1.6 §4.1.1 (one call at a time in each direction); DESIGN decision 9; QUIRKS rows
22, 24, 41 to 43. The row in the database is the truth; what is kept here dies with the socket.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from bridge import frames
from bridge.schemas import Schemas

__all__ = ["Command", "Desk", "LinkTerms", "Outcome", "Outgoing", "Wire"]

# Commands that were given up and whose answers are still told from stray ones.
MAX_LATE = 4
GOING_AWAY = 1001

UNREADABLE = "the answer could not be read"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Command:
    """What ocpp.take_commands hands out for one connection."""

    message_id: str
    action: str
    payload: str
    """JSON text of an object."""
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What ocpp.finish_commands is told of one command."""

    connection_id: int
    message_id: str
    kind: str
    """result, error, timeout, unsent or invalid."""
    payload: str | None
    """JSON text: the payload of a result, the details of an error."""
    error_code: str | None
    error_description: str | None
    violations: str | None
    """JSON text of what the answer, or the command itself, breaks in its schema."""
    received_at: datetime


@dataclass(frozen=True, slots=True)
class LinkTerms:
    """How to treat the charger behind one socket: the network's settings, or its quirks."""

    settle_s: float
    """A silent link takes commands after so many seconds."""
    command_gap_s: float
    """Seconds between the end of one command and the next."""


class Wire(Protocol):
    """What commands need of the session they go through."""

    identity: str
    connection_id: int

    @property
    def is_serving(self) -> bool:
        """Whether the socket is open and meant to stay so."""

    def send(self, frame: bytes) -> bool:
        """Send a text frame; False when the socket is not open any more."""

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake."""

    def on_quiet(self) -> None:
        """No command is in flight or being reported any more."""


class Desk(Protocol):
    """Where commands come from and where their outcomes go: the courier."""

    @property
    def max_unanswered(self) -> int:
        """Commands in a row without an answer after which a socket is closed."""

    def ask(self, outgoing: Outgoing) -> None:
        """Look whether a command waits for this charger."""

    def report(self, outgoing: Outgoing, outcome: Outcome) -> None:
        """Store an outcome; `release` is called when that is done, or given up."""


class _Gone:
    """The wire of a session that is over."""

    __slots__ = ("connection_id", "identity")

    is_serving = False

    def __init__(self, wire: Wire) -> None:
        self.identity = wire.identity
        self.connection_id = wire.connection_id

    def send(self, _frame: bytes) -> bool:
        return False

    def close(self, _code: int, _reason: str) -> None:
        pass

    def on_quiet(self) -> None:
        pass


class State(enum.Enum):
    """Where the one command of a charger is."""

    FREE = enum.auto()
    ASKING = enum.auto()
    """The courier will look, or is looking, for one."""
    IN_FLIGHT = enum.auto()
    REPORTING = enum.auto()
    """It has an outcome that is not stored yet."""


class Outgoing:
    """The commands of one connection."""

    __slots__ = (
        "_desk",
        "_gap_s",
        "_is_rung",
        "_is_taken",
        "_late",
        "_pending",
        "_schemas",
        "_settles_at",
        "_state",
        "_timer",
        "_unanswered",
        "_wire",
    )

    def __init__(self, wire: Wire, desk: Desk, schemas: Schemas, terms: LinkTerms) -> None:
        self._wire: Wire = wire
        self._desk = desk
        self._schemas = schemas
        # Event loop time from which commands are taken; nothing once a call was answered.
        self._settles_at = asyncio.get_running_loop().time() + terms.settle_s
        self._gap_s = terms.command_gap_s
        self._state = State.FREE
        # A command may wait, and could not be asked for yet.
        self._is_rung = False
        # The courier has asked the database, and a command may be marked as sent.
        self._is_taken = False
        self._pending: Command | None = None
        # The end of the pending command, or of the gap after it.
        self._timer: asyncio.TimerHandle | None = None
        self._unanswered = 0
        # Commands that timed out, newest last; None while there is none.
        self._late: list[Command] | None = None

    @property
    def connection_id(self) -> int:
        return self._wire.connection_id

    @property
    def is_taken(self) -> bool:
        """Whether the database is being asked for a command."""
        return self._is_taken

    @property
    def is_quiet(self) -> bool:
        """Whether no command of this charger is on its way."""
        return not self._is_taken and self._state in (State.FREE, State.ASKING)

    @property
    def is_ready(self) -> bool:
        """Whether a command could be sent now."""
        return (
            self._state in (State.FREE, State.ASKING)
            and self._timer is None
            and self._wire.is_serving
            and asyncio.get_running_loop().time() >= self._settles_at
        )

    # From the courier

    def ring(self) -> None:
        """A command may wait."""
        self._is_rung = True
        self._ask_if_rung()

    def begin_taking(self) -> bool:
        """The database is asked now; False when nothing may be sent any more."""
        if not self.is_ready:
            self._state = State.FREE
            return False
        self._is_rung = False
        self._is_taken = True
        return True

    def end_taking(self, command: Command | None) -> None:
        """The database has answered: send the command, or there was none."""
        self._is_taken = False
        self._state = State.FREE
        if command is not None:
            self._send(command)
        elif self._wire.is_serving:
            self._ask_if_rung()
        else:
            self._wire.on_quiet()

    def release(self, outcome: Outcome, *, has_more: bool) -> None:
        """An outcome is stored."""
        if has_more:
            self._is_rung = True
        pending = self._pending
        if pending is not None and pending.message_id == outcome.message_id:
            self._pending = None
            self._state = State.FREE
            if not self._wire.is_serving:
                self._wire.on_quiet()
                return
            if self._gap_s > 0:
                self._timer = asyncio.get_running_loop().call_later(self._gap_s, self._on_gap_over)
        self._ask_if_rung()

    # From the session

    def settle(self) -> None:
        """A call of the charger was answered: it listens (QUIRKS row 24)."""
        if self._settles_at:
            self._settles_at = 0.0
            self._ask_if_rung()

    def receive(self, answer: frames.Answer) -> bool:
        """Take an answer; False when it belongs to no command of this connection."""
        command = self._answered(answer.message_id)
        if command is None:
            return False
        if answer.message_type == frames.CALL_RESULT:
            payload = "{}" if answer.payload == "null" else answer.payload
            violations = self._schemas.response_violations(command.action, payload)
            self._report(command, "result", payload=payload, violations=violations)
        else:
            self._report(
                command,
                "error",
                payload=answer.payload,
                error_code=answer.error_code,
                description=answer.error_description,
            )
        return True

    def receive_unreadable(self, message_id: str) -> None:
        """Take what should have been an answer: that there was one ends the command."""
        command = self._answered(message_id)
        if command is not None:
            self._report(
                command,
                "error",
                payload="{}",
                error_code=frames.FORMATION_VIOLATION,
                description=UNREADABLE,
            )

    def ended(self) -> None:
        """The socket is gone: whether a command in flight arrived is not known."""
        self._cancel_timer()
        if self._state is State.IN_FLIGHT:
            # Closing the connection makes the command unknown.
            self._pending = None
        if self._state is not State.REPORTING:
            self._state = State.FREE

    def leave(self) -> None:
        """Nothing is on its way any more: let go of the session, which holds this."""
        self._wire = _Gone(self._wire)

    # Inside

    def _ask_if_rung(self) -> None:
        if self._is_rung and self._state is State.FREE and not self._is_taken and self.is_ready:
            self._state = State.ASKING
            self._desk.ask(self)

    def _send(self, command: Command) -> None:
        self._pending = command
        if not self._wire.is_serving:
            self._report(command, "unsent")
            return
        violations = self._schemas.outgoing_violations(command.action, command.payload)
        if violations:
            logger.error("%s: our %s is not valid", self._wire.identity, command.action)
            self._report(command, "invalid", violations=violations)
            return
        frame = frames.serialize_call(command.message_id, command.action, command.payload)
        if not self._wire.send(frame):
            self._report(command, "unsent")
            return
        # The payload is the socket's now: large ones for many chargers would fill the memory.
        self._pending = replace(command, payload="")
        self._state = State.IN_FLIGHT
        self._timer = asyncio.get_running_loop().call_later(command.timeout_s, self._on_timeout)

    def _answered(self, message_id: str) -> Command | None:
        """The command that an answer belongs to; the next answer to it is a stray one."""
        pending = self._pending
        if (
            pending is not None
            and self._state is State.IN_FLIGHT
            and pending.message_id == message_id
        ):
            self._cancel_timer()
            self._unanswered = 0
            return pending
        late = self._late or []
        for command in late:
            if command.message_id == message_id:
                late.remove(command)
                self._unanswered = 0
                return command
        return None

    def _on_timeout(self) -> None:
        self._timer = None
        command = self._pending
        if command is None:
            return
        self._late = [*(self._late or ())[-MAX_LATE + 1 :], command]
        self._unanswered += 1
        self._report(command, "timeout")
        if self._unanswered >= self._desk.max_unanswered:
            # QUIRKS row 22: it may talk and be deaf; a new socket helps.
            logger.warning("%s answers no command", self._wire.identity)
            self._wire.close(GOING_AWAY, "commands are not answered")

    def _on_gap_over(self) -> None:
        self._timer = None
        self._ask_if_rung()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _report(
        self,
        command: Command,
        kind: str,
        *,
        payload: str | None = None,
        error_code: str | None = None,
        description: str | None = None,
        violations: list[dict[str, str]] | None = None,
    ) -> None:
        if command is self._pending:
            self._state = State.REPORTING
        self._desk.report(
            self,
            Outcome(
                connection_id=self._wire.connection_id,
                message_id=command.message_id,
                kind=kind,
                payload=payload,
                error_code=error_code,
                error_description=description,
                violations=msgspec.json.encode(violations).decode() if violations else None,
                received_at=datetime.now(UTC),
            ),
        )
