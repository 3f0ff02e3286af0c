"""Direct debits that do not arrive, or arrive another way than was said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest

from tests.support.bank import Bank, Invoice, bank_of
from tests.support.databases import Database
from tests.support.statements import Booking


@pytest.fixture
def bank(database: Database) -> Iterator[Bank]:
    """Greenway's bank, with nothing on the account."""
    with bank_of(database) as found:
        yield found


def is_proven(bank: Bank) -> bool:
    """Whether the books fit what the bank says."""
    return bool(
        bank.act("select is_proven from api.prove_books(%s)", bank.day + timedelta(days=200))[0][0]
    )


def newest(bank: Bank, invoice: Invoice) -> tuple[int, str]:
    """Id and end-to-end id of the newest payment of an invoice."""
    ((payment, name),) = bank.ask(
        "select id, end_to_end_id from core.payments where invoice_id = %s"
        " order by id desc limit 1",
        invoice.id,
    )
    return int(payment), str(name)


def fail(bank: Bank, invoice: Invoice, reason: str) -> str:
    """Say that the newest payment of an invoice will not arrive; the state that it has then."""
    ((state,),) = bank.act(
        "select state from api.fail_payment(%s, %s)", newest(bank, invoice)[0], reason
    )
    return str(state)


def debited(bank: Bank, number: int) -> list[Invoice]:
    """Invoices of an account each, whose direct debits are one batch at the bank."""
    invoices = [bank.invoice("10", account=bank.account()) for _ in range(number)]
    (batch,) = bank.collect()
    bank.submit(batch)
    return invoices


def test_a_refused_collection_opens_the_way_for_another(bank: Bank) -> None:
    (invoice,) = debited(bank, 1)
    assert fail(bank, invoice, "AM04 no money") == "failed"
    assert bank.open(invoice) == Decimal("11.90")
    assert bank.one("select count(*) from core.events where type = 'payment.failed'") == 1
    with pytest.raises(psycopg.Error, match="not on its way"):
        fail(bank, invoice, "AM04 once more")
    bank.act("select api.collect_invoice(%s)", invoice.id)
    (batch,) = bank.collect()
    with pytest.raises(psycopg.Error, match="in the file of a batch"):
        fail(bank, invoice, "not yet")
    bank.submit(batch)
    # The account is closed, and the mandate with it.
    assert fail(bank, invoice, "ac04 closed") == "failed"
    with pytest.raises(psycopg.Error, match="cannot be collected"):
        bank.act("select api.collect_invoice(%s)", invoice.id)
    # Nothing of it is in the books.
    assert bank.ledger("receivables", account_of(bank, invoice)) == Decimal("11.90")


def account_of(bank: Bank, invoice: Invoice) -> int:
    """Whose invoice it is."""
    return int(bank.one("select account_id from core.invoices where id = %s", invoice.id))


def test_the_sum_of_a_batch_is_without_what_the_bank_refused(bank: Bank) -> None:
    refused, *others = debited(bank, 3)
    fail(bank, refused, "MS03")
    bank.bring(Booking("23.80", "batch", batch=message_of(bank, refused)))
    assert bank.found() == ["batch"]
    assert [bank.open(each) for each in others] == [0, 0]
    assert (bank.open(refused), bank.ledger("suspense")) == (Decimal("11.90"), 0)
    assert is_proven(bank)


def message_of(bank: Bank, invoice: Invoice) -> str:
    """The message id of the batch that an invoice was collected with."""
    return str(
        bank.one(
            "select b.message_id from core.payments as p inner join core.debit_batches as b"
            " on b.id = p.debit_batch_id where p.invoice_id = %s",
            invoice.id,
        )
    )


def test_the_bank_knows_better_than_what_we_were_told(bank: Bank) -> None:
    refused, whole, _ = debited(bank, 3)
    fail(bank, refused, "MS03")
    # The sum is with the one that was said to be refused; then it comes back.
    bank.bring(Booking("35.70", "batch", batch=message_of(bank, refused)))
    assert [bank.open(each) for each in (refused, whole)] == [0, 0]
    bank.bring(Booking("-11.90", end_to_end_id=newest(bank, refused)[1], return_reason="MS03"))
    assert bank.payments(refused) == [("returned", Decimal("11.90"))]
    assert (bank.open(refused), bank.ledger("suspense")) == (Decimal("11.90"), 0)
    assert is_proven(bank)


def test_a_file_that_was_handed_over_without_a_word_is_known_all_the_same(bank: Bank) -> None:
    invoice = bank.invoice("10", account=bank.account())
    (batch,) = bank.collect()
    bank.bring(Booking("11.90", invoice.number, end_to_end_id=newest(bank, invoice)[1]))
    assert bank.found() == ["end_to_end_id"]
    assert bank.payments(invoice) == [("succeeded", Decimal("11.90"))]
    bank.submit(batch)
    assert bank.payments(invoice) == [("succeeded", Decimal("11.90"))]


def test_many_are_announced_in_parts(bank: Bank) -> None:
    bank.owner.execute("update ops.settings set value = '2' where name = 'bank.max_batch_payments'")
    invoices = [bank.invoice("10", account=bank.account()) for _ in range(3)]
    bank.collect()
    assert [len(bank.payments(each)) for each in invoices] == [1, 1, 0]
    bank.collect()
    assert [len(bank.payments(each)) for each in invoices] == [1, 1, 1]


def test_what_was_only_announced_is_cancelled(bank: Bank) -> None:
    invoice = bank.invoice("10", account=bank.account())
    bank.act("select api.collect_invoice(%s)", invoice.id)
    with pytest.raises(psycopg.Error, match="needs a reason"):
        fail(bank, invoice, " ")
    assert fail(bank, invoice, "they called") == "cancelled"
    assert bank.one("select count(*) from core.events where type = 'payment.failed'") == 0
    assert bank.collect() == []


def test_a_refund_whose_transfer_is_not_made_is_cancelled(bank: Bank) -> None:
    invoice = bank.invoice("10", account=bank.account(debited=False))
    bank.bring(Booking("11.90", reference=invoice.reference))
    payment, _ = newest(bank, invoice)
    ((refund,),) = bank.act("select id from api.refund_payment(%s, 'too warm')", payment)
    with pytest.raises(psycopg.Error, match="so much of it is not left"):
        bank.act("select id from api.refund_payment(%s, 'too warm')", payment)
    ((state,),) = bank.act("select state from api.fail_payment(%s, 'they keep it')", refund)
    assert state == "cancelled"
    bank.act("select id from api.refund_payment(%s, 'too warm after all')", payment)


def test_what_was_paid_otherwise_is_not_collected_as_well(bank: Bank) -> None:
    account = bank.account()
    number = bank.one("select number from core.accounts where id = %s", account)
    announced = bank.invoice("10", account=account)
    bank.act("select api.collect_invoice(%s)", announced.id)
    bank.bring(Booking("11.90", f"customer {number}"))
    assert bank.open(announced) == 0
    assert bank.collect() == []
    assert bank.payments(announced)[0] == ("cancelled", Decimal("11.90"))


@pytest.mark.parametrize("how", ["fails", "cancelled"])
def test_credit_that_was_kept_from_a_collected_invoice_settles_it_when_none_comes(
    bank: Bank, how: str
) -> None:
    account = bank.account()
    number = bank.one("select number from core.accounts where id = %s", account)
    invoice = bank.invoice("10", account=account)
    (batch,) = bank.collect()
    bank.bring(Booking("11.90", f"customer {number}"))
    assert bank.open(invoice) == Decimal("11.90")
    if how == "fails":
        bank.submit(batch)
        fail(bank, invoice, "AM04")
    else:
        bank.act("select id from api.cancel_debit_batch(%s)", batch)
    assert bank.open(invoice) == 0


@pytest.mark.parametrize(
    "said",
    [
        '{"object": "checkout.session", "id": "cs_1", "status": "expired"}',
        '{"object": "payment_intent", "id": "pi_2", "status": "canceled"}',
    ],
)
def test_credit_that_was_kept_while_a_page_was_open_settles_the_invoice(
    bank: Bank, said: str
) -> None:
    account = bank.account(debited=False)
    number = bank.one("select number from core.accounts where id = %s", account)
    invoice = bank.invoice("10", account=account)
    payment = bank.one(
        "insert into core.payments (tenant_id, legal_entity_id, account_id, purpose, method,"
        " provider, payment_provider_id, idempotency_key, amount, currency, state, invoice_id)"
        " values (101, 1001, %s, 'invoice', 'card', 'stripe', 1001, 'page', 11.90, 'EUR',"
        " 'submitted', %s) returning id",
        account,
        invoice.id,
    )
    bank.bring(Booking("11.90", f"customer {number}"))
    assert bank.open(invoice) == Decimal("11.90")
    bank.owner.execute("select billing.apply_card_payment(101, %s, %s)", [payment, said])
    assert bank.open(invoice) == 0


def test_credit_settles_what_a_return_opens(bank: Bank) -> None:
    account = bank.account()
    number = bank.one("select number from core.accounts where id = %s", account)
    invoice = bank.invoice("10", account=account)
    (batch,) = bank.collect()
    bank.submit(batch)
    name = newest(bank, invoice)[1]
    bank.bring(Booking("11.90", end_to_end_id=name), Booking("5.00", f"customer {number}"))
    bank.bring(Booking("-11.90", end_to_end_id=name, return_reason="AM04"))
    assert bank.open(invoice) == Decimal("6.90")
    assert bank.ledger("receivables", account) == Decimal("6.90")
    assert is_proven(bank)
