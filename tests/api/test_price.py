"""Pricing charging periods over HTTP: a what-if, and a check of other people's CDRs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.people import People

Json = dict[str, Any]

VECTORS: list[Json] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "ocpi_vectors.json").read_text()
)["vectors"]
SOME = ("t16-reservation-fee-13min", "ss-t14-2-time-35-to-45", "cdr-example", "d-dst-spring")
TARIFF: Json = {
    "currency": "EUR",
    "elements": [
        {
            "price_components": [{"type": "ENERGY", "price": 0.3, "vat": 19, "step_size": 1}],
            "restrictions": {"start_time": "22:00", "end_time": "06:00"},
        },
        {"price_components": [{"type": "ENERGY", "price": 0.5, "vat": 19, "step_size": 1}]},
    ],
}


def session(*periods: tuple[str, float]) -> Json:
    """Periods on the evening of 10 March in Berlin that begin at a UTC time; over at 22:00."""
    return {
        "time_zone": "Europe/Berlin",
        "start_date_time": "2026-03-10T20:00:00Z",
        "end_date_time": "2026-03-10T22:00:00Z",
        "charging_periods": [
            {
                "start_date_time": f"2026-03-10T{begin}:00Z",
                "dimensions": [{"type": "ENERGY", "volume": kwh}],
            }
            for begin, kwh in periods
        ],
    }


def price(people: People, persona: str, tariff: Any, session: Any) -> Json:
    answer = people[persona].post("/rpc/price", json={"tariff": tariff, "session": session})
    assert answer.status_code == 200, answer.text
    result: Json = answer.json()
    return result


@pytest.mark.parametrize("name", SOME)
def test_the_examples_of_ocpi_come_out_over_http(people: People, name: str) -> None:
    vector = next(vector for vector in VECTORS if vector["id"] == name)
    result = price(people, "greenway.viewer", vector["tariff"], vector["session"])
    assert result["exact"] == vector["expected"]["exact"]
    assert [line["billed"] for line in result["lines"]] == [
        line["billed"] for line in vector["expected"]["lines"]
    ]


@pytest.mark.parametrize("persona", ["greenway.customer", "bluecharge.operator", "platform_admin"])
def test_anybody_signed_in_may_ask(people: People, persona: str) -> None:
    if persona == "platform_admin":
        persona = "greenway.platform_admin"
    result = price(people, persona, TARIFF, session(("20:00", 4), ("21:00", 6)))
    assert (result["total_excl_vat"], result["total_incl_vat"]) == ("3.80", "4.52")
    assert result["taxes"] == [{"vat": 19, "net": "3.80", "tax": "0.72", "gross": "4.52"}]
    assert result["warnings"] == []


def test_strangers_may_not(people: People) -> None:
    body = {"tariff": TARIFF, "session": session(("20:00", 4))}
    assert people.anonymous.post("/rpc/price", json=body).status_code == 401


def test_a_period_over_a_change_has_the_price_of_its_start_and_a_warning(people: People) -> None:
    result = price(people, "greenway.operator", TARIFF, session(("20:00", 4), ("20:30", 6)))
    assert result["exact"]["excl_vat"] == "5"
    (warning,) = result["warnings"]
    assert warning["code"] == "period_spans_change"
    assert (warning["period_index"], warning["changes_at"]) == (1, "2026-03-10T21:00:00Z")


def test_limits_in_kwh_and_time_within_a_period_are_warned_of_too(people: People) -> None:
    component = {"type": "ENERGY", "price": 0.5, "vat": 19, "step_size": 1}
    for restrictions, moment in (
        ({"max_kwh": 3}, "2026-03-10T20:45:00.000001Z"),
        ({"max_duration": 1800}, "2026-03-10T20:30:00Z"),
    ):
        element = {"price_components": [component], "restrictions": restrictions}
        dearer = {"price_components": [component | {"price": 0.6}]}
        tariff = {"currency": "EUR", "elements": [element, dearer]}
        result = price(people, "greenway.operator", tariff, session(("20:00", 8)))
        assert [warning["changes_at"] for warning in result["warnings"]] == [moment]
        # What changes nothing is not warned of: both elements are the same.
        tariff = {"currency": "EUR", "elements": [element | {"restrictions": {}}, dearer]}
        result = price(people, "greenway.operator", tariff, session(("20:00", 8)))
        assert result["warnings"] == []


def test_the_periods_of_several_tariffs_name_their_own(people: People) -> None:
    vector = next(vector for vector in VECTORS if vector["id"] == "a-two-tariffs-one-step")
    result = price(people, "greenway.operator", vector["tariffs"], vector["session"])
    assert [line["tariff_id"] for line in result["lines"]] == ["A", "B"]
    periods = vector["session"]["charging_periods"]
    nameless = vector["session"] | {
        "charging_periods": [periods[0], periods[1] | {"tariff_id": "C"}]
    }
    dear = [vector["tariffs"][0], vector["tariffs"][1] | {"currency": "SEK"}]
    for tariffs, asked, key, path in (
        (vector["tariffs"], nameless, "session_invalid", "$.charging_periods[1].tariff_id"),
        (dear, vector["session"], "tariff_invalid", "$[1].currency"),
    ):
        answer = people["greenway.operator"].post(
            "/rpc/price", json={"tariff": tariffs, "session": asked}
        )
        assert answer.status_code == 400, answer.text
        detail = json.loads(answer.json()["details"])
        assert (detail["error"], detail["path"]) == (key, path)


@pytest.mark.parametrize(
    ("tariff", "changed", "key", "path"),
    [
        (5, {}, "tariff_invalid", None),
        ({"currency": "EUR", "elements": []}, {}, "tariff_invalid", None),
        (TARIFF | {"elements": [{"price_components": [{"type": "ENERGY", "price": "1"}]}]}, {},
         "tariff_invalid", "$.elements[0].price_components[0].price"),
        (TARIFF, {"time_zone": "Mars/Olympus"}, "session_invalid", "$.time_zone"),
        (TARIFF, {"charging_periods": 7}, "session_invalid", "$.charging_periods"),
        (TARIFF, session(("21:00", 4), ("20:00", 6)), "session_invalid",
         "$.charging_periods[1].start_date_time"),
        (TARIFF, session(("20:00", -4)), "session_invalid",
         "$.charging_periods[0].dimensions[0].volume"),
    ],
)  # fmt: skip
def test_what_cannot_be_priced_is_refused_with_path_and_reason(
    people: People, tariff: Any, changed: Json, key: str, path: str | None
) -> None:
    body = {"tariff": tariff, "session": session(("20:00", 4)) | changed}
    answer = people["greenway.operator"].post("/rpc/price", json=body)
    assert answer.status_code == 400, answer.text
    detail = json.loads(answer.json()["details"])
    assert detail["error"] == key
    assert detail["reason"]
    if path is not None:
        assert detail["path"] == path
