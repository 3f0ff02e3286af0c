"""Direct debits: announced once, collected once, returned into an open invoice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.support.bank import Bank, bank_of
from tests.support.databases import Database
from tests.support.statements import Booking


@pytest.fixture
def bank(database: Database) -> Iterator[Bank]:
    """Greenway's bank, with nothing on the account."""
    with bank_of(database) as found:
        yield found


def proof(bank: Bank) -> tuple[bool, str | None]:
    """What the daily proof says a year on."""
    ((is_proven, problem),) = bank.act(
        "select is_proven, problem from api.prove_books(%s)", bank.day + timedelta(days=200)
    )
    return is_proven, problem


def batches(bank: Bank) -> list[tuple[Any, ...]]:
    """State, sequence, number and sum of the batches that were made here."""
    return bank.ask(
        "select state, sequence_type, payment_count, total from core.debit_batches"
        " where tenant_id = 101 and id < 1000 order by id"
    )


def e2e(bank: Bank, payment_of: int) -> str:
    """The end-to-end id of the newest payment of an invoice."""
    return str(
        bank.ask(
            "select end_to_end_id from core.payments where invoice_id = %s"
            " order by id desc limit 1",
            payment_of,
        )[0][0]
    )


def test_an_invoice_is_announced_once_and_collected_when_its_day_is_near(bank: Bank) -> None:
    account = bank.account()
    invoice = bank.invoice("10", account=account)
    bank.invoice("10")
    assert bank.runner.execute("select jobs.collect_debits()").fetchone() == ("announced 1",)
    assert bank.runner.execute("select jobs.collect_debits()").fetchone() == ("",)
    assert bank.payments(invoice) == [("pending", invoice.total)]
    ((data,),) = bank.ask("select data from core.events where type = 'payment.upcoming'")
    assert (data["amount"], data["invoice_number"], data["iban"]) == (
        11.9,
        invoice.number,
        "DE02**************2051",
    )
    assert (data["creditor_id"], data["mandate_reference"][:5]) == ("DE98ZZZ09999999999", "M101-")
    # Two weeks of notice at least, on a day on which banks work.
    assert bank.one(
        "select p.collect_on >= current_date + 14 and extract(isodow from p.collect_on) < 6"
        " and p.collect_on >= i.due_on from core.payments as p"
        " join core.invoices as i on i.id = p.invoice_id where p.invoice_id = %s",
        invoice.id,
    )
    bank.owner.execute("update core.payments set collect_on = current_date + 2")
    assert bank.runner.execute("select jobs.collect_debits()").fetchone() == ("made 1 batches",)
    assert batches(bank) == [("created", "FRST", 1, Decimal("11.90"))]
    assert bank.runner.execute("select jobs.collect_debits()").fetchone() == ("",)


def test_what_changed_after_the_announcement_is_not_collected(bank: Bank) -> None:
    accounts = [bank.account() for _ in range(5)]
    invoices = [bank.invoice("10", account=account) for account in accounts]
    bank.runner.execute("select jobs.collect_debits()")
    bank.bring(
        Booking("11.90", reference=invoices[0].reference),
        Booking("1.90", reference=invoices[1].reference),
    )
    bank.owner.execute(
        "update core.mandates set state = 'revoked' where account_id = %s", [accounts[2]]
    )
    bank.owner.execute(
        "update core.accounts set payment_method = 'bank_transfer' where id = %s", [accounts[3]]
    )
    (batch,) = bank.collect()
    assert batches(bank) == [("created", "FRST", 2, Decimal("21.90"))]
    assert [bank.payments(each) for each in invoices[2:]] == [
        [("cancelled", Decimal("11.90"))],
        [("cancelled", Decimal("11.90"))],
        [("pending", Decimal("11.90"))],
    ]
    assert ("pending", Decimal("10.00")) in bank.payments(invoices[1])
    assert ("cancelled", Decimal("11.90")) in bank.payments(invoices[0])
    assert bank.ask("select state from core.debit_batches where id = %s", batch) == [("created",)]


def test_a_mandate_is_first_once_and_schemes_and_days_are_batches_of_their_own(bank: Bank) -> None:
    account, company = bank.account(), bank.account(scheme="B2B")
    for _ in range(2):
        bank.invoice("10", account=account)
    bank.invoice("30", account=company)
    assert len(bank.collect()) == 3
    assert sorted(batches(bank)) == sorted(
        [
            ("created", "FRST", 1, Decimal("11.90")),
            ("created", "RCUR", 1, Decimal("11.90")),
            ("created", "FRST", 1, Decimal("35.70")),
        ]
    )
    bank.invoice("20", account=account)
    bank.collect()
    assert batches(bank)[-1] == ("created", "RCUR", 1, Decimal("23.80"))


def test_a_mandate_without_a_signature_date_collects_nothing(bank: Bank) -> None:
    account = bank.account(debited=False)
    bank.owner.execute(
        "update core.accounts set payment_method = 'sepa_debit' where id = %s", [account]
    )
    for columns, error in (
        (
            "state, signed_on) values (%s, 'N', 'DE02120300000000202051', 'active', null",
            "without the date",
        ),
        (
            "state, signed_on) values (%s, 'N', 'DE02120300000000202051', 'active', '2200-01-01'",
            "ahead",
        ),
        ("state) values (%s, 'N', 'DE02120300000000202052', 'pending'", "no IBAN"),
    ):
        with pytest.raises(psycopg.Error, match=error):
            bank.act(
                "insert into api.mandates (account_id, account_holder, iban,"
                f" {columns}) returning id",
                account,
            )
    bank.act(
        "insert into api.mandates (account_id, account_holder, iban)"
        " values (%s, 'N', 'de02 1203 0000 0000 2020 51') returning id",
        account,
    )
    invoice = bank.invoice("10", account=account)
    assert bank.collect() == []
    bank.act(
        "update api.mandates set signed_on = '2026-01-01', state = 'active' where account_id = %s"
        " returning id",
        account,
    )
    assert len(bank.collect()) == 1
    assert bank.payments(invoice) == [("pending", invoice.total)]


def test_the_bank_credits_a_batch_in_one_sum_or_payment_by_payment(bank: Bank) -> None:
    account = bank.account()
    invoices = [bank.invoice("10", account=account) for _ in range(3)]
    for batch in bank.collect():
        bank.submit(batch)
    # One first, two recurring.
    assert (
        bank.bring(
            Booking("11.90", "collection", end_to_end_id=e2e(bank, invoices[0].id)),
            Booking(
                "23.80",
                "batch",
                batch=str(
                    bank.one("select message_id from core.debit_batches where payment_count = 2")
                ),
            ),
        )
        == "booked"
    )
    assert bank.found() == ["end_to_end_id", "batch"]
    assert [bank.open(each) for each in invoices] == [0, 0, 0]
    assert [bank.payments(each) for each in invoices] == [[("succeeded", Decimal("11.90"))]] * 3
    assert bank.ledger("suspense") == 0
    # The same credit once more is somebody else's.
    bank.bring(
        Booking(
            "11.90", "again", end_to_end_id=e2e(bank, invoices[0].id), iban="NL91ABNA0417164300"
        )
    )
    assert bank.found()[-1] == "suspense"
    assert proof(bank) == (True, None)


def test_a_return_opens_the_invoice_and_what_the_bank_took_is_a_fee(bank: Bank) -> None:
    account = bank.account()
    invoice = bank.invoice("10", account=account)
    (batch,) = bank.collect()
    bank.submit(batch)
    bank.bring(Booking("11.90", end_to_end_id=e2e(bank, invoice.id)))
    assert bank.open(invoice) == 0
    bank.bring(
        Booking("-14.90", "no money", end_to_end_id=e2e(bank, invoice.id), return_reason="AM04")
    )
    assert bank.payments(invoice) == [("returned", Decimal("11.90"))]
    assert bank.open(invoice) == Decimal("11.90")
    assert (bank.ledger("payment_fees"), bank.ledger("suspense")) == (Decimal("3.00"), 0)
    assert bank.ledger("receivables", account) == Decimal("11.90")
    assert bank.one("select count(*) from core.events where type = 'payment.returned'") == 1
    # It is not tried again by itself, but by a person.
    assert bank.runner.execute("select jobs.collect_debits()").fetchone() == ("",)
    ((answer,),) = bank.act("select api.collect_invoice(%s)", invoice.id)
    assert answer["amount"] == 11.9
    with pytest.raises(psycopg.Error, match="cannot be collected"):
        bank.act("select api.collect_invoice(%s)", invoice.id)
    (batch,) = bank.collect()
    bank.submit(batch)
    # This time the account is closed, and the mandate with it.
    bank.bring(Booking("11.90", end_to_end_id=e2e(bank, invoice.id)))
    bank.bring(Booking("-11.90", end_to_end_id=e2e(bank, invoice.id), return_reason="AC04"))
    assert [state for state, _ in bank.payments(invoice)] == ["returned", "returned"]
    assert bank.one("select state from core.mandates where account_id = %s", account) == "revoked"
    assert proof(bank) == (True, None)


def test_a_return_that_comes_before_its_credit_comes_out_the_same(bank: Bank) -> None:
    account = bank.account()
    invoices = [bank.invoice("10", account=account) for _ in range(3)]
    for batch in bank.collect():
        bank.submit(batch)
    (name,) = bank.ask("select message_id from core.debit_batches where payment_count = 2")
    bank.bring(
        Booking("-11.90", end_to_end_id=e2e(bank, invoices[2].id), return_reason="AM04"),
        Booking("-11.90", end_to_end_id=e2e(bank, invoices[0].id), return_reason="AM04"),
    )
    assert [bank.open(each) for each in invoices] == [Decimal("11.90")] * 3
    bank.bring(
        Booking("23.80", "batch", batch=str(name[0])),
        Booking("11.90", end_to_end_id=e2e(bank, invoices[0].id)),
    )
    assert [bank.open(each) for each in invoices] == [Decimal("11.90"), 0, Decimal("11.90")]
    assert (bank.ledger("suspense"), bank.ledger("bank")) == (0, Decimal("11.90"))
    assert proof(bank) == (True, None)


def test_a_batch_is_handed_over_with_its_file_or_withdrawn_once(bank: Bank) -> None:
    account = bank.account()
    invoice = bank.invoice("10", account=account)
    (batch,) = bank.collect()
    with pytest.raises(psycopg.Error, match="no file yet"):
        bank.act("select id from api.submit_debit_batch(%s)", batch)
    bank.act("select id from api.cancel_debit_batch(%s)", batch)
    assert bank.payments(invoice) == [("cancelled", Decimal("11.90"))]
    with pytest.raises(psycopg.Error, match="the batch is cancelled"):
        bank.submit(batch)
    bank.act("select api.collect_invoice(%s)", invoice.id)
    (batch,) = bank.collect()
    bank.submit(batch)
    with pytest.raises(psycopg.Error, match="the batch is submitted"):
        bank.act("select id from api.cancel_debit_batch(%s)", batch)


def test_runners_and_a_person_at_once_collect_an_invoice_once(
    bank: Bank, database: Database
) -> None:
    accounts = [bank.account() for _ in range(6)]
    invoices = [bank.invoice("10", account=account) for account in accounts for _ in range(3)]
    errors: list[Exception] = []

    def work(who: str | None) -> None:
        url = database.superuser_url if who else database.jobs_url
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                for _ in range(3):
                    if who:
                        with connection.transaction():
                            connection.execute("select tests.act_as(%s)", [who])
                            connection.execute("select id from api.create_debit_batch()")
                            connection.execute("select tests.reset()")
                    else:
                        connection.execute("select jobs.collect_debits()")
        except psycopg.Error as error:
            errors.append(error)

    threads = [
        threading.Thread(target=work, args=[who])
        for who in (None, None, "greenway.accountant", "greenway.accountant")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [bank.payments(each) for each in invoices] == [[("pending", Decimal("11.90"))]] * 18
    assert sum(count for _, _, count, _ in batches(bank)) == 18
    assert bank.one(
        "select bool_and(b.total = p.total and b.payment_count = p.payments)"
        " from core.debit_batches as b join (select debit_batch_id, sum(amount) as total,"
        " count(*) as payments from core.payments group by 1) as p on p.debit_batch_id = b.id"
    )


def test_a_mandate_ends_when_it_was_not_used_for_three_years(bank: Bank) -> None:
    used, unused = bank.account(), bank.account()
    with bank.owner.transaction():
        bank.owner.execute("set local session_replication_role = replica")
        bank.owner.execute(
            "update core.mandates set signed_on = current_date - interval '37 months'"
            " where account_id in (%s, %s)",
            [used, unused],
        )
    bank.invoice("10", account=used)
    bank.collect()
    assert bank.runner.execute("select jobs.collect_debits()").fetchone() == ("ended 1 mandates",)
    assert bank.ask(
        "select state from core.mandates where account_id in (%s, %s) order by account_id",
        used,
        unused,
    ) == [("active",), ("expired",)]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-20", "2026-11-20"),
        ("2026-11-21", "2026-11-23"),
        ("2026-12-25", "2026-12-28"),
        ("2027-01-01", "2027-01-04"),
        ("2026-05-01", "2026-05-04"),
        # Good Friday and Easter Monday.
        ("2026-04-03", "2026-04-07"),
        ("2025-04-18", "2025-04-22"),
        ("2024-03-29", "2024-04-02"),
        ("2038-04-23", "2038-04-27"),
        ("2019-04-19", "2019-04-23"),
        ("2035-03-23", "2035-03-27"),
    ],
)
def test_banks_work_on_target_days(bank: Bank, day: str, expected: str) -> None:
    assert str(bank.one("select billing.next_target_day(%s)", day)) == expected
