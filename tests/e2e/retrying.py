"""Chargers that keep their messages until they are acknowledged, and a ledger of what was.

OCPP 1.6 §3.7.1: transaction messages are kept over a loss of the connection and sent again, in
order. The second time they have another message id, as most firmware does it (QUIRKS row 39).
"""

from __future__ import annotations

import asyncio
import json
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.charger import (
    Charger,
    ConnectionLost,
    HandshakeRefused,
    Reading,
    ocpp_time,
)
from tests.e2e.accounts import Account

__all__ = ["Acknowledged", "Ledger", "PhysicalSession", "RetryingCharger"]

_RECONNECT_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A message whose answer reached its charger."""

    charge_point_id: int
    message_id: str
    action: str


@dataclass(slots=True)
class PhysicalSession:
    """What really happened at a plug, whatever was said of it how often."""

    account: Account
    started_at: datetime
    meter_start_wh: int
    transaction_id: int | None = None
    readings: list[Reading] = field(default_factory=list)
    """Acknowledged ones."""
    meter_stop_wh: int | None = None
    """Set once the stop is acknowledged."""


class Ledger:
    """What all the chargers of a test were told."""

    def __init__(self) -> None:
        self.acknowledged: list[Acknowledged] = []
        self.sessions: list[PhysicalSession] = []
        self.commands: Counter[str] = Counter()
        """Message id of a command -> how often it reached its charger."""
        self.losses = 0
        """How often a call went without an answer."""
        self.recoveries_s: list[float] = []
        """For each message that was lost at first: seconds until it was acknowledged."""
        self._grown = asyncio.Event()
        self._lost = asyncio.Event()

    def note_loss(self) -> None:
        """A call went without an answer."""
        self.losses += 1
        self._lost.set()

    async def wait_for_loss(self) -> None:
        """Wait until the next call goes without an answer."""
        self._lost.clear()
        await self._lost.wait()

    def note(self, message: Acknowledged) -> None:
        """Enter a message."""
        self.acknowledged.append(message)
        self._grown.set()

    async def wait_for_more(self, count: int, *, timeout_s: float = 60.0) -> None:
        """Wait until `count` more messages are acknowledged. Raises TimeoutError."""
        target = len(self.acknowledged) + count
        async with asyncio.timeout(timeout_s):
            while len(self.acknowledged) < target:
                self._grown.clear()
                await self._grown.wait()


class RetryingCharger:
    """A charge point that delivers every message sooner or later."""

    def __init__(
        self, url: str, account: Account, ledger: Ledger, *, answer_timeout_s: float = 10.0
    ) -> None:
        self.account = account
        self._ledger = ledger
        self._charger = Charger(
            url,
            account.identity,
            account.key,
            answer_timeout_s=answer_timeout_s,
            on_frame=self._note_command,
            on_call=lambda _action, _payload: {"status": "Accepted"},
        )
        self._is_connected = False
        self._random = random.Random(account.identity)

    async def close(self) -> None:
        """Close the socket."""
        await self._charger.close()

    async def deliver(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a message again and again until it is acknowledged; return the answer.

        Raises CallRefused: a CALLERROR is never right here.
        """
        lost_at: float | None = None
        while True:
            message_id = str(uuid.uuid4())
            try:
                if not self._is_connected:
                    await self._connect()
                answer = await self._charger.call(action, payload, message_id=message_id)
            except (ConnectionLost, TimeoutError):
                self._is_connected = False
                self._ledger.note_loss()
                if lost_at is None:
                    lost_at = time.monotonic()
                continue
            if lost_at is not None:
                self._ledger.recoveries_s.append(time.monotonic() - lost_at)
            self._ledger.note(Acknowledged(self.account.charge_point_id, message_id, action))
            return answer

    async def charge(
        self, *, started_at: datetime, meter_start_wh: int, least_readings: int, stop: asyncio.Event
    ) -> None:
        """Run a session until `stop`, and at least for some readings: one each 10 s, 20 Wh more."""
        session = PhysicalSession(self.account, started_at, meter_start_wh)
        self._ledger.sessions.append(session)
        answer = await self.deliver(
            "StartTransaction",
            {
                "connectorId": 1,
                "idTag": self.account.id_token,
                "meterStart": meter_start_wh,
                "timestamp": ocpp_time(started_at),
            },
        )
        session.transaction_id = answer["transactionId"]
        number = 0
        while number < least_readings or not stop.is_set():
            number += 1
            reading = Reading(
                at=started_at + timedelta(seconds=10 * number),
                energy_wh=meter_start_wh + 20 * number,
                power_w=7200,
            )
            await self.deliver(
                "MeterValues",
                {
                    "connectorId": 1,
                    "transactionId": session.transaction_id,
                    "meterValue": [reading.payload()],
                },
            )
            session.readings.append(reading)
            if number % 10 == 0:
                await self.deliver("Heartbeat", {})
        meter_stop_wh = meter_start_wh + 20 * number + 7
        await self.deliver(
            "StopTransaction",
            {
                "transactionId": session.transaction_id,
                "idTag": self.account.id_token,
                "meterStop": meter_stop_wh,
                "timestamp": ocpp_time(started_at + timedelta(seconds=10 * number + 5)),
                "reason": "Local",
            },
        )
        session.meter_stop_wh = meter_stop_wh

    def _note_command(self, direction: str, text: str) -> None:
        """Enter what the central system asked for."""
        if direction == "received" and text.startswith("[2,"):
            self._ledger.commands[json.loads(text)[1]] += 1

    async def _connect(self) -> None:
        """Connect, trying again after a short random while. Raises TimeoutError in the end."""
        async with asyncio.timeout(_RECONNECT_TIMEOUT_S):
            while True:
                try:
                    await self._charger.connect()
                except HandshakeRefused as error:
                    if error.status != 503:
                        raise
                except ConnectionLost:
                    pass
                else:
                    self._is_connected = True
                    return
                await asyncio.sleep(self._random.uniform(0.05, 0.25))
