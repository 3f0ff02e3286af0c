"""What a session costs, worked out a second time: plain loops over exact fractions.

Written from the rules of OCPI (mod_tariffs, mod_cdrs) and DESIGN, decisions 18 and 19, and not
from the SQL, so that the two check each other. One tariff a session, numbers as text or int.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["Line", "Price", "price_session"]

_TIMES = ("TIME", "PARKING_TIME")
_BUCKETS = (
    "RESERVATION_FLAT",
    "RESERVATION_TIME",
    "FLAT",
    "ENERGY",
    "TIME",
    "PARKING_TIME",
)
_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


@dataclass(slots=True)
class Line:
    """What one component costs in one period; quantity in Wh, seconds or times."""

    period: int
    bucket: str
    element: int
    component: dict[str, Any]
    component_index: int
    quantity: Fraction
    billed: Fraction

    def amount(self) -> Fraction:
        """In the currency, with tax or without as the tariff says."""
        unit = {"ENERGY": 1000, "RESERVATION_FLAT": 1, "FLAT": 1}.get(self.bucket, 3600)
        return Fraction(str(self.component["price"])) * self.billed / unit


@dataclass(frozen=True, slots=True)
class Price:
    """The exact totals, before limits, None where unknown."""

    lines: list[Line]
    excl: Fraction | None
    incl: Fraction


@dataclass(frozen=True, slots=True)
class _State:
    """What restrictions look at: the beginning of a period."""

    local: datetime
    kwh: Fraction
    elapsed: timedelta
    volumes: dict[str, Fraction]
    is_reserved: bool
    is_expired: bool

    def is_met(self, restrictions: dict[str, Any]) -> bool:
        """Whether an element with these restrictions is in force."""
        reservation = restrictions.get("reservation")
        if self.is_reserved != (reservation is not None):
            return False
        if reservation == "RESERVATION_EXPIRES" and not self.is_expired:
            return False
        return (
            self._is_met_by_clock(restrictions)
            and _is_within(self.kwh, restrictions, "kwh")
            and _is_within(Fraction(self.elapsed / timedelta(seconds=1)), restrictions, "duration")
            and self._is_met_by(restrictions, "power")
            and self._is_met_by(restrictions, "current")
        )

    def _is_met_by_clock(self, restrictions: dict[str, Any]) -> bool:
        now = self.local.time()
        start = time.fromisoformat(restrictions.get("start_time", "00:00"))
        end = time.fromisoformat(restrictions.get("end_time", "00:00"))
        is_in_time = start <= now < end if start < end else now >= start or now < end
        today = self.local.date()
        return (
            is_in_time
            and ("start_date" not in restrictions or today >= _date(restrictions["start_date"]))
            and ("end_date" not in restrictions or today < _date(restrictions["end_date"]))
            and (
                not restrictions.get("day_of_week")
                or _DAYS[today.weekday()] in restrictions["day_of_week"]
            )
        )

    def _is_met_by(self, restrictions: dict[str, Any], what: str) -> bool:
        name = what.upper()
        least = self.volumes.get(f"MIN_{name}", self.volumes.get(name))
        most = self.volumes.get(f"MAX_{name}", self.volumes.get(name))
        low, high = restrictions.get(f"min_{what}"), restrictions.get(f"max_{what}")
        return (low is None or (least is not None and least >= Fraction(str(low)))) and (
            high is None or (most is not None and most < Fraction(str(high)))
        )


def price_session(tariff: dict[str, Any], session: dict[str, Any]) -> Price:
    """The lines and the exact totals of a session, without the limits of the tariff."""
    lines = list(_find_lines(tariff, session))
    for bucket in ("RESERVATION_TIME", "ENERGY"):
        _apply_step([line for line in lines if line.bucket == bucket])
    times = [line for line in lines if line.bucket in _TIMES and line.quantity]
    if times:
        _apply_step([line for line in lines if line.bucket == times[-1].bucket])
    excl: Fraction | None = Fraction(0)
    incl = Fraction(0)
    for line in lines:
        amount = line.amount()
        vat = line.component.get("vat")
        factor = 1 + Fraction(str(vat if vat is not None else 0)) / 100
        if tariff.get("tax_included") == "YES":
            incl += amount
            if vat is None and amount:
                excl = None
            elif excl is not None:
                excl += amount / factor
        else:
            incl += amount * factor
            excl = None if excl is None else excl + amount
    return Price(lines, excl, incl)


def _find_lines(tariff: dict[str, Any], session: dict[str, Any]) -> list[Line]:
    zone = ZoneInfo(session["time_zone"])
    lines: list[Line] = []
    kwh = Fraction(0)
    began: dict[bool, datetime] = {}
    for index, period in enumerate(session["charging_periods"]):
        start = datetime.fromisoformat(period["start_date_time"]).astimezone(UTC)
        volumes = {d["type"]: Fraction(str(d["volume"])) for d in period["dimensions"]}
        seconds = {
            d["type"]: Fraction(str(d["seconds"]))
            if "seconds" in d
            else Fraction(math.floor(Fraction(str(d["volume"])) * 3600 + Fraction(1, 2)))
            for d in period["dimensions"]
        }
        is_reserved = "RESERVATION_TIME" in volumes
        state = _State(
            start.astimezone(zone),
            kwh,
            start - began.setdefault(is_reserved, start),
            volumes,
            is_reserved,
            session.get("reservation_expired", False),
        )
        kwh += volumes.get("ENERGY", 0)
        for bucket in _BUCKETS:
            quantity: Fraction | None
            if bucket.endswith("FLAT"):
                is_due = is_reserved == bucket.startswith("RESERVATION")
                is_due = is_due and not any(line.bucket == bucket for line in lines)
                quantity = Fraction(1) if is_due else None
            elif bucket == "ENERGY":
                quantity = volumes["ENERGY"] * 1000 if "ENERGY" in volumes else None
            else:
                quantity = seconds.get(bucket)
            if quantity is None:
                continue
            found = _find_component(tariff, bucket, state)
            if found is not None:
                lines.append(Line(index, bucket, *found, quantity, quantity))
    return lines


def _find_component(
    tariff: dict[str, Any], bucket: str, state: _State
) -> tuple[int, dict[str, Any], int] | None:
    dimension = bucket.removeprefix("RESERVATION_")
    elements = [(i, e, e.get("restrictions", {})) for i, e in enumerate(tariff["elements"])]
    # For an expired reservation its own price comes first.
    elements.sort(key=lambda item: item[2].get("reservation") != "RESERVATION_EXPIRES")
    for element_index, element, restrictions in elements:
        for index, component in enumerate(element["price_components"]):
            if component["type"] == dimension and state.is_met(restrictions):
                return element_index, component, index
    return None


def _apply_step(lines: list[Line]) -> None:
    """Raise the total to a multiple of the last step, on the last line that has a quantity."""
    last = next((line for line in reversed(lines) if line.quantity), None)
    if last is None or not last.component["step_size"]:
        return
    step = last.component["step_size"]
    total = sum((line.quantity for line in lines), Fraction(0))
    last.billed += math.ceil(total / step) * step - total


def _is_within(value: Fraction, restrictions: dict[str, Any], what: str) -> bool:
    low, high = restrictions.get(f"min_{what}"), restrictions.get(f"max_{what}")
    return (low is None or value >= Fraction(str(low))) and (
        high is None or value < Fraction(str(high))
    )


def _date(text: str) -> date:
    return date.fromisoformat(text)
