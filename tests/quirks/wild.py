"""A charger that does everything wrong, and what it owes: its sessions, its meters, its ledger.

It keeps its transaction messages until they are answered and sends them in order (OCPP 1.6
§3.7.1), but loses answers, power and its sense of time, and says old things again.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.quirks.wire import Closed, Wire

__all__ = ["CLOCKS", "Line", "Message", "PhysicalSession", "WildCharger"]

CLOCKS = {
    "right": timedelta(0),
    "local time": timedelta(hours=2),
    "behind": timedelta(hours=-5),
    "years ahead": timedelta(days=1200),
    "1970": timedelta(days=-20_500),
}
ENERGY_WH_PER_MINUTE = 180
FENCE = "fence-"


@dataclass(eq=False, slots=True)
class PhysicalSession:
    """What happened at a plug, whatever is said about it."""

    connector: int
    token: str
    meter_start_wh: int
    clock: str
    meter_stop_wh: int | None = None
    transaction_id: int | None = None
    """As the first answer to its start said."""
    is_start_lost: bool = False
    """The charger gave its start up."""
    start_is_acknowledged: bool = False
    stop_is_acknowledged: bool = False
    is_clock_right_at_stop: bool = True
    readings: list[int] = field(default_factory=list)
    """Registers of acknowledged readings."""


@dataclass(eq=False, slots=True)
class Message:
    """A message of the queue; its payload is the same however often it is sent."""

    action: str
    payload: dict[str, Any]
    session: PhysicalSession
    message_id: str = ""
    """Of the last try."""
    reply: dict[str, Any] | None = None
    register_wh: int = 0


@dataclass(eq=False, slots=True)
class Line:
    """One socket: what was called on it, and how often each call was answered."""

    wire: Wire
    calls: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    texts: dict[str, list[Any]] = field(default_factory=dict)
    """Message id -> its last answer."""

    def take(self, text: str) -> None:
        """Note an answer; the central system calls nothing here."""
        frame = json.loads(text)
        assert frame[0] in (3, 4), frame
        self.replies[frame[1]] += 1
        self.texts[frame[1]] = frame

    def call(self, message_id: str, action: str, payload: object) -> None:
        """Send a call. Raises Closed."""
        self.calls[message_id] += 1
        self.wire.send(json.dumps([2, message_id, action, payload]))

    def answer(self, message_id: str, *, number: int = 1) -> list[Any]:
        """Wait for the answer to a call. Raises Closed."""
        while self.replies[message_id] < number:
            text = self.wire.receive()
            assert text is not None, f"no answer to {message_id} on an open socket"
            self.take(text)
        return self.texts[message_id]

    def fence(self) -> None:
        """Wait until all that was called has been answered. Raises Closed."""
        message_id = FENCE + uuid.uuid4().hex
        self.call(message_id, "Heartbeat", {})
        self.answer(message_id)


class WildCharger:
    """The charger: clock, meters, plugs, a queue that survives a power cut, and its sockets."""

    def __init__(self, ports: tuple[int, ...], identity: str, tokens: tuple[str, ...]) -> None:
        self.ports = ports
        self.identity = identity
        self.tokens = tokens
        self.line: Line | None = None
        self.old_line: Line | None = None
        self.lines: list[Line] = []
        self.clock = "right"
        self.now = datetime.now(UTC) - timedelta(hours=9)
        # Connectors have meters of their own.
        self.registers = {1: 1_000_000, 2: 5_000_000}
        self.plugged: dict[int, PhysicalSession] = {}
        self.sessions: list[PhysicalSession] = []
        self.queue: list[Message] = []
        self.delivered: list[Message] = []
        self.acknowledged: list[tuple[str, str]] = []
        """(message id, action) of every answer that was read."""
        self.strays = 0
        """Stops of transactions that are not its own."""

    # The physical world

    def timestamp(self) -> str:
        """The charger's idea of the time."""
        moment = self.now + CLOCKS[self.clock]
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def wait(self, minutes: int) -> None:
        """Let time go by; all of it stays in the past."""
        latest = datetime.now(UTC) - timedelta(minutes=1)
        self.now = min(latest, self.now + timedelta(minutes=minutes))

    def plug(self, connector: int) -> None:
        """Begin a session, if there is none."""
        if connector in self.plugged:
            return
        self.registers[connector] += 1
        session = PhysicalSession(
            connector, self.tokens[connector - 1], self.registers[connector], self.clock
        )
        self.sessions.append(session)
        self.plugged[connector] = session
        payload = {
            "connectorId": connector,
            "idTag": session.token,
            "meterStart": session.meter_start_wh,
            "timestamp": self.timestamp(),
        }
        self.queue.append(Message("StartTransaction", payload, session))

    def charge(self, connector: int, minutes: int) -> None:
        """Let energy flow and take a reading."""
        session = self.plugged.get(connector)
        if session is None:
            return
        self.wait(minutes)
        self.registers[connector] += ENERGY_WH_PER_MINUTE * minutes
        register = self.registers[connector]
        payload = {
            "connectorId": connector,
            "meterValue": [
                {"timestamp": self.timestamp(), "sampledValue": [{"value": str(register)}]}
            ],
        }
        self.queue.append(Message("MeterValues", payload, session, register_wh=register))

    def unplug(self, connector: int, *, with_token: bool) -> None:
        """End a session."""
        session = self.plugged.pop(connector, None)
        if session is None:
            return
        self.wait(1)
        self.registers[connector] += 7
        session.meter_stop_wh = self.registers[connector]
        session.is_clock_right_at_stop = self.clock == "right"
        payload = {"meterStop": session.meter_stop_wh, "timestamp": self.timestamp()}
        if with_token:
            payload["idTag"] = session.token
        self.queue.append(Message("StopTransaction", payload, session))

    def give_up_start(self) -> None:
        """Drop a start that was never answered, as firmware does after its last try."""
        if self.queue and self.queue[0].action == "StartTransaction":
            self.queue.pop(0).session.is_start_lost = True

    # Sockets

    def connect(self, bridge: int, *, boots: bool) -> None:
        """Open a socket; the one there was is kept as the old one, for as long as it lives."""
        if self.old_line is not None:
            self.old_line.wire.cut()
        self.old_line, self.line = self.line, None
        with contextlib.suppress(Closed):
            self.line = Line(Wire.open(self.ports[bridge % len(self.ports)], self.identity))
            self.lines.append(self.line)
            if boots:
                self.call_now(
                    "BootNotification",
                    {"chargePointVendor": "Wild", "chargePointModel": "Any"},
                )

    def ensure_line(self) -> Line:
        """The newest socket, opened if it must be. Raises Closed."""
        if self.line is None or not self.line.wire.is_open:
            self.connect(0, boots=False)
        if self.line is None:
            raise Closed
        return self.line

    def call_now(self, action: str, payload: object) -> list[Any]:
        """Make a call that is not queued. Raises Closed."""
        line = self.ensure_line()
        message_id = uuid.uuid4().hex
        line.call(message_id, action, payload)
        answer = line.answer(message_id)
        self.acknowledged.append((message_id, action))
        return answer

    # The queue

    def send_head(self, line: Line, *, is_same_id: bool) -> Message | None:
        """Send the first message of the queue, without a look at its answer. Raises Closed."""
        if not self.queue:
            return None
        message = self.queue[0]
        self.complete(message)
        if not (is_same_id and message.message_id):
            message.message_id = uuid.uuid4().hex
        line.call(message.message_id, message.action, message.payload)
        return message

    @staticmethod
    def complete(message: Message) -> None:
        """Fill in the transaction id as far as it is known: the payload never changes then."""
        session = message.session
        if message.action == "StartTransaction" or "transactionId" in message.payload:
            return
        if session.transaction_id is not None:
            message.payload["transactionId"] = session.transaction_id
        elif message.action == "StopTransaction":
            message.payload["transactionId"] = -1

    def deliver(self, count: int, *, is_same_id: bool = False) -> None:
        """Send messages from the queue in order, each until it is answered. Raises Closed."""
        for _ in range(count):
            line = self.ensure_line()
            message = self.send_head(line, is_same_id=is_same_id)
            if message is None:
                return
            frame = line.answer(message.message_id, number=line.calls[message.message_id])
            self.note(message, frame)

    def note(self, message: Message, frame: list[Any]) -> None:
        """A message of the queue was answered."""
        assert frame[0] == 3, (message, frame)
        self.acknowledged.append((message.message_id, message.action))
        if message in self.queue:
            self.queue.remove(message)
        session = message.session
        reply = frame[2]
        if message.action == "StartTransaction":
            if session.transaction_id is None:
                session.transaction_id = reply["transactionId"]
            if session.clock != "1970":
                assert reply["transactionId"] == session.transaction_id, (message, reply)
            session.start_is_acknowledged = True
        elif message.action == "StopTransaction":
            session.stop_is_acknowledged = True
        elif message.reply is None:
            session.readings.append(message.register_wh)
        if message.reply is None:
            message.reply = reply
            self.delivered.append(message)

    def send_over_two_sockets(self, bridge: int) -> None:
        """One message on the old socket, the next on a new one, before either is answered."""
        old = self.ensure_line()
        first = self.send_head(old, is_same_id=False)
        if first is None:
            return
        self.queue.pop(0)
        self.queue.append(first)
        self.connect(bridge, boots=False)
        new = self.line
        second = None
        if new is not None and self.queue[0] is not first:
            with contextlib.suppress(Closed):
                second = self.send_head(new, is_same_id=False)
                if second is not None:
                    self.note(second, new.answer(second.message_id))
        with contextlib.suppress(Closed):
            self.note(first, old.answer(first.message_id))
        if first in self.queue:
            # It comes again, where it belongs.
            self.queue.remove(first)
            self.queue.insert(0, first)

    def finish(self) -> None:
        """Unplug everything, and deliver what is left. Raises Closed when that cannot be done."""
        self.clock = "right"
        for connector in list(self.plugged):
            self.unplug(connector, with_token=True)
        while self.queue:
            try:
                self.deliver(len(self.queue))
            except Closed:
                self.connect(1, boots=True)
        try:
            self.ensure_line().fence()
        except Closed:
            self.ensure_line().fence()
