"""A billing run through the real PostgREST: looked at first, begun, watched, read afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

from tests.support.databases import Database
from tests.support.people import People


def test_a_run_from_its_preview_to_its_report(people: People, module_database: Database) -> None:
    """An accountant begins it, the jobs go on with it, and every account is accounted for."""
    accountant = people["greenway.accountant"]
    # Begun: the row that it answers with says how much is to do.
    begun = accountant.post("/rpc/start_billing_run", json={"period": "2026-01"})
    assert begun.status_code == 200, begun.text
    (run,) = begun.json()
    assert (run["state"], run["period_to"], run["accounts_waiting"], run["invoices"]) == (
        "running",
        "2026-02-01",
        2,
        0,
    )
    with psycopg.connect(module_database.jobs_url, autocommit=True) as jobs:
        assert jobs.execute("select jobs.run_billing()").fetchone() == ("billed 2 accounts",)
    done = accountant.get(
        "/billing_runs",
        params={
            "id": f"eq.{run['id']}",
            "select": "state,accounts,accounts_waiting,"
            "billing_run_accounts(outcome,reason,accounts(number))",
        },
    )
    assert done.status_code == 200, done.text
    (found,) = done.json()
    assert (found["state"], found["accounts"], found["accounts_waiting"]) == ("done", 2, 0)
    assert sorted(
        (row["accounts"]["number"], row["outcome"], row["reason"])
        for row in found["billing_run_accounts"]
    ) == [("A1001", "skipped", "nothing_to_bill"), ("A1002", "skipped", "nothing_to_bill")]


def test_a_preview_of_the_running_month(people: People) -> None:
    """It tells of a month that is not over yet, and is refused to who may not see bills."""
    month = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m}"
    answer = people["bluecharge.accountant"].post(
        "/rpc/preview_billing_run", json={"period": month}
    )
    assert answer.status_code == 200, answer.text
    rows = {row["account_id"]: row for row in answer.json()}
    assert rows[2001] == {
        "account_id": 2001,
        "outcome": "billed",
        "reason": None,
        "transactions": 1,
        "transactions_held": 0,
        "credit_notes": 0,
        "currency": "EUR",
        "total_excl_vat": 5.0,
        "total_vat": 0.95,
        "total_incl_vat": 5.95,
    }
    refused = people["bluecharge.viewer"].post("/rpc/preview_billing_run", json={"period": month})
    assert (refused.status_code, refused.json()["code"]) == (403, "PT403")


def test_a_run_that_cannot_begin(people: People) -> None:
    """What is no month, or not over, is refused with a key."""
    accountant = people["greenway.accountant"]
    for period, status, key in (
        ("2026-13", 400, "month_invalid"),
        ("January", 400, "month_invalid"),
        ("2099-01", 409, "month_not_over"),
    ):
        answer = accountant.post("/rpc/start_billing_run", json={"period": period})
        assert answer.status_code == status, answer.text
        assert answer.json()["details"] == f'{{"error":"{key}"}}'
