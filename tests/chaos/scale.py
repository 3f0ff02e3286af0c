"""How large the chaos is: small within `make test`, large within `make soak`."""

from __future__ import annotations

import os
from dataclasses import dataclass

__all__ = ["IS_SOAK", "SCALE", "Scale"]


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers that every test of tests/chaos multiplies its work by."""

    chargers: int
    """At work at the same time, of two tenants."""
    messages: int
    """Acknowledged between one fault and the next, by all chargers together."""
    rounds: int
    """How often each fault happens."""
    stampede: int
    """Chargers that reconnect at once."""


_SMALL = Scale(chargers=60, messages=400, rounds=2, stampede=400)
_LARGE = Scale(chargers=300, messages=6000, rounds=10, stampede=2000)

IS_SOAK = os.environ.get("VOLTARO_SOAK") == "1"
"""Set by `make soak`."""

SCALE = _LARGE if IS_SOAK else _SMALL
