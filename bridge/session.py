"""One charger's conversation on one socket: calls in, answers out. No I/O of its own.

The calls that go the other way are in outgoing.py.

Sources: OCPP-J 1.6 §4.1 (synchronicity, message ids); DESIGN decisions 2, 3, 5 and 6.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from bridge import frames
from bridge.dispatcher import Dispatcher, Lane, PendingCall
from bridge.journal import Journal
from bridge.outgoing import Desk, LinkTerms, Outgoing
from bridge.schemas import Schemas
from bridge.settings import Policy

__all__ = ["Services", "Session", "Socket"]

# Answers kept for repeated calls: a charger waits for one answer before it sends more.
MAX_ANSWERS = 16

NORMAL = 1000
POLICY_VIOLATION = 1008

logger = logging.getLogger(__name__)


class Socket(Protocol):
    """What a session needs of its socket."""

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""

    def send(self, frame: bytes) -> bool:
        """Send a text frame; False, and nothing, when the socket is not open any more."""

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake."""

    def resume(self) -> None:
        """The session takes frames again."""


@dataclass(frozen=True, slots=True)
class Services:
    """What all sessions share."""

    dispatcher: Dispatcher
    desk: Desk
    journal: Journal
    policy: Policy
    schemas: dict[str, Schemas]
    """By WebSocket subprotocol."""


class Session:
    """The OCPP-J layer of one connection."""

    __slots__ = (
        "_answers",
        "_bad_frames",
        "_current",
        "_end",
        "_is_recorded",
        "_lane",
        "_retirement",
        "_schemas",
        "_services",
        "_socket",
        "_waiting",
        "_waiting_characters",
        "connection_id",
        "identity",
        "outgoing",
        "stray_answers",
    )

    def __init__(
        self,
        connection_id: int,
        identity: str,
        subprotocol: str,
        socket: Socket,
        services: Services,
        terms: LinkTerms,
    ) -> None:
        self.connection_id = connection_id
        """The epoch that the database gave this socket."""
        self.identity = identity
        self.stray_answers = 0
        """Answers to calls that nobody made."""
        self._socket = socket
        self._services = services
        self._schemas = services.schemas[subprotocol]
        self._lane: Lane = services.dispatcher.lane_for(identity)
        # The call that is in the lane, and those behind it.
        self._current: PendingCall | None = None
        self._waiting: deque[PendingCall] | None = None
        self._waiting_characters = 0
        # Hash of a call -> its answer, newest last; only what may be repeated.
        self._answers: dict[int, bytes] | None = None
        self._bad_frames = 0
        # Set when the socket is gone: (close code, reason).
        self._end: tuple[int, str] | None = None
        # Set when the socket is to be closed after the last answer.
        self._retirement: tuple[int, str] | None = None
        self._is_recorded = False
        self.outgoing = Outgoing(self, services.desk, self._schemas, terms)
        """The commands of this charger."""

    @property
    def is_serving(self) -> bool:
        """Whether the socket is open and meant to stay so."""
        return self._end is None and self._retirement is None and self._socket.is_open

    @property
    def is_full(self) -> bool:
        """Whether the socket must not be read for now."""
        waiting = self._waiting
        if waiting is None:
            return False
        policy = self._services.policy
        return (
            len(waiting) >= policy.max_pending_calls
            or self._waiting_characters >= policy.max_frame_bytes
        )

    # From the socket

    def receive(self, text: str) -> None:
        """Take one text message."""
        if self._end is not None:
            return
        if self._retirement is not None and self.outgoing.is_quiet:
            return
        frame = frames.parse(text, max_depth=self._services.policy.max_json_depth)
        if self._retirement is not None and not isinstance(frame, frames.Answer):
            return
        if isinstance(frame, frames.Call):
            self._bad_frames = 0
            self._receive_call(frame)
        elif isinstance(frame, frames.Answer):
            self._receive_answer(frame)
        else:
            self._receive_bad(text, frame)

    def retire(self, code: int, reason: str) -> None:
        """Take no more calls and commands, wait for the answers to those that are, then close."""
        if self._retirement is None:
            self._retirement = (code, reason)
            self.on_quiet()

    def ended(self, code: int, reason: str) -> None:
        """The socket is gone. What it brought is still processed, then the end is recorded."""
        if self._end is None:
            self._end = (code, reason)
            self.outgoing.ended()
            self.on_quiet()

    # From its commands

    def send(self, frame: bytes) -> bool:
        """Send a text frame; False when the socket is not open any more."""
        return self._socket.send(frame)

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake."""
        self._socket.close(code, reason)

    def on_quiet(self) -> None:
        """Once nothing is on its way: record the end, or say goodbye."""
        if self._current is not None or not self.outgoing.is_quiet:
            return
        if self._end is not None:
            self._record_end()
        elif self._retirement is not None:
            self._socket.close(*self._retirement)

    # From the lane

    def complete(
        self, call: PendingCall, reply: str | None, error_code: str | None, description: str | None
    ) -> None:
        """Send the outcome of a call that was committed, and go on with the next one."""
        if error_code is None and reply is not None:
            if self._schemas.is_valid_response(call.action, reply):
                answer = frames.serialize_result(call.message_id, reply)
            else:
                logger.error("%s: our answer to %s is not valid", self.identity, call.action)
                error_code, description = frames.INTERNAL_ERROR, ""
                self._log_error(call.message_id, call.action, error_code, "")
        if error_code is not None:
            answer = frames.serialize_error(call.message_id, error_code, description or "")
        elif reply is None:
            raise ValueError("neither a reply nor an error")
        if error_code != frames.INTERNAL_ERROR:
            self._keep_answer(call.key, answer)
        self._socket.send(answer)
        for _ in range(call.repetitions):
            self._socket.send(answer)
            self._log_answer(answer, call.action)
        self.outgoing.settle()
        self._go_on()

    def abandon(self, close_code: int, reason: str) -> None:
        """Close without an answer, and forget what waits: the charger will send it all again."""
        self._waiting = None
        self._waiting_characters = 0
        self._current = None
        self._socket.close(close_code, reason)
        self.on_quiet()

    # Calls

    def _receive_call(self, frame: frames.Call) -> None:
        key = hash((frame.message_id, frame.action, frame.payload))
        if self._is_repetition(key, frame):
            return
        violations = self._schemas.request_violations(frame.action, frame.payload)
        if frame.notes:
            violations = violations + [
                {"path": "", "keyword": "frame", "message": note} for note in frame.notes
            ]
        call = PendingCall(
            self,
            frame.message_id,
            frame.action,
            frame.payload,
            msgspec.json.encode(violations).decode() if violations else None,
            datetime.now(UTC),
            key,
        )
        if self._current is None:
            self._current = call
            self._services.dispatcher.submit(self._lane, call)
            return
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(call)
        self._waiting_characters += len(call.payload)

    def _is_repetition(self, key: int, frame: frames.Call) -> bool:
        """Answer a call that was sent before on this socket (QUIRKS row 38)."""
        answer = None if self._answers is None else self._answers.get(key)
        if answer is None:
            pending = self._pending(key)
            if pending is None:
                return False
            pending.repetitions += 1
        self._log("in", frame.payload, frames.CALL, frame.message_id, frame.action, None)
        if answer is not None:
            self._socket.send(answer)
            self._log_answer(answer, frame.action)
        return True

    def _pending(self, key: int) -> PendingCall | None:
        if self._current is None:
            return None
        if self._current.key == key:
            return self._current
        return next((call for call in self._waiting or () if call.key == key), None)

    def _keep_answer(self, key: int, answer: bytes) -> None:
        answers = self._answers
        if answers is None:
            answers = self._answers = {}
        elif len(answers) >= MAX_ANSWERS:
            del answers[next(iter(answers))]
        answers[key] = answer

    def _go_on(self) -> None:
        waiting = self._waiting
        if waiting:
            was_full = self.is_full
            call = self._current = waiting.popleft()
            self._waiting_characters -= len(call.payload)
            self._services.dispatcher.submit(self._lane, call)
            if was_full and not self.is_full:
                self._socket.resume()
            return
        self._current = self._waiting = None
        self.on_quiet()

    # What is no call

    def _receive_answer(self, frame: frames.Answer) -> None:
        """Take the answer to a command; drop one to a call that was never made (QUIRKS row 41)."""
        if self.outgoing.receive(frame):
            self._bad_frames = 0
            return
        self.stray_answers += 1
        self._log("in", frame.payload, frame.message_type, frame.message_id, None, frame.error_code)
        self._count_bad_frame()

    def _receive_bad(self, text: str, frame: frames.Malformed | frames.Ignored) -> None:
        if isinstance(frame, frames.Malformed):
            error = frame.error_code
            self._log("in", text, frames.CALL, frame.message_id, frame.action, error)
            self._socket.send(frames.serialize_error(frame.message_id, error, frame.reason))
            self._log_error(frame.message_id, frame.action, error, frame.reason)
        else:
            self._log("in", text, frame.message_type, frame.message_id, None, None)
            if frame.message_type in (frames.CALL_RESULT, frames.CALL_ERROR) and frame.message_id:
                self.outgoing.receive_unreadable(frame.message_id)
        logger.debug("%s sent a bad frame: %s", self.identity, frame.reason)
        self._count_bad_frame()

    def _count_bad_frame(self) -> None:
        """Count what is no call, in a row; a peer that sends nothing else is sent away."""
        self._bad_frames += 1
        if self._bad_frames == self._services.policy.max_bad_frames:
            logger.warning("%s sends nothing that can be answered", self.identity)
            self._socket.close(POLICY_VIOLATION, "too many unreadable or stray frames")

    # The log

    def _record_end(self) -> None:
        if self._end is not None and not self._is_recorded:
            self._is_recorded = True
            code, reason = self._end
            self._services.journal.record_closing(self.connection_id, code, reason)
            self.outgoing.leave()

    def _log_answer(self, answer: bytes, action: str) -> None:
        """Log an answer that is sent once more; the batch logged it the first time."""
        frame = frames.parse(answer.decode(), max_depth=self._services.policy.max_json_depth)
        if isinstance(frame, frames.Answer):
            if frame.error_code is not None:
                self._log_error(
                    frame.message_id, action, frame.error_code, frame.error_description or ""
                )
            else:
                self._log("out", frame.payload, frame.message_type, frame.message_id, action, None)

    def _log_error(self, message_id: str, action: str | None, error: str, description: str) -> None:
        # As ocpp.handle_calls logs its own: the description as a JSON string.
        text = msgspec.json.encode(description).decode()
        self._log("out", text, frames.CALL_ERROR, message_id, action, error)

    def _log(
        self,
        direction: str,
        payload: str,
        message_type: int | None,
        message_id: str | None,
        action: str | None,
        error: str | None,
    ) -> None:
        self._services.journal.log_frame(
            self.connection_id,
            direction,
            payload,
            message_type=message_type,
            message_id=message_id,
            action=action,
            error=error,
        )
