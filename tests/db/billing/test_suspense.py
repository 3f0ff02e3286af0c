"""Lines that find their owner late, or several of them, and statements that come again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal

import psycopg
import pytest

from tests.support.bank import DAY, IBAN, Bank, bank_of
from tests.support.databases import Database
from tests.support.processes import wait_until
from tests.support.statements import Booking, camt, camt_file

STRANGER = "NL91ABNA0417164300"


@pytest.fixture
def bank(database: Database) -> Iterator[Bank]:
    """Greenway's bank, with nothing on the account."""
    with bank_of(database) as found:
        yield found


def look_again(bank: Bank) -> str:
    """What the job says an hour later."""
    bank.owner.execute("update core.bank_transactions set look_at = now() where tenant_id = 101")
    return str(bank.runner.execute("select jobs.match_bank_lines()").fetchone()[0])  # type: ignore[index]


def test_a_line_that_nobody_owned_finds_its_invoice_later(bank: Bank) -> None:
    bank.bring(Booking("59.50", "hello", iban=STRANGER), Booking("1.00", "gift", iban=STRANGER))
    assert bank.found() == ["suspense", "suspense"]
    assert bank.runner.execute("select jobs.match_bank_lines()").fetchone() == ("",)
    invoice = bank.invoice("50", account=bank.account(iban=STRANGER))
    assert look_again(bank) == "matched 1"
    assert bank.found() == ["amount_iban", "suspense"]
    assert (bank.open(invoice), bank.ledger("suspense")) == (0, -1)
    # The day of the bank is the day of the payment.
    assert bank.one("select booked_on from core.payments where invoice_id = %s", invoice.id) == DAY
    assert look_again(bank) == ""
    assert bank.one("select count(*) from core.payments where invoice_id = %s", invoice.id) == 1


def test_many_lines_are_looked_at_in_parts(bank: Bank) -> None:
    bank.owner.execute("update ops.settings set value = '2' where name = 'bank.lines_to_match'")
    bank.bring(*(Booking("1.00", f"gift {n}", iban=STRANGER) for n in range(3)))
    assert look_again(bank) == "more is left"
    assert bank.runner.execute("select jobs.match_bank_lines()").fetchone() == ("",)


def test_a_large_file_is_matched_in_parts(bank: Bank) -> None:
    bank.owner.execute("update ops.settings set value = '2' where name = 'bank.lines_to_match'")
    invoices = [bank.invoice("10") for _ in range(5)]
    bank.bring(*(Booking("11.90", each.number) for each in invoices))
    assert bank.found() == ["reference"] * 2 + ["suspense"] * 3
    answers = [bank.runner.execute("select jobs.match_bank_lines()").fetchone() for _ in range(3)]
    assert answers == [("matched 2, more is left",), ("matched 1",), ("",)]
    assert [bank.open(each) for each in invoices] == [0] * 5


def test_a_line_that_a_person_has_in_hand_is_left_to_them(bank: Bank, database: Database) -> None:
    bank.bring(Booking("59.50", "hello", iban=STRANGER))
    invoice = bank.invoice("50", account=bank.account(iban=STRANGER))
    with psycopg.connect(database.superuser_url) as person:
        bank.owner.execute("update core.bank_transactions set look_at = now()")
        person.execute("select from core.bank_transactions where matched_amount = 0 for update")
        assert bank.runner.execute("select jobs.match_bank_lines()").fetchone() == ("",)
    assert bank.open(invoice) == Decimal("59.50")
    assert look_again(bank) == "matched 1"


def test_a_transfer_that_names_several_invoices_pays_these(bank: Bank) -> None:
    # Older than all of them is the persona's own.
    first, second, third, paid = (bank.invoice("10") for _ in range(4))
    bank.bring(Booking("11.90", paid.number))
    bank.bring(Booking("23.80", f"{second.number} {paid.number} and {third.reference}"))
    assert [bank.open(each) for each in (first, second, third)] == [Decimal("11.90"), 0, 0]
    # Not enough for both: the older one whole, the newer one in part.
    others = [bank.invoice("10") for _ in range(2)]
    bank.bring(Booking("20.00", f"{others[1].number}, {others[0].number}"))
    assert [bank.open(each) for each in others] == [0, Decimal("3.80")]
    # More than both.
    bank.bring(Booking("20.00", f"{first.number} {others[1].number}"))
    assert [bank.open(each) for each in (first, others[1])] == [0, 0]
    assert bank.one("select billing.account_credit(101, 1001)") + bank.one(
        "select coalesce(sum(allocated), 0) from billing.open_items where invoice_id = 1001"
    ) == Decimal("4.30")
    assert bank.ledger("suspense") == 0
    line = bank.one("select max(id) from core.bank_transactions where id < 1000")
    bank.act("select id from api.unmatch_bank_transaction(%s, 'not theirs')", line)
    assert [bank.open(each) for each in (first, others[1])] == [Decimal("11.90"), Decimal("3.80")]
    assert bank.ledger("suspense") == -20


def test_a_statement_that_comes_again_is_not_the_newest(bank: Bank) -> None:
    """A bank may make several statements a day; the first of them comes again after the last."""
    statements = [
        camt(IBAN, DAY, "0", [Booking("100.00", "morning")]),
        camt(IBAN, DAY, "100.00", [Booking("50.00", "noon")]),
        camt(IBAN, DAY, "150.00", [Booking("25.00", "evening")]),
    ]
    for statement in (statements[0], statements[1], statements[0] + " ", statements[2]):
        assert bank.send(camt_file(statement)) == "booked"
    assert bank.ledger("bank") == 175
    assert bank.act("select is_proven, bank_statement from api.prove_books(%s)", DAY) == [
        (True, 175)
    ]


def test_an_import_waits_for_a_payment_that_is_being_booked_and_counts_it(
    bank: Bank, database: Database
) -> None:
    account = bank.account(iban=STRANGER)
    named, guessed = bank.invoice("10", account=account), bank.invoice("50", account=account)
    with psycopg.connect(database.superuser_url) as provider:
        for invoice in (named, guessed):
            payment = provider.execute(
                "insert into core.payments (tenant_id, legal_entity_id, account_id, purpose,"
                " method, provider, idempotency_key, amount, currency, state, invoice_id) values"
                " (101, 1001, %s, 'invoice', 'card', 'stripe', %s, %s, 'EUR', 'pending', %s)"
                " returning id",
                [account, f"card {invoice.id}", invoice.total, invoice.id],
            ).fetchone()
            assert payment is not None
            provider.execute(
                "select billing.book_payment(101, %s, '2026-06-01', 'card_clearing')", payment
            )
        bank_says = threading.Thread(
            target=bank.bring,
            args=(
                Booking("11.90", named.number, iban=STRANGER),
                Booking("59.50", "hello", iban=STRANGER),
            ),
        )
        bank_says.start()
        wait_until(
            lambda: bool(
                provider.execute(
                    "select from pg_locks where not granted and pid <> pg_backend_pid()"
                ).fetchall()
            ),
            what="the import waits",
        )
        provider.commit()
        bank_says.join()
    # What was named is credit now, what was guessed is nobody's.
    assert bank.found() == ["reference", "suspense"]
    assert [bank.open(each) for each in (named, guessed)] == [0, 0]
    assert bank.one("select billing.account_credit(101, %s)", account) == Decimal("11.90")
    assert bank.ledger("suspense") == Decimal("-59.50")


def test_two_statements_of_a_day_may_say_the_same(bank: Bank) -> None:
    coffee = Booking("5.00", "coffee")
    first = camt(IBAN, DAY, "0", [coffee])
    second = camt(IBAN, DAY, "5.00", [coffee, Booking("1.00", "tea")])
    whole = camt(IBAN, DAY, "0", [coffee, coffee, Booking("1.00", "tea")])
    last = camt(IBAN, DAY, "11.00", [coffee])
    for statement in (first, second, second + " ", whole, first + " ", last, last + " "):
        assert bank.send(camt_file(statement)) == "booked"
    assert bank.ledger("bank") == 16
    assert len(bank.found()) == 4
    # What comes to nothing and is sent again is not booked again.
    nothing = camt(IBAN, DAY, "16.00", [Booking("7.00", "to"), Booking("-7.00", "fro")])
    for statement in (nothing, nothing + " ", nothing + "  "):
        assert bank.send(camt_file(statement)) == "booked"
    assert len(bank.found()) == 6
    assert bank.act("select is_proven from api.prove_books(%s)", DAY) == [(True,)]
