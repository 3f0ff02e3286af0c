"""Handshakes at a steady rate: a storm of chargers is held back, not turned away (QUIRKS row 28).

A handshake is dear, and so is what follows it (a boot, the state of each connector). Whoever
comes too early waits for a turn of its own; who would wait for longer than a charger does is
asked to come back.
"""

from __future__ import annotations

import asyncio

__all__ = ["Admission"]

# Of the time that a handshake may take; the rest is for the handshake itself.
WAIT_SHARE = 0.7


class Admission:
    """Gives out turns: `burst` at once, then `per_s` of them a second, first come, first served."""

    __slots__ = ("_burst_s", "_longest_s", "_next_at", "_pause_s")

    def __init__(self, *, per_s: float, burst: float, handshake_timeout_s: float) -> None:
        self._pause_s = 1 / per_s
        self._burst_s = max(burst - 1, 0) / per_s
        self._longest_s = WAIT_SHARE * handshake_timeout_s
        # Event loop time of the turn after the last one that was given out.
        self._next_at = 0.0

    def reserve(self) -> float | None:
        """Take a turn: seconds until it comes, or None when too many wait already."""
        now = asyncio.get_running_loop().time()
        turn_at = max(self._next_at, now - self._burst_s)
        if turn_at - now > self._longest_s:
            return None
        self._next_at = turn_at + self._pause_s
        return max(0.0, turn_at - now)
