"""Handshakes at a steady rate: a storm of chargers is held back, not turned away (QUIRKS row 28).

A handshake is dear, and so is what follows it (a boot, the state of each connector). Whoever
comes too early waits for a turn of its own; who would wait for longer than a charger does is
asked to come back. Addresses take turns, so that one that floods us keeps nobody else waiting.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque

__all__ = ["Admission"]

# Of the time that a handshake may take; the rest is for the handshake itself.
WAIT_SHARE = 0.7

_Turn = asyncio.Future[None]


class Admission:
    """Gives out turns: `burst` at once, then `per_s` of them a second, address by address."""

    __slots__ = ("_burst_s", "_longest_s", "_next_at", "_pause_s", "_timer", "_waiting")

    def __init__(self, *, per_s: float, burst: float, handshake_timeout_s: float) -> None:
        self._pause_s = 1 / per_s
        self._burst_s = max(burst - 1, 0) / per_s
        self._longest_s = WAIT_SHARE * handshake_timeout_s
        # Event loop time of the next turn.
        self._next_at = 0.0
        # Turns to come by address, first come, first served; the next address comes first.
        self._waiting: OrderedDict[str, deque[_Turn]] = OrderedDict()
        # Set while somebody waits.
        self._timer: asyncio.TimerHandle | None = None

    def reserve(self, address: str) -> _Turn | None:
        """Queue for a turn: done when it has come, None when it would come too late."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if not self._waiting:
            self._next_at = max(self._next_at, now - self._burst_s)
        place = len(self._waiting.get(address, ())) + 1
        # Nobody else gets more turns than this one until it has its own.
        before = sum(min(place, len(turns)) for turns in self._waiting.values())
        if self._next_at + before * self._pause_s - now > self._longest_s:
            return None
        turn = loop.create_future()
        self._waiting.setdefault(address, deque()).append(turn)
        if self._timer is None:
            self._give_turns()
        return turn

    def _give_turns(self) -> None:
        """Give the turns that have come, and come back for the next one."""
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._waiting and self._next_at <= loop.time():
            address, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiting[address] = turns
            if not turn.done():
                turn.set_result(None)
                self._next_at += self._pause_s
        if self._waiting:
            self._timer = loop.call_at(self._next_at, self._give_turns)
