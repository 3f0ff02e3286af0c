"""Tariffs by the thousand: the linter judges whatever it is given, and judges it right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.databases import Database

DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
# A session to price with what the linter takes for a tariff.
SESSION = json.dumps(
    {
        "time_zone": "Europe/Berlin",
        "start_date_time": "2026-03-28T22:00:00Z",
        "end_date_time": "2026-03-29T04:00:00Z",
        "charging_periods": [
            {
                "start_date_time": f"2026-03-{clock}:00:00Z",
                "dimensions": [
                    {"type": "ENERGY", "volume": 7.5},
                    {"type": kind, "volume": 2},
                ],
            }
            for clock, kind in (("28T22", "TIME"), ("29T00", "TIME"), ("29T02", "PARKING_TIME"))
        ],
    }
)

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture(scope="module")
def connection(module_database: Database) -> Iterator[Connection]:
    """The owner's: nothing is stored."""
    with psycopg.connect(module_database.owner_url, autocommit=True) as opened:
        yield opened


def lint(connection: Connection, document: Any) -> dict[str, list[dict[str, str]]]:
    row = connection.execute("select pricing.lint_tariff(%s::jsonb)", [json.dumps(document)])
    answer = row.fetchone()
    assert answer is not None
    found: dict[str, list[dict[str, str]]] = answer[0]
    return found


numbers = (
    st.integers(-3, 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0, 1, 0.25, 1e-40, 1e300])
)
texts = st.sampled_from(
    ["", "EUR", "TIME", "ENERGY", "24:00", "23:59", "2026-02-30", "2026-02-28", "MONDAY", "YES"]
) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
names = st.sampled_from(
    [
        *("id", "currency", "elements", "price_components", "restrictions", "type", "price"),
        *("vat", "step_size", "tax_included", "min_price", "max_price", "before_taxes"),
        *("start_time", "end_time", "start_date", "end_date", "min_kwh", "max_duration"),
        *("day_of_week", "reservation", "tariff_alt_text", "language", "text", "incl_vat"),
    ]
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=12,
)
prices = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["ENERGY", "TIME", "PARKING_TIME", "FLAT"]) | values,
        "price": st.decimals(0, 10, places=4).map(float) | values,
    },
    optional={
        "vat": st.sampled_from([0, 7.5, 19]) | values,
        "step_size": st.integers(0, 900) | values,
    },
)
clocks = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
restrictions = st.fixed_dictionaries(
    {},
    optional={
        "start_time": clocks | values,
        "end_time": clocks | values,
        "start_date": st.dates().map(str) | values,
        "day_of_week": st.lists(st.sampled_from(DAYS), max_size=7) | values,
        "min_kwh": numbers,
        "max_kwh": numbers,
        "max_duration": st.integers(0, 9000) | values,
        "min_power": numbers,
        "reservation": st.sampled_from(["RESERVATION", "RESERVATION_EXPIRES"]) | values,
    },
)
elements = st.fixed_dictionaries(
    {"price_components": st.lists(prices, min_size=1, max_size=2) | values},
    optional={"restrictions": restrictions | values},
)
limits = st.dictionaries(
    st.sampled_from(["before_taxes", "after_taxes", "excl_vat", "incl_vat"]), numbers, max_size=2
)
tariffs = st.fixed_dictionaries(
    {"currency": st.just("EUR"), "elements": st.lists(elements, min_size=1, max_size=3)},
    optional={
        "tax_included": st.sampled_from(["YES", "NO", "N/A"]) | values,
        "min_price": limits,
        "max_price": limits | values,
        "start_date_time": st.datetimes().map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%SZ}"),
        "tariff_alt_text": values,
        "type": values,
    },
)

quick = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quick
@given(document=values | tariffs | st.lists(tariffs, max_size=2))
def test_what_the_linter_lets_pass_can_be_priced(connection: Connection, document: Any) -> None:
    """Never an error of the database: faults are told, and what has none has a price."""
    found = lint(connection, document)
    for fault in found["errors"] + found["warnings"]:
        assert fault.keys() == {"path", "rule", "message"}
        assert fault["path"].startswith("$")
    text = json.dumps(document)
    if found["errors"]:
        assert found["warnings"] == []
        with pytest.raises(psycopg.Error) as refused:
            connection.execute("select pricing.check_tariff(%s::jsonb)", [text])
        assert refused.value.sqlstate == "PT400"
        detail = json.loads(refused.value.diag.message_detail or "")
        assert detail["errors"] == found["errors"]
        assert (detail["path"], detail["reason"]) == (
            found["errors"][0]["path"],
            found["errors"][0]["message"],
        )
    else:
        connection.execute("select pricing.check_tariff(%s::jsonb)", [text])
        connection.execute(
            "select pricing.price(pricing.compile_tariff(%s::jsonb), %s::jsonb)", [text, SESSION]
        )


VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "ocpi_vectors.json"


def test_the_tariffs_of_all_vectors_can_be_priced(connection: Connection) -> None:
    vectors = json.loads(VECTORS.read_text())["vectors"]
    documents = {v["id"]: v.get("tariff") or v.get("tariffs") for v in vectors}
    faults = {
        name: found
        for name, document in documents.items()
        if document is not None and (found := lint(connection, document)["errors"])
    }
    assert faults == {}
    assert len(documents) > 50


def windows(places: int) -> st.SearchStrategy[dict[str, Any]]:
    """Restrictions of whole hours, days, kWh and half hours of charging."""
    hours = st.integers(0, 23).map(lambda hour: f"{hour:02}:00")
    amounts = st.integers(0, places)
    return st.fixed_dictionaries(
        {},
        optional={
            "start_time": hours,
            "end_time": hours,
            "day_of_week": st.lists(st.sampled_from(DAYS), min_size=1, unique=True),
            "min_kwh": amounts,
            "max_kwh": amounts,
            "min_duration": amounts.map(lambda count: count * 1800),
            "max_duration": amounts.map(lambda count: count * 1800),
        },
    )


def holds(window: dict[str, Any], day: str, hour: int, kwh: int, half_hours: int) -> bool:
    """Whether a window has a moment in it, read off the text of OCPI."""
    start = int(window.get("start_time", "00:00")[:2])
    end = int(window.get("end_time", "00:00")[:2])
    if start != end and not (start <= hour < end if start < end else hour >= start or hour < end):
        return False
    return (
        day in window.get("day_of_week", DAYS)
        and window.get("min_kwh", 0) <= kwh < window.get("max_kwh", 99)
        and window.get("min_duration", 0) <= half_hours * 1800 < window.get("max_duration", 10**9)
    )


@settings(parent=quick, max_examples=150)
@given(restrictions=st.lists(windows(3), min_size=1, max_size=6))
def test_gaps_and_elements_out_of_reach_are_those_that_every_hour_of_the_week_shows(
    connection: Connection, restrictions: list[dict[str, Any]]
) -> None:
    document = {
        "currency": "EUR",
        "elements": [
            {
                "price_components": [{"type": "ENERGY", "price": 1, "vat": 0, "step_size": 1}],
                "restrictions": window,
            }
            for window in restrictions
        ],
    }
    found = lint(connection, document)["warnings"]
    first = {
        next((n for n, window in enumerate(restrictions) if holds(window, *moment)), None)
        for moment in (
            (day, hour, kwh, half_hours)
            for day in DAYS
            for hour in range(24)
            for kwh in range(4)
            for half_hours in range(4)
        )
    }
    unreachable = {f["path"] for f in found if f["rule"] == "unreachable"}
    assert unreachable == {
        f"$.elements[{n}].price_components[0]" for n in range(len(restrictions)) if n not in first
    }
    assert (None in first) == any(f["rule"] == "gap" for f in found)


def test_a_week_of_hourly_prices_is_judged_at_once(connection: Connection) -> None:
    """168 elements; and documents of nothing but faults do not take longer."""
    document: dict[str, Any] = {
        "currency": "EUR",
        "elements": [
            {
                "price_components": [
                    {"type": kind, "price": 0.25, "vat": 19, "step_size": 1}
                    for kind in ("ENERGY", "TIME", "PARKING_TIME")
                ],
                "restrictions": {
                    "start_time": f"{hour:02}:00",
                    "end_time": f"{(hour + 1) % 24:02}:00",
                    "day_of_week": [day],
                },
            }
            for day in DAYS
            for hour in range(24)
        ],
    }
    connection.execute("set statement_timeout = '3s'")
    try:
        found = lint(connection, document)
        assert {f["rule"] for f in found["warnings"]} == {"missing_field"}
        hostile = {"currency": "EUR", "elements": [{"price_components": [{}] * 4}] * 1000}
        assert len(lint(connection, hostile)["errors"]) == 100
        hostile = {"currency": "EUR", "elements": [{"restrictions": {"x": 1}}] * 20000}
        assert len(lint(connection, hostile)["errors"]) == 100
    finally:
        connection.execute("reset statement_timeout")
