"""Which element of a tariff has the price at a moment: rules of OCPI without the database.

Independent of the SQL on purpose: clocks are zoneinfo's, figures are fractions.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
PARKED = {"SuspendedEV", "EVConnected", "Idle"}


def holds(
    rules: Json,
    local: datetime,
    elapsed: timedelta,
    energy_wh: Fraction,
    powers: tuple[Fraction, Fraction] | None,
    currents: tuple[Fraction, Fraction] | None,
) -> bool:
    """Whether restrictions hold; powers and currents are the lowest and the highest."""
    clock = local.strftime("%H:%M:%S.%f")
    begin, end = rules.get("start_time", "00:00"), rules.get("end_time", "24:00")
    # Equal times are the whole day, and from late to early goes over midnight.
    in_time = begin <= clock < end if begin < end else clock >= begin or clock < end
    day = local.date().isoformat()

    def within(name: str, lowest: Fraction, highest: Fraction) -> bool:
        return lowest >= Fraction(str(rules.get(f"min_{name}", lowest))) and (
            f"max_{name}" not in rules or highest < Fraction(str(rules[f"max_{name}"]))
        )

    def limited(name: str, levels: tuple[Fraction, Fraction] | None) -> bool:
        if f"min_{name}" not in rules and f"max_{name}" not in rules:
            return True
        return levels is not None and within(name, *levels)

    seconds = Fraction(elapsed // timedelta(microseconds=1), 1_000_000)
    return (
        in_time
        and rules.get("start_date", day) <= day
        and ("end_date" not in rules or day < rules["end_date"])
        and DAYS[local.weekday()] in rules.get("day_of_week", DAYS)
        and within("kwh", energy_wh / 1000, energy_wh / 1000)
        and within("duration", seconds, seconds)
        and limited("power", powers)
        and limited("current", currents)
    )


class Reference:
    """What is true at a moment of a measured session."""

    def __init__(self, elements: list[Json], measured: Json) -> None:
        self.elements = elements
        self.zone = ZoneInfo(measured["time_zone"])
        self.start = datetime.fromisoformat(measured["start_date_time"])
        self.end = datetime.fromisoformat(measured["end_date_time"])
        self.times = [datetime.fromisoformat(r["at"]) for r in measured["readings"]]
        registers = [Fraction(r["energy_wh"]) for r in measured["readings"]]
        self.energies = [r - registers[0] for r in registers]
        self.currents = [r.get("current_a") for r in measured["readings"]]
        self.states = [
            (datetime.fromisoformat(s["at"]), s["charging_state"]) for s in measured["states"]
        ]

    def interval(self, at: datetime) -> int:
        """The number of the reading that ends the interval of a moment."""
        return next(n for n, time in enumerate(self.times) if time > at)

    def energy(self, at: datetime) -> Fraction:
        """Watt-hours until a moment, in whole thousandths, as limits are judged."""
        if at >= self.end:
            return self.energies[-1]
        n = self.interval(at)
        share = Fraction(
            (at - self.times[n - 1]) // timedelta(microseconds=1),
            (self.times[n] - self.times[n - 1]) // timedelta(microseconds=1),
        )
        exact = self.energies[n - 1] + share * (self.energies[n] - self.energies[n - 1])
        return Fraction(math.floor(exact * 1000), 1000)

    def is_parked(self, at: datetime) -> bool:
        """Whether the car wants no energy."""
        return next((state for t, state in reversed(self.states) if t <= at), "") in PARKED

    def prices(self, at: datetime) -> dict[str, int | None]:
        """The element of each dimension at a moment."""
        n = self.interval(at)
        seconds = Fraction((self.times[n] - self.times[n - 1]) // timedelta(microseconds=1), 10**6)
        power = (self.energies[n] - self.energies[n - 1]) * Fraction(36, 10) / seconds
        power = Fraction(round(power * 10**6), 10**6)
        current = self.currents[n] if self.currents[n] is not None else self.currents[n - 1]
        level = None if current is None else Fraction(str(current))
        return first_matches(
            self.elements,
            at.astimezone(self.zone),
            at - self.start,
            self.energy(at),
            (power, power),
            None if level is None else (level, level),
        )


def first_matches(elements: list[Json], *facts: Any) -> dict[str, int | None]:
    """The first element of each type whose restrictions hold."""
    found: dict[str, int | None] = dict.fromkeys(["ENERGY", "TIME", "PARKING_TIME", "FLAT"])
    for number, element in enumerate(elements):
        if holds(element["restrictions"], *facts):
            for component in element["price_components"]:
                if found[component["type"]] is None:
                    found[component["type"]] = number
    return found
