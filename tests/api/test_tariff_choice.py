"""Which tariff applies, over HTTP: an operator assigns, a driver is told before they start."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.people import People

RETURN = {"Prefer": "return=representation"}
TARIFF = {
    "id": "HARBOUR",
    "currency": "EUR",
    "country_code": "DE",
    "party_id": "GRW",
    "elements": [
        {"price_components": [{"type": "ENERGY", "price": 0.30, "vat": 19, "step_size": 1}]}
    ],
    "last_updated": "2026-01-01T00:00:00Z",
}


def created(answer: httpx.Response) -> dict[str, Any]:
    """The one row that a POST made."""
    assert answer.status_code == 201, answer.text
    (row,) = answer.json()
    assert isinstance(row, dict)
    return row


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and key of a refusal."""
    details = httpx.Response(200, content=answer.json()["details"]).json()
    return answer.status_code, details["error"]


def test_a_group_of_customers_gets_its_own_price_at_a_site(people: People) -> None:
    operator, driver = people["greenway.operator"], people["greenway.customer"]
    question = {"evse": "de*grw*e1001*1", "scenario": {"power_w": 11000, "duration_s": 3600}}
    before = driver.post("/rpc/preview_price", json=question)
    assert before.status_code == 200, before.text
    assert before.json()["tariff"]["id"] == "STANDARD"
    assert before.json()["reason"]["audience"] == "everyone"

    made = operator.post("/rpc/put_tariff", json={"document": TARIFF})
    assert made.status_code == 200, made.text
    (tariff,) = operator.get("/tariffs", params={"tariff_id": "eq.HARBOUR"}).json()
    group = created(operator.post("/customer_groups", json={"name": "Crew"}, headers=RETURN))
    me = driver.post("/rpc/me", json={}).json()
    created(
        operator.post(
            "/customer_group_members",
            json={"customer_group_id": group["id"], "user_id": me["user_id"]},
            headers=RETURN,
        )
    )
    assignment = {
        "tariff_id": tariff["id"],
        "site_id": 1001,
        "customer_group_id": group["id"],
    }
    row = created(operator.post("/tariff_assignments", json=assignment, headers=RETURN))
    assert (row["tenant_id"], row["place"], row["audience"]) == (101, "site", "customer_group")

    # put_tariff makes a version that starts now: a moment later it is there.
    after = driver.get(
        "/rpc/preview_price",
        params={"evse": "DEGRWE1001*1", "scenario": '{"power_w": 11000, "duration_s": 3600}'},
    )
    assert after.status_code == 200, after.text
    preview = after.json()
    assert preview["tariff"]["id"] == "HARBOUR"
    assert preview["reason"]["place"] == "site"
    assert preview["price"]["total_excl_vat"] == "3.30"

    # Another driver pays what everyone pays.
    other = people["greenway.driver2"].post("/rpc/preview_price", json=question)
    assert other.json()["tariff"]["id"] == "STANDARD"

    again = operator.post("/tariff_assignments", json=assignment)
    assert refused(again) == (409, "assignment_overlaps")
    assert operator.delete(f"/customer_groups?id=eq.{group['id']}").status_code == 204
    assert operator.get(f"/tariff_assignments?id=eq.{row['id']}").json() == []


def test_what_cannot_be_assigned_is_a_bad_request(people: People) -> None:
    operator = people["greenway.operator"]
    both = operator.post(
        "/tariff_assignments", json={"tariff_id": 1001, "site_id": 1001, "evse_id": 1001}
    )
    assert (both.status_code, both.json()["code"]) == (400, "23514")
    ends = {"tariff_id": 1001, "priority": 5, "starts_at": "2026-02-01Z", "ends_at": "2026-01-01Z"}
    backwards = operator.post("/tariff_assignments", json=ends)
    assert (backwards.status_code, backwards.json()["code"]) == (400, "23514")
    other = operator.post("/tariff_assignments", json={"tariff_id": 1001, "site_id": 2001})
    assert other.status_code == 409
    support = people["greenway.support"].post("/tariff_assignments", json={"tariff_id": 1001})
    assert refused(support) == (403, "permission_missing")


def test_a_bad_scenario_is_refused_with_its_path(people: People) -> None:
    driver = people["greenway.customer"]
    answer = driver.post(
        "/rpc/preview_price", json={"evse": "DE*GRW*E1001*1", "scenario": {"energy_wh": "10"}}
    )
    assert refused(answer) == (400, "scenario_invalid")
    unknown = driver.post("/rpc/preview_price", json={"evse": "DE*GRW*E9*9"})
    assert refused(unknown) == (404, "evse_unknown")
    foreign = driver.post(
        "/rpc/preview_price", json={"evse": "DE*GRW*E1001*1", "token": "GWTOKEN2"}
    )
    assert refused(foreign) == (404, "id_token_unknown")


def test_the_tariff_of_a_session_can_be_embedded(people: People) -> None:
    sessions = people["greenway.customer"].get(
        "/charging_sessions", params={"select": "id,session_tariffs(tariff_id,place,document)"}
    )
    assert sessions.status_code == 200, sessions.text
    (session,) = sessions.json()
    tariffs = session["session_tariffs"]
    tariff = tariffs[0] if isinstance(tariffs, list) else tariffs
    assert (tariff["tariff_id"], tariff["place"]) == ("STANDARD", "tenant")
    assert people["greenway.customer"].get("/tariff_assignments").status_code == 403
