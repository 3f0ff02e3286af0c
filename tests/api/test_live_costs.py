"""Live costs and budgets through the real PostgREST: who reads what, and what is refused."""

from __future__ import annotations

from typing import Any

from tests.support.calls import key_of
from tests.support.people import People

RETURN = {"Prefer": "return=representation"}


def test_a_session_brings_its_cost_along(people: People) -> None:
    """Embedded, it is one object and the caller's own; a driver sees no other."""
    path = "/charging_sessions?select=id,session_costs(energy_wh,problem)&order=id"
    of_1001: dict[str, Any] = {
        "id": 1001,
        "session_costs": {"energy_wh": 10000, "problem": "tariff_missing"},
    }
    operator = people["greenway.operator"].get(path)
    assert operator.status_code == 200, operator.text
    assert operator.json() == [of_1001, of_1001 | {"id": 1002}]
    assert people["greenway.customer"].get(path).json() == [of_1001]


def test_the_cost_of_one_session_is_an_object(people: People) -> None:
    """What another may see is not there."""
    answer = people["greenway.customer"].post("/rpc/session_cost", json={"session": 1001})
    assert answer.status_code == 200, answer.text
    assert answer.json()["energy_wh"] == 10000
    assert [budget["id"] for budget in answer.json()["budgets"]] == [1001]
    for persona, session in (("greenway.customer", 1002), ("greenway.operator", 2001)):
        answer = people[persona].post("/rpc/session_cost", json={"session": session})
        assert (answer.status_code, key_of(answer)) == (404, "session_unknown")


def test_costs_as_csv(people: People) -> None:
    """A list is a file when it is asked for as one."""
    answer = people["greenway.operator"].get(
        "/session_costs?select=session_id,energy_wh,currency,total_incl_vat,problem"
        "&order=session_id",
        headers={"Accept": "text/csv"},
    )
    assert answer.text.splitlines() == [
        "session_id,energy_wh,currency,total_incl_vat,problem",
        "1001,10000,,,tariff_missing",
        "1002,10000,,,tariff_missing",
    ]


def test_an_operator_keeps_budgets(people: People) -> None:
    """Added, changed, read by the driver, removed."""
    operator = people["greenway.operator"]
    budget = {"id_token_id": 1001, "per": "day", "max_amount": 25, "currency": "EUR"}
    answer = operator.post("/budgets", json=budget, headers=RETURN)
    assert answer.status_code == 201, answer.text
    (row,) = answer.json()
    assert (row["tenant_id"], row["is_enabled"]) == (101, True)
    answer = operator.patch(
        f"/budgets?id=eq.{row['id']}", json={"is_enabled": False}, headers=RETURN
    )
    assert answer.json()[0]["is_enabled"] is False
    own = people["greenway.customer"].get("/budgets?select=id,max_amount&order=max_amount").json()
    assert own == [{"id": row["id"], "max_amount": 25}, {"id": 1001, "max_amount": 1000000}]
    assert operator.post("/budgets", json=budget).status_code == 409
    assert operator.delete(f"/budgets?id=eq.{row['id']}").status_code == 204


def test_bad_budgets_are_refused(people: People) -> None:
    """Nothing negative, no unknown period, no currency that is none, nobody's budget."""
    operator = people["greenway.operator"]
    good: dict[str, Any] = {"id_token_id": 1003, "per": "day", "max_amount": 5, "currency": "EUR"}
    for bad in (
        {"max_amount": -1},
        {"max_amount": 0},
        {"max_amount": "much"},
        {"max_energy_wh": -5},
        {"per": "year"},
        {"currency": "euro"},
        {"currency": None},
        {"id_token_id": None},
    ):
        answer = operator.post("/budgets", json=good | bad)
        assert answer.status_code == 400, (bad, answer.text)
    assert operator.post("/budgets", json=good | {"id_token_id": 2003}).status_code == 409
    answer = people["greenway.viewer"].post("/budgets", json=good)
    assert (answer.status_code, key_of(answer)) == (403, "permission_missing")
    assert people["greenway.customer"].post("/budgets", json=good).status_code == 403
    assert operator.patch("/budgets?id=eq.1001", json={"used_amount": 0}).status_code >= 400
