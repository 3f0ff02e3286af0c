"""Transactions through the real PostgREST: prices, decisions about held sessions, CDRs, CSV."""

from __future__ import annotations

from tests.support.people import People

ENERGY = (
    "Energy: 10 kWh \N{MULTIPLICATION SIGN} 0.50 EUR per kWh = 5 EUR"
    " (tariff element 1, plus 19 % VAT)"
)


def test_a_price_with_everything_that_explains_it(people: People) -> None:
    """Session, ratings and the words for the price come in one request."""
    answer = people["greenway.customer"].get(
        "/transactions",
        params={
            "select": "id,state,total_incl_vat,currency,explanation,"
            "charging_sessions(energy_wh),ratings(version,reason)",
        },
    )
    assert answer.status_code == 200, answer.text
    assert answer.json() == [
        {
            "id": 1001,
            "state": "priced",
            "total_incl_vat": 5.95,
            "currency": "EUR",
            "explanation": [
                ENERGY,
                "VAT of 19 %: 0.95 EUR on 5.00 EUR",
                "Total: 5.00 EUR without VAT, 5.95 EUR with VAT",
            ],
            "charging_sessions": {"energy_wh": 10000},
            "ratings": [{"version": 1, "reason": "ended"}],
        }
    ]


def test_prices_as_csv(people: People) -> None:
    """A list is a file when it is asked for as one."""
    answer = people["greenway.operator"].get(
        "/transactions",
        params={"select": "id,state,total_excl_vat,vat,total_incl_vat", "order": "id"},
        headers={"Accept": "text/csv"},
    )
    assert answer.text.splitlines() == [
        "id,state,total_excl_vat,vat,total_incl_vat",
        "1001,priced,5.00,0.95,5.95",
        "1002,held,5.00,0.95,5.95",
    ]


def test_a_held_session_is_decided(people: People) -> None:
    """It is listed with its reasons, corrected, and then billed with what the operator read."""
    operator = people["bluecharge.operator"]
    held = operator.get("/held_sessions", params={"select": "session_id,hold_reasons,energy_wh"})
    assert held.json() == [
        {"session_id": 2002, "hold_reasons": ["readings_missing"], "energy_wh": 10000}
    ]
    body = {"session": 2002, "reason": "Read from the meter.", "meter_stop_wh": 9000}
    answer = operator.post("/rpc/correct_session", json=body)
    assert answer.status_code == 200, answer.text
    assert [(row["state"], row["total_incl_vat"]) for row in answer.json()] == [("priced", 4.76)]
    assert operator.get("/held_sessions").json() == []
    ratings = operator.get(
        "/ratings",
        params={
            "transaction_id": "eq.2002",
            "select": "version,reason,note,difference_incl_vat",
            "order": "version.desc",
            "limit": "1",
        },
    )
    assert ratings.json() == [
        {
            "version": 2,
            "reason": "corrected",
            "note": "Read from the meter.",
            "difference_incl_vat": -1.19,
        }
    ]
    cdrs = operator.get(
        "/cdrs", params={"transaction_id": "eq.2002", "select": "id", "order": "version,id"}
    )
    assert [row["id"] for row in cdrs.json()] == ["2002-1", "2002-1-C", "2002-2"]


def test_decisions_that_are_refused_say_why(people: People) -> None:
    """Status and key, and what is not there for another tenant."""
    operator = people["greenway.operator"]
    refused = [
        ("release_session", {"session": 1001, "reason": "It is fine."}, 409, "session_not_held"),
        ("release_session", {"session": 2002, "reason": "It is fine."}, 404, "session_unknown"),
        ("write_off_session", {"session": 2001, "reason": "Goodwill."}, 404, "session_unknown"),
        (
            "correct_session",
            {"session": 1001, "reason": "By hand.", "meter_stop_wh": 1},
            400,
            "correction_invalid",
        ),
        (
            "rerate_transaction",
            {"transaction": 2001, "reason": "To see it."},
            404,
            "transaction_unknown",
        ),
        ("rerate_transaction", {"transaction": 1001, "reason": ""}, 400, "reason_required"),
    ]
    for function, body, status, key in refused:
        answer = operator.post(f"/rpc/{function}", json=body)
        assert (answer.status_code, key in answer.text) == (status, True), answer.text


def test_nobody_writes_transactions(people: People) -> None:
    """The lists are to read from; a price changes by a new rating only."""
    admin = people["greenway.admin"]
    for path in ("/transactions?id=eq.1001", "/ratings?transaction_id=eq.1001", "/cdrs"):
        for answer in (admin.patch(path, json={"tenant_id": 102}), admin.delete(path)):
            assert answer.status_code == 403, answer.text
