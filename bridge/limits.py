"""How much anybody may ask of the bridge before it does any work for them. No I/O.

Addresses are limited before they are known, chargers after. Everything that is remembered here
is bounded: what was used longest ago is forgotten first, which only ever favours somebody.
Rates are kept as one number each, the moment until which they are used up (the "generic cell
rate algorithm" of ATM networks): a rate of r with a burst of b seconds lets r·b through at once.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, fields
from typing import Any

__all__ = ["Allowance", "Allowances", "Gate", "Limits", "Refusals", "Visit", "address_key"]

MAX_REMEMBERED = 65_536
# What a frame costs at least that is no call: pings and fragments may be nearly empty.
FRAME_BYTES = 256
# Less is a rounding error.
LEAST_WAIT_S = 1e-6


@dataclass(frozen=True, slots=True)
class Limits:
    """What ocpp.start_bridge says; the defaults hold until it did, and equal its own."""

    max_sockets: float = 50_000
    """Open sockets of this process, chargers or not."""
    max_sockets_per_address: float = 10_000
    max_unfinished_handshakes: float = 8_000
    """Sockets between their first packet and the answer to their upgrade."""
    max_unfinished_handshakes_per_address: float = 4_000
    handshakes_per_s: float = 200
    """New sockets an address; many chargers may be behind one."""
    reconnects_per_s: float = 20
    """Handshakes of one charger."""
    calls_per_s: float = 100
    """Messages of one charger; what comes faster is read later."""
    bytes_per_s: float = 262_144
    """The same in bytes."""
    burst_s: float = 10
    """For how long the rates above may be saved up."""
    max_throttled_s: float = 900
    """How long a charger may go on at more than its rate before its socket is closed."""
    max_fragments: float = 1_024
    """Parts of one message."""
    refusals_to_remember: float = 5
    """The same request refused so often in a row is refused from memory."""
    refusal_memory_s: float = 20
    """For so long, then the database is asked again."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Limits:
        """Check what ocpp.start_bridge returned. Raises KeyError, TypeError or ValueError."""
        values = {field.name: float(data[field.name]) for field in fields(cls)}
        for name, value in values.items():
            if not 0 < value < 2**31:
                raise ValueError(f"{name} is {value}")
        return cls(**values)


def address_key(address: str) -> str:
    """What an address is limited by: itself, for IPv6 its /64 (one line has all of it)."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(parsed) >> 64 << 64)) + "/64"


class _Rates:
    """Rates by key, the least recently used forgotten."""

    __slots__ = ("_used_until",)

    def __init__(self) -> None:
        self._used_until: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._used_until)

    def take(self, key: Hashable, now: float, *, rate: float, burst_s: float) -> bool:
        """Use one, if there is one left."""
        until = max(self._used_until.get(key, now), now) + 1 / rate
        # One must always pass, however slow the rate.
        if until - now > max(burst_s, 1 / rate) + LEAST_WAIT_S:
            return False
        self._used_until[key] = until
        self._used_until.move_to_end(key)
        if len(self._used_until) > MAX_REMEMBERED:
            self._used_until.popitem(last=False)
        return True


class Visit:
    """One socket, from the moment it was accepted."""

    __slots__ = ("_gate", "_is_over", "_is_unfinished", "key")

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._is_unfinished = True
        self._is_over = False
        self.key: str | None = None
        """Whose it is; None until a proxy has said so."""

    def identify(self, key: str, now: float) -> str | None:
        """Say whose socket it is; returns why it must go, or None."""
        if self._is_over or self.key is not None:
            return None
        reason = self._gate.check_address(key, now)
        if reason is None:
            self.key = key
            self._gate.count(key, sockets=1, unfinished=1 if self._is_unfinished else 0)
        return reason

    def finish(self) -> None:
        """The handshake is over, the socket stays."""
        if self._is_unfinished and not self._is_over:
            self._is_unfinished = False
            self._gate.unfinished -= 1
            if self.key is not None:
                self._gate.count(self.key, sockets=0, unfinished=-1)

    def end(self) -> None:
        """The socket is gone."""
        if self._is_over:
            return
        self.finish()
        self._is_over = True
        self._gate.sockets -= 1
        if self.key is not None:
            self._gate.count(self.key, sockets=-1, unfinished=0)


class Gate:
    """Sockets and handshakes, in total and by address."""

    __slots__ = ("_by_address", "_rates", "limits", "sockets", "unfinished")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.sockets = 0
        self.unfinished = 0
        # Address -> (sockets, unfinished handshakes); only those that have any.
        self._by_address: dict[str, tuple[int, int]] = {}
        self._rates = _Rates()

    def enter(self) -> Visit | str:
        """Take a new socket, or say why not."""
        if self.sockets >= self.limits.max_sockets:
            return "too many sockets"
        if self.unfinished >= self.limits.max_unfinished_handshakes:
            return "too many unfinished handshakes"
        self.sockets += 1
        self.unfinished += 1
        return Visit(self)

    def check_address(self, key: str, now: float) -> str | None:
        """Why an address may have no further socket now; None when it may."""
        limits = self.limits
        sockets, unfinished = self._by_address.get(key, (0, 0))
        if sockets >= limits.max_sockets_per_address:
            return "too many sockets of one address"
        if unfinished >= limits.max_unfinished_handshakes_per_address:
            return "too many unfinished handshakes of one address"
        if not self._rates.take(key, now, rate=limits.handshakes_per_s, burst_s=limits.burst_s):
            return "too many handshakes of one address"
        return None

    def count(self, key: str, *, sockets: int, unfinished: int) -> None:
        """Add to what an address has."""
        had = self._by_address.get(key, (0, 0))
        has = (had[0] + sockets, had[1] + unfinished)
        if has == (0, 0):
            self._by_address.pop(key, None)
        else:
            self._by_address[key] = has


class Refusals:
    """What is refused again and again, and who reconnects all the time.

    The key names the request whole: identity, address and credentials. So nobody can have a
    charger refused by using its name, and a charger with a new key is not kept waiting.
    """

    __slots__ = ("_rates", "_remembered", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        # Key -> (refusals in a row, status of the last, remembered until).
        self._remembered: OrderedDict[Hashable, tuple[int, int, float]] = OrderedDict()
        self._rates = _Rates()

    def find(self, key: Hashable, now: float) -> int | None:
        """The status to refuse a request with, unasked; None when it is to be looked at."""
        count, status, until = self._remembered.get(key, (0, 0, 0.0))
        if count >= self.limits.refusals_to_remember and now < until:
            return status
        limits = self.limits
        if not self._rates.take(key, now, rate=limits.reconnects_per_s, burst_s=limits.burst_s):
            return 429
        return None

    def note(self, key: Hashable, status: int, now: float) -> None:
        """Remember that a request was refused."""
        count = self._remembered.get(key, (0, 0, 0.0))[0]
        self._remembered[key] = (count + 1, status, now + self.limits.refusal_memory_s)
        self._remembered.move_to_end(key)
        if len(self._remembered) > MAX_REMEMBERED:
            self._remembered.popitem(last=False)

    def forget(self, key: Hashable) -> None:
        """The request was accepted."""
        self._remembered.pop(key, None)


class Allowance:
    """What one charger may still send, over all its sockets."""

    __slots__ = ("_bytes_until", "_calls_until", "_excess_since", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._calls_until = 0.0
        self._bytes_until = 0.0
        # Since when it has been at its limit without a rest; None when it is not.
        self._excess_since: float | None = None

    def charge(self, now: float, *, calls: int, size: int) -> float:
        """Count what came; returns for how long nothing more must be read (0: go on)."""
        limits = self.limits
        if self._calls_until <= now and self._bytes_until <= now:
            self._excess_since = None
        self._calls_until = max(self._calls_until, now) + calls / limits.calls_per_s
        self._bytes_until = max(self._bytes_until, now) + size / limits.bytes_per_s
        wait_s = max(self._calls_until, self._bytes_until) - now - limits.burst_s
        if wait_s < LEAST_WAIT_S:
            return 0.0
        if self._excess_since is None:
            self._excess_since = now
        return wait_s

    def is_exceeded(self, now: float) -> bool:
        """Whether it has gone on like this for too long."""
        since = self._excess_since
        return since is not None and now - since > self.limits.max_throttled_s


class Allowances:
    """By charger: a new socket is no new allowance."""

    __slots__ = ("_by_identity", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._by_identity: OrderedDict[str, Allowance] = OrderedDict()

    def get(self, identity: str) -> Allowance:
        """The allowance of a charger that was admitted."""
        allowance = self._by_identity.get(identity)
        if allowance is None:
            allowance = self._by_identity[identity] = Allowance(self.limits)
            if len(self._by_identity) > MAX_REMEMBERED:
                self._by_identity.popitem(last=False)
        else:
            self._by_identity.move_to_end(identity)
        allowance.limits = self.limits
        return allowance
