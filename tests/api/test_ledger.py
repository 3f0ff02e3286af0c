"""The books through the real PostgREST: who reads them, in which form, and what is refused."""

from __future__ import annotations

import csv
from decimal import Decimal

from tests.support.calls import key_of
from tests.support.people import People


def test_the_trial_balance_is_a_file_for_the_accountant(people: People) -> None:
    """As CSV, with every account of the chart, and it sums to zero."""
    answer = people["greenway.admin"].get(
        "/rpc/trial_balance?as_of=2100-01-01",
        headers={"Accept": "text/csv"},
    )
    assert answer.status_code == 200, answer.text
    lines = list(csv.DictReader(answer.text.splitlines()))
    assert len(lines) == 12
    assert sum(Decimal(line["balance"]) for line in lines) == 0
    assert {line["currency"] for line in lines} == {"EUR"}
    answer = people["greenway.viewer"].get("/rpc/trial_balance")
    assert (answer.status_code, key_of(answer)) == (403, "permission_missing")


def test_a_customer_reads_an_own_statement(people: People) -> None:
    """Opening, postings, closing; another's account is not there."""
    customer = people["greenway.customer"]
    answer = customer.post("/rpc/account_statement", json={"account": 1001})
    assert answer.status_code == 200, answer.text
    lines = answer.json()
    assert (lines[0]["kind"], lines[0]["balance"]) == ("opening", 0)
    assert lines[-1]["kind"] == "closing"
    (balance,) = customer.get("/account_balances").json()
    assert balance["receivables"] == lines[-1]["balance"]
    for account in (1002, 2001, 999999):
        answer = customer.post("/rpc/account_statement", json={"account": account})
        assert (answer.status_code, key_of(answer)) == (404, "account_unknown")
    assert customer.get("/journals").status_code == 403


def test_an_adjustment_is_posted_once(people: People) -> None:
    """With a reference; what does not balance is not posted at all."""
    entries = [
        {"ledger_account": "payment_fees", "amount": 4.9},
        {"ledger_account": "bank", "amount": -4.9},
    ]
    adjustment = {
        "legal_entity": 1001,
        "entries": entries,
        "reason": "Fees of the bank",
        "reference": "fees-2026-02",
    }
    admin = people["greenway.admin"]
    journals = [admin.post("/rpc/post_adjustment", json=adjustment) for _ in range(2)]
    assert [journal.status_code for journal in journals] == [200, 200], journals[0].text
    first, second = (journal.json()[0] for journal in journals)
    assert first == second
    assert first["amount"] == 4.9
    posted = admin.get(f"/ledger_entries?journal_id=eq.{first['id']}&order=line").json()
    assert [entry["amount"] for entry in posted] == [4.9, -4.9]

    bad = adjustment | {"entries": entries[:1] * 2, "reference": "other"}
    answer = admin.post("/rpc/post_adjustment", json=bad)
    assert (answer.status_code, key_of(answer)) == (400, "adjustment_invalid")
    answer = people["greenway.support"].post("/rpc/post_adjustment", json=adjustment)
    assert (answer.status_code, key_of(answer)) == (403, "permission_missing")


def test_the_books_cannot_be_written(people: People) -> None:
    """Not even by those who may read all of them."""
    admin = people["greenway.admin"]
    for view in ("journals", "ledger_entries"):
        assert admin.delete(f"/{view}?tenant_id=eq.101").status_code == 403
        assert admin.patch(f"/{view}?tenant_id=eq.101", json={"kind": "x"}).status_code == 403


def test_gaps_between_readings(people: People) -> None:
    """Of one's own sessions, and of no range that is too long."""
    operator = people["greenway.operator"]
    gaps = operator.get("/rpc/meter_gaps?session=1001").json()
    assert [gap["expected_by"] for gap in gaps] == ["setting"]
    answer = operator.get("/rpc/meter_gaps?from=2020-01-01&to=2021-01-01")
    assert (answer.status_code, key_of(answer)) == (400, "period_invalid")
    answer = operator.get("/rpc/meter_gaps?session=2001")
    assert (answer.status_code, key_of(answer)) == (404, "session_unknown")
