"""What holds for any price: the reference agrees, splitting a period changes nothing, ..."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.databases import Database
from tests.support.price_reference import Line, price_session

Json = dict[str, Any]
Pricer = Callable[[Json, Json], Json]

NINTH = Fraction(1, 10**9)
PRICES = st.sampled_from([0, 0.25, 0.333, 0.5, 1.2, 2, 7.9999, 120])
VATS = st.sampled_from([None, 0, 5.2, 7, 19, 20])
STEPS = {
    "FLAT": st.sampled_from([0, 1]),
    "ENERGY": st.sampled_from([0, 1, 25, 100, 1000]),
    "TIME": st.sampled_from([0, 1, 60, 300, 900]),
    "PARKING_TIME": st.sampled_from([0, 1, 60, 300, 900]),
}
CLOCK = st.sampled_from(["00:00", "02:00", "02:30", "06:00", "17:00", "22:00", "23:59"])
DATES = st.sampled_from(["2026-03-28", "2026-03-29", "2026-03-30", "2026-10-25"])
DAYS = st.lists(st.sampled_from(["SATURDAY", "SUNDAY", "MONDAY"]), min_size=1, unique=True)
# Around the changes of the clock in Berlin, and a zone of 45 minutes.
STARTS = st.sampled_from(
    [
        datetime(2026, 3, 28, 20, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 0, 15, tzinfo=UTC),
        datetime(2026, 10, 24, 22, 0, tzinfo=UTC),
        datetime(2026, 7, 1, 4, 0, tzinfo=UTC),
    ]
)
ZONES = st.sampled_from(["Europe/Berlin", "UTC", "America/New_York", "Asia/Kathmandu"])


@st.composite
def components(draw: st.DrawFn, kinds: list[str]) -> list[Json]:
    """Price components of one element, at most one a dimension."""
    drawn = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4, unique=True))
    found = []
    for kind in drawn:
        component: Json = {"type": kind, "price": draw(PRICES), "step_size": draw(STEPS[kind])}
        if (vat := draw(VATS)) is not None:
            component["vat"] = vat
        found.append(component)
    return found


@st.composite
def elements(draw: st.DrawFn) -> Json:
    """One element, with restrictions or without."""
    if draw(st.integers(0, 5)) == 0:
        kind = draw(st.sampled_from(["RESERVATION", "RESERVATION_EXPIRES"]))
        return {
            "price_components": draw(components(["FLAT", "TIME"])),
            "restrictions": {"reservation": kind},
        }
    drawn: Json = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "start_time": CLOCK,
                "end_time": CLOCK,
                "start_date": DATES,
                "end_date": DATES,
                "day_of_week": DAYS,
                "min_kwh": st.sampled_from([0, 5, 10]),
                "max_kwh": st.sampled_from([5, 10.5]),
                "min_duration": st.sampled_from([0, 600, 1800]),
                "max_duration": st.sampled_from([600, 3600]),
                "min_power": st.sampled_from([11, 22]),
                "max_power": st.sampled_from([11, 50]),
                "min_current": st.sampled_from([16]),
                "max_current": st.sampled_from([32]),
            },
        )
    )
    kept = draw(st.sets(st.sampled_from(sorted(drawn)), max_size=2)) if drawn else set()
    restrictions = {key: drawn[key] for key in kept}
    element: Json = {
        "price_components": draw(components(["FLAT", "ENERGY", "TIME", "PARKING_TIME"]))
    }
    return element | ({"restrictions": restrictions} if restrictions else {})


TARIFFS = st.fixed_dictionaries(
    {
        "id": st.just("T"),
        "currency": st.sampled_from(["EUR", "JPY", "KWD"]),
        "tax_included": st.sampled_from(["NO", "YES"]),
        "elements": st.lists(elements(), min_size=1, max_size=4),
    }
)
LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "before_taxes": st.sampled_from([0.5, 5, 12.345]),
        "after_taxes": st.sampled_from([0.6, 6, 14.5]),
    },
)


@st.composite
def sessions(draw: st.DrawFn) -> Json:
    """Periods of reserved, charging or parked time, each of whole seconds."""
    start = at = draw(STARTS)
    periods: list[Json] = []
    for number in range(draw(st.integers(1, 6))):
        kinds = ["TIME", "TIME", "PARKING_TIME"] + (["RESERVATION_TIME"] if number == 0 else [])
        kind = draw(st.sampled_from(kinds))
        seconds = draw(st.sampled_from([1, 59, 300, 600, 1201, 1800, 3600, 7200]))
        dimensions: list[Json] = [
            {"type": kind, "volume": round(seconds / 3600, 4), "seconds": seconds}
        ]
        if kind == "TIME":
            volume = draw(st.sampled_from([0, 0.0001, 0.5, 4.9999, 5, 5.5555]))
            dimensions.append({"type": "ENERGY", "volume": volume})
            for name in ("POWER", "MIN_POWER", "MAX_POWER", "MIN_CURRENT", "MAX_CURRENT"):
                if draw(st.integers(0, 2)) == 0:
                    measured = draw(st.sampled_from([0, 11, 16, 32, 49.9]))
                    dimensions.append({"type": name, "volume": measured})
        periods.append({"start_date_time": written(at), "dimensions": dimensions})
        at += timedelta(seconds=seconds)
    return {
        "time_zone": draw(ZONES),
        "start_date_time": written(start),
        "end_date_time": written(at),
        "charging_periods": periods,
        "reservation_expired": draw(st.booleans()),
    }


def written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


@pytest.fixture(scope="module")
def price(module_database: Database) -> Iterator[Pricer]:
    """pricing.price of a tariff, on a connection whose clock is nobody's."""
    with psycopg.connect(module_database.superuser_url, autocommit=True) as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")

        def call(tariff: Json, session: Json) -> Json:
            row = connection.execute(
                "select pricing.price(pricing.compile_tariff(%s), %s)",
                [json.dumps(tariff), json.dumps(session)],
            ).fetchone()
            assert row is not None
            result: Json = row[0]
            return result

        yield call


def amounts(result: Json) -> tuple[Any, ...]:
    return result["exact"], result["total_excl_vat"], result["total_incl_vat"], result["taxes"]


@settings(max_examples=400, deadline=None)
@given(tariff=TARIFFS, session=sessions())
def test_the_reference_agrees(price: Pricer, tariff: Json, session: Json) -> None:
    """Another program of the same rules finds the same lines and, exactly, the same totals."""
    result = price(tariff, session)
    expected = price_session(tariff, session)

    def known(line: Line) -> tuple[Any, ...]:
        return (
            line.period,
            line.bucket,
            line.element,
            line.component_index,
            line.quantity,
            line.billed,
        )

    assert [
        (
            line["period_index"],
            line["bucket"],
            line["element_index"],
            line["component_index"],
            Fraction(line["quantity"]),
            Fraction(line["billed_quantity"]),
        )
        for line in result["lines"]
    ] == [known(line) for line in expected.lines]
    digits = {"EUR": 2, "JPY": 0, "KWD": 3}[tariff["currency"]]
    for side, total in (("excl", expected.excl), ("incl", expected.incl)):
        exact, rounded = result["exact"][f"{side}_vat"], result[f"total_{side}_vat"]
        if total is None:
            assert exact is None
            assert rounded is None
        else:
            assert abs(Fraction(exact) - total) <= NINTH / 2
            # Half away from zero, of the exact amount and not of what was rounded before.
            assert Fraction(rounded) == Fraction(
                int(total * 10**digits + Fraction(1, 2)), 10**digits
            )


@settings(max_examples=150, deadline=None)
@given(tariff=TARIFFS, session=sessions(), data=st.data())
def test_splitting_a_period_changes_nothing(
    price: Pricer, tariff: Json, session: Json, data: st.DataObject
) -> None:
    """As long as no price changes within: the clock, kWh and duration are what may do that."""
    for element in tariff["elements"]:
        element["restrictions"] = {
            key: value
            for key, value in element.get("restrictions", {}).items()
            if key == "reservation" or key.endswith(("power", "current"))
        }
    index = data.draw(st.integers(0, len(session["charging_periods"]) - 1))
    whole = session["charging_periods"][index]
    seconds = whole["dimensions"][0]["seconds"]
    cut = data.draw(st.integers(0, seconds))
    parts: list[Json] = []
    for share, begin in ((cut, 0), (seconds - cut, cut)):
        dimensions = [dict(dimension) for dimension in whole["dimensions"]]
        dimensions[0] |= {"seconds": share, "volume": round(share / 3600, 4)}
        parts.append(
            {
                "start_date_time": written(
                    datetime.fromisoformat(whole["start_date_time"]) + timedelta(seconds=begin)
                ),
                "dimensions": dimensions,
            }
        )
    if len(whole["dimensions"]) > 1:
        energy = Decimal(str(whole["dimensions"][1]["volume"]))
        first = data.draw(st.sampled_from([Decimal(0), energy / 2, energy]))
        parts[0]["dimensions"][1]["volume"] = float(first)
        parts[1]["dimensions"][1]["volume"] = float(energy - first)
    periods = [*session["charging_periods"]]
    periods[index : index + 1] = parts
    split = session | {"charging_periods": periods}
    assert amounts(price(tariff, split)) == amounts(price(tariff, session))


@settings(max_examples=250, deadline=None)
@given(tariff=TARIFFS, session=sessions(), low=LIMITS, high=LIMITS)
def test_totals_are_the_sum_of_lines_and_nothing_is_negative(
    price: Pricer, tariff: Json, session: Json, low: Json, high: Json
) -> None:
    """Before a limit bites, to the ninth decimal; taxes always sum to what is between totals."""
    result = price(tariff | {"min_price": low, "max_price": high}, session)
    lines = result["lines"]
    exact: Json = result.get("before_limit") or result["exact"]
    for side in ("excl", "incl"):
        costs = [line[f"cost_{side}"] for line in lines]
        if None in costs:
            assert exact[f"{side}_vat"] is None
        else:
            total = sum((Fraction(cost) for cost in costs), Fraction(0))
            assert abs(total - Fraction(exact[f"{side}_vat"])) <= NINTH * (len(lines) + 1)
            assert all(Fraction(cost) >= 0 for cost in costs)
    for line in lines:
        assert Fraction(line["billed_quantity"]) >= Fraction(line["quantity"]) >= 0
    excl, incl = result["total_excl_vat"], result["total_incl_vat"]
    assert Fraction(incl) >= 0
    if excl is None:
        assert result["taxes"] == []
    else:
        assert 0 <= Fraction(excl) <= Fraction(incl)
        for column, total in (("net", excl), ("gross", incl)):
            assert sum(Fraction(tax[column]) for tax in result["taxes"]) == Fraction(total)
        for tax in result["taxes"]:
            assert Fraction(tax["net"]) >= 0
            assert Fraction(tax["tax"]) >= 0
            assert Fraction(tax["net"]) + Fraction(tax["tax"]) == Fraction(tax["gross"])


@settings(max_examples=150, deadline=None)
@given(tariff=TARIFFS, session=sessions(), data=st.data())
def test_the_order_of_equal_elements_is_irrelevant(
    price: Pricer, tariff: Json, session: Json, data: st.DataObject
) -> None:
    """An element may stand twice, one may be cut into its components, and the amounts stay."""
    before = amounts(price(tariff, session))
    elements = tariff["elements"]
    index = data.draw(st.integers(0, len(elements) - 1))
    twice = [*elements[: index + 1], *elements[index:]]
    assert amounts(price(tariff | {"elements": twice}, session)) == before
    pieces = data.draw(
        st.permutations(
            [
                elements[index] | {"price_components": [component]}
                for component in elements[index]["price_components"]
            ]
        )
    )
    apart = [*elements[:index], *pieces, *elements[index + 1 :]]
    assert amounts(price(tariff | {"elements": apart}, session)) == before


@settings(max_examples=100, deadline=None)
@given(
    amount=st.integers(0, 10**6),
    weights=st.lists(st.integers(0, 1000), min_size=1, max_size=6),
    digits=st.sampled_from([0, 2, 3]),
)
def test_shares_sum_to_the_amount_and_are_fair(
    module_database: Database, amount: int, weights: list[int], digits: int
) -> None:
    """Largest remainder: every share is within a cent of its ideal, and what weighs 0 gets 0."""
    total = Decimal(amount).scaleb(-digits)
    with psycopg.connect(module_database.superuser_url) as connection:
        row = connection.execute(
            "select pricing.apportion(%s, %s::numeric[], %s)", [total, weights, digits]
        ).fetchone()
    assert row is not None
    shares: list[Decimal] = row[0]
    assert sum(shares) == total
    cent = Decimal(1).scaleb(-digits)
    if sum(weights):
        for share, weight in zip(shares, weights, strict=True):
            ideal = total * weight / sum(weights)
            assert abs(share - ideal) < cent
            assert weight or not share
    assert all(share == share.quantize(cent, ROUND_HALF_UP) for share in shares)
