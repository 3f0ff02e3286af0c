"""Statistics through the real PostgREST: as JSON, as CSV, refused."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta

from tests.support.people import People

TODAY = datetime.now(UTC).date()
RANGE = {"from": str(TODAY - timedelta(days=3)), "to": str(TODAY + timedelta(days=1))}


def test_an_operator_asks_by_site(people: People) -> None:
    """One request gives revenue, energy and utilisation."""
    answer = people["greenway.operator"].get(
        "/rpc/transaction_statistics",
        params={**RANGE, "by": "evse", "evse_id": "1001"},
    )
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()
    assert row["group_name"] == "DE*GRW*E1001*1"
    assert (row["sessions"], row["successful"], row["success_rate"]) == (1, 1, 1)
    assert row["energy_wh"] + row["unbilled_energy_wh"] == 10000
    assert row["total_incl_vat"] == row["total_excl_vat"] + row["vat"]
    assert row["occupied_s"] == 3600


def test_days_as_csv(people: People) -> None:
    """Statistics are a file when they are asked for as one, with all columns (PostgREST #3627)."""
    answer = people["greenway.operator"].get(
        "/rpc/transaction_statistics",
        params=RANGE,
        headers={"Accept": "text/csv"},
    )
    assert answer.status_code == 200, answer.text
    days = list(csv.DictReader(answer.text.splitlines()))
    assert {day["currency"] for day in days} == {"EUR"}
    assert [day["period_start"] for day in days] == [
        str(TODAY - timedelta(days=3) + timedelta(days=i)) for i in range(5)
    ]
    assert sum(int(day["sessions"]) for day in days) == 2


def test_a_driver_has_their_own(people: People) -> None:
    """A driver is told of one session, and no place."""
    answer = people["greenway.customer"].post(
        "/rpc/transaction_statistics", json={**RANGE, "by": "token"}
    )
    assert [(row["group_name"], row["sessions"]) for row in answer.json()] == [("GWTOKEN1", 1)]
    refused = people["greenway.customer"].post(
        "/rpc/transaction_statistics", json={**RANGE, "by": "site"}
    )
    assert refused.status_code == 400
    assert '"statistics_invalid"' in refused.json()["details"]


def test_what_cannot_be_counted_is_refused(people: People) -> None:
    """A wrong range or an unknown word is the caller's mistake, with a key."""
    for wrong in (
        {"from": RANGE["to"], "to": RANGE["from"]},
        {**RANGE, "by": "colour"},
        {"from": "0001-01-01", "to": "2026-01-01"},
        {"from": "-infinity", "to": "infinity"},
    ):
        answer = people["greenway.operator"].post("/rpc/transaction_statistics", json=wrong)
        assert answer.status_code == 400, answer.text
        assert '"statistics_invalid"' in answer.json()["details"]
    for broken in ({"from": "yesterdayish", "to": "2026-01-01"}, {**RANGE, "site_id": "x"}):
        answer = people["greenway.operator"].post("/rpc/transaction_statistics", json=broken)
        assert answer.status_code == 400, answer.text
