"""Tariffs over HTTP: OCPI documents go in, come out as they were, and are judged."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.people import People

# Every field of OCPI 2.3.0, with numbers whose decimals a client may compare.
TARIFF_2_3_0 = """{
    "country_code": "DE", "party_id": "GRW", "id": "HTTP-230", "currency": "EUR",
    "type": "REGULAR", "tax_included": "YES",
    "tariff_alt_text": [{"language": "de", "text": "Über Nacht günstiger"}],
    "tariff_alt_url": "https://greenway.example/prices",
    "min_price": {"before_taxes": 0.50, "after_taxes": 0.60},
    "max_price": {"before_taxes": 20.00, "after_taxes": 23.80},
    "elements": [
        {"price_components": [{"type": "FLAT", "price": 1.00, "vat": 19.0, "step_size": 1}],
         "restrictions": {"reservation": "RESERVATION"}},
        {"price_components": [
            {"type": "ENERGY", "price": 0.250, "vat": 19.0, "step_size": 1},
            {"type": "PARKING_TIME", "price": 2.0, "vat": 19.0, "step_size": 1}],
         "restrictions": {"start_time": "22:00", "end_time": "06:00", "day_of_week": ["SUNDAY"],
            "min_kwh": 0.0, "max_power": 50.00, "max_duration": 7200}},
        {"price_components": [{"type": "ENERGY", "price": 0.500, "vat": 19.0, "step_size": 1}]}
    ],
    "energy_mix": {"is_green_energy": true},
    "last_updated": "2026-01-01T00:00:00Z"
}"""
TARIFF_2_2_1 = """{
    "country_code": "DE", "party_id": "GRW", "id": "HTTP-221", "currency": "EUR",
    "max_price": {"excl_vat": 20.00, "incl_vat": 23.80},
    "elements": [
        {"price_components": [{"type": "TIME", "price": 2.00, "vat": 19.0, "step_size": 300}]}
    ],
    "last_updated": "2026-01-01T00:00:00Z"
}"""


def exact(text: str) -> Any:
    """JSON with numbers as they are written: 2.0 is not 2."""
    return json.loads(text, parse_float=str, parse_int=str)


def put(client: httpx.Client, document: str, **arguments: Any) -> httpx.Response:
    """Call put_tariff with the document's own text."""
    body = json.dumps(arguments | {"document": None}).replace("null", document)
    return client.post(
        "/rpc/put_tariff", content=body, headers={"Content-Type": "application/json"}
    )


@pytest.mark.parametrize(
    ("document", "version"), [(TARIFF_2_3_0, "2.3.0"), (TARIFF_2_2_1, "2.2.1")]
)
def test_a_document_comes_out_as_it_went_in(people: People, document: str, version: str) -> None:
    operator = people["greenway.operator"]
    tariff_id = json.loads(document)["id"]
    stored = put(operator, document)
    assert stored.status_code == 200, stored.text
    (row,) = exact(stored.text)
    assert (row["document"], row["ocpi_version"]) == (exact(document), version)
    given = operator.post("/rpc/tariff", json={"tariff": tariff_id})
    assert exact(given.text) == exact(document)
    (listed,) = exact(operator.get("/tariffs", params={"tariff_id": f"eq.{tariff_id}"}).text)
    assert listed["document"] == exact(document)


def test_a_new_version_starts_at_its_moment_and_the_one_before_ends_there(people: People) -> None:
    operator = people["greenway.operator"]
    tariff = json.loads(TARIFF_2_2_1) | {"id": "HTTP-PLAN"}
    change = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    assert put(operator, json.dumps(tariff)).status_code == 200
    tariff["elements"][0]["price_components"][0]["price"] = 3
    assert put(operator, json.dumps(tariff), starts_at=change.isoformat()).status_code == 200
    before, after = operator.get(
        "/tariff_versions", params={"tariff_id": "eq.HTTP-PLAN", "order": "valid_from"}
    ).json()
    assert datetime.fromisoformat(before["valid_to"]) == change
    assert datetime.fromisoformat(after["valid_from"]) == change
    assert (before["version_no"], after["version_no"], after["valid_to"]) == (1, 2, None)

    (ended,) = operator.post(
        "/rpc/end_tariff", json={"tariff": "HTTP-PLAN", "ends_at": change.isoformat()}
    ).json()
    assert datetime.fromisoformat(ended["valid_to"]) == change
    assert ended["next_version_at"] is None


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"elements": None}, "$.elements"),
        ({"currency": "euro"}, "$.currency"),
        ({"tax_included": "MAYBE"}, "$.tax_included"),
        ({"elements": [{"price_components": [{"type": "TIME", "price": "2"}]}]}, "price"),
        (
            {"elements": [{"price_components": [{"type": "TIME", "price": 2, "step_size": -1}]}]},
            "$.elements[0].price_components[0].step_size",
        ),
        ({"max_price": {"excl_vat": -1}}, "$.max_price.excl_vat"),
    ],
)
def test_what_cannot_be_priced_is_refused_with_path_and_reason(
    people: People, change: dict[str, Any], path: str
) -> None:
    tariff = json.loads(TARIFF_2_2_1) | {"id": "HTTP-BAD"} | change
    operator = people["greenway.operator"]
    answer = operator.post("/rpc/put_tariff", json={"document": tariff})
    assert answer.status_code == 400, answer.text
    detail = json.loads(answer.json()["details"])
    assert detail["error"] == "tariff_invalid"
    assert detail["path"].endswith(path)
    assert detail["reason"]
    judged = operator.post("/rpc/lint_tariff", json={"tariff": tariff}).json()
    assert judged["errors"] == detail["errors"]
    assert operator.get("/tariffs", params={"tariff_id": "eq.HTTP-BAD"}).json() == []


@pytest.mark.parametrize("document", [None, 1, "x", [], {}, {"elements": {"a": []}}])
def test_what_is_no_tariff_at_all_is_refused(people: People, document: Any) -> None:
    answer = people["greenway.admin"].post("/rpc/put_tariff", json={"document": document})
    assert answer.status_code == 400, answer.text
    assert json.loads(answer.json()["details"])["error"] == "tariff_invalid"


def test_doubts_are_told_and_nothing_is_stored(people: People) -> None:
    answer = people["greenway.support"].post(
        "/rpc/lint_tariff", json={"tariff": json.loads(TARIFF_2_2_1) | {"id": "HTTP-LINT"}}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "errors": [],
        "warnings": [
            {
                "path": "$.elements[0].price_components[0].step_size",
                "rule": "step_size_over_1",
                "message": "bills begun steps whole: the driver pays for what was not taken",
            }
        ],
    }
    tariffs = people["greenway.admin"].get("/tariffs", params={"tariff_id": "eq.HTTP-LINT"})
    assert tariffs.json() == []


def test_nobody_writes_around_the_functions(people: People) -> None:
    admin = people["greenway.admin"]
    for relation in ("tariffs", "tariff_versions"):
        standard = {"tariff_id": "eq.STANDARD"}
        before = admin.get(f"/{relation}", params=standard).json()
        for answer in (
            admin.post(f"/{relation}", json={"tariff_id": "X"}),
            admin.patch(f"/{relation}", params=standard, json={"document": {}}),
            admin.delete(f"/{relation}", params=standard),
        ):
            assert not answer.is_success, answer.text
        assert admin.get(f"/{relation}", params=standard).json() == before
    for persona in ("greenway.support", "greenway.customer"):
        assert put(people[persona], TARIFF_2_2_1).status_code == 403
    assert put(people.anonymous, TARIFF_2_2_1).status_code == 401
