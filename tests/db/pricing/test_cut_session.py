"""Sessions are cut exactly: at every change of price and of state, and nowhere else.

A reference in Python, with clocks of its own (zoneinfo) and fractions, says which element prices
each dimension at any moment; it is asked at every quarter of an hour, at every moment at which
anything was drawn to happen, and right before and at every cut. The periods, judged by their
starts as OCPI judges them, have to say the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.databases import Database
from tests.support.tariff_reference import DAYS, Reference, first_matches, holds

Json = dict[str, Any]
Connection = psycopg.Connection[tuple[Any, ...]]

# Moments at which clocks change, or do nothing at all, and where.
PLACES = [
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("America/St_Johns", datetime(2026, 3, 8, 5, 30, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 6, 1, tzinfo=UTC)),
    ("UTC", datetime(2026, 12, 31, 23, tzinfo=UTC)),
]
CLOCK = st.sampled_from(
    ["00:00", "00:30", "01:30", "02:00", "02:15", "02:30", "03:00", "06:00", "22:00", "23:59"]
)
# Restrictions that are drawn together; those of the clock more often than others.
GROUPS = [
    *(("start_time", "end_time"), ("start_time",), ("end_time",), ("start_time", "day_of_week")),
    *(("start_time", "end_time", "day_of_week"), ("day_of_week",), ("start_date",), ("end_date",)),
    *(("min_kwh",), ("max_kwh",), ("min_power",), ("max_power",), ("min_current",)),
    *(("max_current",), ("min_duration",), ("max_duration",)),
]
STATES = ["Charging", "SuspendedEV", "SuspendedEVSE", "EVConnected", "Idle"]


@pytest.fixture(scope="module")
def owner(module_database: Database) -> Iterator[Connection]:
    """A connection that may call the functions; its zone is nobody's."""
    with psycopg.connect(module_database.superuser_url, autocommit=True) as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        yield connection


def written(at: datetime) -> str:
    """A moment as the measured session has it."""
    return at.astimezone(UTC).isoformat()


def read(text: str) -> datetime:
    """A moment of a period, which ends in Z."""
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


def called(owner: Connection, function: str, *arguments: Any) -> Any:
    """What a function answers, decimals kept."""
    places = ", ".join(["%s"] * len(arguments))
    row = owner.execute(
        f"select pricing.{function}({places})::text",
        [json.dumps(a, default=str) if isinstance(a, dict) else a for a in arguments],
    ).fetchone()
    assert row is not None
    return json.loads(row[0], parse_float=Decimal)


def cut(owner: Connection, elements: list[Json], measured: Json) -> Json:
    """The session JSON of one tariff and what was measured."""
    session: Json = called(
        owner, "cut_session", {"tariffs": [{"id": "X", "elements": elements}]}, measured
    )
    return session


@st.composite
def restrictions(draw: st.DrawFn, today: date) -> Json:
    """Restrictions of one element, often none."""
    drawn = {
        "start_time": CLOCK,
        "end_time": CLOCK,
        "start_date": st.integers(-1, 1).map(lambda n: (today + timedelta(days=n)).isoformat()),
        "end_date": st.integers(0, 2).map(lambda n: (today + timedelta(days=n)).isoformat()),
        "day_of_week": st.lists(st.sampled_from(DAYS), min_size=1, max_size=6, unique=True),
        "min_kwh": st.sampled_from([0, 0.5, 1, 3.3333333, 10]),
        "max_kwh": st.sampled_from([0, 0.5, 1, 3.3333333, 10]),
        "min_power": st.sampled_from([0, 3.7, 11, 22]),
        "max_power": st.sampled_from([3.7, 11, 22]),
        "min_current": st.sampled_from([6, 16.5]),
        "max_current": st.sampled_from([16.5, 32]),
        "min_duration": st.sampled_from([0, 60, 1800, 5400]),
        "max_duration": st.sampled_from([0, 60, 1800, 5400, 90000]),
    }
    groups = draw(st.lists(st.sampled_from(GROUPS), max_size=3, unique=True))
    return {name: draw(drawn[name]) for name in sorted({n for group in groups for n in group})}


@st.composite
def sessions(draw: st.DrawFn) -> tuple[list[Json], Json]:
    """A tariff's elements and a measured session around a change of the clock."""
    zone, change = draw(st.sampled_from(PLACES))
    before = draw(st.sampled_from([30 * 60, 2 * 3600, 0, 5 * 3600, 30 * 3600, -3600]))
    start = change - timedelta(seconds=before + draw(st.integers(-1800, 1800)))
    # Seconds mostly; some chargers say more.
    grain = draw(st.sampled_from([timedelta(seconds=1), timedelta(microseconds=999_999)]))
    length = draw(st.sampled_from([4 * 3600, 36 * 3600, 3600, 1]))
    end = start + draw(st.integers(max(1, length // 2), length)) * grain
    span = max(1, (end - start) // grain)
    times = draw(st.lists(st.integers(1, span), max_size=12, unique=True))
    moments = sorted({start, end, *(start + n * grain for n in times)})
    register = Decimal(draw(st.integers(-5, 10_000_000))) / 1000
    readings = []
    for at in moments:
        reading: Json = {"at": written(at), "energy_wh": register}
        current = draw(st.sampled_from([None, None, 0, 6, 16.5, 40]))
        if current is not None:
            reading["current_a"] = current
        readings.append(reading)
        register += draw(
            st.sampled_from([Decimal(0), Decimal("0.001"), Decimal(500), Decimal("3333.333")])
        )
    marks = draw(st.lists(st.integers(-10, span), max_size=6))
    states = [
        {"at": written(start + n * grain), "charging_state": draw(st.sampled_from(STATES))}
        for n in sorted(marks)
    ]
    today = start.astimezone(ZoneInfo(zone)).date()
    types = st.lists(
        st.sampled_from(["ENERGY", "TIME", "PARKING_TIME", "FLAT"]),
        min_size=1,
        max_size=4,
        unique=True,
    )
    elements = [
        {
            "price_components": [{"type": type_, "price": 1} for type_ in draw(types)],
            "restrictions": draw(restrictions(today)),
        }
        for _ in range(draw(st.integers(1, 4)))
    ]
    return elements, {
        "time_zone": zone,
        "start_date_time": written(start),
        "end_date_time": written(end),
        "readings": readings,
        "states": states,
    }


def judged(elements: list[Json], session: Json) -> list[Json]:
    """Each period with its end, volumes and, judged by its start, its elements."""
    zone = ZoneInfo(session["time_zone"])
    periods = session["charging_periods"]
    starts = [read(p["start_date_time"]) for p in periods]
    energy = Fraction(0)
    rows = []
    for number, period in enumerate(periods):
        volumes = {d["type"]: Fraction(str(d["volume"])) for d in period["dimensions"]}
        is_last = number == len(periods) - 1
        rows.append(
            {
                "start": starts[number],
                "end": read(session["end_date_time"]) if is_last else starts[number + 1],
                "seconds": sum(
                    Fraction(str(d["seconds"])) for d in period["dimensions"] if "seconds" in d
                ),
                "energy": volumes["ENERGY"] * 1000,
                "is_parked": "PARKING_TIME" in volumes,
                "prices": first_matches(
                    elements,
                    starts[number].astimezone(zone),
                    starts[number] - starts[0],
                    energy,
                    (volumes["MIN_POWER"], volumes["MAX_POWER"])
                    if "MIN_POWER" in volumes
                    else None,
                    (volumes["MIN_CURRENT"], volumes["MAX_CURRENT"])
                    if "MIN_CURRENT" in volumes
                    else None,
                ),
            }
        )
        energy += volumes["ENERGY"] * 1000
    return rows


def relevant(prices: dict[str, int | None], is_parked: bool) -> list[int | None]:
    """What has a price in a state, but for the FLAT."""
    return [prices["ENERGY"], prices["PARKING_TIME" if is_parked else "TIME"]]


def priced(owner: Connection, elements: list[Json], session: Json) -> dict[tuple[int, str], int]:
    """The element that pricing.price takes for a dimension of a period; a FLAT counts once."""
    document = {"currency": "EUR", "tax_included": "NO", "elements": elements}
    result = called(owner, "price", called(owner, "compile_tariff", document), session)
    return {
        (line["period_index"], line["bucket"]): line["element_index"] for line in result["lines"]
    }


@settings(max_examples=400, deadline=None)
@given(drawn=sessions())
def test_periods_are_what_the_reference_says(
    owner: Connection, drawn: tuple[list[Json], Json]
) -> None:
    """At every moment, in every zone, over every change of the clock."""
    elements, measured = drawn
    reference = Reference(elements, measured)
    session = cut(owner, elements, measured)
    rows = judged(elements, session)

    assert rows[0]["start"] == reference.start
    assert read(session["end_date_time"]) == reference.end
    assert sum(row["energy"] for row in rows) == reference.energies[-1]
    for row in rows:
        assert row["start"] < row["end"]
        assert row["energy"] >= 0
        assert row["seconds"] * 10**6 == (row["end"] - row["start"]) // timedelta.resolution
        assert reference.energy(row["end"]) - reference.energy(row["start"]) == row["energy"]

    moments = {reference.start + n * timedelta(minutes=15) for n in range(160)}
    moments |= {reference.start + timedelta(seconds=n) for n in (60, 1800, 5400, 90000)}
    moments |= {*reference.times, *(t for t, _ in reference.states), *(r["start"] for r in rows)}
    moments |= {at - timedelta.resolution for at in moments}
    flat = None
    for row in rows:
        for at in sorted(m for m in moments if row["start"] <= m < row["end"]):
            prices = reference.prices(at)
            assert reference.is_parked(at) == row["is_parked"], at
            expected = relevant(prices, row["is_parked"])
            assert relevant(row["prices"], row["is_parked"]) == expected, at
            # A FLAT that comes later than its period begins is found by nobody.
            if flat is None and prices["FLAT"] is not None:
                flat = prices["FLAT"]
                assert row["prices"]["FLAT"] == flat, at
        if flat is None:
            assert row["prices"]["FLAT"] is None

    flats = [row["prices"]["FLAT"] for row in rows]
    due_in = next((number for number, flat in enumerate(flats) if flat is not None), None)
    assert priced(owner, elements, session) == {
        (number, bucket): element
        for number, row in enumerate(rows)
        for bucket, element in row["prices"].items()
        if element is not None
        and bucket != ("TIME" if row["is_parked"] else "PARKING_TIME")
        and (bucket != "FLAT" or number == due_in)
    }
    # A FLAT cuts where it is due, and where its power or current ends.
    due = None if due_in is None else flats[due_in]
    has_level = due is not None and any(
        name.endswith(("power", "current")) for name in elements[due]["restrictions"]
    )
    for number, (before, after) in enumerate(pairwise(rows)):
        assert (
            before["is_parked"] != after["is_parked"]
            or relevant(before["prices"], before["is_parked"])
            != relevant(after["prices"], after["is_parked"])
            or number + 1 == due_in
            or (has_level and number == due_in)
        ), "a cut that changes nothing"


def halved(readings: list[Json]) -> list[Json]:
    """Readings with one more in the middle of each interval, where even flow has it."""
    more: list[Json] = []
    for before, after in pairwise(readings):
        times = [datetime.fromisoformat(r["at"]) for r in (before, after)]
        middle = times[0] + (times[1] - times[0]) / 2
        more.append(before)
        if times[0] < middle < times[1] and middle - times[0] == times[1] - middle:
            more.append(
                {
                    "at": written(middle),
                    "energy_wh": (before["energy_wh"] + after["energy_wh"]) / 2,
                    "current_a": after.get("current_a", before.get("current_a")),
                }
            )
    return [*more, readings[-1]]


@settings(max_examples=150, deadline=None)
@given(drawn=sessions())
def test_readings_that_say_nothing_new_change_nothing(
    owner: Connection, drawn: tuple[list[Json], Json]
) -> None:
    """Only that less may be marked as interpolated."""
    elements, measured = drawn
    fewer, more = (
        cut(owner, elements, {**measured, "readings": readings})["charging_periods"]
        for readings in (measured["readings"], halved(measured["readings"]))
    )
    assert [{**p, "is_interpolated": None} for p in fewer] == [
        {**p, "is_interpolated": None} for p in more
    ]


@settings(max_examples=150, deadline=None)
@given(
    drawn=sessions(),
    kinds=st.lists(
        st.sampled_from(["RESERVATION", "RESERVATION_EXPIRES", None]), min_size=4, max_size=4
    ),
    is_expired=st.booleans(),
)
def test_reservations_are_cut_like_sessions(
    owner: Connection,
    drawn: tuple[list[Json], Json],
    kinds: list[str | None],
    is_expired: bool,
) -> None:
    """Judged as the engine judges them, with clocks and durations of their own."""
    elements, measured = drawn
    for element, kind in zip(elements, kinds, strict=False):
        element["price_components"] = [{"type": "TIME", "price": 1, "step_size": 1}]
        if kind is not None:
            element["restrictions"] = {**element["restrictions"], "reservation": kind}
    start, end = measured["start_date_time"], measured["end_date_time"]
    session = cut(
        owner,
        elements,
        {
            **measured,
            "start_date_time": end,
            "readings": [],
            "states": [],
            "reservation": {"start_date_time": start, "expires_at": end},
            "reservation_expired": is_expired,
        },
    )
    reserved = [p for p in session["charging_periods"] if is_reserved(p)]
    lines = priced(owner, elements, session)
    begins = [read(p["start_date_time"]) for p in reserved]
    until = datetime.fromisoformat(end)
    zone = ZoneInfo(measured["time_zone"])

    def expected(at: datetime) -> int | None:
        for wanted in ["RESERVATION_EXPIRES", "RESERVATION"][0 if is_expired else 1 :]:
            for number, element in enumerate(elements):
                rules = element["restrictions"]
                if rules.get("reservation") == wanted and holds(
                    rules, at.astimezone(zone), at - begins[0], Fraction(0), None, None
                ):
                    return number
        return None

    assert begins[0] == datetime.fromisoformat(start)
    assert len(session["charging_periods"]) - len(reserved) == (0 if is_expired else 1)
    for number, (begin, finish) in enumerate(pairwise([*begins, until])):
        moments = {begin, finish - timedelta.resolution}
        moments |= {begin + n * timedelta(minutes=15) for n in range(150)}
        for at in sorted(m for m in moments if begin <= m < finish):
            assert lines.get((number, "RESERVATION_TIME")) == expected(at), at
    assert all(expected(before) != expected(after) for before, after in pairwise(begins))


def is_reserved(period: Json) -> bool:
    """Whether a period is one of a reservation."""
    return bool(period["dimensions"][0]["type"] == "RESERVATION_TIME")
